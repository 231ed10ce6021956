"""Fixed-point helpers that keep every product within 31 bits, so that no small int becomes a big one on a board."""

from barcore.hot import isqrt, ratio_q12, times_q12

__all__ = ("i16", "isqrt", "ratio_q12", "times_q12")


def i16(value: int) -> int:
    """Return the value held within 16 bits."""
    return -32768 if value < -32768 else value if value < 32767 else 32767
