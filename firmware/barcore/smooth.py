"""Smoothing: short and long running means of the velocity counts, and how flat each is, half a second back.

Two cascaded running means (0.22 + 0.14 s; 0.50 + 0.30 s) give `near` and `far`. Their differences tell whether the
bar's acceleration and jerk were small around the tick LAG_TICKS back: the sign of rest that shaking hides least,
because shake shrinks with its frequency when it is integrated.
"""

from array import array

from barcore import hot, state
from barcore.hot import velocity
from barcore.state import (
    FAR_A,
    FAR_B,
    FAR_RING,
    NEAR_A,
    NEAR_B,
    NEAR_RING,
    OFF_RING,
    OFF_SUM,
    SMOOTH_INTS,
    SUMS_A,
    SUMS_B,
)

__all__ = ("LAG_TICKS", "V_MASK", "V_RING", "Smoother", "velocity")

LAG_TICKS = 25
V_RING, V_MASK = state.V_RING, state.V_MASK
_NEAR_A, _NEAR_B = state.NEAR_A_TICKS, state.NEAR_B_TICKS
_FAR_A, _FAR_B = state.FAR_A_TICKS, state.FAR_B_TICKS
_MASK = 63  # of the small rings


class Smoother:
    """Takes a velocity count per tick; `read()` fills the features of the tick LAG_TICKS before the newest."""

    def __init__(self, velocity: "array[int]") -> None:
        self._v = velocity  # ring of V_RING counts, shared with the detector, which writes it
        self._s = array("i", [0] * SMOOTH_INTS)
        self.near = self.near_slope = self.near_bend = 0
        self.far = self.far_slope = self.far_bend = 0
        self.shake = 0  # mean |velocity - near| over a second, counts
        self.restart(0)

    def restart(self, velocity: int) -> None:
        """Forget the past: as if the velocity count had always been this."""
        s = self._s
        for i in range(64):
            s[NEAR_RING + i] = s[FAR_RING + i] = velocity
            s[OFF_RING + i] = 0
        for i in range(8):
            s[SUMS_A + i] = velocity * _NEAR_A
        for i in range(16):
            s[SUMS_B + i] = velocity
        s[OFF_SUM] = 0
        s[NEAR_A] = velocity * _NEAR_A
        s[NEAR_B] = velocity * _NEAR_A * _NEAR_B
        s[FAR_A] = velocity * _FAR_A
        s[FAR_B] = velocity * _FAR_B

    def push(self, n: int) -> None:
        """Take the count at ring index `n` (the newest tick)."""
        hot.push(self._s, self._v, n)

    def read(self, n: int) -> None:
        """Work out the features at tick n - LAG_TICKS, `n` being the newest pushed."""
        c = n - LAG_TICKS
        s = self._s
        self.near = s[c & _MASK]
        later = s[(c + 4) & _MASK] + s[(c + 3) & _MASK] - s[(c - 1) & _MASK] - s[(c - 2) & _MASK]
        early = s[(c + 2) & _MASK] + s[(c + 1) & _MASK] - s[(c - 3) & _MASK] - s[(c - 4) & _MASK]
        self.near_slope = later + early >> 1  # counts per 0.2 s
        self.near_bend = later - early  # change of that over 40 ms
        self.far = s[64 + (c & _MASK)]
        later = s[64 + (c + 6 & _MASK)] + s[64 + (c + 5 & _MASK)] - s[64 + (c - 3 & _MASK)] - s[64 + (c - 4 & _MASK)]
        early = s[64 + (c + 4 & _MASK)] + s[64 + (c + 3 & _MASK)] - s[64 + (c - 5 & _MASK)] - s[64 + (c - 6 & _MASK)]
        self.far_slope = later + early >> 1  # counts per 0.36 s
        self.far_bend = later - early  # change of that over 40 ms
        self.shake = s[OFF_SUM] // state.SHAKE_TICKS
