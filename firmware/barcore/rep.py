"""Reps: the written definition of a rep, run over a stretch whose drift is known.

    state      leaves when                                        for
    SEEK       height over the lowest point >= least rise         ABOVE
    ABOVE      height back below 0.45 of the rise                 LOWERING
               over 19 s above                                    SEEK (no rep)
    LOWERING   v >= -0.05 m/s: the rep has ended                  MEASURE
               the same after a rise over the exercise's greatest  SEEK (no rep)
    MEASURE    the rep was measured (`measure`)                   FOUND, then SEEK

Heights are in counts of 0.766 um (1305 = 1 mm), velocities in counts of 38.3 um/s (1305 = 0.05 m/s).
"""

from array import array

from barcore.drift import MASK as STEP_MASK
from barcore.drift import Drift
from barcore.fixed import isqrt
from barcore.measure import DONE, MM, RepMeasure, zone_of
from barcore.motion import V_005
from barcore.settings import LEAST_MM, MOST_MM
from barcore.smooth import V_MASK, V_RING, velocity

SEEK, ABOVE, LOWERING, MEASURE, FOUND = 0, 1, 2, 3, 4
_CALM_TICKS = 50
_LEDGE_TICKS = 75
_SPLIT = 29
_LONGEST_TICKS = 950
_FOLD_AFTER_TICKS = 250
_HOLE_VAR = 1566 * 1566


class RepFinder:
    """Walks the ticks of a stretch; in state FOUND `measured` describes one rep."""

    def __init__(self, raw: "array[int]", drift: Drift) -> None:
        self._raw = raw
        self._drift = drift
        self._v = array("i", [0] * V_RING)
        self._h = array("i", [0] * V_RING)
        self.measured = RepMeasure(self._v, self._h, drift)
        self.state = SEEK
        self.tick = 0
        self.least_rise = LEAST_MM * MM
        self.most_rise = MOST_MM * MM
        self._first = self._start = 0
        self._height = self._low = self._peak = self._calm = self._doubt = 0
        self._ledge = self._ledge_start = 0

    def begin(self, tick: int, least_rise: int) -> None:
        """Start a stretch at `tick`, which is a bottom; a rep rises by at least `least_rise` height counts."""
        self.tick = self._first = tick
        self.least_rise = least_rise
        self._h[tick & V_MASK] = self._v[tick & V_MASK] = 0
        self._height = 0
        self._seek(tick)

    def update(self) -> int:
        """Do one tick's worth of work and return the state. Allocates nothing."""
        if self.state == MEASURE:
            if self.measured.update() == DONE:
                self.state = FOUND
        else:
            if self.state == FOUND:
                self._seek(self.tick)
            self._advance()
        return self.state

    def folds_at(self, length: int, after: int) -> int:
        """Return a tick at least `after` ticks back before which `length` ticks were held; 0 when there is none."""
        seam = (self.tick - after) & ~3
        if self.state != ABOVE or seam - length - self._start < _FOLD_AFTER_TICKS:
            return 0
        zone = zone_of(self._peak - self._low)
        for tick in range(seam - length, seam + 1, 4):
            if self._peak - self._h[tick & V_MASK] > zone:
                return 0
        return seam

    @property
    def start_tick(self) -> int:
        """Return where the rise under way began."""
        return self._start

    def walked_at(self, tick: int) -> "tuple[int, int]":
        """Return velocity and height at a walked `tick`, for a picture."""
        return self._v[tick & V_MASK], self._h[tick & V_MASK]

    def velocity_at(self, tick: int) -> int:
        """Return the velocity at `tick`: the mean of five counts less the smoothed drift."""
        level = self._drift.smooth_level
        k = tick >> 2
        first = level[k & STEP_MASK]
        return velocity(self._raw, tick, first + ((level[(k + 1) & STEP_MASK] - first) * (tick & 3) >> 2))

    def _advance(self) -> None:
        """Take the next tick into the height and the state."""
        self.tick += 1
        tick = self.tick
        v = self.velocity_at(tick)
        self._height += v
        h = self._height
        self._v[tick & V_MASK] = v
        self._h[tick & V_MASK] = h
        if self.state == SEEK:
            self._follow_bottom(tick, v, h)
        elif self.state == ABOVE:
            self._stay_above(tick, v, h)
        elif v >= -V_005:
            if self._peak - self._low > self.most_rise:
                self._seek(tick)
            else:
                self.measured.begin(self._first, self._start, tick, self._low)
                self.state = MEASURE

    def _stay_above(self, tick: int, v: int, h: int) -> None:
        """Follow the bar while it is up: its peak, where it really began, and whether it is back down."""
        if h > self._peak:
            self._peak = h
        if self._rises_anew(tick, v, h):
            self._low, self._start = self._ledge, self._ledge_start
        if tick & 3 == 0:
            var = self._drift.smooth_var[tick >> 2 & STEP_MASK]
            if var > _HOLE_VAR:
                self._doubt += 4 * isqrt(var)
        if tick - self._start > _LONGEST_TICKS:
            self._seek(tick)
        elif self._share(h) < _SPLIT:
            self.state = LOWERING

    def _share(self, h: int) -> int:
        """Return how much of the rise is left at height `h`, in 1/64, less what a gap may have hidden."""
        return (h - self._low - (self._doubt >> 1)) // ((self._peak - self._low >> 6) + 1)

    def _rises_anew(self, tick: int, v: int, h: int) -> bool:
        """Tell whether the bar lay on a ledge and now rises from it by more than it had risen to it."""
        self._calm = self._calm + 1 if -V_005 < v < V_005 else 0
        if self._calm > _LEDGE_TICKS:
            self._ledge, self._ledge_start = h, tick + 1
            return False
        if v <= V_005 and h - self._ledge < self._ledge - self._low >> 2:
            self._ledge_start = tick + 1
        return (
            self._ledge > self._low and h - self._ledge > self.least_rise and h - self._ledge > self._ledge - self._low
        )

    def _seek(self, tick: int) -> None:
        self.state = SEEK
        self._start = tick
        self._low = self._ledge = self._height
        self._doubt = 0
        self._calm = 0

    def _follow_bottom(self, tick: int, v: int, h: int) -> None:
        """Keep the lowest point and the start of the rise; a bar calm for a second lies at the bottom."""
        if h < self._low:
            self._low = h
        self._calm = self._calm + 1 if -V_005 < v < V_005 else 0
        if self._calm > _CALM_TICKS:
            self._low += (h - self._low) // 10
        if v <= V_005:
            self._start = tick + 1
        if h - self._low >= self.least_rise:
            self.state = ABOVE
            self._peak = h
            self._calm = self._doubt = 0
            self._ledge = self._low
