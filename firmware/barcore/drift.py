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

from barcore.fixed import isqrt, ratio_q12, times_q12
from barcore.gravity import Gravity
from barcore.rest import FLAT_R4, far_r4, near_r4, weight
from barcore.smooth import Smoother

STEP_TICKS = 4
RING = 256
AHEAD_STEPS = 2  # how far beyond its newest step the level is foretold
MASK = RING - 1
NO_NOISE = 1 << 29  # noise of an observation that says nothing
_CAP = 1 << 26  # largest variance of the level: (0.31 m/s)^2
_OFFSET_VAR = 4 * 731 * 731  # (36 mg)^2 before anything is known
_OFFSET_VAR_CALIBRATED = 4 * 120 * 120  # (6 mg)^2
_MOST_OFFSET = 900000  # 170 mg: more is no zero-g offset
_LEAST_OFFSET_VAR = 64  # (0.15 mg)^2
_OFFSET_DRIFT = 6  # growth per step: 0.002 m/s^2 in a second
_LEVEL_DRIFT = 55  # (0.28 mm/s)^2 per step
_SLOPE_DOUBT = 6  # backwards: 0.003 m/s^2 of slope not known, counts per step
_BLOW_LEAST, _BLOW_MOST = 10000, 69000  # 6, 41 m/s^2 in 1/16384 g: from here on scale, clipping and aliasing tell
_BLOW = 600  # (1/512 g)^2 per count: a blow of 12 m/s^2 may cost the integral 0.025 m/s, one of 41 m/s^2 0.3 m/s
_HOLE = 31  # counts per ms without a sample: 1.2 m/s^2 that nobody measured
_HOLE_MOST = 8000
_SWING = 200  # a turn of 0.1 rad in a step: 0.002 m/s that a lever of a few cm may add
_SWING_MOST = 4000
_RINGING_VAR = 20000000  # (0.17 m/s)^2: a blow that rings on, more than any swing adds
_RINGING_STEPS = 6  # after a shock the bar rings on; its looks of rest weigh a quarter
_SURE_STEPS = 8  # a rest must last that long to weigh in full: a pause in mid-rise looks like rest as well
_AGAINST = 32  # sixteenths of the gate: from here on a contradiction moves the level but teaches the offset nothing
_GATE = 1305  # 0.05 m/s: a contradiction this far beyond twice the level's own doubt halves the weight
_NEAR_NOISE = 255600  # counts^2 of one flat step: 0.01 m/s, correlated over 0.3 s
_FAR_NOISE = 6135000  # 0.03 m/s over 0.8 s
_LEAST_WEIGHT = 4  # a bar goes nowhere for long: even its motion averages to rest


class Drift:
    """The filter and its ring of the last RING steps; step k's values stand at index k & MASK of each array."""

    def __init__(self, calibrated: bool) -> None:
        ring = [0] * RING
        self.level = array("i", ring)  # filtered, 1/16 count
        self.var = array("i", ring)  # of that level, counts^2
        self.smooth_level = array("i", ring)  # what `back` makes of them
        self.smooth_var = array("i", ring)
        self._near = array("i", ring)
        self._far = array("i", ring)
        self._near_noise = array("i", ring)
        self._far_noise = array("i", ring)
        self._growth = array("i", ring)
        self.up_x = array("h", ring)  # up, 1 = 2^10
        self.up_y = array("h", ring)
        self.up_z = array("h", ring)
        self.offset = array("i", [0, 0, 0])
        self._p0 = array("i", [0, 0, 0])
        self._p = array("i", [0] * 9)
        self._up = array("i", [0, 0, 0])
        self._dev = array("i", [0, 0, 0])
        self._pu = array("i", [0, 0, 0])
        self.now_level = 0  # newest level, 1/16 count
        self.slope = 0  # its slope, 1/256 count per step
        self.flat_steps = 0  # how long the motion has looked flat
        self._var = self._last_near = self._calm_steps = 0
        self._against = False
        self._last_x = self._last_y = self._last_z = 0
        self._back_level = self._back_var = 0
        self._p[0] = self._p[4] = self._p[8] = _OFFSET_VAR_CALIBRATED if calibrated else _OFFSET_VAR
        self.restart(0)
        self._var = _CAP

    def restart(self, velocity: int) -> None:
        """Take the bar for resting now at this count; what is known of the offset stays."""
        self.now_level = velocity << 4
        self._last_near = velocity
        self._var = 522 * 522  # (0.02 m/s)^2
        for i in range(3):
            self._p0[i] = 0

    def note(self, k: int, up: Gravity, shock: int, hole_ms: int) -> None:
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
        self._growth[at] = swing * swing + blow * blow + hole * hole

    def step(self, k: int, seen: Smoother) -> None:
        """Advance to step `k`, noted before, with the features `seen` there. Steps come one by one."""
        at = k & MASK
        moved = abs(seen.near - self._last_near) // 50
        self._last_near = seen.near
        self._calm_steps = 0 if self._growth[at] >= _RINGING_VAR else self._calm_steps + 1
        self._growth[at] += _LEVEL_DRIFT + (moved * moved if moved < 4000 else 16000000)
        slope_var = self._predict(at)
        r4 = near_r4(seen, self.slope, slope_var)
        self.flat_steps = self.flat_steps + 1 if r4 < FLAT_R4 else 0
        near_weight = self._believe(seen.near, weight(r4))
        if self._calm_steps < _RINGING_STEPS:
            near_weight //= 4
        if self.flat_steps < _SURE_STEPS:
            near_weight = near_weight * self.flat_steps // _SURE_STEPS * self.flat_steps // _SURE_STEPS
        if near_weight < _LEAST_WEIGHT:
            near_weight = _LEAST_WEIGHT
        self._near[at], self._near_noise[at] = seen.near, (_NEAR_NOISE << 12) // near_weight
        self._correct(seen.near, self._near_noise[at])
        far_weight = self._believe(seen.far, weight(far_r4(seen, self.slope, slope_var))) >> 6
        self._far[at], self._far_noise[at] = seen.far, (_FAR_NOISE << 6) // far_weight if far_weight else NO_NOISE
        if far_weight:
            self._correct(seen.far, self._far_noise[at])
        self.level[at], self.var[at] = self.now_level, self._var

    def start_back(self, k: int) -> None:
        """Prepare `back` from step `k`, the newest of the stretch, downwards."""
        self._back_level = self._near[k & MASK] << 4
        self._back_var = _CAP
        for ahead in range(1, AHEAD_STEPS + 1):
            self.smooth_level[(k + ahead) & MASK] = self.now_level + (ahead * self.slope >> 4)
            self.smooth_var[(k + ahead) & MASK] = self._var

    def back(self, k: int) -> None:
        """Smooth step `k`; call it for each step of the stretch from the newest down."""
        at = k & MASK
        level, var = self._back_level, self._back_var
        share = ratio_q12(self.var[at], self.var[at] + var)
        self.smooth_level[at] = self.level[at] + times_q12(level - self.level[at], share)
        self.smooth_var[at] = self.var[at] - times_q12(self.var[at], share)
        share = ratio_q12(var, var + self._near_noise[at])
        level += times_q12((self._near[at] << 4) - level, share)
        var -= times_q12(var, share)
        if self._far_noise[at] < NO_NOISE:
            share = ratio_q12(var, var + self._far_noise[at])
            level += times_q12((self._far[at] << 4) - level, share)
            var -= times_q12(var, share)
        self._back_level = level - (self._slope_at(at) >> 4)
        var += self._growth[at] + 2 * _SLOPE_DOUBT * isqrt(var) + _SLOPE_DOUBT * _SLOPE_DOUBT
        self._back_var = var if var < _CAP else _CAP

    def _slope_at(self, at: int) -> int:
        """Return the level's slope at ring index `at`, 1/256 count per step."""
        offset = self.offset
        return (self.up_x[at] * offset[0] >> 10) + (self.up_y[at] * offset[1] >> 10) + (self.up_z[at] * offset[2] >> 10)

    def _predict(self, at: int) -> int:
        """Advance level and variances by one step; return 4 x the slope's variance."""
        up, pu = self._up, self._pu
        p, p0 = self._p, self._p0
        up[0], up[1], up[2] = self.up_x[at], self.up_y[at], self.up_z[at]
        self.slope = self._slope_at(at)
        self.now_level += self.slope >> 4
        slope_var = between = 0
        for i in range(3):
            row = 3 * i
            pu[i] = (p[row] >> 2) * up[0] + (p[row + 1] >> 2) * up[1] + (p[row + 2] >> 2) * up[2] >> 8
            slope_var += times_q12(pu[i], up[i] << 2)
            between += times_q12(p0[i], up[i] << 2)
        for i in range(3):
            p0[i] += pu[i]
            p[4 * i] += _OFFSET_DRIFT
        var = self._var + (between >> 1) + (slope_var >> 2) + self._growth[at]
        self._var = 4096 if var < 4096 else var if var < _CAP else _CAP
        return slope_var if slope_var > 0 else 0

    def _believe(self, seen: int, weight_q12: int) -> int:
        """Return the weight, lessened where what is seen contradicts the level; long flatness overrules the level."""
        gate = _GATE + 2 * isqrt(self._var)
        far_off = abs(seen - (self.now_level >> 4))
        self._against = far_off > _AGAINST * gate >> 4
        long = self.flat_steps if self.flat_steps < 20 else 20
        square = long * long // 10
        gate += gate * (square * square) // 100
        y16 = far_off * 16 // gate if far_off < 1 << 25 else 256
        if y16 > 256:
            y16 = 256
        y2 = y16 * y16 >> 4
        return weight_q12 * 16 // (16 + (y2 * y2 >> 4))

    def _correct(self, seen: int, noise: int) -> None:
        """Correct level and offset by one observation of the level with this noise (counts^2)."""
        error = seen - (self.now_level >> 4)
        error = -32767 if error < -32767 else error if error < 32767 else 32767
        p, p0, offset = self._p, self._p0, self.offset
        whole = self._var + noise
        share = ratio_q12(self._var, whole)
        self.now_level += error * share >> 8
        for i in range(0 if self._against else 3):
            gain = ratio_q12(p0[i], whole)  # 2^14 x counts per step per count
            gain = -8191 if gain < -8191 else gain if gain < 8191 else 8191
            moved = offset[i] + (error * gain >> 6)
            offset[i] = -_MOST_OFFSET if moved < -_MOST_OFFSET else moved if moved < _MOST_OFFSET else _MOST_OFFSET
            for j in range(i, 3):
                p[3 * i + j] -= (p0[j] >> 8) * gain >> 6
                p[3 * j + i] = p[3 * i + j]
        for i in range(3):
            p0[i] -= times_q12(p0[i], share)
        self._var -= times_q12(self._var, share)
        self._bound()

    def _bound(self) -> None:
        """Keep every covariance within what its two variances allow, which rounding may have broken."""
        p, p0 = self._p, self._p0
        level = isqrt(self._var)
        for i in range(3):
            if p[4 * i] < _LEAST_OFFSET_VAR:
                p[4 * i] = _LEAST_OFFSET_VAR
            self._dev[i] = isqrt(p[4 * i])
        for i in range(3):
            most = level * self._dev[i] * 2
            p0[i] = -most if p0[i] < -most else p0[i] if p0[i] < most else most
            for j in range(i):
                most = self._dev[i] * self._dev[j]
                between = p[3 * i + j]
                between = -most if between < -most else between if between < most else most
                p[3 * i + j] = p[3 * j + i] = between
