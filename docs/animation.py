"""Films a set: the bar, the cue and the phone's page together, 20 s of it, from the virtual sensor.

Run by `poe film`; needs Chromium, Playwright and Pillow, and a computer with nothing else to do. It writes
`pictures/set.webp`.
"""

import io
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image, ImageDraw, ImageFont

from barhold import generate
from barhold.generate import TrueRep
from barhold.recordings.writer import Capture
from bench.browser import chromium

FILM = Path(__file__).parent / "pictures" / "set.webp"
LENGTH_S, FRAME_S = 20.0, 0.2
WIDTH, HEIGHT, PHONE = 900, 600, (390, 700)
INK, PAPER, CUE, IDLE = "#0f172a", "#f8fafc", "#22c55e", "#94a3b8"
FLOOR_PX, PX_PER_M = 470, 700


class Frame(NamedTuple):
    """The page as it was at one moment of the film, and whether the hold had reached its target by then."""

    at_s: float
    page: Image.Image
    is_reached: bool
    is_holding: bool


def main() -> None:
    """Play one set in real time, film the page, and draw the bar beside it."""
    made = generate.session(4, sets=1, reps=8, hold_s=2.5)
    with tempfile.TemporaryDirectory() as folder:
        recording = Path(folder) / "set.csv"
        with Capture(recording) as capture:
            capture.add(made.samples)
        with _serving(recording, Path(folder) / "film.db") as address:
            frames = _film(address)
    # The page's first hold and the motion's first hold are the same moment.
    shift_s = made.reps[0].top_s - next(frame.at_s for frame in frames if frame.is_holding)
    pictures = [_picture(frame, _height_m(frame.at_s + shift_s, made.reps)) for frame in frames]
    first, *others = pictures
    first.save(FILM, save_all=True, append_images=others, duration=round(FRAME_S * 1000), loop=0, quality=60, method=4)


@contextmanager
def _serving(recording: Path, db: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "barhold", "serve", "--virtual", str(recording), "--db", str(db), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own
        try:
            yield (process.stdout.readline() if process.stdout else "").strip()
        finally:
            process.terminate()


def _film(address: str) -> list[Frame]:
    """Return a frame every FRAME_S from the first rise on."""
    frames: list[Frame] = []
    with chromium() as browser:
        page = browser.new_page(viewport={"width": PHONE[0], "height": PHONE[1]})
        page.goto(address)
        while not any(phase in _mood(page) for phase in ("rising", "holding")):
            time.sleep(0.05)
        began_s = time.monotonic()
        while (at_s := time.monotonic() - began_s) < LENGTH_S:
            mood = _mood(page)
            shown = Image.open(io.BytesIO(page.screenshot(type="jpeg", quality=85))).convert("RGB")
            frames.append(Frame(at_s, shown, "reached holding" in mood, "holding" in mood))
            time.sleep(max(0.0, FRAME_S * len(frames) - (time.monotonic() - began_s)))
    return frames


def _mood(page: Any) -> str:
    return str(page.evaluate("document.body.dataset.mood || ''"))


def _height_m(at_s: float, reps: list[TrueRep]) -> float:
    """Return the bar's height over the bottom: minimum-jerk rises and falls between the true moments of each rep."""
    for rep in reps:
        if rep.start_s <= at_s <= rep.end_s:
            if at_s < rep.top_s:
                return rep.rom_m * _smooth((at_s - rep.start_s) / (rep.top_s - rep.start_s))
            if at_s > rep.down_s:
                return rep.rom_m * (1 - _smooth((at_s - rep.down_s) / (rep.end_s - rep.down_s)))
            return rep.rom_m
    return 0.0


def _smooth(share: float) -> float:
    return share**3 * (10 - 15 * share + 6 * share * share)


def _picture(frame: Frame, height_m: float) -> Image.Image:
    sheet = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(22)
    phone = frame.page.resize((round(PHONE[0] * 560 / PHONE[1]), 560), Image.Resampling.LANCZOS)
    sheet.paste(phone, (WIDTH - phone.width - 20, 20))
    bar_px = FLOOR_PX - 60 - height_m * PX_PER_M
    draw.rectangle([0, FLOOR_PX + 40, 540, HEIGHT], fill="#e2e8f0")
    draw.line([60, FLOOR_PX - 60, 500, FLOOR_PX - 60], fill=IDLE, width=2)
    draw.text((220, FLOOR_PX - 52), "bottom", INK, font)
    draw.line([40, bar_px, 520, bar_px], fill="#64748b", width=12)
    for left in (60, 440):
        draw.rounded_rectangle([left, bar_px - 90, left + 34, bar_px + 90], 10, fill=INK)
    lamp = CUE if frame.is_reached else IDLE
    draw.rounded_rectangle([385, bar_px - 34, 429, bar_px + 6], 8, fill="#f59e0b", outline="#78350f", width=3)
    draw.ellipse([399, bar_px - 22, 415, bar_px - 6], fill=lamp)
    words = "hold long enough: light and tone" if frame.is_reached else "holding" if frame.is_holding else ""
    draw.text((60, 14), words, "#15803d" if frame.is_reached else INK, ImageFont.load_default(28))
    draw.text((60, HEIGHT - 50), "the bar, with its sensor", INK, font)
    return sheet


if __name__ == "__main__":
    main()
