# ruff: noqa
# mypy: ignore-errors
"""The twin of hot_rep for MicroPython's viper compiler, made from it by tests/support/viper.py: change it there."""
import struct

import micropython

from barcore.viper_drift import isqrt

WIDE = 8 * struct.calcsize("P") - 32  # bits of a word beyond 32


@micropython.viper
def walk(w: ptr32, d: ptr32, raw: ptr32, v_ring: ptr32, h_ring: ptr32, stop: int, most: int) -> int:
    wide = int(WIDE)
    state = w[0] << wide >> wide
    tick = w[1] << wide >> wide
    start = w[2] << wide >> wide
    h = w[3] << wide >> wide
    low = w[4] << wide >> wide
    peak = w[5] << wide >> wide
    calm = w[6] << wide >> wide
    doubt = w[7] << wide >> wide
    ledge = w[8] << wide >> wide
    ledge_start = w[9] << wide >> wide
    least_rise = w[10] << wide >> wide
    done = 0
    while done < most and tick < stop and (state != 3):
        done += 1
        tick += 1
        k = tick >> 2
        level = d[512 + (k & 255)] << wide >> wide
        level += ((d[512 + (k + 1 & 255)] << wide >> wide) - level) * (tick & 3) >> 2
        v = (raw[tick & 1023] << wide >> wide) + (raw[tick - 1 & 1023] << wide >> wide) + (raw[tick + 1 & 1023] << wide >> wide)
        v = (v + (raw[tick - 2 & 1023] << wide >> wide) + (raw[tick + 2 & 1023] << wide >> wide)) // 5 - (level >> 4)
        v = -262144 if v < -262144 else v if v < 262144 else 262144
        h += v
        v_ring[tick & 1023] = v
        h_ring[tick & 1023] = h
        seek = 0
        if state == 0:
            low = h if h < low else low
            calm = calm + 1 if -1305 < v < 1305 else 0
            if calm > 50:
                low += (h - low) // 10
            if v <= 1305:
                start = tick + 1
            if h - low >= least_rise:
                state = 1
                peak = h
                calm = 0
                doubt = 0
                ledge = low
        elif state == 1:
            peak = h if h > peak else peak
            calm = calm + 1 if -1305 < v < 1305 else 0
            if calm > 75:
                ledge = h
                ledge_start = tick + 1
            else:
                if v <= 1305 and h - ledge < ledge - low >> 2:
                    ledge_start = tick + 1
                if ledge > low and h - ledge > least_rise and (h - ledge > ledge - low):
                    low = ledge
                    start = ledge_start
            if tick & 3 == 0 and d[768 + (k & 255)] << wide >> wide > 2452356:
                doubt += 4 * int(isqrt(d[768 + (k & 255)] << wide >> wide))
            if tick - start > 950:
                seek = 1
            elif (h - low - (doubt >> 1)) // ((peak - low >> 6) + 1) < 29:
                state = 2
        elif v >= -1305:
            if peak - low > w[11] << wide >> wide:
                seek = 1
            else:
                state = 3
        if seek != 0:
            state = 0
            start = tick
            low = h
            ledge = h
            doubt = 0
            calm = 0
    w[0] = state
    w[1] = tick
    w[2] = start
    w[3] = h
    w[4] = low
    w[5] = peak
    w[6] = calm
    w[7] = doubt
    w[8] = ledge
    w[9] = ledge_start
    return done
