"""The bar's motion: a lifter, a script of moves, and the resulting path.

World axes: x along the bar, y forward, z up. Everything runs at FINE_HZ.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from barhold.generate import noise

FINE_HZ = 500
Floats = NDArray[np.float64]
# What a script moves: share of the rep's arc, roll of the bar in the hands (rad), way forward (m), way up beside the
# arc (m), and how much of the load the body carries (0..1).
ARC, ROLL, FORWARD, LIFT, LOAD = range(5)


@dataclass(frozen=True, slots=True)
class Body:
    """A lifter's body, and how the bar responds."""

    radius_m: float  # bench edge to bar
    range_m: float
    top_rad: float  # angle of the radius above the horizontal at the top
    roll_gain: float  # how much the bar turns with the pelvis
    slide_m: float  # how far the back slides on the bench in a rise
    shake_m_s2: float  # rms tremor under load
    sway_m: float  # rms slow wander under load
    tilt_rad: float  # rms wander of the bar's other two angles
    flex_hz: float
    flex_damping: float
    flex_share: float  # of the flexing that the sensor takes part in

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> "Body":
        """Draw a lifter."""
        u = rng.uniform
        return cls(
            u(0.40, 0.50), u(0.24, 0.36), u(-0.1, 0.1), u(-0.2, 1.0), u(-0.02, 0.02), u(0.05, 0.30),
            u(0.0005, 0.0015), u(0.004, 0.02), u(5.5, 9.5), u(0.05, 0.12), u(0.3, 0.9),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class RepPlan:
    """One planned rep: shares are of the lifter's range; `bounce` (below 0.5) dips that far inside the hold."""

    rise_s: float = 1.0
    hold_s: float = 2.5
    fall_s: float = 1.4
    bottom_s: float = 0.8
    top: float = 1.0
    sag: float = 0.0
    bounce: float = 0.0
    floor_m_s2: float = 0.0


@dataclass(slots=True)
class Script:
    """The moves so far: `pieces` are (n, 5) arrays; knocks are (index, peak m/s2, Hz, decay s)."""

    pieces: list[Floats] = field(default_factory=list)
    knocks: list[tuple[int, float, float, float]] = field(default_factory=list)
    reps: list[list[tuple[int, int]]] = field(default_factory=list)  # by set: each planned rep's first and last index
    at: Floats = field(default_factory=lambda: np.zeros(5))
    length: int = 0

    def move(self, secs: float, skew: float = 0.0, **goals: float) -> None:
        """Take every named channel to its goal by a minimum-jerk move; `skew` puts the peak speed early (> 0)."""
        goal = self.at.copy()
        for name, value in goals.items():
            goal[_CHANNELS[name]] = value
        u = np.arange(1, round(secs * FINE_HZ) + 1) / max(round(secs * FINE_HZ), 1)
        u = u + skew * u * (1 - u)
        share = u**3 * (10 - 15 * u + 6 * u * u)
        self.pieces.append(self.at + share[:, None] * (goal - self.at))
        self.at = goal
        self.length += len(u)

    def knock(self, peak_m_s2: float, hz: float, decay_s: float) -> None:
        """Ring the bar now."""
        self.knocks.append((self.length, peak_m_s2, hz, decay_s))


_CHANNELS = {"arc": ARC, "roll": ROLL, "forward": FORWARD, "lift": LIFT, "load": LOAD}


@dataclass(frozen=True, slots=True)
class Path:
    """The bar's true path: height and forward travel (n,) in m, roll (n,) in rad, load (n,) 0..1."""

    height_m: Floats
    forward_m: Floats
    roll_rad: Floats
    load: Floats

    @property
    def speed_m_s(self) -> Floats:
        """Vertical velocity (n,)."""
        return np.gradient(self.height_m, 1 / FINE_HZ)


def perform(
    rng: np.random.Generator, body: Body, plans: Sequence[Sequence[RepPlan]], rest_s: float, fidgets: bool = False
) -> Script:
    """Script a session: for each set the bar rolls in over the thighs, is lifted, knocks down and rolls out."""
    script = Script()
    script.move(rng.uniform(2.5, 4))
    for number, plan in enumerate(plans):
        if number:
            script.move(rest_s)
        turn, way = rng.uniform(1.8, 2.8), rng.uniform(0.35, 0.55)
        roll_bar(rng, script, turn, way)
        script.move(rng.uniform(0.3, 0.6), load=1.0)
        script.move(rng.uniform(1.0, 2.0))
        if fidgets:
            _fidget(rng, script)
        script.reps.append([_rep(rng, body, script, rep) for rep in plan])
        script.move(0.3, load=0.0)
        script.knock(rng.uniform(8, 25), rng.uniform(18, 45), rng.uniform(0.03, 0.08))
        script.move(rng.uniform(1.5, 3))
        roll_bar(rng, script, 0.0, 0.0)
    script.move(18.0)  # over 15 s: the last set's end is certain
    return script


def _fidget(rng: np.random.Generator, script: Script) -> None:
    """Take hold of the bar anew: a few small shifts, turns and knocks, and back to where it lay."""
    lift, roll, forward = script.at[[LIFT, ROLL, FORWARD]]
    for _ in range(int(rng.integers(2, 6))):
        goal = {"lift": lift + rng.uniform(0, 0.03), "roll": roll + rng.uniform(-0.35, 0.35)}
        script.move(rng.uniform(0.3, 0.8), **goal, forward=forward + rng.uniform(-0.03, 0.03))
        if rng.random() < 0.5:
            script.knock(rng.uniform(3, 12), rng.uniform(18, 45), rng.uniform(0.03, 0.08))
        script.move(rng.uniform(0.1, 0.6))
    script.move(0.5, lift=lift, roll=roll, forward=forward)
    script.move(rng.uniform(0.3, 1.0))


def roll_bar(rng: np.random.Generator, script: Script, roll: float, forward: float) -> None:
    """Roll the bar over the thighs: half way up a bump of a few centimetres, then down to its goal."""
    half = (script.at[[ROLL, FORWARD]] + (roll, forward)) / 2
    script.move(rng.uniform(0.8, 1.4), roll=half[0], forward=half[1], lift=rng.uniform(0.02, 0.04))
    script.move(rng.uniform(0.8, 1.4), roll=roll, forward=forward, lift=0.0)


def _rep(rng: np.random.Generator, body: Body, script: Script, plan: RepPlan) -> tuple[int, int]:
    first = script.length
    # A hold begins and ends where the move is already or still slow, so the standstill is shorter by that much.
    speed = 30 * body.range_m * plan.top
    soft_s = sum(secs * (0.05 * secs / speed) ** 0.5 for secs in (plan.rise_s, plan.fall_s))
    still_s = max(plan.hold_s - soft_s, 0.02)
    script.move(plan.rise_s, rng.uniform(-0.25, 0.25), arc=plan.top)
    if plan.bounce:
        script.move(still_s / 2)
        script.move(0.3, arc=plan.top - plan.bounce)
        script.move(0.3, arc=plan.top)
        still_s /= 2
    script.move(still_s, arc=plan.top - plan.sag)
    script.move(plan.fall_s, rng.uniform(-0.25, 0.25), arc=0.0)
    last = script.length
    if plan.floor_m_s2:
        script.knock(plan.floor_m_s2, rng.uniform(18, 45), 0.04)
    script.move(plan.bottom_s)
    return first, last


def bar_path(rng: np.random.Generator, body: Body, script: Script) -> Path:
    """Turn the script into the bar's way on the lifter's arc, with the slow wander of a held load."""
    moves = np.concatenate(script.pieces)
    arc, load = moves[:, ARC], moves[:, LOAD]
    low_sin = np.sin(body.top_rad) - body.range_m / body.radius_m
    low = np.arcsin(low_sin)
    angle = low + arc * (body.top_rad - low)
    sway = body.sway_m * load * noise.band(rng, len(arc), 0.25, 0.8, FINE_HZ)
    return Path(
        body.radius_m * (np.sin(angle) - low_sin) + moves[:, LIFT] + sway,
        body.radius_m * np.cos(angle) + moves[:, FORWARD] + body.slide_m * arc,
        body.roll_gain * (angle - low) + moves[:, ROLL],
        load,
    )
