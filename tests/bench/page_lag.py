"""How late the live page is: from the moment on the bar to the frame in a real Chromium, played in real time.

The sensor's clock is told from the anchor that the host keeps of it, as for a real one. RISE, TOP and TARGET count:
their time is the moment itself, so what the detector takes to be sure of it is in the figure. The end of a hold is
known late on purpose and is not.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING

from barcore import protocol
from barhold import generate
from barhold.errors import BarholdError
from barhold.model import Anchor
from barhold.recordings.writer import Capture
from barhold.store import Store
from bench.browser import chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser

MEDIAN_MS = 100.0
_REP_S, _AROUND_S = 8.0, 60.0
_LISTEN = """() => {
    window.seen = [];
    window.ended = 0;
    window.addEventListener("barhold", (event) => {
        const [sensor] = event.detail.sensors;
        window.ended = sensor.sets_ended;
        requestAnimationFrame(() => window.seen.push([...sensor.last, Date.now()]));
    });
}"""


@dataclass(frozen=True, slots=True)
class Lag:
    """What one run measured; `anchor_ms` is the round trip that the sensor's time is known by."""

    events: int
    median_ms: float
    p95_ms: float
    worst_ms: float
    anchor_ms: int

    @property
    def met(self) -> bool:
        """Whether the bound holds."""
        return self.median_ms <= MEDIAN_MS


def measure(reps: int) -> Lag:
    """Play one set of `reps` in real time and look on; InputError where there is no browser."""
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        recording, db = Path(folder) / "set.csv", Path(folder) / "bench.db"
        with Capture(recording) as capture:
            capture.add(generate.session(1, sets=1, reps=reps).samples)
        with _serving(recording, db) as address:
            seen = _looked_on(browser, address, _AROUND_S + reps * _REP_S)
        with Store.open(db) as store:
            (anchor,) = store.anchors()
    return _lag(seen, anchor)


def _lag(seen: list[tuple[int, int, int]], anchor: Anchor) -> Lag:
    moments = (protocol.RISE, protocol.TOP, protocol.TARGET)
    first = {(kind, t_ms): at_ms for kind, t_ms, at_ms in reversed(seen) if kind in moments}
    late = [at_ms - (anchor.utc_ms + t_ms - anchor.t_ms) for (_, t_ms), at_ms in first.items()]
    if len(late) < 2:
        raise BarholdError("bench live: the page showed no rep; run `barhold serve --seed 1` and look at it")
    return Lag(len(late), median(late), quantiles(late, n=20, method="inclusive")[-1], max(late), anchor.rtt_ms)


@contextmanager
def _serving(recording: Path, db: Path) -> Iterator[str]:
    """Run the server as a process of its own: a page drawn in this one would slow it."""
    command = [
        sys.executable,
        "-m",
        "barhold",
        "serve",
        "--virtual",
        str(recording),
        "--port",
        "0",
        "--db",
        str(db),
    ]
    told = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=told) as process:  # noqa: S603 - our own
        try:
            yield (process.stdout.readline() if process.stdout else "").strip()
        finally:
            process.terminate()


def _looked_on(browser: "Browser", address: str, limit_s: float) -> list[tuple[int, int, int]]:
    page = browser.new_page()
    page.goto(address)
    page.evaluate(_LISTEN)
    end_s = time.monotonic() + limit_s
    while time.monotonic() < end_s and not page.evaluate("window.ended"):
        page.wait_for_timeout(500)
    return [tuple(one) for one in page.evaluate("window.seen")]
