"""Velocity counts of a bar that does as told, for tests of the rooms behind `motion`: minimum-jerk moves and holds."""

import math
from array import array
from collections.abc import Iterator

from barcore.drift import STEP_TICKS, Drift
from barcore.gravity import Gravity
from barcore.smooth import LAG_TICKS, V_MASK, V_RING, Smoother
from barcore.state import MOTION_INTS, UP

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


def counts(velocities_m_s: list[float]) -> list[int]:
    """Return velocities (m/s) as counts of the integral."""
    return [round(v / COUNT_M_S) for v in velocities_m_s]


def drifting(velocities_m_s: list[float], acc_mg: list[float]) -> list[int]:
    """Return the counts that an integral reads when the accelerometer is off by `acc_mg` along up at each tick."""
    off_m_s = 0.0
    seen = []
    for v, mg in zip(velocities_m_s, acc_mg, strict=True):
        off_m_s += mg * 9.80665e-3 * TICK_S
        seen.append(v + off_m_s)
    return counts(seen)


def up_at(roll_deg: float, plane: str = "zy") -> Gravity:
    """Return up in the axes of a sensor that rolls within `plane`: its first axis at 0 degrees, its second at 90."""
    parts = dict.fromkeys("xyz", 0)
    parts[plane[0]] = round(16384 * math.cos(math.radians(roll_deg)))
    parts[plane[1]] = round(16384 * math.sin(math.radians(roll_deg)))
    state = array("i", [0] * MOTION_INTS)
    up = Gravity(state)
    state[UP], state[UP + 1], state[UP + 2] = parts["x"], parts["y"], parts["z"]
    return up


def follow(drift: Drift, integral: list[int], roll_deg: list[float] | None = None, plane: str = "zy") -> Iterator[int]:
    """Take an integral's counts through smoother and drift as the detector does; yields each step taken."""
    seen = array("i", [0] * V_RING)
    smoother = Smoother(seen)
    for n, count in enumerate(integral, start=1):
        seen[n & V_MASK] = count
        smoother.push(n)
        if n % STEP_TICKS == 0:
            drift.note(n // STEP_TICKS, up_at(roll_deg[n - 1] if roll_deg else 0.0, plane), 0)
        if n >= LAG_TICKS and (n - LAG_TICKS) % STEP_TICKS == 0:
            smoother.read(n)
            drift.step((n - LAG_TICKS) // STEP_TICKS, smoother)
            yield (n - LAG_TICKS) // STEP_TICKS
