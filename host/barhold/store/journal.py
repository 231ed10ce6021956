"""The journal of edits of one store: adds what people say of sets, and takes it back."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from barhold.errors import InputError
from barhold.model import Edit, TrainingSet
from barhold.store import People, Store
from barhold.training import edits, next_set, people, wall_time
from barhold.training.edit_requests import EditRequest


def add(
    store: Store, requests: Sequence[EditRequest], now: datetime, request_id: UUID | None = None
) -> list[TrainingSet]:
    """Add these edits, all or none, and return the sets that they touched; InputError when they would change nothing.

    The same `request_id` adds them once, however often it comes.
    """
    stored = People(store)
    made_ms = stored.next_made_ms(wall_time.utc_ms(now))
    new = [
        Edit(_edit_id(request_id, index), request.key, request.action, json.dumps(request.value), made_ms)
        for index, request in enumerate(requests)
    ]
    ids = {edit.edit_id for edit in new}
    boots = {request.key[:3]: request.key for request in requests}
    known = [edit for key in boots.values() for edit in stored.edits_of_boot(key)]
    if not ids & {edit.edit_id for edit in known}:
        counted = [item for key in boots.values() for item in store.sets.counted_of_boot(key)]
        if edits.ineffective_ids(counted, [*known, *new]) & ids:
            raise InputError("this would change nothing: look at `barhold sets` and `barhold sets --journal`")
        stored.add_edits(new)
    return [item for key in boots.values() for item in store.sets.of_boot(key) if ids & set(item.edits)]


def is_known(store: Store, request_id: UUID) -> bool:
    """Return whether `add` has added this request's edits already."""
    return bool(People(store).edits_named([_edit_id(request_id, 0)]))


def add_for_next_set(
    store: Store, device_id: str, action: str, value: dict[str, Any], now: datetime, request_id: UUID
) -> None:
    """Add an edit that waits for the sensor's next set; the same `request_id` adds it once."""
    stored = People(store)
    key = next_set.key(device_id, wall_time.utc_ms(now))
    stored.add_edits([Edit(request_id.hex, key, action, json.dumps(value), stored.next_made_ms(key.start_ms))])


def assign_planned(store: Store) -> bool:
    """Give the planned edits whose set is there the key of that set; return whether there were any."""
    stored = People(store)
    planned = stored.planned_edits()
    if not planned:
        return False
    since = wall_time.moment(min(edit.key.start_ms for edit in planned)) - next_set.LONGEST_SET
    sets = list(store.sets.stream(since=since))
    found = next_set.assignments(planned, people.Wearing(stored.wearers()), sets)
    for key, edit_ids in found.items():
        stored.assign_edits(edit_ids, key)
    return bool(found)


def undo(store: Store, edit_ids: Iterable[str], now: datetime) -> None:
    """Mark edits as undone, those that are not yet."""
    stored = People(store)
    for edit_id in edit_ids:
        stored.undo(edit_id, wall_time.utc_ms(now))


def _edit_id(request_id: UUID | None, index: int) -> str:
    return uuid4().hex if request_id is None else uuid5(request_id, str(index)).hex
