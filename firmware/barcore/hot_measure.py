"""The hot part of `measure` (see `hot_motion` for how it is written)."""

from array import array

from barcore.hot_drift import ratio_q12
from barcore.state import (
    C_AT,
    C_END,
    C_FASTEST,
    C_MISSING,
    C_PEAK,
    C_PEAK_TICK,
    C_SLOWEST,
    C_TAKEN,
    C_VAR_SUM,
    H_AT,
    H_BEST,
    H_BEST_BOUNDS,
    H_BOUNDS,
    H_DISTURBED,
    H_DOUBT,
    H_DOWN,
    H_END,
    H_FALL_HALF,
    H_FIRST,
    H_FLOOR,
    H_HELD,
    H_HIGHER,
    H_LOWER,
    H_PEAK,
    H_PEAK_TICK,
    H_RISE_HALF,
    H_ROUGH,
    H_TOP,
    H_VISIT,
    H_VISIT_DOWN,
    H_VISIT_ROUGH,
    H_VISIT_TOP,
    H_ZONE,
    MASK,
    SMOOTH_VAR,
    V_005,
    V_MASK,
    VISIT_DOWN,
    VISIT_FLOOR,
    VISIT_HOLD,
    VISIT_LONGEST,
    VISIT_TICKS,
    VISIT_TOP,
)

_LEAST_VAR = 2000  # counts^2 of drift that its filter does not tell
_HELD_TICKS = 64  # a drift of some mm a second is no dip: the held height follows within 1.3 s
_HELD_MOST = 20 * 1305  # but a bar that sinks further than drift explains does leave its zone


def close(c: "array[int]", d: "array[int]", v_ring: "array[int]", h_ring: "array[int]", most: int) -> int:
    """Correct up to `most` ticks, to the rep's end, and look for the top; returns how many."""
    at = c[C_AT]
    taken = c[C_TAKEN]
    missing = c[C_MISSING] >> 6
    whole = c[C_VAR_SUM]
    done = 0
    while done < most and at <= c[C_END]:
        done += 1
        share = ratio_q12(d[SMOOTH_VAR + (at >> 2 & MASK)] + _LEAST_VAR >> 8 << 6, whole)  # 2^18 x this tick's share
        part = missing * share >> 12
        taken += part
        v = v_ring[at & V_MASK] - part
        h = h_ring[at & V_MASK] - taken
        v_ring[at & V_MASK] = v
        h_ring[at & V_MASK] = h
        if h > c[C_PEAK]:
            c[C_PEAK] = h
            c[C_PEAK_TICK] = at
        if v > c[C_FASTEST]:
            c[C_FASTEST] = v
        if v < 0 - c[C_SLOWEST]:
            c[C_SLOWEST] = 0 - v
        at += 1
    c[C_AT] = at
    c[C_TAKEN] = taken
    return done


def read(r: "array[int]", v_ring: "array[int]", h_ring: "array[int]", most: int) -> int:  # noqa: C901, PLR0912, PLR0915
    """Read up to `most` ticks, to the rep's end: its longest visit to the zone holds the hold; returns how many."""
    at = r[H_AT]
    end = r[H_END]
    first = r[H_FIRST]
    done = 0
    while done < most and at <= end:
        done += 1
        h = h_ring[at & V_MASK]
        v = 0
        if h > r[H_LOWER + VISIT_FLOOR] or r[H_VISIT] != 0:
            # The mean velocity around the tick, over the longer a time the slower the move there was.
            half = r[H_RISE_HALF] if at < r[H_PEAK_TICK] else r[H_FALL_HALF]
            if at - half <= first:
                half = at - 1 - first
            if at + half > end:
                half = end - at
            if half <= 0:
                v = v_ring[at & V_MASK]
            else:
                v = (h_ring[at + half & V_MASK] - h_ring[at - half - 1 & V_MASK]) // (2 * half + 1)
        # The visits above a floor that stays where it is.
        for i in range(2):
            visit = H_HIGHER + (H_LOWER - H_HIGHER) * i
            ticks = r[visit + VISIT_TICKS]
            if h <= r[visit + VISIT_FLOOR]:
                if ticks > r[visit + VISIT_LONGEST]:
                    r[visit + VISIT_LONGEST] = ticks
                    r[visit + VISIT_HOLD] = (
                        r[visit + VISIT_DOWN] - r[visit + VISIT_TOP] if r[visit + VISIT_TOP] != 0 else 0
                    )
                r[visit + VISIT_TICKS] = 0
            else:
                if ticks == 0:
                    r[visit + VISIT_TOP] = 0
                r[visit + VISIT_TICKS] = ticks + 1
                if r[visit + VISIT_TOP] == 0 and v <= V_005:
                    r[visit + VISIT_TOP] = at
                    r[visit + VISIT_DOWN] = at
                if r[visit + VISIT_TOP] != 0 and v >= -V_005:
                    r[visit + VISIT_DOWN] = at + 1
        floor = r[H_FLOOR] if r[H_VISIT_TOP] == 0 or r[H_VISIT] == 0 else r[H_HELD] - r[H_ZONE]
        ends = 1 if at == end else 0
        if h > floor:
            if r[H_VISIT] == 0:
                r[H_VISIT_TOP] = 0
                r[H_VISIT_ROUGH] = 0
                r[H_ROUGH] = 0
                for i in range(4):
                    r[H_BOUNDS + i] = 0
            r[H_VISIT] = r[H_VISIT] + 1
            if r[H_VISIT_TOP] == 0 and v <= V_005:
                r[H_VISIT_TOP] = at
                r[H_VISIT_DOWN] = at
                r[H_HELD] = r[H_PEAK]
            if r[H_VISIT_TOP] != 0:
                if v >= -V_005:
                    r[H_VISIT_DOWN] = at + 1
                    r[H_VISIT_ROUGH] = r[H_VISIT_ROUGH] + r[H_ROUGH] + (1 if v > V_005 else 0)
                    r[H_ROUGH] = 0
                else:
                    r[H_ROUGH] = r[H_ROUGH] + 1
            # Where the hold would begin and end if the velocity were off by the doubt, either way.
            doubt = r[H_DOUBT]
            if r[H_BOUNDS] == 0 and v <= V_005 + doubt:
                r[H_BOUNDS] = at
            if r[H_BOUNDS + 1] == 0 and v <= V_005 - doubt:
                r[H_BOUNDS + 1] = at
            if v >= doubt - V_005:
                r[H_BOUNDS + 2] = at + 1
            if v + doubt >= -V_005:
                r[H_BOUNDS + 3] = at + 1
            held = r[H_HELD]
            if h > held or held > r[H_PEAK] - _HELD_MOST:
                r[H_HELD] = held + (h - held) // _HELD_TICKS
        else:
            ends = 1
        if ends != 0 and r[H_VISIT] != 0:
            if r[H_VISIT] > r[H_BEST]:
                r[H_BEST] = r[H_VISIT]
                for i in range(4):
                    r[H_BEST_BOUNDS + i] = r[H_BOUNDS + i]
                top = at - 1
                down = at - 1
                if r[H_VISIT_TOP] != 0:
                    top = r[H_VISIT_TOP]
                    down = r[H_VISIT_DOWN]
                r[H_TOP] = top
                r[H_DOWN] = down if down > top else top
                r[H_DISTURBED] = 1 if r[H_VISIT_ROUGH] > 0 else 0
            r[H_VISIT] = 0
        at += 1
    r[H_AT] = at
    return done
