"""Draws live.png and report.png anew: three months of generated training on virtual sensors, looked at in Chromium.

Run by `poe pictures`; needs Chromium and Playwright. The same seeds give the same training.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

os.environ["TZ"] = "UTC"
time.tzset()

from barhold import generate, report  # noqa: E402
from barhold.check import team_week  # noqa: E402
from barhold.link.virtual import VirtualSensor  # noqa: E402
from barhold.model import Edit, Lifter, SetKey, Wearer  # noqa: E402
from barhold.recordings.writer import Capture  # noqa: E402
from barhold.store import People, Store  # noqa: E402
from barhold.sync.one_sensor import sync  # noqa: E402
from barhold.training import people as plans  # noqa: E402 - only now is the zone known
from barhold.training import sets  # noqa: E402
from bench.browser import chromium  # noqa: E402

HERE = Path(__file__).parent
LIFTER = "Mia"
SESSIONS = 30
LAST = datetime(2026, 11, 2, 18, 5, tzinfo=UTC)
RESTS_H = (47, 48, 46, 71, 45, 47, 44, 26, 47, 20, 47, 46, 72)


def main() -> None:
    """Make both pictures."""
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "pictures.db") as store:
        people = People(store)
        people.add_lifter(Lifter(LIFTER))
        ends = _ends()
        for i, end in enumerate(ends):
            asyncio.run(_train(store, i, end))
            sys.stderr.write(f"session {i + 1} of {len(ends)}\n")
        _say_loads(store)
        _picture_report(store, Path(folder))
        live = Path(folder) / "live.csv"
        _record_live(live, people)
        _picture_live(live, Path(folder) / "pictures.db")


def _ends() -> list[datetime]:
    found = [LAST]
    while len(found) < SESSIONS:
        found.append(found[-1] - timedelta(hours=RESTS_H[len(found) % len(RESTS_H)]))
    return found[::-1]


async def _train(store: Store, i: int, end: datetime) -> None:
    """Let a lifter who learns to hold train once, and sync at `end`."""
    reps, hold_s = 7 + i * 3 // SESSIONS, 1.9 + 0.42 * (1 - 0.93**i)
    played = generate.session(100 + i, sets=2 + (i % 4 > 0), reps=reps, hold_s=hold_s, rest_s=40)
    sensor = VirtualSensor(played.samples)
    await sensor.play()
    start_ms = round(end.timestamp() * 1000)
    await sync(sensor, store, lambda: start_ms)
    People(store).wear(Wearer(sensor.board.device_id.hex(), 0, LIFTER))
    store.rename(sensor.board.device_id.hex(), "bar-1")


def _say_loads(store: Store) -> None:
    edits = []
    for number, session in enumerate(sets.sessions(store.training_sets())):
        for item in session:
            load = f'{{"amount": {50 + 2.5 * (number // 6):g}, "unit": "kg"}}'
            edits.append(Edit(os.urandom(16).hex(), SetKey(*item.key), "load", load, round(LAST.timestamp() * 1000)))
    People(store).add_edits(edits)


def _picture_report(store: Store, folder: Path) -> None:
    found, now = list(store.training_sets()), LAST + timedelta(minutes=10)
    plan_of = plans.plan_finder(store, "hip-thrust")
    week = team_week.rows(found, [], plan_of, team_week.monday_of(now.date()), now)
    page = report.page(found, plan_of, now, {}, week)
    path = folder / "report.html"
    path.write_text(page, encoding="utf-8")
    with chromium() as browser:
        shown = browser.new_page(viewport={"width": 1100, "height": 1010})
        shown.goto(path.as_uri())
        shown.screenshot(path=HERE / "report.png")


def _record_live(path: Path, people: People) -> None:
    """Keep the motion that the live page shows, on the lifter's own sensor."""
    samples = generate.session(4, sets=1, reps=8, hold_s=2.5).samples
    with Capture(path) as capture:
        capture.add(samples)
    people.wear(Wearer(VirtualSensor(samples).board.device_id.hex(), 0, LIFTER))


def _picture_live(recording: Path, db: Path) -> None:
    with _serving(recording, db) as address, chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 740}, color_scheme="dark")
        page.goto(address)
        asked = "document.getElementById('rep').textContent === '6' && document.body.dataset.mood === 'reached holding'"
        while not page.evaluate(asked):
            time.sleep(0.02)
        time.sleep(0.1)
        page.screenshot(path=HERE / "live.png")


@contextmanager
def _serving(recording: Path, db: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "barhold", "serve", "--virtual", str(recording), "--db", str(db)]
    command += ["--speed", "2", "--port", "0", "--plan", "hip-thrust"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own
        try:
            yield (process.stdout.readline() if process.stdout else "").strip()
        finally:
            process.terminate()


if __name__ == "__main__":
    main()
