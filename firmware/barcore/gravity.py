"""Gravity: which way is up in the sensor's own axes, from gyroscope and accelerometer.

A unit vector is turned by the gyroscope and pulled toward the accelerometer, whose mean over some seconds is gravity
however the bar moves and shakes. What the pull keeps correcting is the gyroscope's zero, and is learnt as such. No
quaternion is needed, because only the vertical component is used (a complementary filter with integral action on the
direction cosines; Mahony, Hamel, Pflimlin 2008, reduced to one axis). One Newton step keeps its length. What each
sample does to it stands in `hot_motion`.
"""

from array import array

from barcore.fixed import isqrt
from barcore.state import UP, UP_24, ZERO

UNIT_BITS = 24
_HALF_BITS = 10  # 24-bit state, 14-bit copies for products within 31 bits
_ZERO_SHIFT = 16  # gyro zero is kept in 1/65536 counts
_ZERO_MOST = 2048 << _ZERO_SHIFT  # 64 dps: more is motion


class Gravity:
    """The unit vector `x, y, z` (1 = 2^14) that points up, in the state of `motion`; nothing is allocated."""

    def __init__(self, state: "array[int]") -> None:
        self._state = state
        state[UP + 2], state[UP_24 + 2] = 1 << 14, 1 << UNIT_BITS

    @property
    def x(self) -> int:
        """Up along the sensor's x axis."""
        return self._state[UP]

    @property
    def y(self) -> int:
        """Up along the sensor's y axis."""
        return self._state[UP + 1]

    @property
    def z(self) -> int:
        """Up along the sensor's z axis."""
        return self._state[UP + 2]

    @property
    def zero(self) -> "tuple[int, int, int]":
        """The gyroscope's zero on each axis as learnt, 1/65536 counts; for tests and pictures."""
        return self._state[ZERO], self._state[ZERO + 1], self._state[ZERO + 2]

    def start(self, ax: int, ay: int, az: int, gx: int, gy: int, gz: int) -> None:
        """Take the first reading for up, whatever its length, and its rates for the gyroscope's zero."""
        state = self._state
        if abs(gx) + abs(gy) + abs(gz) < 512:
            state[ZERO], state[ZERO + 1], state[ZERO + 2] = _zero(gx), _zero(gy), _zero(gz)
        self._set_direction(ax, ay, az)

    def straighten(self) -> None:
        """Cut a vector bent out of shape by an absurd reading back to length."""
        state = self._state
        x, y, z = state[UP_24] >> _HALF_BITS, state[UP_24 + 1] >> _HALF_BITS, state[UP_24 + 2] >> _HALF_BITS
        self._set_direction(x >> 5, y >> 5, z >> 5)

    def _set_direction(self, x: int, y: int, z: int) -> None:
        """Point along x, y, z (any length below 2^15 a component); stay where it is when they are too short."""
        state = self._state
        length = isqrt((x >> 1) * (x >> 1) + (y >> 1) * (y >> 1) + (z >> 1) * (z >> 1)) * 2
        if length < 64:
            x, y, z = state[UP], state[UP + 1], state[UP + 2]
            length = 1 << 14
        state[UP], state[UP + 1], state[UP + 2] = (x << 14) // length, (y << 14) // length, (z << 14) // length
        for axis in range(3):
            state[UP_24 + axis] = state[UP + axis] << _HALF_BITS


def _zero(rate: int) -> int:
    zero = rate << _ZERO_SHIFT if -4096 < rate < 4096 else _ZERO_MOST if rate > 0 else -_ZERO_MOST
    return -_ZERO_MOST if zero < -_ZERO_MOST else zero if zero < _ZERO_MOST else _ZERO_MOST
