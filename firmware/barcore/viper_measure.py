# ruff: noqa
# mypy: ignore-errors
"""The twin of hot_measure for MicroPython's viper compiler, made from it by tests/support/viper.py: change it there."""
import struct

import micropython

from barcore.viper_drift import ratio_q12

WIDE = 8 * struct.calcsize("P") - 32  # bits of a word beyond 32


@micropython.viper
def close(c: ptr32, d: ptr32, v_ring: ptr32, h_ring: ptr32, most: int) -> int:
    wide = int(WIDE)
    at = c[0] << wide >> wide
    taken = c[3] << wide >> wide
    missing = c[2] << wide >> wide >> 6
    whole = c[4] << wide >> wide
    done = 0
    while done < most and at <= c[1] << wide >> wide:
        done += 1
        share = int(ratio_q12((d[768 + (at >> 2 & 255)] << wide >> wide) + 2000 >> 8 << 6, whole))
        part = missing * share >> 12
        taken += part
        v = (v_ring[at & 1023] << wide >> wide) - part
        h = (h_ring[at & 1023] << wide >> wide) - taken
        v_ring[at & 1023] = v
        h_ring[at & 1023] = h
        if h > c[5] << wide >> wide:
            c[5] = h
            c[6] = at
        if v > c[7] << wide >> wide:
            c[7] = v
        if v < 0 - (c[8] << wide >> wide):
            c[8] = 0 - v
        at += 1
    c[0] = at
    c[3] = taken
    return done


@micropython.viper
def read(r: ptr32, v_ring: ptr32, h_ring: ptr32, most: int) -> int:
    wide = int(WIDE)
    at = r[0] << wide >> wide
    end = r[1] << wide >> wide
    first = r[2] << wide >> wide
    done = 0
    while done < most and at <= end:
        done += 1
        h = h_ring[at & 1023] << wide >> wide
        v = 0
        if h > r[34] << wide >> wide or r[11] << wide >> wide != 0:
            half = r[8] << wide >> wide if at < r[4] << wide >> wide else r[9] << wide >> wide
            if at - half <= first:
                half = at - 1 - first
            if at + half > end:
                half = end - at
            if half <= 0:
                v = v_ring[at & 1023] << wide >> wide
            else:
                v = ((h_ring[at + half & 1023] << wide >> wide) - (h_ring[at - half - 1 & 1023] << wide >> wide)) // (2 * half + 1)
        for i in range(2):
            visit = 28 + 6 * i
            ticks = r[visit + 2] << wide >> wide
            if h <= r[visit + 0] << wide >> wide:
                if ticks > r[visit + 3] << wide >> wide:
                    r[visit + 3] = ticks
                    r[visit + 1] = (r[visit + 5] << wide >> wide) - (r[visit + 4] << wide >> wide) if r[visit + 4] << wide >> wide != 0 else 0
                r[visit + 2] = 0
            else:
                if ticks == 0:
                    r[visit + 4] = 0
                r[visit + 2] = ticks + 1
                if r[visit + 4] << wide >> wide == 0 and v <= 1305:
                    r[visit + 4] = at
                    r[visit + 5] = at
                if r[visit + 4] << wide >> wide != 0 and v >= -1305:
                    r[visit + 5] = at + 1
        floor = r[5] << wide >> wide if r[12] << wide >> wide == 0 or r[11] << wide >> wide == 0 else (r[10] << wide >> wide) - (r[6] << wide >> wide)
        ends = 1 if at == end else 0
        if h > floor:
            if r[11] << wide >> wide == 0:
                r[12] = 0
                r[14] = 0
                r[15] = 0
                for i in range(4):
                    r[20 + i] = 0
            r[11] = (r[11] << wide >> wide) + 1
            if r[12] << wide >> wide == 0 and v <= 1305:
                r[12] = at
                r[13] = at
                r[10] = r[3] << wide >> wide
            if r[12] << wide >> wide != 0:
                if v >= -1305:
                    r[13] = at + 1
                    r[14] = (r[14] << wide >> wide) + (r[15] << wide >> wide) + (1 if v > 1305 else 0)
                    r[15] = 0
                else:
                    r[15] = (r[15] << wide >> wide) + 1
            doubt = r[7] << wide >> wide
            if r[20] << wide >> wide == 0 and v <= 1305 + doubt:
                r[20] = at
            if r[21] << wide >> wide == 0 and v <= 1305 - doubt:
                r[21] = at
            if v >= doubt - 1305:
                r[22] = at + 1
            if v + doubt >= -1305:
                r[23] = at + 1
            held = r[10] << wide >> wide
            if h > held or held > (r[3] << wide >> wide) - 26100:
                r[10] = held + (h - held) // 64
        else:
            ends = 1
        if ends != 0 and r[11] << wide >> wide != 0:
            if r[11] << wide >> wide > r[16] << wide >> wide:
                r[16] = r[11] << wide >> wide
                for i in range(4):
                    r[24 + i] = r[20 + i] << wide >> wide
                top = at - 1
                down = at - 1
                if r[12] << wide >> wide != 0:
                    top = r[12] << wide >> wide
                    down = r[13] << wide >> wide
                r[17] = top
                r[18] = down if down > top else top
                r[19] = 1 if r[14] << wide >> wide > 0 else 0
            r[11] = 0
        at += 1
    r[0] = at
    return done
