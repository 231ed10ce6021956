"""The settings by which `replay` finds reps in a recording, and what it prints of them."""

from dataclasses import dataclass

from barcore.sample import ACC_PER_G
from barcore.settings import Settings
from barhold.cli import _console
from barhold.errors import InputError
from barhold.model import TrainingSet
from barhold.output import json_lines, tables
from barhold.plans.plan import Plan
from barhold.recordings import axes, reader
from barhold.recordings import replay as player
from barhold.recordings.reader import Recording

_MOST_MG, _LEAST_FACTOR, _MOST_FACTOR = 500.0, 0.5, 1.5


@dataclass(frozen=True, slots=True)
class ReplayOptions:
    """How a recording is replayed; None is as the sensor does it, without a plan."""

    plan: Plan | None
    rate_hz: float | None
    settings: Settings | None


def settings(calibration: str) -> Settings | None:
    """Return the detector's settings from offsets in mg and factors per axis, None from nothing."""

    if not calibration:
        return None
    try:
        values = [float(cell) for cell in calibration.split(",")]
    except ValueError:
        values = []
    offsets, factors = values[:3], values[3:] or [1.0] * 3
    usual = all(abs(mg) <= _MOST_MG for mg in offsets) and all(_LEAST_FACTOR <= f <= _MOST_FACTOR for f in factors)
    if len(values) not in (3, 6) or not usual:
        raise InputError(
            f"--calibration {calibration!r}: it takes three offsets of at most {_MOST_MG:g} mg, "
            f"and may take three factors of {_LEAST_FACTOR:g} to {_MOST_FACTOR:g}, as 12,-5,8,1.001,0.998,1"
        )
    x, y, z = (round(mg * ACC_PER_G / 1000) for mg in offsets)
    fx, fy, fz = (round(factor * 4096) for factor in factors)
    return Settings(acc_offset=(x, y, z), acc_scale=(fx, fy, fz), calibrated=True)


def find_sets(taken: Recording, options: ReplayOptions) -> tuple[Recording, list[TrainingSet]]:
    """Return the recording at the wanted rate, and the sets in it."""
    if options.rate_hz:
        taken = reader.resample(taken, options.rate_hz)
    return taken, player.training_sets(taken, options.settings)


def show(taken: Recording, found: list[TrainingSet], plan: Plan | None, as_json: bool) -> None:
    """Print the reps of one recording, and a warning where its axes do not belong together."""

    if fault := axes.judge(taken.samples).fault:
        _console.note(f"{taken.name}: {fault}; reps may be missed: correct the columns gx_dps,gy_dps,gz_dps")
    if as_json:
        for line in json_lines.replayed(taken.name, taken.start_s, found, plan):
            _console.json_line(line)
    else:
        _console.show(*tables.replayed(taken.name, found, plan))
