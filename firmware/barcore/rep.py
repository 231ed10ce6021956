"""Reps: the written definition of a rep and its hold, run over a stretch whose drift is known.

    state      leaves when                                        for
    SEEK       height over the lowest point >= least rise         ABOVE
    ABOVE      height back below half of the rise                 LOWERING
               over 19 s above                                    SEEK (no rep)
    LOWERING   v >= -0.05 m/s: the rep has ended                  MEASURE
               the same after a rise over 0.6 m                   SEEK (no rep)
    MEASURE    the stretch from start to end was gone through     FOUND, then SEEK

Heights are in counts of 0.766 um (1305 = 1 mm), velocities in counts of 38.3 um/s (1305 = 0.05 m/s).
"""

from array import array

from barcore.drift import MASK as STEP_MASK
from barcore.drift import Drift
from barcore.motion import TICK_MS, V_005
from barcore.smooth import V_MASK, V_RING

MM = 1305
LEAST_MM = 80
HT0=50
HTD=7
V_MOST = 1 << 18  # 10 m/s: beyond it the integral is lost, and heights must stay small ints
SEEK, ABOVE, LOWERING, MEASURE, FOUND = 0, 1, 2, 3, 4
_LONGEST_TICKS = 950
_MOST_RISE = 600 * MM
_CALM_TICKS = 50
_ZONE_LEAST = 30 * MM


class RepFinder:
    """Walks the ticks of a stretch; in state FOUND its fields describe one rep, times in ms of the tick grid."""

    def __init__(self, velocity: "array[int]", drift: Drift) -> None:
        self._raw = velocity
        self._drift = drift
        self._v = array("i", [0] * V_RING)
        self._h = array("i", [0] * V_RING)
        self.state = SEEK
        self.tick = 0
        self.least_rise = LEAST_MM * MM
        self.start_ms = self.top_ms = self.down_ms = self.end_ms = 0
        self.rom_mm = self.peak_mm_s = 0
        self.disturbed = False
        self.top_tick = self.down_tick = self.start_tick = self.end_tick = 0
        self._height = self._low = self._base = self._peak = self._calm = 0
        self._at = self._floor = 0
        self._visit = self._visit_top = self._visit_down = self._visit_rough = self._rough = 0
        self._best = self._fastest = self._slowest = 0
        self._rise_half = self._fall_half = self._peak_tick = 0

    def begin(self, tick: int, least_rise: int) -> None:
        """Start a stretch at `tick`, which is a bottom; a rep rises by at least `least_rise` height counts."""
        self.tick = tick
        self.least_rise = least_rise
        self._h[tick & V_MASK] = self._v[tick & V_MASK] = 0
        self._height = 0
        self._seek(tick)

    def update(self) -> int:
        """Do one tick's worth of work and return the state. Allocates nothing."""
        if self.state == MEASURE:
            self._measure()
        else:
            if self.state == FOUND:
                self._seek(self.tick)
            self._advance()
        return self.state

    def velocity_at(self, tick: int) -> int:
        """Return the velocity at `tick`: the mean of five counts less the smoothed drift."""
        raw = self._raw
        i = tick & V_MASK
        total = raw[i] + raw[(i - 1) & V_MASK] + raw[(i + 1) & V_MASK] + raw[(i - 2) & V_MASK] + raw[(i + 2) & V_MASK]
        level = self._drift.smooth_level
        k = tick >> 2
        first = level[k & STEP_MASK]
        v = total // 5 - (first + ((level[(k + 1) & STEP_MASK] - first) * (tick & 3) >> 2) >> 4)
        return -V_MOST if v < -V_MOST else v if v < V_MOST else V_MOST

    def _advance(self) -> None:
        """Take the next tick into the height and the state."""
        self.tick += 1
        tick = self.tick
        v = self.velocity_at(tick)
        if v > self._fastest:
            self._fastest = v
        elif v < self._slowest:
            self._slowest = v
        self._height += v
        h = self._height
        self._v[tick & V_MASK] = v
        self._h[tick & V_MASK] = h
        if self.state == SEEK:
            self._follow_bottom(tick, v, h)
        elif self.state == ABOVE:
            if h > self._peak:
                self._peak = h
                self._peak_tick = tick
            if tick - self.start_tick > _LONGEST_TICKS:
                self._seek(tick)
            elif 2 * (h - self._base) < self._peak - self._base:
                self.state = LOWERING
        elif v >= -V_005:
            if self._peak - self._base > _MOST_RISE:
                self._seek(tick)
            else:
                self.end_tick = tick
                self._start_measure()

    def _seek(self, tick: int) -> None:
        self.state = SEEK
        self.start_tick = tick
        self._low = self._height
        self._calm = 0

    def _follow_bottom(self, tick: int, v: int, h: int) -> None:
        """Keep the lowest point and the start of the rise; a bar calm for a second lies at the bottom."""
        if h < self._low:
            self._low = h
        self._calm = self._calm + 1 if -V_005 < v < V_005 else 0
        if self._calm > _CALM_TICKS:
            self._low += (h - self._low) // 10
        if v <= V_005:
            self.start_tick = tick + 1
            self._fastest = self._slowest = 0
        if h - self._low >= self.least_rise:
            self.state = ABOVE
            self._base = self._low
            self._peak = h
            self._peak_tick = tick

    def _start_measure(self) -> None:
        rise = self._peak - self._base
        self._floor = self._peak - (rise >> 2 if rise >> 2 > _ZONE_LEAST else _ZONE_LEAST)
        self._rise_half = _half_ticks(rise, self._fastest)
        self._fall_half = _half_ticks(rise, -self._slowest)
        self._at = self.start_tick
        self._visit = self._best = 0
        self.state = MEASURE

    def _measure(self) -> None:
        """Take one tick of the rep: the longest visit to the zone below the top holds the hold."""
        at = self._at
        h = self._h[at & V_MASK]
        v = self._calm_velocity(at)
        if h > self._floor:
            if self._visit == 0:
                self._visit_top = 0
                self._visit_rough = self._rough = 0
            self._visit += 1
            self._visit_tick(at, v)
        elif self._visit:
            self._end_visit(at)
        self._at = at + 1
        if at == self.end_tick:
            if self._visit:
                self._end_visit(at)
            self._finish()

    def _calm_velocity(self, tick: int) -> int:
        """Return the mean velocity around `tick`, over the longer a time the slower the move there was."""
        half = self._rise_half if tick < self._peak_tick else self._fall_half
        if tick - half - 1 < self.start_tick:
            half = tick - 1 - self.start_tick
        if tick + half > self.tick:
            half = self.tick - tick
        if half <= 0:
            return self._v[tick & V_MASK]
        return (self._h[(tick + half) & V_MASK] - self._h[(tick - half - 1) & V_MASK]) // (2 * half + 1)

    def _visit_tick(self, at: int, v: int) -> None:
        if self._visit_top == 0 and v <= V_005:
            self._visit_top = at
            self._visit_down = at
        if self._visit_top:
            if v >= -V_005:
                self._visit_down = at + 1
                self._visit_rough += self._rough + (1 if v > V_005 else 0)
                self._rough = 0
            else:
                self._rough += 1

    def _end_visit(self, at: int) -> None:
        if self._visit > self._best:
            self._best = self._visit
            self.top_tick = self._visit_top if self._visit_top else at - 1
            self.down_tick = self._visit_down if self._visit_top else at - 1
            if self.down_tick < self.top_tick:
                self.down_tick = self.top_tick
            self.disturbed = self._visit_rough > 0
        self._visit = 0

    def _finish(self) -> None:
        self.start_ms = self._crossing_ms(self.start_tick, V_005)
        self.top_ms = self._crossing_ms(self.top_tick, V_005)
        self.down_ms = self._crossing_ms(self.down_tick, -V_005)
        self.end_ms = self._crossing_ms(self.end_tick, -V_005)
        if self.down_ms < self.top_ms:
            self.down_ms = self.top_ms
        self.rom_mm = (self._peak - self._base) // MM
        self.peak_mm_s = self._fastest * 50 // V_005
        self.state = FOUND

    def _crossing_ms(self, tick: int, line: int) -> int:
        """Return when the velocity crossed `line` on its way from the tick before to `tick`."""
        before, after = self._calm_velocity(tick - 1) - line, self._calm_velocity(tick) - line
        if (before > 0) == (after > 0) or before == after:
            return tick * TICK_MS
        return (tick - 1) * TICK_MS + TICK_MS * before // (before - after)


def _half_ticks(rise: int, fastest: int) -> int:
    """Return over how many ticks to either side a move of this height and top speed may be averaged.

    A minimum-jerk move lasts 1.875 x height / top speed; up to a second its corners are sharp, beyond they grow blunt.
    """
    duration_ticks = rise // (fastest if fastest > 1 else 1) * 15 // 8
    half = (duration_ticks - HT0) // HTD
    return 0 if half < 0 else half if half < 12 else 12
