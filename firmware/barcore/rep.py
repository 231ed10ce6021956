"""Reps: the written definition of a rep, run over a stretch whose drift is known.

    state      leaves when                                        for
    SEEK       height over the lowest point >= least rise         ABOVE
    ABOVE      height back below 0.45 of the rise                 LOWERING
               over 19 s above, not counting what was folded out  SEEK (no rep)
    LOWERING   v >= -0.05 m/s: the rep has ended                  MEASURE
               the same after a rise over the exercise's greatest  SEEK (no rep)
    MEASURE    the rep was measured (`measure`)                   FOUND, then SEEK

All but MEASURE is `walk` in `hot_rep`. Heights are in counts of 0.766 um (1305 = 1 mm), velocities in counts of
38.3 um/s (1305 = 0.05 m/s).
"""

from array import array

from barcore import hot
from barcore.drift import Drift
from barcore.measure import DONE, MM, RepMeasure, zone_of
from barcore.settings import LEAST_MM, MOST_MM
from barcore.smooth import V_MASK, V_RING
from barcore.state import (
    R_CALM,
    R_DOUBT,
    R_HEIGHT,
    R_LEAST_RISE,
    R_LEDGE,
    R_LOW,
    R_MOST_RISE,
    R_PEAK,
    R_START,
    R_STATE,
    R_TICK,
    REP_INTS,
)

SEEK, ABOVE, LOWERING, MEASURE, FOUND = 0, 1, 2, 3, 4  # as in `state`
_FOLD_AFTER_TICKS = 250
_ALWAYS = 1 << 29


class RepFinder:
    """Walks the ticks of a stretch; in state FOUND `measured` describes one rep."""

    def __init__(self, raw: "array[int]", drift: Drift) -> None:
        self._raw = raw
        self._drift = drift
        self._v = array("i", [0] * V_RING)
        self._h = array("i", [0] * V_RING)
        self.measured = RepMeasure(self._v, self._h, drift)
        self._first = 0
        self._walk = array("i", [0] * REP_INTS)
        self._walk[R_LEAST_RISE], self._walk[R_MOST_RISE] = LEAST_MM * MM, MOST_MM * MM

    @property
    def state(self) -> int:
        """The state of the table."""
        return self._walk[R_STATE]

    @property
    def tick(self) -> int:
        """The tick walked to."""
        return self._walk[R_TICK]

    @property
    def start_tick(self) -> int:
        """Where the rise under way began."""
        return self._walk[R_START]

    def limit_rise(self, most_rise: int) -> None:
        """Take no rise beyond `most_rise` height counts for a rep."""
        self._walk[R_MOST_RISE] = most_rise

    def begin(self, tick: int, least_rise: int) -> None:
        """Start a stretch at `tick`, which is a bottom; a rep rises by at least `least_rise` height counts."""
        walk = self._walk
        self._first = walk[R_TICK] = tick
        walk[R_LEAST_RISE] = least_rise
        self._h[tick & V_MASK] = self._v[tick & V_MASK] = 0
        walk[R_HEIGHT] = 0
        self.seek()

    def seek(self) -> None:
        """Look for a rise from the tick walked to."""
        walk = self._walk
        walk[R_STATE] = SEEK
        walk[R_START] = walk[R_TICK]
        walk[R_LOW] = walk[R_LEDGE] = walk[R_HEIGHT]
        walk[R_DOUBT] = walk[R_CALM] = 0

    def update(self) -> int:
        """Do one tick's worth of work and return the state. Allocates nothing."""
        self.work(_ALWAYS, 1)
        return self.state

    def work(self, stop_tick: int, units: int) -> int:
        """Do up to `units` ticks' worth of work, walking no further than `stop_tick`; returns what is left of them.

        It ends with the unit that leaves a rep to measure, or one that was measured, in state FOUND.
        """
        walk = self._walk
        if walk[R_STATE] == MEASURE:
            units = self.measured.work(units)
            if self.measured.state == DONE:
                walk[R_STATE] = FOUND
            return units
        if walk[R_STATE] == FOUND:
            self.seek()
        units -= hot.walk(walk, self._drift.rings, self._raw, self._v, self._h, stop_tick, units)
        if walk[R_STATE] == MEASURE:
            self.measured.begin(self._first, walk[R_START], walk[R_TICK], walk[R_LOW])
        return units

    def folds_at(self, length: int, after: int) -> int:
        """Return a tick at least `after` ticks back before which `length` ticks were held; 0 when there is none."""
        walk = self._walk
        seam = (walk[R_TICK] - after) & ~3
        if walk[R_STATE] != ABOVE or seam - length - walk[R_START] < _FOLD_AFTER_TICKS:
            return 0
        zone = zone_of(walk[R_PEAK] - walk[R_LOW])
        for tick in range(seam - length, seam + 1, 4):
            if walk[R_PEAK] - self._h[tick & V_MASK] > zone:
                return 0
        return seam

    def velocity_and_height(self, tick: int) -> "tuple[int, int]":
        """Return velocity and height at a walked `tick`, for a picture."""
        return self._v[tick & V_MASK], self._h[tick & V_MASK]
