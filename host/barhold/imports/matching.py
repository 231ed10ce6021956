"""Imported workouts and Barhold's own sessions: which is which, where that is clear. Pure.

A workout is a session when it is of the same lifter, begins within 15 minutes of it and has as many sets (all of them,
or all but the warm-ups on both sides), and when no other workout or session would do as well. Its loads then go, in
order, to the session's sets that have none; each by an edit, which can be undone, and whose id comes from the imported
set, so that no import makes it twice.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from barhold.model import Edit, ImportedSet, TrainingSet
from barhold.training import wall_time

NEAR = timedelta(minutes=15)
WARM_UP = "warmup"
Workout = Sequence[ImportedSet]
Session = Sequence[TrainingSet]


@dataclass(frozen=True, slots=True)
class Pair:
    """An imported set and Barhold's own set that it is."""

    imported: ImportedSet
    own: TrainingSet


def workouts(sets: Iterable[ImportedSet]) -> list[list[ImportedSet]]:
    """Group sets by workout and exercise, in their order."""
    found: dict[tuple[object, ...], list[ImportedSet]] = {}
    for item in sets:
        found.setdefault((item.source, item.lifter, item.start_utc_ms, item.workout, item.exercise), []).append(item)
    return list(found.values())


def pairs(imported: Sequence[Workout], sessions: Sequence[Session]) -> list[Pair]:
    """Return the sets that are clearly the same."""
    options = [[(at, fit) for at, session in enumerate(sessions) if (fit := _fit(one, session))] for one in imported]
    claims = [at for option in options for at, _ in option]
    clear = [option[0][1] for option in options if len(option) == 1 and claims.count(option[0][0]) == 1]
    return [pair for fit in clear for pair in fit]


def load_edits(same: Iterable[Pair], known: Collection[str], now_utc_ms: int) -> list[Edit]:
    """Return the edits that give own sets without a load the imported one; none that was ever made before."""
    found = []
    for pair in same:
        edit_id = hashlib.sha256(f"load/{pair.imported.import_id}".encode()).hexdigest()[:32]
        load = pair.imported.load
        if load and not pair.own.load and edit_id not in known:
            value = json.dumps({"amount": load.amount, "unit": load.unit})
            found.append(Edit(edit_id, pair.own.key, "load", value, now_utc_ms))
    return found


def _fit(workout: Workout, session: Session) -> list[Pair]:
    """Return the pairs when the workout may be the session, else none."""
    first = session[0]
    start = datetime.fromtimestamp(workout[0].start_utc_ms / 1000, UTC)
    told = first.time_quality == wall_time.ANCHORED
    if not told or first.lifter != workout[0].lifter or abs(first.start_utc - start) > NEAR:
        return []
    working = [item for item in workout if item.kind != WARM_UP], [item for item in session if not item.warm_up]
    for theirs, ours in ((workout, session), working):
        if theirs and len(theirs) == len(ours):
            return [Pair(*both) for both in zip(theirs, ours, strict=True)]
    return []
