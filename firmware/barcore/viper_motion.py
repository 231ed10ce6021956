# ruff: noqa
# mypy: ignore-errors
"""The twin of hot_motion for MicroPython's viper compiler, made from it by tests/support/viper.py: change it there."""
import struct

import micropython

WIDE = 8 * struct.calcsize("P") - 32  # bits of a word beyond 32


@micropython.viper
def turn(m: ptr32, dt_ms: int, ax: int, ay: int, az: int, gx: int, gy: int, gz: int) -> int:
    wide = int(WIDE)
    ax = (ax - (m[18] << wide >> wide)) * (m[21] << wide >> wide) >> 12
    ay = (ay - (m[19] << wide >> wide)) * (m[22] << wide >> wide) >> 12
    az = (az - (m[20] << wide >> wide)) * (m[23] << wide >> wide) >> 12
    m[9] = -32768 if ax < -32768 else ax if ax < 32767 else 32767
    m[10] = -32768 if ay < -32768 else ay if ay < 32767 else 32767
    m[11] = -32768 if az < -32768 else az if az < 32767 else 32767
    gx -= m[24] << wide >> wide
    gy -= m[25] << wide >> wide
    gz -= m[26] << wide >> wide
    wx = (gx + (m[12] << wide >> wide) >> 1) - (m[6] << wide >> wide >> 16)
    wy = (gy + (m[13] << wide >> wide) >> 1) - (m[7] << wide >> wide >> 16)
    wz = (gz + (m[14] << wide >> wide) >> 1) - (m[8] << wide >> wide >> 16)
    wx = -32768 if wx < -32768 else wx if wx < 32767 else 32767
    wy = -32768 if wy < -32768 else wy if wy < 32767 else 32767
    wz = -32768 if wz < -32768 else wz if wz < 32767 else 32767
    m[12] = gx
    m[13] = gy
    m[14] = gz
    x = m[0] << wide >> wide
    y = m[1] << wide >> wide
    z = m[2] << wide >> wide
    step = dt_ms if dt_ms < 300 else 300
    x24 = (m[3] << wide >> wide) + (y * wz - z * wy >> 8) * step // 7
    y24 = (m[4] << wide >> wide) + (z * wx - x * wz >> 8) * step // 7
    z24 = (m[5] << wide >> wide) + (x * wy - y * wx >> 8) * step // 7
    short = 67108864 - (x >> 1) * (x >> 1) - (y >> 1) * (y >> 1) - (z >> 1) * (z >> 1) >> 6
    short = -16384 if short < -16384 else short if short < 16384 else 16384
    x24 += x * short >> 11
    y24 += y * short >> 11
    z24 += z * short >> 11
    m[3] = x24
    m[4] = y24
    m[5] = z24
    x = x24 >> 10
    y = y24 >> 10
    z = z24 >> 10
    if x <= -32768 or x >= 32768 or y <= -32768 or (y >= 32768) or (z <= -32768) or (z >= 32768):
        return 1
    length_sq = (x >> 1) * (x >> 1) + (y >> 1) * (y >> 1) + (z >> 1) * (z >> 1)
    if length_sq <= 50331648 or length_sq >= 83886080:
        return 1
    m[0] = x
    m[1] = y
    m[2] = z
    return 0


@micropython.viper
def integrate(m: ptr32, dt_ms: int):
    wide = int(WIDE)
    ax = m[9] << wide >> wide
    ay = m[10] << wide >> wide
    az = m[11] << wide >> wide
    gx = m[12] << wide >> wide
    gy = m[13] << wide >> wide
    gz = m[14] << wide >> wide
    x = m[0] << wide >> wide
    y = m[1] << wide >> wide
    z = m[2] << wide >> wide
    along = ax * x + ay * y + az * z
    moved = gx - (m[15] << wide >> wide) if gx > m[15] << wide >> wide else (m[15] << wide >> wide) - gx
    moved += gy - (m[16] << wide >> wide) if gy > m[16] << wide >> wide else (m[16] << wide >> wide) - gy
    moved += gz - (m[17] << wide >> wide) if gz > m[17] << wide >> wide else (m[17] << wide >> wide) - gz
    still_ms = (m[27] << wide >> wide) + dt_ms
    if moved > 64:
        m[15] = gx
        m[16] = gy
        m[17] = gz
        still_ms = 0
    m[27] = still_ms
    zero_x = m[6] << wide >> wide
    zero_y = m[7] << wide >> wide
    zero_z = m[8] << wide >> wide
    if still_ms > 800 and m[28] << wide >> wide != 0:
        zero_x += gx - (zero_x >> 16) << 8
        zero_y += gy - (zero_y >> 16) << 8
        zero_z += gz - (zero_z >> 16) << 8
        zero_x = -134217728 if zero_x < -134217728 else zero_x if zero_x < 134217728 else 134217728
        zero_y = -134217728 if zero_y < -134217728 else zero_y if zero_y < 134217728 else 134217728
        zero_z = -134217728 if zero_z < -134217728 else zero_z if zero_z < 134217728 else 134217728
    per_s_x64 = 96 if still_ms > 300 else 10
    age_ms = m[29] << wide >> wide
    if age_ms < 6000:
        age_ms += dt_ms
        m[29] = age_ms
        gain = 64000 // (age_ms + 400)
        if per_s_x64 < gain:
            per_s_x64 = gain
    counts = along >> 14
    if -1638 <= counts - 4096 <= 1638:
        ex = ax - (counts * x >> 14)
        ey = ay - (counts * y >> 14)
        ez = az - (counts * z >> 14)
        ex = -409 if ex < -409 else ex if ex < 409 else 409
        ey = -409 if ey < -409 else ey if ey < 409 else 409
        ez = -409 if ez < -409 else ez if ez < 409 else 409
        step = dt_ms if dt_ms < 100 else 100
        gain = step * per_s_x64
        m[3] = (m[3] << wide >> wide) + ex * gain // 16
        m[4] = (m[4] << wide >> wide) + ey * gain // 16
        m[5] = (m[5] << wide >> wide) + ez * gain // 16
        learn = step * (37 if per_s_x64 < 20 or per_s_x64 == 96 else 111)
        zero_x += (y * ez - z * ey >> 14) * learn >> 6
        zero_y += (z * ex - x * ez >> 14) * learn >> 6
        zero_z += (x * ey - y * ex >> 14) * learn >> 6
        zero_x = -134217728 if zero_x < -134217728 else zero_x if zero_x < 134217728 else 134217728
        zero_y = -134217728 if zero_y < -134217728 else zero_y if zero_y < 134217728 else 134217728
        zero_z = -134217728 if zero_z < -134217728 else zero_z if zero_z < 134217728 else 134217728
    m[6] = zero_x
    m[7] = zero_y
    m[8] = zero_z
    peak = m[38] << wide >> wide
    if ax >= 32000 or ay >= 32000 or az >= 32000 or (ax <= -32000) or (ay <= -32000) or (az <= -32000):
        m[39] = 1
        peak = 1048576
    vertical = (along >> 12) - 16384
    size = vertical if vertical > 0 else 0 - vertical
    m[38] = size if size > peak else peak
    fine = m[33] << wide >> wide
    m[34] = fine
    m[33] = fine + ((vertical + (m[36] << wide >> wide)) * dt_ms >> 1)
    m[36] = vertical
    m[32] = dt_ms
    m[30] = (m[30] << wide >> wide) + dt_ms


@micropython.viper
def tick(m: ptr32) -> int:
    wide = int(WIDE)
    next_ms = (m[31] << wide >> wide) + 20
    fine = m[33] << wide >> wide
    if next_ms > m[30] << wide >> wide:
        m[35] = (m[35] << wide >> wide) + (fine >> 6)
        m[33] = fine & 63
        return 0
    part = (m[32] << wide >> wide) - ((m[30] << wide >> wide) - next_ms)
    m[37] = (m[35] << wide >> wide) + ((m[34] << wide >> wide) + (fine - (m[34] << wide >> wide)) // (m[32] << wide >> wide) * part >> 6)
    m[31] = next_ms
    return 1


@micropython.viper
def velocity(raw: ptr32, tick: int, level: int) -> int:
    wide = int(WIDE)
    total = (raw[tick & 1023] << wide >> wide) + (raw[tick - 1 & 1023] << wide >> wide) + (raw[tick + 1 & 1023] << wide >> wide)
    v = (total + (raw[tick - 2 & 1023] << wide >> wide) + (raw[tick + 2 & 1023] << wide >> wide)) // 5 - (level >> 4)
    return -262144 if v < -262144 else v if v < 262144 else 262144


@micropython.viper
def push(s: ptr32, v: ptr32, n: int):
    wide = int(WIDE)
    new = v[n & 1023] << wide >> wide
    near_a = (s[217] << wide >> wide) + new - (v[n - 11 & 1023] << wide >> wide)
    s[217] = near_a
    at = 192 + n % 7
    near_b = (s[218] << wide >> wide) + near_a - (s[at] << wide >> wide)
    s[218] = near_b
    s[at] = near_a
    near = near_b // 77
    s[0 + (n - 8 & 63)] = near
    far_a = (s[219] << wide >> wide) + new - (v[n - 25 & 1023] << wide >> wide)
    s[219] = far_a
    mean = far_a // 25
    at = 200 + n % 15
    far_b = (s[220] << wide >> wide) + mean - (s[at] << wide >> wide)
    s[220] = far_b
    s[at] = mean
    s[64 + (n - 19 & 63)] = far_b // 15
    off = (v[n - 8 & 1023] << wide >> wide) - near
    off = off if off > 0 else 0 - off
    off = off if off < 20000 else 20000
    s[216] = (s[216] << wide >> wide) + off - (s[128 + (n - 50 & 63)] << wide >> wide)
    s[128 + (n & 63)] = off


@micropython.viper
def fill(ring: ptr32, value: int, count: int):
    for i in range(count):
        ring[i] = value
