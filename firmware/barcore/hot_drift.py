"""The hot part of `fixed`, `level` and `drift` (see `hot_motion` for how it is written)."""

from array import array

from barcore.state import (
    F_BETWEEN,
    F_DEV,
    F_LEVEL,
    F_P,
    F_SLOPE,
    F_SLOPE_VAR,
    F_UP,
    F_VAR,
    FAR,
    FAR_NOISE,
    GROWTH,
    LEVEL,
    LEVEL_VAR_MOST,
    MASK,
    NEAR,
    NEAR_NOISE,
    NO_NOISE,
    SLOPE_DOUBT,
    SMOOTH_LEVEL,
    SMOOTH_VAR,
    UP_X,
    UP_Y,
    UP_Z,
    VAR,
)

_LEVEL_VAR_LEAST = 4096
_MOST_OFFSET = 900000  # 170 mg: more is no zero-g offset
_LEAST_OFFSET_VAR = 64  # (0.15 mg)^2
_OFFSET_DRIFT = 6  # growth per step: 0.002 m/s^2 in a second


def isqrt(value: int) -> int:
    """Return the integer square root of 0 <= value < 2^30 (Newton's method)."""
    if value < 2:
        return value
    root = 2
    rest = value
    while rest > 3:
        rest >>= 2
        root <<= 1
    while True:
        better = (root + value // root) >> 1
        if better >= root:
            return root
        root = better


def times_q12(value: int, factor: int) -> int:
    """Return value * factor / 4096 for |value| < 2^30 and |factor| <= 2^13."""
    return (value >> 12) * factor + ((value & 4095) * factor >> 12)


def ratio_q12(part: int, whole: int) -> int:
    """Return 4096 * part / whole for 2^12 <= whole < 2^30, rounded toward zero and up to 2 % short."""
    size = part if part > 0 else -part
    size = (size << 12) // whole if size < 262144 else size // ((whole >> 12) + 1)
    return size if part > 0 else -size


def predict(f: "array[int]", offset: "array[int]", x: int, y: int, z: int, growth: int) -> None:
    """Take a level filter on by one step along up (1 = 2^10); see `level`."""
    slope = (x * offset[0] >> 10) + (y * offset[1] >> 10) + (z * offset[2] >> 10)
    f[F_SLOPE] = slope
    f[F_LEVEL] = f[F_LEVEL] + (slope >> 4)
    f[F_UP] = x
    f[F_UP + 1] = y
    f[F_UP + 2] = z
    slope_var = 0
    both = 0
    for i in range(3):
        row = F_P + 3 * i
        pu = (f[row] >> 2) * x + (f[row + 1] >> 2) * y + (f[row + 2] >> 2) * z >> 8
        up = f[F_UP + i] << 2
        between = f[F_BETWEEN + i]
        slope_var += (pu >> 12) * up + ((pu & 4095) * up >> 12)
        both += (between >> 12) * up + ((between & 4095) * up >> 12)
        f[F_BETWEEN + i] = between + pu
    for i in range(3):
        f[F_P + 4 * i] = f[F_P + 4 * i] + _OFFSET_DRIFT
    var = f[F_VAR] + (both >> 1) + (slope_var >> 2) + growth
    f[F_VAR] = _LEVEL_VAR_LEAST if var < _LEVEL_VAR_LEAST else var if var < LEVEL_VAR_MOST else LEVEL_VAR_MOST
    f[F_SLOPE_VAR] = slope_var if slope_var > 0 else 0


def correct(f: "array[int]", offset: "array[int]", seen: int, noise: int, teach: int) -> None:
    """Correct a level filter by one look, then keep every covariance within what its two variances allow."""
    error = seen - (f[F_LEVEL] >> 4)
    error = -32767 if error < -32767 else error if error < 32767 else 32767
    var = f[F_VAR]
    whole = var + noise
    share = ratio_q12(var, whole)
    f[F_LEVEL] = f[F_LEVEL] + (error * share >> 8)
    if teach != 0:
        for i in range(3):
            gain = ratio_q12(f[F_BETWEEN + i], whole)  # 2^14 x counts per step per count
            gain = -8191 if gain < -8191 else gain if gain < 8191 else 8191
            moved = offset[i] + (error * gain >> 6)
            offset[i] = -_MOST_OFFSET if moved < -_MOST_OFFSET else moved if moved < _MOST_OFFSET else _MOST_OFFSET
            for j in range(i, 3):
                p = f[F_P + 3 * i + j] - ((f[F_BETWEEN + j] >> 8) * gain >> 6)
                f[F_P + 3 * i + j] = p
                f[F_P + 3 * j + i] = p
    for i in range(3):
        between = f[F_BETWEEN + i]
        f[F_BETWEEN + i] = between - ((between >> 12) * share + ((between & 4095) * share >> 12))
    var -= (var >> 12) * share + ((var & 4095) * share >> 12)
    f[F_VAR] = var
    level = isqrt(var)
    for i in range(3):
        p = f[F_P + 4 * i]
        p = p if p > _LEAST_OFFSET_VAR else _LEAST_OFFSET_VAR
        f[F_P + 4 * i] = p
        f[F_DEV + i] = isqrt(p)
    for i in range(3):
        dev = f[F_DEV + i]
        most = level * dev * 2
        between = f[F_BETWEEN + i]
        f[F_BETWEEN + i] = -most if between < -most else between if between < most else most
        for j in range(i):
            most = dev * f[F_DEV + j]
            p = f[F_P + 3 * i + j]
            p = -most if p < -most else p if p < most else most
            f[F_P + 3 * i + j] = p
            f[F_P + 3 * j + i] = p


def back(d: "array[int]", b: "array[int]", offset: "array[int]", k: int, steps: int) -> None:
    """Smooth `steps` steps of the drift's rings, from step `k` down; b holds the level and variance from behind."""
    level = b[0]
    var = b[1]
    while steps > 0:
        at = k & MASK
        k -= 1
        steps -= 1
        before = d[VAR + at]
        share = ratio_q12(before, before + var)
        off = level - d[LEVEL + at]
        d[SMOOTH_LEVEL + at] = d[LEVEL + at] + (off >> 12) * share + ((off & 4095) * share >> 12)
        d[SMOOTH_VAR + at] = before - ((before >> 12) * share + ((before & 4095) * share >> 12))
        share = ratio_q12(var, var + d[NEAR_NOISE + at])
        off = (d[NEAR + at] << 4) - level
        level += (off >> 12) * share + ((off & 4095) * share >> 12)
        var -= (var >> 12) * share + ((var & 4095) * share >> 12)
        if d[FAR_NOISE + at] < NO_NOISE:
            share = ratio_q12(var, var + d[FAR_NOISE + at])
            off = (d[FAR + at] << 4) - level
            level += (off >> 12) * share + ((off & 4095) * share >> 12)
            var -= (var >> 12) * share + ((var & 4095) * share >> 12)
        slope = (d[UP_X + at] * offset[0] >> 10) + (d[UP_Y + at] * offset[1] >> 10) + (d[UP_Z + at] * offset[2] >> 10)
        level -= slope >> 4
        var += d[GROWTH + at] + 2 * SLOPE_DOUBT * isqrt(var) + SLOPE_DOUBT * SLOPE_DOUBT
        var = var if var < LEVEL_VAR_MOST else LEVEL_VAR_MOST
    b[0] = level
    b[1] = var
