"""Edits planned for the next set, before it exists: its load, that it is a warm-up, a note. Pure.

Such an edit has no set to name yet. Its key is the sensor and the moment at which it was said, in log 0 and boot 0,
which no sensor has. It belongs to the first set of the same sensor and lifter that ends after that moment and begins
at most MOST_WAIT later; `assignments` finds that set, and the store then gives the edit the set's key. From there on it
is an edit like any other: a later one wins, and undoing it works.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from barhold.model import Edit, Load, SetKey, TrainingSet
from barhold.training import edits as journal
from barhold.training import people, wall_time

MOST_WAIT = timedelta(hours=3)
"""What was said for a set that never came must not turn up in the next training."""
LONGEST_SET = timedelta(hours=1)
"""A set that was under way when something was said of it began at most this long before."""
_MS = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class NextSet:
    """What was said of a sensor's next set."""

    load: Load | None = None
    warm_up: bool = False
    note: str = ""


def key(device_id: str, said_utc_ms: int) -> SetKey:
    """Return the key of an edit that is said of a sensor's next set."""
    return SetKey(device_id, 0, 0, said_utc_ms)


def is_planned(edit: Edit) -> bool:
    """Return whether an edit still waits for its set."""
    return edit.key.boot == 0 and edit.key.log_id == 0 and edit.undone_utc_ms is None


def planned(edits: Iterable[Edit], wearing: people.Wearing, device_id: str, now_utc_ms: int) -> list[Edit]:
    """Return what has been said of the sensor's next set for the lifter whose turn it is, oldest first."""
    lifter = wearing.lifter(device_id, now_utc_ms)
    earliest_ms = now_utc_ms - MOST_WAIT // _MS
    return [
        edit
        for edit in edits
        if is_planned(edit)
        and edit.key.device_id == device_id
        and edit.key.start_ms >= earliest_ms
        and wearing.lifter(device_id, edit.key.start_ms) == lifter
    ]


def summary(planned: Iterable[Edit]) -> NextSet:
    """Return what planned edits, oldest first, say together; what cannot be read says nothing."""
    fields: dict[str, object] = {}
    for edit in planned:
        fields |= journal.fields_of(edit)
    load, note = fields.get("load"), fields.get("note", "")
    return NextSet(load if isinstance(load, Load) else None, bool(fields.get("warm_up")), str(note))


def assignments(edits: Iterable[Edit], wearing: people.Wearing, sets: Sequence[TrainingSet]) -> dict[SetKey, list[str]]:
    """Return the ids of the planned edits whose set is among `sets` (in order of time), by the set's key."""
    found: dict[SetKey, list[str]] = {}
    for edit in filter(is_planned, edits):
        for item in sets:
            if _is_meant(item, edit.key, wearing):
                found.setdefault(item.key, []).append(edit.edit_id)
                break
    return found


def _is_meant(item: TrainingSet, planned: SetKey, wearing: people.Wearing) -> bool:
    said_utc = wall_time.moment(planned.start_ms)
    if item.device_id != planned.device_id or item.end_utc <= said_utc or item.start_utc > said_utc + MOST_WAIT:
        return False
    lifter = wearing.lifter(item.device_id, wall_time.utc_ms(item.start_utc))
    return lifter == wearing.lifter(planned.device_id, planned.start_ms)
