"""The score: found reps against true ones, by the words of DESIGN.md. Pure.

A found rep stands for the true one whose hold's middle is nearest, within 1 s. A count is exact when it is the true
count. A verdict (hold of 2 s or more) is judged only where the true hold is over 100 ms from the line.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from barcore import protocol
from barhold.model import Rep
from barhold.recordings import ground_truth
from barhold.recordings.ground_truth import TrueRep
from bench.found import Found

LINE_S, CLEAR_S = 2.0, 0.10
FIRM_ZONE_S = 0.10
Match = tuple[TrueRep, Rep]


@dataclass(frozen=True, slots=True)
class Scored:
    """One recording, what is truly in it and what was found."""

    start_s: float  # of the recording's first row on the truth's clock
    duration_s: float
    true: tuple[TrueRep, ...]
    found: Found


@dataclass(frozen=True, slots=True)
class Figures:
    """The score of some recordings; None where there was nothing to judge. Shares are 0..1."""

    recordings: int
    reps: int
    found: int
    exact: float
    within1: float
    lost: int  # recordings that lack more than a quarter of their reps
    missed: int
    false: int
    false_per_h: float
    hold_bias_ms: float | None
    hold_mae_ms: float | None
    hold_p95_ms: float | None
    firm_mae_ms: float | None  # of reps whose true hold does not hang on where exactly the zone below the top ends
    firm_p95_ms: float | None
    verdict_right: float | None
    partial_right: float | None
    range_mae_cm: float | None
    in_estimate: float | None  # share of true holds within the found one's own error estimate
    estimate_ratio: float | None  # the median estimate over the median error
    target_told: float | None  # share of clear holds for which TARGET came exactly if it was due
    target_median_ms: float | None  # |moment TARGET left - moment the true hold reached 2 s|
    target_p95_ms: float | None
    rep_delay_p95_s: float | None  # from the true end of a rep to its final record


def figures(scored: Sequence[Scored]) -> Figures:
    """Return the figures over all of `scored` (at least one) together."""
    matched = [_matches(one) for one in scored]
    matches = [match for some in matched for match in some]
    hold_ms = np.array([found.hold_ms - true.hold_s * 1000 for true, found in matches])
    firm_ms = [abs(found.hold_ms - true.hold_s * 1000) for true, found in matches if true.zone_s <= FIRM_ZONE_S]
    estimated = [abs(off) <= found.hold_err_ms for off, (_, found) in zip(hold_ms, matches, strict=True)]
    counts = [(len(one.true), len(one.found.reps)) for one in scored]
    true_count, found_count = (sum(column) for column in zip(*counts, strict=True))
    false = found_count - len(matches)
    told, target_ms = _targets(scored, matched)
    return Figures(
        recordings=len(scored),
        reps=true_count,
        found=found_count,
        exact=float(np.mean([true == found for true, found in counts])),
        within1=float(np.mean([abs(true - found) <= 1 for true, found in counts])),
        lost=sum(4 * found < 3 * true for true, found in counts),
        missed=true_count - len(matches),
        false=false,
        false_per_h=false / (sum(one.duration_s for one in scored) / 3600),
        hold_bias_ms=_mean(hold_ms),
        hold_mae_ms=_mean(np.abs(hold_ms)),
        hold_p95_ms=_percentile(np.abs(hold_ms), 95),
        firm_mae_ms=_mean(firm_ms),
        firm_p95_ms=_percentile(firm_ms, 95),
        verdict_right=_mean(
            [_is_long(true) == (rep.hold_ms >= LINE_S * 1000) for true, rep in matches if _clear(true)]
        ),
        partial_right=_mean([true.partial == bool(rep.flags & protocol.PARTIAL) for true, rep in matches]),
        range_mae_cm=_mean([abs(rep.rom_m - true.rom_m) * 100 for true, rep in matches]),
        in_estimate=_mean(estimated) if any(rep.hold_err_ms for _, rep in matches) else None,
        estimate_ratio=_ratio([rep.hold_err_ms for _, rep in matches], np.abs(hold_ms)),
        target_told=_mean(told),
        target_median_ms=_percentile(np.abs(target_ms), 50),
        target_p95_ms=_percentile(np.abs(target_ms), 95),
        rep_delay_p95_s=_percentile(_rep_delays_s(scored, matched), 95),
    )


def _matches(one: Scored) -> list[Match]:
    paired = ground_truth.match(one.true, one.found.reps, one.start_s)
    return [(pair.true, pair.found) for pair in paired if pair.true and pair.found]


def _is_long(true: TrueRep) -> bool:
    return true.hold_s >= LINE_S


def _clear(true: TrueRep) -> bool:
    return abs(true.hold_s - LINE_S) > CLEAR_S


def _targets(scored: Sequence[Scored], matched: Sequence[list[Match]]) -> tuple[list[bool], list[float]]:
    """Return for each clear hold whether TARGET came as it should, and by how many ms it came late where it was due."""
    right, late_ms = [], []
    for one, matches in zip(scored, matched, strict=True):
        told_s = [one.start_s + t_ms / 1000 for t_ms in one.found.target_told_ms]
        for true in [true for true, _ in matches if _clear(true) and one.found.rep_told_ms]:
            late_s = [at_s - true.top_s - LINE_S for at_s in told_s if true.top_s <= at_s <= true.end_s]
            right.append(bool(late_s) == _is_long(true))
            if late_s and _is_long(true):
                late_ms.append(1000 * min(late_s, key=abs))
    return right, late_ms


def _rep_delays_s(scored: Sequence[Scored], matched: Sequence[list[Match]]) -> list[float]:
    return [
        one.start_s + one.found.rep_told_ms[rep.start_ms] / 1000 - true.end_s
        for one, matches in zip(scored, matched, strict=True)
        for true, rep in matches
        if rep.start_ms in one.found.rep_told_ms
    ]


def _ratio(estimates_ms: Sequence[int], errors_ms: "np.typing.NDArray[np.float64]") -> float | None:
    """Return the median estimate over the median error; None where nothing is estimated or nothing is off."""
    if not any(estimates_ms) or not np.median(errors_ms):
        return None
    return float(np.median(estimates_ms) / np.median(errors_ms))


def _mean(values: "Sequence[float] | np.typing.NDArray[np.float64]") -> float | None:
    return float(np.mean(values)) if len(values) else None


def _percentile(values: "Sequence[float] | np.typing.NDArray[np.float64]", percent: float) -> float | None:
    return float(np.percentile(values, percent)) if len(values) else None
