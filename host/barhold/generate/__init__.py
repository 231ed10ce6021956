"""Generates recordings of hip thrusts as a sensor on the bar would make them, with their ground truth; repeatable by
seed.

A model, not a measurement: it says how the detector behaves on known motion, nothing about real lifters.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from barhold.generate import motion, sensor, truth
from barhold.generate.motion import Body, RepPlan, Script
from barhold.generate.sensor import CALIBRATED, UNCALIBRATED, Chip
from barhold.recordings.ground_truth import TrueRep

__all__ = ["CALIBRATED", "UNCALIBRATED", "Body", "Chip", "Generated", "RepPlan", "TrueRep", "play", "read", "session"]


@dataclass(frozen=True, slots=True)
class Generated:
    """A recording (`samples` packed, t_ms from 0) and what truly happened in it: reps by set, times in s."""

    samples: bytes
    rate_hz: float
    sets: tuple[tuple[TrueRep, ...], ...]

    @property
    def reps(self) -> list[TrueRep]:
        """All reps of all sets in order of time."""
        return [rep for reps in self.sets for rep in reps]


def session(
    seed: int, sets: int = 3, reps: int = 8, hold_s: float = 2.5, rest_s: float = 60.0, chip: Chip = CALIBRATED
) -> Generated:
    """Generate `sets` sets of `reps` full reps, each held about `hold_s`, by a lifter drawn from `seed`."""
    rng = np.random.default_rng([seed, 1])
    plans = [[_usual_rep(rng, hold_s, i / reps) for i in range(reps)] for _ in range(sets)]
    return play(seed, plans, rest_s, chip)


def play(
    seed: int,
    plans: Sequence[Sequence[RepPlan]],
    rest_s: float = 60.0,
    chip: Chip = CALIBRATED,
    body: Body | None = None,
    fidgets: bool = False,
) -> Generated:
    """Generate the planned sets by `body` or a lifter drawn from `seed`, who may fidget before each set."""
    rng = np.random.default_rng([seed, 2])
    lifter = body or Body.drawn(rng)
    return read(rng, lifter, motion.perform(rng, lifter, plans, rest_s, fidgets), chip)


def read(rng: np.random.Generator, lifter: Body, script: Script, chip: Chip) -> Generated:
    """Let `chip` read the bar as `lifter` moves it through `script`."""
    path = motion.bar_path(rng, lifter, script)
    samples = sensor.record(rng, lifter, script, path, chip)
    return Generated(samples, chip.rate_hz, truth.sets(path, script.reps))


def _usual_rep(rng: np.random.Generator, hold_s: float, fatigue: float) -> RepPlan:
    near = rng.uniform(0.88, 1.12, 5)
    return RepPlan(
        rise_s=1.0 * near[0] * (1 + 0.25 * fatigue),
        hold_s=hold_s * (1 + (near[1] - 1) / 2),
        fall_s=1.4 * near[2],
        bottom_s=0.8 * near[3],
        top=0.98 + (near[4] - 1) / 6,
        sag=rng.uniform(0, 0.06),
    )
