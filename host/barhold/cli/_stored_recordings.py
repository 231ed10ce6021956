"""`replay --from-store`: replays recordings from the database with other settings."""

from datetime import UTC, datetime
from pathlib import Path

from barhold.cli import _console, _replay_settings
from barhold.cli._replay_settings import ReplayOptions
from barhold.errors import InputError
from barhold.model import TrainingSet
from barhold.output import json_lines, tables
from barhold.plans import library
from barhold.recordings import compare, reader
from barhold.store import Kept, Recordings, Store
from barhold.training import history


def replay_stored(db: str | None, names: list[str], options: ReplayOptions, as_json: bool) -> None:
    """Replay the named recordings of the database, and report the differences from what the sensor counted."""
    with Store.open(db) as store:
        chosen = _chosen(Recordings(store).listed(), names)
        first = history.counted_sets(store, datetime.now(UTC))
        for kept in chosen:
            _again(store, kept, [item for item in first if item.device_id == kept.device_id], options, as_json)


def _again(store: Store, kept: Kept, first: list[TrainingSet], options: ReplayOptions, as_json: bool) -> None:

    whole = reader.parse(Path(kept.name), Recordings(store).csv(kept.recording_id))
    plan = options.plan or library.find(None)
    taken, found = _replay_settings.find_sets(whole, options)
    _replay_settings.show(taken, found, plan, as_json)
    near = compare.sets_near(first, datetime.fromtimestamp(kept.kept_utc_ms / 1000, UTC), whole.duration_s)
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
            raise InputError(f"recording {name!r} is not in the database, which has {there}")
        chosen += [one for one in found if one not in chosen]
    return chosen if names else kept
