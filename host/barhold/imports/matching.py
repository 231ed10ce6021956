"""Matches imported sets with those that Barhold counted itself, where the match is certain. Pure.

A workout and a session are the same if they have the same lifter, begin within 15 minutes of each other, have as many
sets (all of them, or all but the warm-ups on both sides), and if no other workout or session fits as well. The loads of
the workout then go, in order, to the sets of the session that have none. Each is an edit, which can be undone. Its id
is made from the imported set, so a second import does not repeat it.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from barhold.model import Edit, ImportedSet, TrainingSet
from barhold.training import wall_time

NEAR = timedelta(minutes=15)
WARM_UP = "warmup"
Workout = Sequence[ImportedSet]
Session = Sequence[TrainingSet]


@dataclass(frozen=True, slots=True)
class ImportMatch:
    """An imported set and Barhold's own record of the same set."""

    imported: ImportedSet
    own: TrainingSet


def workouts(sets: Iterable[ImportedSet]) -> list[list[ImportedSet]]:
    """Group sets by workout and exercise, in their order."""
    groups: dict[tuple[object, ...], list[ImportedSet]] = {}
    for imported in sets:
        key = (imported.source, imported.lifter, imported.start_utc_ms, imported.workout, imported.exercise)
        groups.setdefault(key, []).append(imported)
    return list(groups.values())


def match_sets(imported: Sequence[Workout], sessions: Sequence[Session]) -> list[ImportMatch]:
    """Return the pairs that are certainly the same set."""
    candidates = [[(at, fit) for at, session in enumerate(sessions) if (fit := _fit(one, session))] for one in imported]
    claims = Counter(at for fits in candidates for at, _ in fits)
    return [pair for fits in candidates if len(fits) == 1 and claims[fits[0][0]] == 1 for pair in fits[0][1]]


def imported_load_edits(same: Iterable[ImportMatch], known: Collection[str], now_utc_ms: int) -> list[Edit]:
    """Return the edits that give the imported loads to Barhold's own sets without a load; never the same edit twice."""
    edits = []
    for pair in same:
        load = pair.imported.load
        if load and not pair.own.load and load_edit_id(pair.imported) not in known:
            value = json.dumps({"amount": load.amount, "unit": load.unit})
            edits.append(Edit(load_edit_id(pair.imported), pair.own.key, "load", value, now_utc_ms))
    return edits


def load_edit_id(imported: ImportedSet) -> str:
    """Return the id of the edit that takes over this set's load."""
    return hashlib.sha256(f"load/{imported.import_id}".encode()).hexdigest()[:32]


def keep_stored_times(
    sets: Iterable[ImportedSet], stored: Mapping[str, ImportedSet]
) -> tuple[list[ImportedSet], list[ImportedSet]]:
    """Return the sets with the times that the store has for them, and those that would have moved otherwise.

    A file names no zone. Read on a journey, the same file means other moments; the first reading counts.
    """
    kept, moved = [], []
    for imported in sets:
        before = stored.get(imported.import_id, imported)
        kept.append(replace(imported, start_utc_ms=before.start_utc_ms, zone=before.zone))
        if before.start_utc_ms != imported.start_utc_ms:
            moved.append(imported)
    return kept, moved


def _fit(workout: Workout, session: Session) -> list[ImportMatch]:
    """Return the pairs if the workout may be the session, otherwise none."""
    first = session[0]
    start = datetime.fromtimestamp(workout[0].start_utc_ms / 1000, UTC)
    if (
        first.time_quality != wall_time.ANCHORED
        or first.lifter != workout[0].lifter
        or abs(first.start_utc - start) > NEAR
    ):
        return []
    working = [one for one in workout if one.kind != WARM_UP], [one for one in session if not one.warm_up]
    for theirs, ours in ((workout, session), working):
        if theirs and len(theirs) == len(ours):
            return [ImportMatch(*both) for both in zip(theirs, ours, strict=True)]
    return []
