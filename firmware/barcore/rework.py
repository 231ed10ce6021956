"""Rework: solves the level of the last seconds again from scratch, when what the filter believed cannot be true.

state     does, one unit an update                          leaves when             for
IDLE      nothing                                           `start`                 FORWARD
FORWARD   filters one step, oldest first                    the newest step         BACKWARD
          the same in the last pass                         the newest step         IDLE, the filter is replaced
BACKWARD  smooths one step, newest first                    the oldest step         FORWARD, the next pass
"""

from barcore.drift import LEAST_WEIGHT, MASK, NEAR_NOISE, NO_NOISE, OFFSET_VAR, SLOPE_DOUBT, SURE_STEPS, Drift
from barcore.fixed import isqrt, ratio_q12, times_q12
from barcore.level import LEVEL_VAR_MOST, LevelFilter
from barcore.rest import FLAT_R4, near_r4, weight

IDLE, FORWARD, BACKWARD = 0, 1, 2
_PASSES = 4
_EQUAL_NOISE = 15000000  # (0.15 m/s)^2: in the first pass every moment counts alike, and the bar stays in the room
_SLOPE_VAR = 2800000
_GATE = 10440  # 0.4 m/s: the residual that halves a look's weight in the second pass; half of it in each later one


class Rework:
    """Works on the rings of `drift`; `update` does one unit of work and returns the state."""

    def __init__(self, drift: Drift) -> None:
        self._drift = drift
        self._filter = LevelFilter(OFFSET_VAR)
        self.state = IDLE
        self.cost = 4  # of one unit, in those of the review
        self.first = 0
        self._last = self._k = self._pass = self._gate = self._flat_steps = 0
        self._back_level = self._back_var = 0
        self._offset_var = OFFSET_VAR
        self._x = self._y = self._z = 0  # the offset of the pass before

    def start(self, first: int, offset_var: int) -> None:
        """Begin with the steps from `first` to the newest."""
        self._offset_var = offset_var
        self.first, self._last = first, self._drift.newest
        self._pass = 0
        self._gate = _GATE << 1
        self._begin_pass()

    def update(self) -> int:
        """Do one unit of work and return the state. Allocates nothing."""
        if self.state == FORWARD:
            self._forward()
        elif self.state == BACKWARD:
            self._backward()
        return self.state

    def _begin_pass(self) -> None:
        drift, level = self._drift, self._filter
        self._x, self._y, self._z = level.offset[0], level.offset[1], level.offset[2]
        level.spread(self._offset_var)
        for i in range(3):
            level.offset[i] = 0
        at = self.first & MASK
        level.restart(drift.near[at] << 4 if self._pass == 0 else drift.smooth_level[at], LEVEL_VAR_MOST)
        self._k = self.first
        self._flat_steps = 0
        self._gate >>= 1
        self.state = FORWARD

    def _forward(self) -> None:
        k = self._k
        drift, level = self._drift, self._filter
        at = k & MASK
        level.predict(drift.up_x[at], drift.up_y[at], drift.up_z[at], drift.growth[at])
        noise = _EQUAL_NOISE + drift.turn_noise[at] if self._pass == 0 else self._noise(k, at)
        level.correct(drift.near[at], noise, True)
        if self._pass == _PASSES - 1:
            if drift.far_noise[at] < NO_NOISE:
                if abs(drift.far[at] - (level.level >> 4)) > self._gate:
                    drift.far_noise[at] = NO_NOISE
                else:
                    level.correct(drift.far[at], drift.far_noise[at], True)
            drift.level[at], drift.var[at] = level.level, level.var
            drift.near_noise[at] = noise
        else:
            drift.smooth_level[at], drift.smooth_var[at] = level.level, level.var
        self._k = k + 1
        if self._pass == _PASSES - 1:
            if k >= drift.newest:
                drift.adopt(level)
                self.state = IDLE
        elif k >= self._last:
            self._k = k
            self._back_level, self._back_var = drift.near[at] << 4, LEVEL_VAR_MOST
            self.state = BACKWARD

    def _noise(self, k: int, at: int) -> int:
        """Return the variance of the look at step `k` given what the pass before made of the level there."""
        drift, level = self._drift, self._filter
        if k <= self._last:
            slope = (
                (drift.up_x[at] * self._x >> 10) + (drift.up_y[at] * self._y >> 10) + (drift.up_z[at] * self._z >> 10)
            )
            off = abs(drift.near[at] - (drift.smooth_level[at] >> 4))
        else:
            slope = level.slope
            off = abs(drift.near[at] - (level.level >> 4))
        r4 = near_r4(
            drift.near_slope[at],
            drift.near_bend[at],
            drift.shake[at],
            slope,
            level.slope_var + (_SLOPE_VAR >> 2 * self._pass),
        )
        self._flat_steps = self._flat_steps + 1 if r4 < FLAT_R4 else 0
        y16 = off * 16 // self._gate if off < 1 << 25 else 256
        if y16 > 256:
            y16 = 256
        y2 = y16 * y16 >> 4
        share = weight(r4) * 16 // (16 + (y2 * y2 >> 4))
        flat = self._flat_steps
        if flat < SURE_STEPS:
            share = share * flat // SURE_STEPS * flat // SURE_STEPS
        return (NEAR_NOISE << 12) // (share if share > LEAST_WEIGHT else LEAST_WEIGHT) + drift.turn_noise[at]

    def _backward(self) -> None:
        drift, k = self._drift, self._k
        at = k & MASK
        level, var = self._back_level, self._back_var
        share = ratio_q12(drift.smooth_var[at], drift.smooth_var[at] + var)
        noise = _EQUAL_NOISE + drift.turn_noise[at] if self._pass == 0 else self._noise(k, at)
        drift.smooth_level[at] += times_q12(level - drift.smooth_level[at], share)
        share = ratio_q12(var, var + noise)
        level += times_q12((drift.near[at] << 4) - level, share)
        var -= times_q12(var, share)
        offset = self._filter.offset
        slope = (
            (drift.up_x[at] * offset[0] >> 10) + (drift.up_y[at] * offset[1] >> 10) + (drift.up_z[at] * offset[2] >> 10)
        )
        self._back_level = level - (slope >> 4)
        var += drift.growth[at] + 2 * SLOPE_DOUBT * isqrt(var) + SLOPE_DOUBT * SLOPE_DOUBT
        self._back_var = var if var < LEVEL_VAR_MOST else LEVEL_VAR_MOST
        self._k = k - 1
        if k <= self.first:
            self._pass += 1
            self._begin_pass()
