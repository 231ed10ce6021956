"""The hot part of `gravity`, `motion` and `smooth`: what each sample and each tick go through.

`viper_motion` is made from this file by tests/support/viper.py and does the same on a board (`hot` chooses). So what
stands in the hot files is narrow: integers and arrays of 32-bit integers, in which `state` says what stands where; no
objects, no `abs`, no calls but of each other. Their functions are long because a call costs more than what it would do.
"""

from array import array

from barcore.state import (
    ACC,
    ACC_OFFSET,
    ACC_SCALE,
    AGE_MS,
    BEFORE,
    CLIPPED,
    FAR_A,
    FAR_A_TICKS,
    FAR_B,
    FAR_B_TICKS,
    FAR_RING,
    FINE,
    GYRO,
    GYRO_OFFSET,
    MAY_LEARN,
    NEAR_A,
    NEAR_A_TICKS,
    NEAR_B,
    NEAR_B_TICKS,
    NEAR_RING,
    NOW_MS,
    OFF_RING,
    OFF_SUM,
    PEAK,
    SHAKE_TICKS,
    STEP_MS,
    STILL,
    STILL_MS,
    SUMS_A,
    SUMS_B,
    T_MS,
    TICK_MS,
    UP,
    UP_24,
    V_MASK,
    V_MOST,
    VELOCITY,
    VERTICAL,
    WHOLE,
    ZERO,
)

_TURN_MS = 300  # longest step that one reading may turn
_NEWTON_MOST = 1 << 14
_LONGEST = 1 << 15  # a component of the short copy: twice the unit
_SHORTEST_SQ, _LONGEST_SQ = (1 << 26) * 3 // 4, (1 << 26) * 5 // 4  # of the halved copy
_PULL_LIMIT = 4096 * 2 // 5  # a reading this far from 1 g along up is a blow or a clip: it pulls nothing
_PULL_MOST = 4096 // 10  # across up: what is more is motion, not tilt
_PULL_MS = 100  # longest step of one pull
_LEARN = 37  # integral of the pull: 0.02 / s^2
_ZERO_MOST = 2048 << 16  # 64 dps: more is motion
_STILL_RANGE = 64  # 2 dps: how far the rates may wander while the bar counts as still
_CLIP = 32000  # counts from which an axis is taken for clipped, as in `sample`
_BLIND = 1 << 20  # a peak that no sensor reads: nobody knows what happened in a gap
_OFF_MOST = 20000  # counts; a blow that rings is no shake


def turn(m: "array[int]", dt_ms: int, ax: int, ay: int, az: int, gx: int, gy: int, gz: int) -> int:  # noqa: PLR0913
    """Calibrate a sample and turn up by its rates over dt_ms; returns 1, and leaves up, where it lost its length."""
    ax = (ax - m[ACC_OFFSET]) * m[ACC_SCALE] >> 12
    ay = (ay - m[ACC_OFFSET + 1]) * m[ACC_SCALE + 1] >> 12
    az = (az - m[ACC_OFFSET + 2]) * m[ACC_SCALE + 2] >> 12
    m[ACC] = -32768 if ax < -32768 else ax if ax < 32767 else 32767
    m[ACC + 1] = -32768 if ay < -32768 else ay if ay < 32767 else 32767
    m[ACC + 2] = -32768 if az < -32768 else az if az < 32767 else 32767
    gx -= m[GYRO_OFFSET]
    gy -= m[GYRO_OFFSET + 1]
    gz -= m[GYRO_OFFSET + 2]
    wx = (gx + m[GYRO] >> 1) - (m[ZERO] >> 16)
    wy = (gy + m[GYRO + 1] >> 1) - (m[ZERO + 1] >> 16)
    wz = (gz + m[GYRO + 2] >> 1) - (m[ZERO + 2] >> 16)
    wx = -32768 if wx < -32768 else wx if wx < 32767 else 32767
    wy = -32768 if wy < -32768 else wy if wy < 32767 else 32767
    wz = -32768 if wz < -32768 else wz if wz < 32767 else 32767
    m[GYRO] = gx
    m[GYRO + 1] = gy
    m[GYRO + 2] = gz
    x, y, z = m[UP], m[UP + 1], m[UP + 2]
    step = dt_ms if dt_ms < _TURN_MS else _TURN_MS
    # 1/32 dps * ms = 5.454e-7 rad; with the shift by 8 and 2^10 for the longer state that is 1 / 6.99
    x24 = m[UP_24] + (((y * wz - z * wy) >> 8) * step) // 7
    y24 = m[UP_24 + 1] + (((z * wx - x * wz) >> 8) * step) // 7
    z24 = m[UP_24 + 2] + (((x * wy - y * wx) >> 8) * step) // 7
    short = ((1 << 26) - (x >> 1) * (x >> 1) - (y >> 1) * (y >> 1) - (z >> 1) * (z >> 1)) >> 6
    short = -_NEWTON_MOST if short < -_NEWTON_MOST else short if short < _NEWTON_MOST else _NEWTON_MOST
    x24 += (x * short) >> 11
    y24 += (y * short) >> 11
    z24 += (z * short) >> 11
    m[UP_24] = x24
    m[UP_24 + 1] = y24
    m[UP_24 + 2] = z24
    x, y, z = x24 >> 10, y24 >> 10, z24 >> 10
    if x <= -_LONGEST or x >= _LONGEST or y <= -_LONGEST or y >= _LONGEST or z <= -_LONGEST or z >= _LONGEST:
        return 1
    length_sq = (x >> 1) * (x >> 1) + (y >> 1) * (y >> 1) + (z >> 1) * (z >> 1)
    if length_sq <= _SHORTEST_SQ or length_sq >= _LONGEST_SQ:
        return 1
    m[UP] = x
    m[UP + 1] = y
    m[UP + 2] = z
    return 0


def integrate(m: "array[int]", dt_ms: int) -> None:  # noqa: PLR0915
    """Take the sample of the last `turn` into the integral: pull up toward it, and add its part along up."""
    ax, ay, az = m[ACC], m[ACC + 1], m[ACC + 2]
    gx, gy, gz = m[GYRO], m[GYRO + 1], m[GYRO + 2]
    x, y, z = m[UP], m[UP + 1], m[UP + 2]
    along = ax * x + ay * y + az * z
    # Time how long the rates have stayed put, and learn the gyroscope's zero from a still bar.
    moved = gx - m[STILL] if gx > m[STILL] else m[STILL] - gx
    moved += gy - m[STILL + 1] if gy > m[STILL + 1] else m[STILL + 1] - gy
    moved += gz - m[STILL + 2] if gz > m[STILL + 2] else m[STILL + 2] - gz
    still_ms = m[STILL_MS] + dt_ms
    if moved > _STILL_RANGE:
        m[STILL] = gx
        m[STILL + 1] = gy
        m[STILL + 2] = gz
        still_ms = 0
    m[STILL_MS] = still_ms
    zero_x, zero_y, zero_z = m[ZERO], m[ZERO + 1], m[ZERO + 2]
    if still_ms > 800 and m[MAY_LEARN] != 0:  # 1/256 of the way to this reading
        zero_x += gx - (zero_x >> 16) << 8
        zero_y += gy - (zero_y >> 16) << 8
        zero_z += gz - (zero_z >> 16) << 8
        zero_x = -_ZERO_MOST if zero_x < -_ZERO_MOST else zero_x if zero_x < _ZERO_MOST else _ZERO_MOST
        zero_y = -_ZERO_MOST if zero_y < -_ZERO_MOST else zero_y if zero_y < _ZERO_MOST else _ZERO_MOST
        zero_z = -_ZERO_MOST if zero_z < -_ZERO_MOST else zero_z if zero_z < _ZERO_MOST else _ZERO_MOST
    per_s_x64 = 96 if still_ms > 300 else 10
    age_ms = m[AGE_MS]
    if age_ms < 6000:
        age_ms += dt_ms
        m[AGE_MS] = age_ms
        gain = 64000 // (age_ms + 400)
        if per_s_x64 < gain:
            per_s_x64 = gain
    counts = along >> 14
    if -_PULL_LIMIT <= counts - 4096 <= _PULL_LIMIT:
        ex = ax - (counts * x >> 14)
        ey = ay - (counts * y >> 14)
        ez = az - (counts * z >> 14)
        ex = -_PULL_MOST if ex < -_PULL_MOST else ex if ex < _PULL_MOST else _PULL_MOST
        ey = -_PULL_MOST if ey < -_PULL_MOST else ey if ey < _PULL_MOST else _PULL_MOST
        ez = -_PULL_MOST if ez < -_PULL_MOST else ez if ez < _PULL_MOST else _PULL_MOST
        # 2^12 counts -> 2^24 state: * 4096 * dt / 1000 / 64 = gain / 15.6
        step = dt_ms if dt_ms < _PULL_MS else _PULL_MS
        gain = step * per_s_x64
        m[UP_24] = m[UP_24] + ex * gain // 16
        m[UP_24 + 1] = m[UP_24 + 1] + ey * gain // 16
        m[UP_24 + 2] = m[UP_24 + 2] + ez * gain // 16
        # 2^12 counts -> 2^16 x 1/32 dps: * 65536 * 1833 / 4096 * dt / 1000 / s^2 = 29.3 x dt x per s^2
        learn = step * (_LEARN if per_s_x64 < 20 or per_s_x64 == 96 else _LEARN * 3)
        zero_x += (y * ez - z * ey >> 14) * learn >> 6
        zero_y += (z * ex - x * ez >> 14) * learn >> 6
        zero_z += (x * ey - y * ex >> 14) * learn >> 6
        zero_x = -_ZERO_MOST if zero_x < -_ZERO_MOST else zero_x if zero_x < _ZERO_MOST else _ZERO_MOST
        zero_y = -_ZERO_MOST if zero_y < -_ZERO_MOST else zero_y if zero_y < _ZERO_MOST else _ZERO_MOST
        zero_z = -_ZERO_MOST if zero_z < -_ZERO_MOST else zero_z if zero_z < _ZERO_MOST else _ZERO_MOST
    m[ZERO] = zero_x
    m[ZERO + 1] = zero_y
    m[ZERO + 2] = zero_z
    peak = m[PEAK]
    if ax >= _CLIP or ay >= _CLIP or az >= _CLIP or ax <= -_CLIP or ay <= -_CLIP or az <= -_CLIP:
        m[CLIPPED] = 1
        peak = _BLIND
    vertical = (along >> 12) - 16384
    size = vertical if vertical > 0 else -vertical
    m[PEAK] = size if size > peak else peak
    fine = m[FINE]
    m[BEFORE] = fine
    m[FINE] = fine + ((vertical + m[VERTICAL]) * dt_ms >> 1)
    m[VERTICAL] = vertical
    m[STEP_MS] = dt_ms
    m[NOW_MS] = m[NOW_MS] + dt_ms


def tick(m: "array[int]") -> int:
    """Advance to the next grid point that the last sample passed; 0 when there is none left."""
    next_ms = m[T_MS] + TICK_MS
    fine = m[FINE]
    if next_ms > m[NOW_MS]:
        m[WHOLE] = m[WHOLE] + (fine >> 6)
        m[FINE] = fine & 63
        return 0
    part = m[STEP_MS] - (m[NOW_MS] - next_ms)
    m[VELOCITY] = m[WHOLE] + (m[BEFORE] + (fine - m[BEFORE]) // m[STEP_MS] * part >> 6)
    m[T_MS] = next_ms
    return 1


def velocity(raw: "array[int]", tick: int, level: int) -> int:
    """Return the bar's velocity at `tick`: the mean of five counts of the ring less the drift's level (1/16 count)."""
    total = raw[tick & V_MASK] + raw[tick - 1 & V_MASK] + raw[tick + 1 & V_MASK]
    v = (total + raw[tick - 2 & V_MASK] + raw[tick + 2 & V_MASK]) // 5 - (level >> 4)
    return -V_MOST if v < -V_MOST else v if v < V_MOST else V_MOST


def push(s: "array[int]", v: "array[int]", n: int) -> None:
    """Take the velocity count at ring index `n`, the newest tick, into the running means."""
    new = v[n & V_MASK]
    near_a = s[NEAR_A] + new - v[n - NEAR_A_TICKS & V_MASK]
    s[NEAR_A] = near_a
    at = SUMS_A + n % NEAR_B_TICKS
    near_b = s[NEAR_B] + near_a - s[at]
    s[NEAR_B] = near_b
    s[at] = near_a
    near = near_b // (NEAR_A_TICKS * NEAR_B_TICKS)
    s[NEAR_RING + (n - 8 & 63)] = near
    far_a = s[FAR_A] + new - v[n - FAR_A_TICKS & V_MASK]
    s[FAR_A] = far_a
    mean = far_a // FAR_A_TICKS
    at = SUMS_B + n % FAR_B_TICKS
    far_b = s[FAR_B] + mean - s[at]
    s[FAR_B] = far_b
    s[at] = mean
    s[FAR_RING + (n - 19 & 63)] = far_b // FAR_B_TICKS
    off = v[n - 8 & V_MASK] - near
    off = off if off > 0 else -off
    off = off if off < _OFF_MOST else _OFF_MOST
    s[OFF_SUM] = s[OFF_SUM] + off - s[OFF_RING + (n - SHAKE_TICKS & 63)]
    s[OFF_RING + (n & 63)] = off


def fill(ring: "array[int]", value: int, count: int) -> None:
    """Put `value` into the first `count` elements."""
    for i in range(count):
        ring[i] = value
