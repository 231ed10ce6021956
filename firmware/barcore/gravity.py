"""Gravity: which way is up in the sensor's own axes, from gyroscope and accelerometer.

A unit vector is turned by the gyroscope and pulled toward the accelerometer, whose mean over some seconds is gravity
however the bar moves and shakes. What the pull keeps correcting is the gyroscope's zero, and is learnt as such. No
quaternion is needed, because only the vertical component is used (a complementary filter with integral action on the
direction cosines; Mahony, Hamel, Pflimlin 2008, reduced to one axis). One Newton step keeps its length.
"""

from barcore.fixed import i16, isqrt
from barcore.sample import ACC_PER_G

UNIT_BITS = 24
_HALF_BITS = 10  # 24-bit state, 14-bit copies for products within 31 bits
_PULL_LIMIT = ACC_PER_G * 2 // 5  # a reading this far from 1 g along up is a blow or a clip: it pulls nothing
_PULL_MOST = ACC_PER_G // 10  # across up: what is more is motion, not tilt
_LEARN = 37  # integral of the pull: 0.02 / s^2
_TURN_MS = 300  # longest step that one reading may turn
_PULL_MS = 100  # longest step of one pull
_NEWTON_MOST = 1 << 14
_LONGEST = 1 << 15  # a component of the short copy: twice the unit
_SHORTEST_SQ, _LONGEST_SQ = (1 << 26) * 3 // 4, (1 << 26) * 5 // 4  # of the halved copy
_ZERO_SHIFT = 16  # gyro zero is kept in 1/65536 counts
_ZERO_MOST = 2048 << _ZERO_SHIFT  # 64 dps: more is motion


class Gravity:
    """Tracks the unit vector `x, y, z` (1 = 2^14) that points up; integers only, nothing allocated."""

    def __init__(self) -> None:
        self.x, self.y, self.z = 0, 0, 1 << 14
        self._x24, self._y24, self._z24 = 0, 0, 1 << UNIT_BITS
        self._zero_x, self._zero_y, self._zero_z = 0, 0, 0

    def start(self, ax: int, ay: int, az: int, gx: int, gy: int, gz: int) -> None:
        """Take the first reading for up, whatever its length, and its rates for the gyroscope's zero."""
        if abs(gx) + abs(gy) + abs(gz) < 512:
            self._zero_x, self._zero_y, self._zero_z = _zero(gx), _zero(gy), _zero(gz)
        self._set_direction(ax, ay, az)
        self._publish()

    def turn(self, dt_ms: int, gx: int, gy: int, gz: int) -> None:
        """Turn up by the rates (1/32 dps) over dt_ms."""
        wx = i16(gx - (self._zero_x >> _ZERO_SHIFT))
        wy = i16(gy - (self._zero_y >> _ZERO_SHIFT))
        wz = i16(gz - (self._zero_z >> _ZERO_SHIFT))
        x, y, z = self.x, self.y, self.z
        step = dt_ms if dt_ms < _TURN_MS else _TURN_MS
        # 1/32 dps * ms = 5.454e-7 rad; with the shift by 8 and 2^10 for the longer state that is 1 / 6.99
        self._x24 += (((y * wz - z * wy) >> 8) * step) // 7
        self._y24 += (((z * wx - x * wz) >> 8) * step) // 7
        self._z24 += (((x * wy - y * wx) >> 8) * step) // 7
        short = ((1 << 26) - (x >> 1) * (x >> 1) - (y >> 1) * (y >> 1) - (z >> 1) * (z >> 1)) >> 6
        short = -_NEWTON_MOST if short < -_NEWTON_MOST else short if short < _NEWTON_MOST else _NEWTON_MOST
        self._x24 += (x * short) >> 11
        self._y24 += (y * short) >> 11
        self._z24 += (z * short) >> 11
        self._publish()

    def pull(self, dt_ms: int, ax: int, ay: int, az: int, along: int, per_s_x64: int) -> None:
        """Pull up toward the reading, whose component along up is `along` (counts), by per_s_x64 / 64 a second.

        The gyroscope's zero takes a share: a true turn shows in both sensors and teaches nothing, a wrong zero in one.
        """
        if abs(along - ACC_PER_G) > _PULL_LIMIT:
            return
        x, y, z = self.x, self.y, self.z
        ex, ey, ez = _tilt(ax - (along * x >> 14)), _tilt(ay - (along * y >> 14)), _tilt(az - (along * z >> 14))
        # 2^12 counts -> 2^24 state: * 4096 * dt / 1000 / 64 = gain / 15.6
        step = dt_ms if dt_ms < _PULL_MS else _PULL_MS
        gain = step * per_s_x64
        self._x24 += ex * gain // 16
        self._y24 += ey * gain // 16
        self._z24 += ez * gain // 16
        # 2^12 counts -> 2^16 x 1/32 dps: * 65536 * 1833 / 4096 * dt / 1000 / s^2 = 29.3 x dt x per s^2
        learn = step * (_LEARN if per_s_x64 < 20 or per_s_x64 == 96 else _LEARN * 3)
        self._zero_x = _bounded(self._zero_x + ((y * ez - z * ey >> 14) * learn >> 6))
        self._zero_y = _bounded(self._zero_y + ((z * ex - x * ez >> 14) * learn >> 6))
        self._zero_z = _bounded(self._zero_z + ((x * ey - y * ex >> 14) * learn >> 6))

    def learn_zero(self, gx: int, gy: int, gz: int) -> None:
        """Move the gyroscope's zero 1/256 of the way to this reading of a bar that does not turn."""
        self._zero_x = _bounded(self._zero_x + (gx - (self._zero_x >> _ZERO_SHIFT) << 8))
        self._zero_y = _bounded(self._zero_y + (gy - (self._zero_y >> _ZERO_SHIFT) << 8))
        self._zero_z = _bounded(self._zero_z + (gz - (self._zero_z >> _ZERO_SHIFT) << 8))

    def _publish(self) -> None:
        """Give out the short copies; a vector bent out of shape by an absurd reading is cut back to length first."""
        x, y, z = self._x24 >> _HALF_BITS, self._y24 >> _HALF_BITS, self._z24 >> _HALF_BITS
        if not (-_LONGEST < x < _LONGEST and -_LONGEST < y < _LONGEST and -_LONGEST < z < _LONGEST) or not (
            _SHORTEST_SQ < (x >> 1) * (x >> 1) + (y >> 1) * (y >> 1) + (z >> 1) * (z >> 1) < _LONGEST_SQ
        ):
            self._set_direction(x >> 5, y >> 5, z >> 5)
            x, y, z = self._x24 >> _HALF_BITS, self._y24 >> _HALF_BITS, self._z24 >> _HALF_BITS
        self.x, self.y, self.z = x, y, z

    def _set_direction(self, x: int, y: int, z: int) -> None:
        """Point along x, y, z (any length below 2^15 a component); stay where it is when they are too short."""
        length = isqrt((x >> 1) * (x >> 1) + (y >> 1) * (y >> 1) + (z >> 1) * (z >> 1)) * 2
        if length < 64:
            x, y, z = self.x, self.y, self.z
            length = 1 << 14
        self._x24 = (x << 14) // length << _HALF_BITS
        self._y24 = (y << 14) // length << _HALF_BITS
        self._z24 = (z << 14) // length << _HALF_BITS


def _tilt(across: int) -> int:
    """Return the reading's component across up, held within what tilt may explain."""
    return -_PULL_MOST if across < -_PULL_MOST else across if across < _PULL_MOST else _PULL_MOST


def _bounded(zero: int) -> int:
    return -_ZERO_MOST if zero < -_ZERO_MOST else zero if zero < _ZERO_MOST else _ZERO_MOST


def _zero(rate: int) -> int:
    return _bounded(rate << _ZERO_SHIFT) if -4096 < rate < 4096 else _ZERO_MOST if rate > 0 else -_ZERO_MOST
