"""Level: what the velocity integral would read if the bar did not travel, and how fast that drifts.

State: the level and the accelerometer's zero-g offset, a vector in the sensor's axes, because a bar that rolls turns
that offset and so bends the drift. A Kalman filter predicts the level from the offset along up and corrects both by
looks at the level.

Units: velocity counts (38.3 um/s) and steps of 80 ms. Level 1/16 count; offset 1/256 count per step; variance of the
level 1 count^2, of the offset and between them 1/4. Every product stays within 31 bits.
"""

from array import array

from barcore.fixed import isqrt, ratio_q12, times_q12

LEVEL_VAR_MOST = 1 << 26
"""Largest variance of the level: (0.31 m/s)^2."""
_LEVEL_VAR_LEAST = 4096
_MOST_OFFSET = 900000  # 170 mg: more is no zero-g offset
_LEAST_OFFSET_VAR = 64  # (0.15 mg)^2
_OFFSET_DRIFT = 6  # growth per step: 0.002 m/s^2 in a second


class LevelFilter:
    """A Kalman filter of four states; integers only, nothing allocated."""

    def __init__(self, offset_var: int) -> None:
        self.level = 0  # 1/16 count
        self.var = LEVEL_VAR_MOST  # of the level, counts^2
        self.slope = 0  # of the level, 1/256 count per step
        self.slope_var = 0  # 4 x its variance
        self.offset = array("i", [0, 0, 0])
        self._between = array("i", [0, 0, 0])  # of level and offset
        self._p = array("i", [0] * 9)  # of the offset
        self._up = array("i", [0, 0, 0])
        self._dev = array("i", [0, 0, 0])
        self._pu = array("i", [0, 0, 0])
        self.spread(offset_var)

    def restart(self, level: int, var: int) -> None:
        """Begin at this level (1/16 count) and variance; what is known of the offset stays."""
        self.level, self.var = level, var
        for i in range(3):
            self._between[i] = 0

    def spread(self, offset_var: int) -> None:
        """Doubt the offset: each axis by this variance, none known to go with another."""
        for i in range(9):
            self._p[i] = 0
        self._p[0] = self._p[4] = self._p[8] = offset_var
        for i in range(3):
            self._between[i] = 0

    def take(self, other: "LevelFilter") -> None:
        """Become a copy of `other`."""
        self.level, self.var = other.level, other.var
        self.slope, self.slope_var = other.slope, other.slope_var
        for i in range(3):
            self.offset[i], self._between[i] = other.offset[i], other._between[i]
        for i in range(9):
            self._p[i] = other._p[i]

    def predict(self, x: int, y: int, z: int, growth: int) -> None:
        """Go on by one step along up (1 = 2^10), the level's variance growing by `growth` beside the offset's share."""
        up, pu = self._up, self._pu
        p, between = self._p, self._between
        up[0], up[1], up[2] = x, y, z
        offset = self.offset
        self.slope = (x * offset[0] >> 10) + (y * offset[1] >> 10) + (z * offset[2] >> 10)
        self.level += self.slope >> 4
        slope_var = both = 0
        for i in range(3):
            row = 3 * i
            pu[i] = (p[row] >> 2) * x + (p[row + 1] >> 2) * y + (p[row + 2] >> 2) * z >> 8
            slope_var += times_q12(pu[i], up[i] << 2)
            both += times_q12(between[i], up[i] << 2)
        for i in range(3):
            between[i] += pu[i]
            p[4 * i] += _OFFSET_DRIFT
        var = self.var + (both >> 1) + (slope_var >> 2) + growth
        self.var = _LEVEL_VAR_LEAST if var < _LEVEL_VAR_LEAST else var if var < LEVEL_VAR_MOST else LEVEL_VAR_MOST
        self.slope_var = slope_var if slope_var > 0 else 0

    def correct(self, seen: int, noise: int, teach: bool) -> None:
        """Correct by one look at the level (counts) with this variance; `teach`: whether the offset learns too."""
        error = seen - (self.level >> 4)
        error = -32767 if error < -32767 else error if error < 32767 else 32767
        p, between, offset = self._p, self._between, self.offset
        whole = self.var + noise
        share = ratio_q12(self.var, whole)
        self.level += error * share >> 8
        for i in range(3 if teach else 0):
            gain = ratio_q12(between[i], whole)  # 2^14 x counts per step per count
            gain = -8191 if gain < -8191 else gain if gain < 8191 else 8191
            moved = offset[i] + (error * gain >> 6)
            offset[i] = -_MOST_OFFSET if moved < -_MOST_OFFSET else moved if moved < _MOST_OFFSET else _MOST_OFFSET
            for j in range(i, 3):
                p[3 * i + j] -= (between[j] >> 8) * gain >> 6
                p[3 * j + i] = p[3 * i + j]
        for i in range(3):
            between[i] -= times_q12(between[i], share)
        self.var -= times_q12(self.var, share)
        self._bound()

    def _bound(self) -> None:
        """Keep every covariance within what its two variances allow, which rounding may have broken."""
        p, p0 = self._p, self._between
        level = isqrt(self.var)
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
