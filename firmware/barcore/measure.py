"""Measuring a rep that is over: its drift is closed on what a rep is, then its hold is read off.

    state     does, one unit an update                                     leaves when        for
    WEIGH     adds up how sure the drift is, a step of 80 ms               the rep's end      CLOSE
    CLOSE     takes the height missing at the end out of the velocity      the rep's end      READ
    READ      finds the longest visit to the zone under the top            the rep's end      DONE

A bar comes back to the bottom it rose from, give or take 5 cm; what the integral says otherwise is drift, and most of
it where the drift was least sure (conditional mean of a Gaussian error given its sum). Moves slower than a second are
averaged before the line of 0.05 m/s is looked for, because noise would cross it too early. How far the hold may be
off is `hold_error`'s to say.
"""

from array import array

from barcore import hot
from barcore.drift import MASK as STEP_MASK
from barcore.drift import STEP_TICKS, Drift
from barcore.fixed import isqrt, ratio_q12, times_q12
from barcore.hold_error import GAP, HoldError
from barcore.motion import TICK_MS, V_005
from barcore.smooth import V_MASK
from barcore.state import (
    C_AT,
    C_END,
    C_FASTEST,
    C_MISSING,
    C_PEAK,
    C_PEAK_TICK,
    C_SLOWEST,
    C_TAKEN,
    C_VAR_SUM,
    CLOSE_INTS,
    H_AT,
    H_BEST,
    H_BEST_BOUNDS,
    H_DISTURBED,
    H_DOUBT,
    H_DOWN,
    H_END,
    H_FALL_HALF,
    H_FIRST,
    H_FLOOR,
    H_HIGHER,
    H_LOWER,
    H_PEAK,
    H_PEAK_TICK,
    H_RISE_HALF,
    H_TOP,
    H_VISIT,
    H_ZONE,
    READ_INTS,
    VISIT_DOWN,
    VISIT_FLOOR,
    VISIT_HOLD,
    VISIT_LONGEST,
    VISIT_TICKS,
    VISIT_TOP,
)

MM = 1305
WEIGH, CLOSE, READ, DONE = 0, 1, 2, 3
_BOTTOM_SQ = (4 * 35) ** 2  # (quarter mm)^2: how well two bottoms agree
_MOST_MISSING_MM = 250  # beyond it something else went wrong
_DIP_LEAST = 40 * MM  # a rep that ends so far below its start, and ...
_DIP_DOUBTS = 3  # halves of its doubt: ... further than drift explains began on a dip of the rep before
_LEAST_VAR = 2000  # counts^2 of drift that its filter does not tell
_BEFORE_TICKS = 10
_ZONE_LEAST = 30 * MM
_SHARP_TICKS = 50  # a move of a second
_HALF_TICKS = 7
_HALF_MOST = 3
_DOUBT = 300  # 0.0115 m/s of velocity that the filter's own variance does not tell


def zone_of(rise: int) -> int:
    """Return how far below its top the bar may stray and be held: a quarter of the rise, at least 3 cm."""
    return rise >> 2 if rise >> 2 > _ZONE_LEAST else _ZONE_LEAST


class _Visit:
    """The longest visit above a floor that stays where it is, and the hold in it, in ticks; `hot` follows it."""

    def __init__(self, state: "array[int]", at: int) -> None:
        self._state, self._at = state, at

    @property
    def hold_ticks(self) -> int:
        """How long the bar was held in it."""
        return self._state[self._at + VISIT_HOLD]

    def begin(self, floor: int) -> None:
        """Begin with a new rep."""
        state, at = self._state, self._at
        state[at + VISIT_FLOOR] = floor
        state[at + VISIT_HOLD] = state[at + VISIT_TICKS] = state[at + VISIT_LONGEST] = 0

    def end(self) -> None:
        """End the visit."""
        state, at = self._state, self._at
        if state[at + VISIT_TICKS] > state[at + VISIT_LONGEST]:
            state[at + VISIT_HOLD] = state[at + VISIT_DOWN] - state[at + VISIT_TOP] if state[at + VISIT_TOP] else 0


class RepMeasure:
    """Works on the walked rings of velocity and height; in state DONE its fields describe the rep, times in ms."""

    def __init__(self, v: "array[int]", h: "array[int]", drift: Drift) -> None:
        self._v, self._h = v, h
        self._drift = drift
        self.state = DONE
        self.start_ms = self.top_ms = self.down_ms = self.end_ms = 0
        self.rom_mm = self.peak_mm_s = 0
        self.missing_mm = 0  # from the bottom before to the bottom after, as the integral had it
        self.doubt_mm = 0  # how far that may be off by what the drift is not known
        self.disturbed = False
        self.start_tick = self.top_tick = self.down_tick = self.end_tick = 0
        self._at = self._first = self._peak_tick = 0
        self._base = self._peak = self._floor = self._fastest = self._slowest = 0
        self._missing = self._doubt_sum = self._var_sum = 0
        self._rise_half = self._fall_half = self._zone = 0
        self.hold_err_ms = 0
        self._doubt = 0  # counts of velocity
        self.seam_tick = self.folded_ms = 0  # what lies before the seam is earlier by this (`fold`)
        self._closing = array("i", [0] * CLOSE_INTS)
        self._reading = array("i", [0] * READ_INTS)
        # Of the longest visit: earliest and latest top, earliest and latest end.
        bounds = memoryview(self._reading)[H_BEST_BOUNDS : H_BEST_BOUNDS + 4]
        self._error = HoldError(h, drift, bounds)
        self._higher, self._lower = _Visit(self._reading, H_HIGHER), _Visit(self._reading, H_LOWER)

    def begin(self, first: int, start: int, end: int, base: int) -> None:
        """Begin with the rep between the ticks `start` and `end` over the height `base`; the walk began at `first`."""
        self.start_tick, self.end_tick = start, end
        self._first = start - _BEFORE_TICKS if start - _BEFORE_TICKS > first else first + 1
        self._at = self._first
        self._base = base
        self._missing = self._h[end & V_MASK] - base
        self.missing_mm = abs(self._missing) // MM
        self._doubt_sum = self._var_sum = 0
        self._peak = base
        self._fastest = self._slowest = 1
        self.state = WEIGH

    def update(self) -> int:
        """Do one unit of work and return the state. Allocates nothing."""
        self.work(1)
        return self.state

    def work(self, units: int) -> int:
        """Do up to `units` units of work and return how many are left when the rep was measured. Allocates nothing."""
        while units > 0 and self.state != DONE:
            if self.state == WEIGH:
                units -= 1
                self._weigh()
            elif self.state == CLOSE:
                units -= self._close(units)
            else:
                units -= self._read(units)
        return units

    def _var(self, tick: int) -> int:
        return self._drift.smooth_var[tick // STEP_TICKS & STEP_MASK] + _LEAST_VAR

    def _weigh(self) -> None:
        var = self._var(self._at)
        self._var_sum += STEP_TICKS * (var >> 8)
        self._doubt_sum += STEP_TICKS * isqrt(var)
        h = self._h[self._at & V_MASK]
        if h > self._peak:
            self._peak = h
        self._at += STEP_TICKS
        if self._at > self.end_tick:
            if self.missing_mm > _MOST_MISSING_MM:
                self._missing = 0
            self.doubt_mm = self._doubt_sum // MM
            if self._began_on_a_dip(-self._missing):
                self._base += self._missing
                self._missing = 0
            self._peak = self._base
            doubt = 4 * self._doubt_sum // MM
            doubt = doubt if doubt < 20000 else 20000
            believed = ratio_q12(doubt * doubt, doubt * doubt + _BOTTOM_SQ)
            self._missing = times_q12(self._missing, believed)
            self._start_closing()

    def _began_on_a_dip(self, lower: int) -> bool:
        """Tell whether a rep that ended `lower` than it began rose from a dip of the rep before.

        Drift does not explain it then, and it is at most two thirds of the rise: a deeper start ends the rep before.
        """
        rise = self._peak - self._base
        return lower > _DIP_LEAST and 2 * lower > _DIP_DOUBTS * self._doubt_sum and lower - (lower >> 2) < rise >> 1

    def _start_closing(self) -> None:
        c = self._closing
        c[C_AT], c[C_END], c[C_MISSING] = self._first, self.end_tick, self._missing
        c[C_VAR_SUM], c[C_TAKEN] = self._var_sum, 0
        c[C_PEAK], c[C_PEAK_TICK] = self._peak, self._peak_tick
        c[C_FASTEST], c[C_SLOWEST] = self._fastest, self._slowest
        self.state = CLOSE

    def _close(self, most: int) -> int:
        """Correct up to `most` ticks and look for the top; returns how many."""
        c = self._closing
        done = hot.close(c, self._drift.rings, self._v, self._h, most)
        if c[C_AT] > self.end_tick:
            self._peak, self._peak_tick = c[C_PEAK], c[C_PEAK_TICK]
            self._fastest, self._slowest = c[C_FASTEST], c[C_SLOWEST]
            self._start_reading()
        return done

    def _start_reading(self) -> None:
        rise = self._peak - self._base
        self._zone = zone_of(rise)
        self._floor = self._peak - self._zone
        self._higher.begin(self._peak - self._zone + self._zone // 5)
        self._lower.begin(self._peak - self._zone - self._zone // 5)
        self._rise_half = _half_ticks(rise, self._fastest)
        self._fall_half = _half_ticks(rise, self._slowest)
        self._doubt = _DOUBT + isqrt(self._var(self._peak_tick))
        r = self._reading
        r[H_AT], r[H_END], r[H_FIRST] = self.start_tick, self.end_tick, self._first
        r[H_PEAK], r[H_PEAK_TICK] = self._peak, self._peak_tick  # four at once would be a tuple, and allocate
        r[H_FLOOR], r[H_ZONE] = self._floor, self._zone
        r[H_RISE_HALF], r[H_FALL_HALF], r[H_DOUBT] = self._rise_half, self._fall_half, self._doubt
        r[H_VISIT] = r[H_BEST] = 0
        r[H_TOP] = r[H_DOWN] = self._peak_tick
        self.state = READ

    def _read(self, most: int) -> int:
        """Read up to `most` ticks: the longest visit to the zone below the top holds the hold; returns how many."""
        r = self._reading
        done = hot.read(r, self._v, self._h, most)
        if r[H_AT] > self.end_tick:
            self._higher.end()
            self._lower.end()
            self.top_tick, self.down_tick, self.disturbed = r[H_TOP], r[H_DOWN], r[H_DISTURBED] != 0
            self._finish()
        return done

    def _finish(self) -> None:
        self.start_ms = self._crossing_ms(self.start_tick, V_005)
        self.top_ms = self._crossing_ms(self.top_tick, V_005)
        self.down_ms = self._crossing_ms(self.down_tick, -V_005)
        self.end_ms = self._crossing_ms(self.end_tick, -V_005)
        if self.down_ms < self.top_ms:
            self.down_ms = self.top_ms
        self.hold_err_ms = self._take_error().spread_ms(0)
        self.rom_mm = (self._peak - self._base) // MM
        self.peak_mm_s = self._fastest * 50 // V_005
        self.state = DONE

    def widen_for_gap(self) -> None:
        """Widen the estimate of the rep just measured: samples were missing in it."""
        self.hold_err_ms = self._error.spread_ms(GAP)

    def _take_error(self) -> HoldError:
        """Give the error estimate what it needs of this rep."""
        error = self._error
        error.first, error.start_tick, error.end_tick = self._first, self.start_tick, self.end_tick
        error.top_tick, error.down_tick = self.top_tick, self.down_tick
        error.doubt, error.missing = self._doubt, self._missing
        error.sunk = self._peak - self._zone * 2 // 3
        hold_ticks = self.down_tick - self.top_tick
        higher, lower = abs(self._higher.hold_ticks - hold_ticks), abs(self._lower.hold_ticks - hold_ticks)
        error.zone_ticks = higher if higher > lower else lower
        return error

    def _calm_velocity(self, tick: int) -> int:
        """Return the mean velocity around `tick`, over the longer a time the slower the move there was."""
        half = self._rise_half if tick < self._peak_tick else self._fall_half
        if tick - half <= self._first:
            half = tick - 1 - self._first
        if tick + half > self.end_tick:
            half = self.end_tick - tick
        if half <= 0:
            return self._v[tick & V_MASK]
        return (self._h[(tick + half) & V_MASK] - self._h[(tick - half - 1) & V_MASK]) // (2 * half + 1)

    def _crossing_ms(self, tick: int, line: int) -> int:
        """Return when the velocity crossed `line` on its way from the tick before to `tick`."""
        ms = tick * TICK_MS - (self.folded_ms if tick < self.seam_tick else 0)
        before, after = self._calm_velocity(tick - 1) - line, self._calm_velocity(tick) - line
        if (before > 0) == (after > 0) or before == after:
            return ms
        return ms - TICK_MS + TICK_MS * before // (before - after)


def _half_ticks(rise: int, fastest: int) -> int:
    """Return over how many ticks to either side a move of this height and top speed may be averaged.

    A minimum-jerk move lasts 1.875 x height / top speed; up to a second its corners are sharp, beyond they grow blunt.
    """
    half = (rise // fastest * 15 // 8 - _SHARP_TICKS) // _HALF_TICKS
    return 0 if half < 0 else half if half < _HALF_MOST else _HALF_MOST
