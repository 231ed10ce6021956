"""The project's own words on a peer's findings: which of its rises and falls make reps and sets, and their holds."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from barcore import protocol
from barhold.generate import truth
from barhold.generate.truth import HOLD_SPEED_M_S, PARTIAL_SHARE, REP_LEAST_M, REP_SHARE
from barhold.model import Rep
from barhold.recordings.ground_truth import TrueRep
from bench.found import Found

SET_GAP_S = 15
_LONGEST_S = 20
Floats = NDArray[np.float64]


def reps(speed: Floats, rises: Iterable[int], falls: Iterable[int], rate_hz: float) -> list[TrueRep]:
    """Return reps from indices within rises and falls of `speed` (n,) in m/s.

    A fall that ends above half of the rise belongs to the hold; the next one that ends below it ends the rep.
    """
    height = np.concatenate([[0.0], np.cumsum(speed)[:-1] / rate_hz])
    ups, downs = np.unique(np.array([*rises], dtype=int)), np.unique(np.array([*falls], dtype=int))
    found, free_from = [], 0
    for up in ups.tolist():
        if up < free_from:
            continue
        first = _first_above(speed, up)
        for down in downs[(downs > up) & (downs < up + _LONGEST_S * rate_hz)].tolist():
            last = _last_below(speed, down)
            rise_m = float(height[first : last + 1].max() - height[first])
            if rise_m > 0 and height[last] - height[first] < rise_m / 2:
                rep = truth.rep(height[first : last + 1], speed[first : last + 1], first, rise_m, False, rate_hz)
                found.append(rep)
                free_from = last
                break
    return found


def in_sets(candidates: Iterable[TrueRep]) -> Found:
    """Keep what is a rep of a set: 8 cm, half of the set's reference range, no lone lift; judge the partial ones."""
    grouped: list[list[TrueRep]] = []
    for rep in candidates:
        if rep.rom_m < REP_LEAST_M:
            continue
        if grouped and rep.start_s - grouped[-1][-1].end_s <= SET_GAP_S:
            grouped[-1].append(rep)
        else:
            grouped.append([rep])
    return Found(tuple(rep for some in grouped for rep in _set(some)))


def _set(some: list[TrueRep]) -> list[Rep]:
    least_m = REP_SHARE * truth.reference_m([rep.rom_m for rep in some])
    some = [rep for rep in some if rep.rom_m >= least_m]
    full_m = PARTIAL_SHARE * truth.reference_m([rep.rom_m for rep in some])
    if len(some) < truth.SET_LEAST_REPS:
        return []
    return [_as_rep(i, rep, rep.rom_m < full_m) for i, rep in enumerate(some, start=1)]


def _as_rep(number: int, rep: TrueRep, partial: bool) -> Rep:
    moments_ms = [round(at_s * 1000) for at_s in (rep.start_s, rep.top_s, rep.down_s, rep.end_s)]
    rise_ms, hold_ms, fall_ms = np.diff(moments_ms).tolist()
    return Rep(
        number=number,
        start_ms=moments_ms[0],
        rise_ms=rise_ms,
        hold_ms=hold_ms,
        fall_ms=fall_ms,
        bottom_ms=0,
        rom_m=rep.rom_m,
        peak_m_s=0.0,
        hold_err_ms=0,
        flags=protocol.PARTIAL if partial else 0,
    )


def _first_above(speed: Floats, at: int) -> int:
    slow = np.flatnonzero(speed[:at] <= HOLD_SPEED_M_S)
    return int(slow[-1]) + 1 if len(slow) else 0


def _last_below(speed: Floats, at: int) -> int:
    slow = np.flatnonzero(speed[at:] >= -HOLD_SPEED_M_S)
    return at + int(slow[0]) if len(slow) else len(speed) - 1
