"""Plausibility: whether what was measured can be a rep at all."""

from barcore.drift import MASK, STEP_TICKS, Drift
from barcore.measure import RepMeasure

_ROLL_COS_Q20 = -359000  # cos 110 degrees: no lift rolls the bar so far; real deadlifts reach 66, a bar rolled away 150
_MISSING_PERCENT = 70  # of the rise, between the bottom before and the bottom after
_DOUBT_PERCENT = 125  # of the rise: beyond it a drift may pass for a lift


def is_sure(rep: RepMeasure) -> bool:
    """Tell whether the measured rep surely came back down, as it must before a set is proved."""
    return rep.missing_mm * 100 <= rep.rom_mm * _MISSING_PERCENT and rep.doubt_mm * 100 <= rep.rom_mm * _DOUBT_PERCENT


def rolled_over(rep: RepMeasure, drift: Drift) -> bool:
    """Tell whether the bar turned by more than 110 degrees between the measured rep's bottom and its top."""
    low, top = rep.start_tick // STEP_TICKS & MASK, rep.top_tick // STEP_TICKS & MASK
    cos_q20 = drift.up_x[low] * drift.up_x[top] + drift.up_y[low] * drift.up_y[top] + drift.up_z[low] * drift.up_z[top]
    return cos_q20 < _ROLL_COS_Q20
