"""Scenarios: situations that a sensor on a bar meets, drawn anew for every seed. They contain only what the model's
physics can produce, and no real people's movement.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from barhold import generate
from barhold.generate import CALIBRATED, UNCALIBRATED, Body, Chip, Generated, RepPlan, motion

Plan = list[RepPlan]
_LEAD_S = 7.0  # about what comes before a set's first rise


def make(name: str, seed: int) -> Generated:
    """Generate one recording of the scenario `name`, which is one of NAMES."""
    rng = np.random.default_rng([seed, *name.encode()])
    if name == "idle":
        return _idle(rng)
    body = Body.drawn(rng)
    plan = [_rep(rng, name, i) for i in range(int(rng.integers(6, 13)))]
    chip = _chip(rng, name, plan)
    body = _BODIES.get(name, _as_is)(rng, body)
    return generate.play(int(rng.integers(1 << 30)), [plan], chip=chip, body=body, fidgets=name == "varied")


def _as_is(_: np.random.Generator, body: Body) -> Body:
    return body


def _low_bridge(rng: np.random.Generator, body: Body) -> Body:
    return replace(body, range_m=rng.uniform(0.10, 0.15))


def _shaking(rng: np.random.Generator, body: Body) -> Body:
    return replace(body, shake_m_s2=rng.uniform(0.5, 1.0), sway_m=rng.uniform(0.001, 0.003))


def _trembling(rng: np.random.Generator, body: Body) -> Body:
    return replace(body, shake_m_s2=rng.uniform(0.6, 1.5), tilt_rad=rng.uniform(0.005, 0.03))


def _long_pull(rng: np.random.Generator, body: Body) -> Body:
    u = rng.uniform
    return replace(body, radius_m=u(0.7, 0.9), range_m=u(0.5, 0.7), top_rad=u(0.0, 0.2), roll_gain=u(-0.5, 0.5))


_BODIES: dict[str, Callable[[np.random.Generator, Body], Body]] = {
    "bridge": _low_bridge,
    "shaky": _shaking,
    "tremor": _trembling,
    "varied": _trembling,
    "deadlift": _long_pull,
}


def _rep(rng: np.random.Generator, name: str, i: int) -> RepPlan:
    """Draw the `i`-th rep of a scenario."""
    u = rng.uniform
    usual = RepPlan(
        rise_s=u(0.85, 1.15), hold_s=u(1.8, 3.0), fall_s=u(1.2, 1.6), bottom_s=u(0.5, 1.1), top=u(0.96, 1.0)
    )
    if name not in _REPS:
        return usual
    return _REPS[name](rng, usual, i)


def _partial(rng: np.random.Generator, usual: RepPlan, i: int) -> RepPlan:
    if i == 0 or rng.random() > 0.4:
        return usual
    return replace(usual, top=float(rng.choice([0.35, 0.60])), rise_s=0.8)


def _edge(rng: np.random.Generator, usual: RepPlan, _: int) -> RepPlan:
    spans = ((1.5, 1.8), (2.15, 2.3), (2.6, 2.8), (3.15, 3.3))
    return replace(usual, hold_s=rng.uniform(*spans[rng.integers(len(spans))]))


def _fast(rng: np.random.Generator, usual: RepPlan, _: int) -> RepPlan:
    u = rng.uniform
    quick = replace(usual, rise_s=u(0.45, 0.65), hold_s=u(0.1, 0.6), fall_s=u(0.5, 0.7))
    return replace(quick, bottom_s=u(0.05, 0.3), floor_m_s2=u(5, 25))


_REPS: dict[str, Callable[[np.random.Generator, RepPlan, int], RepPlan]] = {
    "partial": _partial,
    "edge": _edge,
    "fast": _fast,
    "slow": lambda rng, usual, _: replace(usual, rise_s=rng.uniform(2.1, 2.9), fall_s=rng.uniform(2.5, 3.4)),
    "grind": lambda _, usual, i: replace(usual, rise_s=usual.rise_s * (1 + 0.2 * i)),
    "bounce": lambda rng, usual, _: replace(usual, bounce=rng.uniform(0.06, 0.18)),
    "sag": lambda rng, usual, _: replace(usual, sag=rng.uniform(0.05, 0.15)),
    "floor": lambda rng, usual, _: replace(usual, floor_m_s2=rng.uniform(10, 50)),
    "bottom-pause": lambda rng, usual, _: replace(usual, hold_s=rng.uniform(0.5, 1.0), bottom_s=rng.uniform(2, 4)),
    "rest-pause": lambda rng, usual, i: replace(usual, bottom_s=rng.uniform(7, 10)) if i == 4 else usual,
    "long-hold": lambda rng, usual, i: replace(usual, hold_s=rng.uniform(12, 30) if i == 3 else rng.uniform(2, 6)),
    "slower": lambda rng, usual, _: replace(
        usual, rise_s=rng.uniform(2.6, 3.4), fall_s=rng.uniform(2.8, 3.6), hold_s=rng.uniform(2, 4.5), bottom_s=0.3
    ),
    "deadlift": lambda rng, usual, _: replace(usual, hold_s=rng.uniform(0.6, 1.8), floor_m_s2=rng.uniform(20, 60)),
    "varied": lambda rng, usual, _: replace(
        usual, rise_s=rng.uniform(0.5, 2.2), hold_s=rng.uniform(0.3, 4), fall_s=rng.uniform(0.7, 2.6)
    ),
}


def _chip(rng: np.random.Generator, name: str, plan: Plan) -> Chip:
    if name == "slow-clock":
        return replace(CALIBRATED, rate_hz=104 * (1 + rng.uniform(-0.03, 0.03)))
    if name == "gap":
        middle_s = _LEAD_S + sum(rep.rise_s + rep.hold_s + rep.fall_s + rep.bottom_s for rep in plan) / 2
        return replace(CALIBRATED, lost=(middle_s, middle_s + 0.3))
    if name in ("tremor", "slower", "varied"):
        return replace(UNCALIBRATED, acc_offset_g=rng.uniform(0.01, 0.035), gyro_offset_dps=rng.uniform(0.5, 3))
    return _CHIPS.get(name, CALIBRATED)


_CHIPS = {
    "uncalibrated": UNCALIBRATED,
    "rate-40": replace(CALIBRATED, rate_hz=40.0),
    "rate-208": replace(CALIBRATED, rate_hz=208.0),
    "jitter": replace(CALIBRATED, jitter_s=0.003),
    "noisy": replace(CALIBRATED, acc_noise_g=0.004, gyro_noise_dps=0.15),
}


def _idle(rng: np.random.Generator) -> Generated:
    """Load plates, walk, lift once and roll the bar about, four times over: no set, and often like one."""
    u = rng.uniform
    script = motion.Script()
    script.move(u(2.5, 4))
    for _ in range(4):
        for _ in range(4):
            script.knock(u(5, 30), u(15, 60), u(0.03, 0.15))
            script.move(u(0.9, 2.1))
        _walk(rng, script)
        height_m, phase_s = u(0.15, 0.35), u(0.5, 1.0)
        for goal_m, secs in ((height_m, phase_s), (height_m, u(0.3, 1.5)), (0.0, phase_s)):
            script.move(secs, lift=goal_m)
        script.knock(25, 28, 0.05)
        motion.roll_bar(rng, script, u(1.8, 2.8), u(0.4, 0.7))
        script.move(u(5, 20))
        motion.roll_bar(rng, script, 0.0, 0.0)
        script.move(u(5, 20))
    script.move(18.0)
    return generate.read(rng, Body.drawn(rng), script, CALIBRATED)


def _walk(rng: np.random.Generator, script: motion.Script) -> None:
    step_s, bob_m, start_m = 0.5 / 1.8, rng.uniform(0.01, 0.025), float(script.at[motion.FORWARD])
    steps = int(rng.integers(8, 16))
    for step in range(steps):
        script.move(step_s, lift=bob_m if step % 2 else -bob_m, forward=start_m + 0.3 * (step + 1))
    script.move(step_s, lift=0.0)


NAMES = (
    *("normal", "edge", "floor", "bridge", "bottom-pause", "rest-pause", "slow-clock", "gap", "partial"),
    *("fast", "bounce", "sag", "grind", "slow", "shaky", "uncalibrated"),
    *("rate-40", "rate-208", "jitter", "noisy", "long-hold", "tremor", "slower", "deadlift", "varied", "idle"),
)
