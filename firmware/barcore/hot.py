# mypy: allow-untyped-calls
"""The hot functions: machine code where MicroPython has viper's compiler, or took its code for this chip; else plain.

Both twins do the same, bit for bit: tests/firmware/core/test_hot.py holds them against each other, and `hot_check` sees
at every start that it is so on this chip.
"""

from barcore.hot_check import DIGEST, digest

COMPILED = False
try:
    from barcore import viper_drift, viper_measure, viper_motion, viper_rep

    COMPILED = digest(viper_motion, viper_drift, viper_rep, viper_measure) == DIGEST
except (ImportError, SyntaxError, ValueError, MemoryError):  # CPython; no such compiler; another chip's code; no room
    pass
if not COMPILED:
    from barcore.hot_drift import back, correct, isqrt, predict, ratio_q12, times_q12
    from barcore.hot_measure import close, read
    from barcore.hot_motion import fill, integrate, push, tick, turn, velocity
    from barcore.hot_rep import walk
else:
    from barcore.viper_drift import back, correct, isqrt, predict, ratio_q12, times_q12
    from barcore.viper_measure import close, read
    from barcore.viper_motion import fill, integrate, push, tick, turn, velocity
    from barcore.viper_rep import walk

__all__ = (
    "COMPILED",
    "back",
    "close",
    "correct",
    "fill",
    "integrate",
    "isqrt",
    "predict",
    "push",
    "ratio_q12",
    "read",
    "tick",
    "times_q12",
    "turn",
    "velocity",
    "walk",
)
