"""Level: what the velocity integral would read if the bar did not travel, and how fast that drifts.

State: the level and the accelerometer's zero-g offset, a vector in the sensor's axes, because a bar that rolls turns
that offset and so bends the drift. A Kalman filter predicts the level from the offset along up and corrects both by
looks at the level. The arithmetic of both stands in `hot_drift`.

Units: velocity counts (38.3 um/s) and steps of 80 ms. Level 1/16 count; offset 1/256 count per step; variance of the
level 1 count^2, of the offset and between them 1/4. Every product stays within 31 bits.
"""

from array import array

from barcore import hot, state
from barcore.state import F_BETWEEN, F_LEVEL, F_P, F_SLOPE, F_SLOPE_VAR, F_VAR, LEVEL_INTS

LEVEL_VAR_MOST = state.LEVEL_VAR_MOST
"""Largest variance of the level: (0.31 m/s)^2."""


class LevelFilter:
    """A Kalman filter of four states; integers only, nothing allocated."""

    def __init__(self, offset_var: int) -> None:
        self._f = array("i", [0] * LEVEL_INTS)
        self.offset = array("i", [0, 0, 0])
        self.var = LEVEL_VAR_MOST
        self.spread(offset_var)

    @property
    def level(self) -> int:
        """The level, 1/16 count."""
        return self._f[F_LEVEL]

    @level.setter
    def level(self, value: int) -> None:
        self._f[F_LEVEL] = value

    @property
    def var(self) -> int:
        """Its variance, counts^2."""
        return self._f[F_VAR]

    @var.setter
    def var(self, value: int) -> None:
        self._f[F_VAR] = value

    @property
    def slope(self) -> int:
        """The slope of the level, 1/256 count per step."""
        return self._f[F_SLOPE]

    @property
    def slope_var(self) -> int:
        """4 x the variance of the slope."""
        return self._f[F_SLOPE_VAR]

    def restart(self, level: int, var: int) -> None:
        """Begin at this level (1/16 count) and variance; what is known of the offset stays."""
        self._f[F_LEVEL], self._f[F_VAR] = level, var
        for i in range(3):
            self._f[F_BETWEEN + i] = 0

    def spread(self, offset_var: int) -> None:
        """Doubt the offset: each axis by this variance, none known to go with another."""
        f = self._f
        for i in range(9):
            f[F_P + i] = 0
        f[F_P] = f[F_P + 4] = f[F_P + 8] = offset_var
        for i in range(3):
            f[F_BETWEEN + i] = 0

    def take(self, other: "LevelFilter") -> None:
        """Become a copy of `other`."""
        for i in range(LEVEL_INTS):
            self._f[i] = other._f[i]
        for i in range(3):
            self.offset[i] = other.offset[i]

    def predict(self, x: int, y: int, z: int, growth: int) -> None:
        """Go on by one step along up (1 = 2^10), the level's variance growing by `growth` beside the offset's share."""
        hot.predict(self._f, self.offset, x, y, z, growth)

    def correct(self, seen: int, noise: int, teach: bool) -> None:
        """Correct by one look at the level (counts) with this variance; `teach`: whether the offset learns too."""
        hot.correct(self._f, self.offset, seen, noise, 1 if teach else 0)
