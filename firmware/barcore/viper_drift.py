# ruff: noqa
# mypy: ignore-errors
"""The twin of hot_drift for MicroPython's viper compiler, made from it by tests/support/viper.py: change it there."""
import struct

import micropython

WIDE = 8 * struct.calcsize("P") - 32  # bits of a word beyond 32


@micropython.viper
def isqrt(value: int) -> int:
    if value < 2:
        return value
    root = 2
    rest = value
    while rest > 3:
        rest >>= 2
        root <<= 1
    while True:
        better = root + value // root >> 1
        if better >= root:
            return root
        root = better


@micropython.viper
def times_q12(value: int, factor: int) -> int:
    return (value >> 12) * factor + ((value & 4095) * factor >> 12)


@micropython.viper
def ratio_q12(part: int, whole: int) -> int:
    size = part if part > 0 else 0 - part
    size = (size << 12) // whole if size < 262144 else size // ((whole >> 12) + 1)
    return size if part > 0 else 0 - size


@micropython.viper
def predict(f: ptr32, offset: ptr32, x: int, y: int, z: int, growth: int):
    wide = int(WIDE)
    slope = (x * (offset[0] << wide >> wide) >> 10) + (y * (offset[1] << wide >> wide) >> 10) + (z * (offset[2] << wide >> wide) >> 10)
    f[2] = slope
    f[0] = (f[0] << wide >> wide) + (slope >> 4)
    f[16] = x
    f[17] = y
    f[18] = z
    slope_var = 0
    both = 0
    for i in range(3):
        row = 7 + 3 * i
        pu = (f[row] << wide >> wide >> 2) * x + (f[row + 1] << wide >> wide >> 2) * y + (f[row + 2] << wide >> wide >> 2) * z >> 8
        up = f[16 + i] << wide >> wide << 2
        between = f[4 + i] << wide >> wide
        slope_var += (pu >> 12) * up + ((pu & 4095) * up >> 12)
        both += (between >> 12) * up + ((between & 4095) * up >> 12)
        f[4 + i] = between + pu
    for i in range(3):
        f[7 + 4 * i] = (f[7 + 4 * i] << wide >> wide) + 6
    var = (f[1] << wide >> wide) + (both >> 1) + (slope_var >> 2) + growth
    f[1] = 4096 if var < 4096 else var if var < 67108864 else 67108864
    f[3] = slope_var if slope_var > 0 else 0


@micropython.viper
def correct(f: ptr32, offset: ptr32, seen: int, noise: int, teach: int):
    wide = int(WIDE)
    error = seen - (f[0] << wide >> wide >> 4)
    error = -32767 if error < -32767 else error if error < 32767 else 32767
    var = f[1] << wide >> wide
    whole = var + noise
    share = int(ratio_q12(var, whole))
    f[0] = (f[0] << wide >> wide) + (error * share >> 8)
    if teach != 0:
        for i in range(3):
            gain = int(ratio_q12(f[4 + i] << wide >> wide, whole))
            gain = -8191 if gain < -8191 else gain if gain < 8191 else 8191
            moved = (offset[i] << wide >> wide) + (error * gain >> 6)
            offset[i] = -900000 if moved < -900000 else moved if moved < 900000 else 900000
            for j in range(i, 3):
                p = (f[7 + 3 * i + j] << wide >> wide) - ((f[4 + j] << wide >> wide >> 8) * gain >> 6)
                f[7 + 3 * i + j] = p
                f[7 + 3 * j + i] = p
    for i in range(3):
        between = f[4 + i] << wide >> wide
        f[4 + i] = between - ((between >> 12) * share + ((between & 4095) * share >> 12))
    var -= (var >> 12) * share + ((var & 4095) * share >> 12)
    f[1] = var
    level = int(isqrt(var))
    for i in range(3):
        p = f[7 + 4 * i] << wide >> wide
        p = p if p > 64 else 64
        f[7 + 4 * i] = p
        f[19 + i] = int(isqrt(p))
    for i in range(3):
        dev = f[19 + i] << wide >> wide
        most = level * dev * 2
        between = f[4 + i] << wide >> wide
        f[4 + i] = 0 - most if between < 0 - most else between if between < most else most
        for j in range(i):
            most = dev * (f[19 + j] << wide >> wide)
            p = f[7 + 3 * i + j] << wide >> wide
            p = 0 - most if p < 0 - most else p if p < most else most
            f[7 + 3 * i + j] = p
            f[7 + 3 * j + i] = p


@micropython.viper
def back(d: ptr32, b: ptr32, offset: ptr32, k: int, steps: int):
    wide = int(WIDE)
    level = b[0] << wide >> wide
    var = b[1] << wide >> wide
    while steps > 0:
        at = k & 255
        k -= 1
        steps -= 1
        before = d[256 + at] << wide >> wide
        share = int(ratio_q12(before, before + var))
        off = level - (d[0 + at] << wide >> wide)
        d[512 + at] = (d[0 + at] << wide >> wide) + (off >> 12) * share + ((off & 4095) * share >> 12)
        d[768 + at] = before - ((before >> 12) * share + ((before & 4095) * share >> 12))
        share = int(ratio_q12(var, var + (d[1536 + at] << wide >> wide)))
        off = (d[1024 + at] << wide >> wide << 4) - level
        level += (off >> 12) * share + ((off & 4095) * share >> 12)
        var -= (var >> 12) * share + ((var & 4095) * share >> 12)
        if d[1792 + at] << wide >> wide < 536870912:
            share = int(ratio_q12(var, var + (d[1792 + at] << wide >> wide)))
            off = (d[1280 + at] << wide >> wide << 4) - level
            level += (off >> 12) * share + ((off & 4095) * share >> 12)
            var -= (var >> 12) * share + ((var & 4095) * share >> 12)
        slope = ((d[2304 + at] << wide >> wide) * (offset[0] << wide >> wide) >> 10) + ((d[2560 + at] << wide >> wide) * (offset[1] << wide >> wide) >> 10) + ((d[2816 + at] << wide >> wide) * (offset[2] << wide >> wide) >> 10)
        level -= slope >> 4
        var += (d[2048 + at] << wide >> wide) + 12 * int(isqrt(var)) + 36
        var = var if var < 67108864 else 67108864
    b[0] = level
    b[1] = var
