"""Traces a recording: runs it through the detector and keeps everything that the detector saw and reported."""

from array import array
from dataclasses import dataclass
from struct import iter_unpack

import numpy as np
from numpy.typing import NDArray

from barcore import event
from barcore.detector import Detector, Trace
from barcore.measure import RepMeasure
from barcore.motion import TICK_MS
from barcore.review import BACK
from barcore.sample import SAMPLE_FORMAT
from barcore.settings import Settings
from barhold.recordings.reader import Recording

VELOCITY_COUNT_M_S = 38.307e-6
HEIGHT_COUNT_M = VELOCITY_COUNT_M_S * TICK_MS / 1000
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DetectorEvent:
    """One event as it left the detector; times in s from the first sample."""

    kind: int  # protocol.REP, protocol.TOP, ...
    left_s: float
    at_s: float  # the moment that it refers to
    flags: int
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Track:
    """What the detector saw, a row per 20 ms: all arrays (n,), NaN in the reviewed ones where nothing was reviewed."""

    t_s: Floats  # from the first sample
    state: NDArray[np.int_]  # live: LOW, RISING, HELD, FALLING
    live_m_s: Floats
    live_m: Floats
    reviewed_m_s: Floats
    reviewed_m: Floats
    said: tuple[DetectorEvent, ...]

    def part(self, from_s: float, to_s: float) -> "Track":
        """Return the rows from `from_s` to `to_s`, and what was said then."""
        first, last = np.searchsorted(self.t_s, [from_s, to_s])
        rows = slice(max(int(first) - 1, 0), int(last) + 1)
        said = tuple(one for one in self.said if from_s <= one.left_s < to_s)
        t_s, live_m_s, live_m, reviewed_m_s, reviewed_m = (
            array[rows] for array in (self.t_s, self.live_m_s, self.live_m, self.reviewed_m_s, self.reviewed_m)
        )
        return Track(t_s, self.state[rows], live_m_s, live_m, reviewed_m_s, reviewed_m, said)


def run(recording: Recording) -> Track:
    """Play `recording` through a detector told no more than replay's own."""
    detector, rows = Detector(Settings()), _Rows()
    detector.trace = rows
    said: list[DetectorEvent] = []
    t_ms = 0
    for t_ms, *axes in iter_unpack(SAMPLE_FORMAT, recording.samples):
        detector.feed(t_ms, *axes)
        _take(detector, t_ms, said)
    detector.finish()
    _take(detector, t_ms, said)
    seen = np.array([row for row in rows.rows if row[0] <= t_ms], float).reshape(-1, 6)
    speed, height = seen[:, [2, 4]] * VELOCITY_COUNT_M_S, seen[:, [3, 5]] * HEIGHT_COUNT_M
    states = seen[:, 1].astype(int)
    return Track(seen[:, 0] / 1000, states, speed[:, 0], height[:, 0], speed[:, 1], height[:, 1], tuple(said))


class _Rows(Trace):
    """The detector's hook: a row per tick, [t_ms, state, live velocity, live height, reviewed velocity, height]."""

    def __init__(self) -> None:
        self.rows: list[list[float]] = []
        self._first_row = 0  # of the grid, whose tick 1 it is
        self._zero_tick = 0  # of the grid: the bottom from which reviewed heights count
        self._walked_tick = 0

    def ticked(self, detector: Detector) -> None:
        """Keep what the detector sees live."""
        live = detector.live
        self.rows.append([detector.now_ms, live.state, live.velocity, live.height, np.nan, np.nan])
        if detector.tick == 0:  # the grid began afresh
            self._first_row = len(self.rows)
            self._zero_tick = self._walked_tick = 0

    def took_rep(self, detector: Detector) -> None:
        """Count reviewed heights from the bottom after the rep."""
        self._zero_tick = detector.review.from_tick

    def reviewed(self, detector: Detector) -> None:
        """Copy the ticks just walked out of the finder's rings, before a later stretch takes their place."""
        review = detector.review
        if review.state == BACK:
            return
        finder, first = review.rep, review.from_tick
        if not first <= self._walked_tick <= finder.tick:
            self._walked_tick = first
        base = self._height_at(first)
        for tick in range(self._walked_tick + 1, finder.tick + 1):
            velocity, height = finder.velocity_and_height(tick)
            row = self.rows[self._row(tick, finder.measured)]
            row[4], row[5] = velocity, height + base
        self._walked_tick = finder.tick

    def _row(self, tick: int, measured: RepMeasure) -> int:
        """Return the row of a tick; what lies before a fold's seam is earlier by what was folded."""
        folded_ticks = measured.folded_ms // TICK_MS if tick < measured.seam_tick else 0
        return max(self._first_row + tick - 1 - folded_ticks, 0)

    def _height_at(self, tick: int) -> float:
        """Return the height kept at `tick`, from which a stretch that was cut for its length goes on."""
        kept = self.rows[self._first_row + tick - 1][5] if tick > self._zero_tick else 0.0
        return 0.0 if np.isnan(kept) else kept


def _take(detector: Detector, t_ms: int, said: list[DetectorEvent]) -> None:
    ev = array("i", [0] * event.EVENT_INTS)
    while detector.events.pop_into(ev):
        kind, flags, at_ms, *values = ev
        said.append(DetectorEvent(kind, t_ms / 1000, at_ms / 1000, flags, tuple(values)))
