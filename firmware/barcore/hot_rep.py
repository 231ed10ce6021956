"""The hot part of `rep` (see `hot_motion` for how it is written)."""

from array import array

from barcore.hot_drift import isqrt
from barcore.state import (
    ABOVE,
    LOWERING,
    MASK,
    MEASURE,
    R_CALM,
    R_DOUBT,
    R_HEIGHT,
    R_LEAST_RISE,
    R_LEDGE,
    R_LEDGE_START,
    R_LOW,
    R_MOST_RISE,
    R_PEAK,
    R_START,
    R_STATE,
    R_TICK,
    SEEK,
    SMOOTH_LEVEL,
    SMOOTH_VAR,
    V_005,
    V_MASK,
    V_MOST,
)

_CALM_TICKS, _LEDGE_TICKS, _LONGEST_TICKS = 50, 75, 950
_SPLIT = 29
_HOLE_VAR = 1566 * 1566


def walk(  # noqa: C901, PLR0912, PLR0913, PLR0915
    w: "array[int]",
    d: "array[int]",
    raw: "array[int]",
    v_ring: "array[int]",
    h_ring: "array[int]",
    stop: int,
    most: int,
) -> int:
    """Walk up to `most` ticks of a stretch, none beyond `stop`, through the table of `rep`; returns how many.

    It ends with the tick that ends a rep, in state MEASURE.
    """
    state = w[R_STATE]
    tick = w[R_TICK]
    start = w[R_START]
    h = w[R_HEIGHT]
    low = w[R_LOW]
    peak = w[R_PEAK]
    calm = w[R_CALM]
    doubt = w[R_DOUBT]
    ledge = w[R_LEDGE]
    ledge_start = w[R_LEDGE_START]
    least_rise = w[R_LEAST_RISE]
    done = 0
    while done < most and tick < stop and state != MEASURE:
        done += 1
        tick += 1
        k = tick >> 2
        level = d[SMOOTH_LEVEL + (k & MASK)]
        level += (d[SMOOTH_LEVEL + (k + 1 & MASK)] - level) * (tick & 3) >> 2
        v = raw[tick & V_MASK] + raw[tick - 1 & V_MASK] + raw[tick + 1 & V_MASK]
        v = (v + raw[tick - 2 & V_MASK] + raw[tick + 2 & V_MASK]) // 5 - (level >> 4)
        v = -V_MOST if v < -V_MOST else v if v < V_MOST else V_MOST
        h += v
        v_ring[tick & V_MASK] = v
        h_ring[tick & V_MASK] = h
        seek = 0
        if state == SEEK:
            # Keep the lowest point and the start of the rise; a bar calm for a second lies at the bottom.
            low = h if h < low else low
            calm = calm + 1 if -V_005 < v < V_005 else 0
            if calm > _CALM_TICKS:
                low += (h - low) // 10
            if v <= V_005:
                start = tick + 1
            if h - low >= least_rise:
                state = ABOVE
                peak = h
                calm = 0
                doubt = 0
                ledge = low
        elif state == ABOVE:
            # Follow the bar while it is up: its peak, where it really began, and whether it is back down.
            peak = h if h > peak else peak
            calm = calm + 1 if -V_005 < v < V_005 else 0
            if calm > _LEDGE_TICKS:
                ledge = h
                ledge_start = tick + 1
            else:
                if v <= V_005 and h - ledge < ledge - low >> 2:
                    ledge_start = tick + 1
                if ledge > low and h - ledge > least_rise and h - ledge > ledge - low:
                    low = ledge  # it lay on a ledge and now rises by more than it had risen to it
                    start = ledge_start
            if tick & 3 == 0 and d[SMOOTH_VAR + (k & MASK)] > _HOLE_VAR:
                doubt += 4 * isqrt(d[SMOOTH_VAR + (k & MASK)])
            if tick - start > _LONGEST_TICKS:
                seek = 1
            elif (h - low - (doubt >> 1)) // ((peak - low >> 6) + 1) < _SPLIT:
                state = LOWERING
        elif v >= -V_005:
            if peak - low > w[R_MOST_RISE]:
                seek = 1
            else:
                state = MEASURE
        if seek != 0:
            state = SEEK
            start = tick
            low = h
            ledge = h
            doubt = 0
            calm = 0
    w[R_STATE] = state
    w[R_TICK] = tick
    w[R_START] = start
    w[R_HEIGHT] = h
    w[R_LOW] = low
    w[R_PEAK] = peak
    w[R_CALM] = calm
    w[R_DOUBT] = doubt
    w[R_LEDGE] = ledge
    w[R_LEDGE_START] = ledge_start
    return done
