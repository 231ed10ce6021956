"""Recordings judged, and judged again, by given settings: what `replay` does."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from barcore.sample import ACC_PER_G
from barcore.settings import Settings
from barhold.cli import _console
from barhold.errors import InputError
from barhold.model import TrainingSet
from barhold.output import json_lines, tables
from barhold.plans import library
from barhold.plans.plan import Plan
from barhold.recordings import compare, reader
from barhold.recordings import replay as player
from barhold.recordings.reader import Recording
from barhold.store import Kept, Recordings, Store
from barhold.training import history

_MOST_MG, _LEAST_FACTOR, _MOST_FACTOR = 500.0, 0.5, 1.5


@dataclass(frozen=True, slots=True)
class Wish:
    """By what a recording is judged; None is as the sensor does without a plan."""

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


def judged(taken: Recording, wish: Wish) -> tuple[Recording, list[TrainingSet]]:
    """Return the recording at the rate that is wished for, and the sets in it."""

    if wish.rate_hz:
        taken = reader.slower(taken, wish.rate_hz)
    return taken, player.training_sets(taken, wish.settings)


def show(taken: Recording, found: list[TrainingSet], plan: Plan | None, as_json: bool) -> None:
    """Print the reps of one recording."""

    if as_json:
        for line in json_lines.replayed(taken.name, taken.start_s, found, plan):
            _console.json_line(line)
    else:
        _console.show(*tables.replayed(taken.name, found, plan))


def from_store(db: str | None, names: list[str], wish: Wish, as_json: bool) -> None:
    """Judge the named recordings of the database again, and tell what that changes."""

    with Store.open(db) as store:
        chosen = _chosen(Recordings(store).listed(), names)
        first = history.counted(store, datetime.now(UTC))
        for kept in chosen:
            _again(store, kept, [item for item in first if item.device_id == kept.device_id], wish, as_json)


def _again(store: Store, kept: Kept, first: list[TrainingSet], wish: Wish, as_json: bool) -> None:

    whole = reader.of_text(Path(kept.name), Recordings(store).csv(kept.recording_id))
    plan = wish.plan or library.find(None)
    taken, found = judged(whole, wish)
    show(taken, found, plan, as_json)
    near = compare.near(first, datetime.fromtimestamp(kept.kept_utc_ms / 1000, UTC), whole.duration_s)
    changed = compare.compare(near, found, whole.duration_s)
    if as_json:
        _console.json_line(json_lines.rejudged(kept.name, kept.recording_id, changed, plan))
    else:
        _console.show(*tables.rejudged(changed, plan))


def _chosen(kept: list[Kept], names: list[str]) -> list[Kept]:
    """Return the recordings of these names, or whose ids begin so; all where nothing is named."""

    if not kept:
        raise InputError("the database keeps no recording: `barhold record FILE --keep` keeps one")
    chosen: list[Kept] = []
    for name in names:
        found = [one for one in kept if one.name == name or (len(name) >= 4 and one.recording_id.startswith(name))]
        if not found:
            there = ", ".join(f"{one.name} ({one.recording_id[:8]})" for one in kept[:5])
            raise InputError(f"recording {name!r} is not kept: there is {there}")
        chosen += [one for one in found if one not in chosen]
    return chosen if names else kept
