"""Velocity counts of a bar that does as told, for tests of the rooms behind `motion`: minimum-jerk moves and holds."""

from array import array

from barcore.drift import Drift
from barcore.smooth import V_MASK, V_RING

COUNT_M_S = 38.307e-6
TICK_S = 0.02


def move(height_m: float, seconds: float) -> list[float]:
    """Return the velocities (m/s, every 20 ms) of a minimum-jerk move by `height_m`."""
    n = round(seconds / TICK_S)
    at = [(i + 0.5) / n for i in range(n)]
    return [height_m / seconds * 30 * s * s * (1 - s) * (1 - s) for s in at]


def still(seconds: float) -> list[float]:
    """Return the velocities of a bar at rest."""
    return [0.0] * round(seconds / TICK_S)


def rep(height_m: float = 0.3, rise_s: float = 1.0, hold_s: float = 2.0, fall_s: float = 1.4) -> list[float]:
    """Return one rep from a bottom to the next, without rest."""
    return move(height_m, rise_s) + still(hold_s) + move(-height_m, fall_s)


def ring(velocities_m_s: list[float]) -> "array[int]":
    """Return them as a ring of counts from tick 1 on."""
    assert len(velocities_m_s) < V_RING, "the ring holds 20 s"
    counts = array("i", [0] * V_RING)
    for i, v in enumerate(velocities_m_s):
        counts[(i + 1) & V_MASK] = round(v / COUNT_M_S)
    return counts


def no_drift() -> Drift:
    """Return a drift whose level is known to be zero everywhere."""
    return Drift(calibrated=True)
