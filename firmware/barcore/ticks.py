"""Tick arithmetic: sensor time is a 30-bit count of milliseconds that wraps every 12.4 days."""

PERIOD_MS = 1 << 30
MASK = PERIOD_MS - 1
HALF_MS = 1 << 29
"""A later tick lies less than this ahead; what looks further ahead lies behind."""


def elapsed_ms(later: int, earlier: int) -> int:
    """Return ticks `later - earlier` in ms, 0 .. 2^30 - 1, across one wrap."""
    return (later - earlier) & MASK


def add_ms(tick: int, ms: int) -> int:
    """Return the tick `ms` (0 .. 2^30 - 1) after `tick`, across one wrap and without leaving 31 bits."""
    left_ms = MASK - tick
    return ms - left_ms - 1 if ms > left_ms else tick + ms


def extend_ms(tick: int, now_ms: int) -> int:
    """Return the full time, in ms since boot, of a `tick` no older than 2^30 ms at the full time `now_ms`."""
    return now_ms - ((now_ms - tick) & MASK)
