"""Plausibility: whether what was measured can be a rep at all, and what is to be told of it."""

from barcore import protocol
from barcore.drift import MASK, STEP_TICKS, Drift
from barcore.measure import RepMeasure

_ROLL_COS_Q20 = -359000  # cos 110 degrees: no lift rolls the bar so far; real deadlifts reach 66, a bar rolled away 150
_MISSING_PERCENT = 70  # of the rise, between the bottom before and the bottom after
_DOUBT_PERCENT = 125  # of the rise: beyond it a drift may pass for a lift

_BACK_PERCENT = 35  # of the rise: who comes so near has come back, however little is known of the drift
_NEVER_PERCENT = 55  # of the rise: who ends higher has not come back, unless drift explains it
_UNSURE_MS = 300


def is_sure(rep: RepMeasure) -> bool:
    """Tell whether the measured rep surely came back down, as it must before a set is proved."""
    return rep.missing_mm * 100 <= rep.rom_mm * _MISSING_PERCENT and rep.doubt_mm * 100 <= rep.rom_mm * _DOUBT_PERCENT


def comes_back(rep: RepMeasure) -> bool:
    """Tell whether the measured rep came back near its bottom, which within a proved set is enough."""
    return rep.missing_mm * 100 <= rep.rom_mm * _BACK_PERCENT


def more_mm(rep: RepMeasure, reps: int) -> int:
    """Return by how much more the measured rep may have risen, mm, when `reps` came before it in its set.

    It is a quarter of its doubt, rms; a first rep that surely never came back has risen by nothing.
    """
    if reps == 0 and rep.missing_mm * 100 > rep.rom_mm * _NEVER_PERCENT and rep.missing_mm > 2 * rep.doubt_mm:
        return -rep.rom_mm
    return rep.doubt_mm >> 2


def flags_of(rep: RepMeasure, calibrated: bool, clipped: bool, gapped: bool) -> int:
    """Return the rep's record flags; PARTIAL is the set's to judge."""
    flags = 0 if calibrated else protocol.UNCALIBRATED
    if rep.disturbed:
        flags |= protocol.DISTURBED
    if clipped:
        flags |= protocol.CLIPPED
    if gapped:
        flags |= protocol.GAPPED
    return flags | protocol.LOW_CONFIDENCE if rep.hold_err_ms > _UNSURE_MS or not is_sure(rep) else flags


def rolled_over(rep: RepMeasure, drift: Drift) -> bool:
    """Tell whether the bar turned by more than 110 degrees between the measured rep's bottom and its top."""
    low, top = rep.start_tick // STEP_TICKS & MASK, rep.top_tick // STEP_TICKS & MASK
    cos_q20 = drift.up_x[low] * drift.up_x[top] + drift.up_y[low] * drift.up_y[top] + drift.up_z[low] * drift.up_z[top]
    return cos_q20 < _ROLL_COS_Q20
