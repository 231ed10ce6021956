"""Doubt: how far a rep's hold may be off, and whether what was found can be a rep at all."""

from barcore.drift import MASK, STEP_TICKS, Drift
from barcore.fixed import isqrt
from barcore.rep import RepFinder

_FLOOR_MS = 25  # the grid, the means and the tremor left in the velocity
_MOST_MS = 5000
_BASE_COUNTS = 300  # 0.0115 m/s of velocity that the filter's own variance does not tell
_ROLL_COS_Q20 = 182000  # cos 80 degrees: a bar that rolls further than any pelvis is being moved, not lifted


def hold_err_ms(rep: RepFinder, drift: Drift) -> int:
    """Return the error estimate of the found rep's hold, ms: meant so that 95 % of true holds lie within it."""
    err_ms = _FLOOR_MS + _edge_ms(rep, drift, rep.top_tick) + _edge_ms(rep, drift, rep.down_tick)
    return err_ms if err_ms < _MOST_MS else _MOST_MS


def rolled_over(rep: RepFinder, drift: Drift) -> bool:
    """Tell whether the bar turned by more than 80 degrees between the found rep's bottom and its top."""
    low, top = rep.start_tick // STEP_TICKS & MASK, rep.top_tick // STEP_TICKS & MASK
    cos_q20 = drift.up_x[low] * drift.up_x[top] + drift.up_y[low] * drift.up_y[top] + drift.up_z[low] * drift.up_z[top]
    return cos_q20 < _ROLL_COS_Q20


def _edge_ms(rep: RepFinder, drift: Drift, tick: int) -> int:
    """Return how many ms one edge moves for the doubt in velocity there."""
    doubt = _BASE_COUNTS + isqrt(drift.smooth_var[tick // STEP_TICKS & MASK])
    per_tick = abs(rep.velocity_at(tick + 2) - rep.velocity_at(tick - 2)) // 4
    return doubt * 20 // (per_tick if per_tick > 8 else 8)
