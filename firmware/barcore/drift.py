"""Drift: what the velocity integral would read if the bar did not travel, and how sure that is.

State: the integral's level and the accelerometer's zero-g offset, a vector in the sensor's axes, because a bar that
rolls turns that offset and so bends the drift. A Kalman filter predicts the level from the offset along up and
corrects both wherever the motion looks like rest (zero-velocity updates, as in pedestrian dead reckoning, Foxlin
2005); looks that contradict the level weigh less, the more so the surer it is (robust weights after Huber). `back`
then runs backwards over a finished stretch with the offset that was learnt and joins both directions by variance.

Units: velocity counts (38.3 um/s) and steps of 80 ms. Level 1/16 count; offset 1/256 count per step; variance of the
level 1 count^2, of the offset and between them 1/4. Every product stays within 31 bits.
"""

from array import array

from barcore import hot, state
from barcore.fixed import i16, isqrt
from barcore.gravity import Gravity
from barcore.level import LEVEL_VAR_MOST, LevelFilter
from barcore.rest import FLAT_R4, far_r4, near_r4, weight
from barcore.smooth import Smoother

STEP_TICKS = 4
STRAIGHT_STEPS = 20
_STRAIGHT = 100
_TURN = 45
_ROOM = 20400  # 1 m, in the unit of `travel`
TRAVEL_SHIFT = 7
RING = state.RING
AHEAD_STEPS = 2  # how far beyond its newest step the level is foretold
MASK = state.MASK
NO_NOISE = state.NO_NOISE
OFFSET_VAR = 4 * 731 * 731  # (36 mg)^2 before anything is known
OFFSET_VAR_CALIBRATED = 4 * 120 * 120  # (6 mg)^2
_LEVEL_DRIFT = 55  # (0.28 mm/s)^2 per step
SLOPE_DOUBT = state.SLOPE_DOUBT
_BLOW_LEAST, _BLOW_MOST = 10000, 69000  # 6, 41 m/s^2 in 1/16384 g: from here on scale, clipping and aliasing tell
_BLOW = 600  # (1/512 g)^2 per count: a blow of 12 m/s^2 may cost the integral 0.025 m/s, one of 41 m/s^2 0.3 m/s
_HOLE = 31  # counts per ms without a sample: 1.2 m/s^2 that nobody measured
_HOLE_MOST = 8000
_SWING = 200  # a turn of 0.1 rad in a step: 0.002 m/s that a lever of a few cm may add
_SWING_MOST = 4000
_RINGING_VAR = 20000000  # (0.17 m/s)^2: a blow that rings on, more than any swing adds
_RINGING_STEPS = 6  # after a shock the bar rings on; its looks of rest weigh a quarter
SURE_STEPS = 8  # a rest must last that long to weigh in full: a pause in mid-rise looks like rest as well
_AGAINST = 32  # sixteenths of the gate: from here on a contradiction moves the level but teaches the offset nothing
_GATE = 1305  # 0.05 m/s: a contradiction this far beyond twice the level's own doubt halves the weight
NEAR_NOISE = 255600  # counts^2 of one flat step: 0.01 m/s, correlated over 0.3 s
_FAR_NOISE = 6135000  # 0.03 m/s over 0.8 s
LEAST_WEIGHT = 4  # a bar goes nowhere for long: even its motion averages to rest


class Drift:
    """The filter and its ring of the last RING steps; step k's values stand at index k & MASK of each array."""

    def __init__(self, calibrated: bool) -> None:
        ring = [0] * RING
        self.rings = array("i", [0] * state.DRIFT_INTS)  # the columns that follow, for `hot`
        columns = memoryview(self.rings)
        self.level = _column(columns, state.LEVEL)  # filtered, 1/16 count
        self.var = _column(columns, state.VAR)  # of that level, counts^2
        self.smooth_level = _column(columns, state.SMOOTH_LEVEL)  # what `back` makes of them
        self.smooth_var = _column(columns, state.SMOOTH_VAR)
        self.near = _column(columns, state.NEAR)
        self.far = _column(columns, state.FAR)
        self.near_noise = _column(columns, state.NEAR_NOISE)
        self.far_noise = _column(columns, state.FAR_NOISE)
        self.growth = _column(columns, state.GROWTH)
        self.up_x = _column(columns, state.UP_X)  # up, 1 = 2^10
        self.up_y = _column(columns, state.UP_Y)
        self.up_z = _column(columns, state.UP_Z)
        self.turn_noise = array("i", ring)
        self.near_slope = array("h", ring)
        self.near_bend = array("h", ring)
        self.shake = array("h", ring)
        self.filter = LevelFilter(OFFSET_VAR_CALIBRATED if calibrated else OFFSET_VAR)
        self.newest = 0  # step
        self.straight_steps = self._straight_slope = 0
        self.travel = 0  # where the bar would be by the level, counts of velocity x 16 steps; leaks away in 10 s
        self.now_level = 0  # newest level, 1/16 count
        self.slope = 0  # its slope, 1/256 count per step
        self.flat_steps = 0  # how long the motion has looked flat
        self._last_near = self._calm_steps = 0
        self._against = False
        self._last_x = self._last_y = self._last_z = 0
        self._behind = array("i", [0, 0])  # level and variance that `back` brings from the newer steps
        self.restart(0)
        self.filter.var = LEVEL_VAR_MOST

    def restart(self, velocity: int) -> None:
        """Take the bar for resting now at this count; what is known of the offset stays."""
        self.filter.restart(velocity << 4, 522 * 522)  # (0.02 m/s)^2
        self.now_level = velocity << 4
        self.travel = 0
        self._last_near = velocity

    def note(self, k: int, up: Gravity, shock: int, hole_ms: int = 0) -> None:
        """Keep up and the largest acceleration (1/16384 g) of the moment that `step` will reach later as step `k`."""
        at = k & MASK
        x, y, z = up.x >> 4, up.y >> 4, up.z >> 4
        turned = abs(x - self._last_x) + abs(y - self._last_y) + abs(z - self._last_z)
        self._last_x, self._last_y, self._last_z = x, y, z
        self.up_x[at], self.up_y[at], self.up_z[at] = x, y, z
        swing = turned * turned // _SWING if k > 1 else 0
        if swing > _SWING_MOST:
            swing = _SWING_MOST
        shock = (shock if shock < _BLOW_MOST else _BLOW_MOST) >> 5 if shock > _BLOW_LEAST else 0
        blow = shock * shock // _BLOW
        hole = hole_ms * _HOLE
        if hole > _HOLE_MOST:
            hole = _HOLE_MOST
        self.growth[at] = swing * swing + blow * blow + hole * hole

    def step(self, k: int, seen: Smoother) -> None:
        """Advance to step `k`, noted before, with the features `seen` there. Steps come one by one."""
        at = k & MASK
        moved = abs(seen.near - self._last_near) // 50
        self._last_near = seen.near
        self._calm_steps = 0 if self.growth[at] >= _RINGING_VAR else self._calm_steps + 1
        self.growth[at] += _LEVEL_DRIFT + (moved * moved if moved < 4000 else 16000000)
        level = self.filter
        level.predict(self.up_x[at], self.up_y[at], self.up_z[at], self.growth[at])
        self.slope = level.slope
        r4 = near_r4(seen.near_slope, seen.near_bend, seen.shake, level.slope, level.slope_var)
        self.flat_steps = self.flat_steps + 1 if r4 < FLAT_R4 else 0
        wide = _STRAIGHT + (seen.shake >> 2)
        if self.flat_steps or abs(seen.near_slope - self._straight_slope) > wide or abs(seen.near_bend) > wide:
            self.straight_steps = 0
            self._straight_slope = seen.near_slope
        else:
            self.straight_steps += 1
        near_weight = self._believe(seen.near, weight(r4))
        if self._calm_steps < _RINGING_STEPS:
            near_weight //= 4
        if self.flat_steps < SURE_STEPS:
            near_weight = near_weight * self.flat_steps // SURE_STEPS * self.flat_steps // SURE_STEPS
        if near_weight < LEAST_WEIGHT:
            near_weight = LEAST_WEIGHT
        self.near_slope[at] = i16(seen.near_slope)
        self.near_bend[at], self.shake[at] = i16(seen.near_bend), i16(seen.shake)
        self.near[at] = seen.near
        self.turn_noise[at] = self._turned(k)
        self.near_noise[at] = (NEAR_NOISE << 12) // near_weight + self.turn_noise[at]
        level.correct(seen.near, self.near_noise[at], not self._against)
        far_weight = self._believe(seen.far, weight(far_r4(seen, level.slope, level.slope_var))) >> 6
        self.far[at], self.far_noise[at] = seen.far, (_FAR_NOISE << 6) // far_weight if far_weight else NO_NOISE
        if far_weight:
            level.correct(seen.far, self.far_noise[at], not self._against)
        self.now_level = level.level
        self.newest = k
        self.travel += (seen.near - (level.level >> 4) >> 4) - (self.travel >> TRAVEL_SHIFT)
        self.level[at], self.var[at] = level.level, level.var

    def cannot_be_true(self) -> bool:
        """Tell whether the level would take the bar out of the room, or let it accelerate for longer than any bar."""
        return abs(self.travel) > _ROOM or self.straight_steps >= STRAIGHT_STEPS

    def _turned(self, k: int) -> int:
        """Return the variance that the bar's turning around step `k` adds to a look there."""
        a, b = k - 4 & MASK, k + 4 & MASK
        turned = abs(self.up_x[b] - self.up_x[a]) + abs(self.up_y[b] - self.up_y[a]) + abs(self.up_z[b] - self.up_z[a])
        noise = turned * _TURN if turned < 500 else 500 * _TURN
        return noise * noise >> 2

    def adopt(self, level: LevelFilter) -> None:
        """Go on with this filter, which has come to the newest step another way."""
        self.filter.take(level)
        self.now_level, self.slope = level.level, level.slope
        self.travel = self.straight_steps = 0

    def move(self, k: int, to: int, raised: int) -> None:
        """Put what is known of step `k` at step `to`, its velocities raised by this count."""
        a, b = k & MASK, to & MASK
        self.level[b], self.var[b] = self.level[a] + (raised << 4), self.var[a]
        self.near[b], self.near_noise[b] = self.near[a] + raised, self.near_noise[a]
        self.far[b], self.far_noise[b] = self.far[a] + raised, self.far_noise[a]
        self.near_slope[b], self.near_bend[b], self.shake[b] = self.near_slope[a], self.near_bend[a], self.shake[a]
        self.turn_noise[b], self.growth[b] = self.turn_noise[a], self.growth[a]
        self.up_x[b], self.up_y[b], self.up_z[b] = self.up_x[a], self.up_y[a], self.up_z[a]

    def start_back(self, k: int) -> None:
        """Prepare `back` from step `k`, the newest of the stretch, downwards."""
        self._behind[0], self._behind[1] = self.near[k & MASK] << 4, LEVEL_VAR_MOST
        for ahead in range(1, AHEAD_STEPS + 1):
            self.smooth_level[(k + ahead) & MASK] = self.now_level + (ahead * self.slope >> 4)
            self.smooth_var[(k + ahead) & MASK] = self.filter.var

    def back(self, k: int, steps: int = 1) -> None:
        """Smooth `steps` steps from step `k` down; the first call takes the newest of the stretch."""
        hot.back(self.rings, self._behind, self.filter.offset, k, steps)

    def _believe(self, seen: int, weight_q12: int) -> int:
        """Return the weight, lessened where what is seen contradicts the level; long flatness overrules the level."""
        gate = _GATE + 2 * isqrt(self.filter.var)
        far_off = abs(seen - (self.filter.level >> 4))
        self._against = far_off > _AGAINST * gate >> 4
        long = self.flat_steps if self.flat_steps < 20 else 20
        square = long * long // 10
        gate += gate * (square * square) // 100
        y16 = far_off * 16 // gate if far_off < 1 << 25 else 256
        if y16 > 256:
            y16 = 256
        y2 = y16 * y16 >> 4
        return weight_q12 * 16 // (16 + (y2 * y2 >> 4))


def _column(columns: "memoryview[int]", first: int) -> "memoryview[int]":
    return columns[first : first + RING]
