"""The sets that a coach's week is made of, read without reading everybody's years."""

from datetime import date, datetime, time, timedelta

from barhold.model import TrainingSet
from barhold.store.store import Store
from barhold.training.sets import in_time

LOOK_BACK = timedelta(weeks=5)
"""A week's load is compared with the last week before it in which one was named, but with no older one than this."""


def of_everybody(store: Store, monday: date) -> list[TrainingSet]:
    """Return the sets since LOOK_BACK before the week, in order of time, and each other owner's last session."""
    since = _since(monday)
    recent = list(store.sets.stream(since=since))
    older = [owner.owner for owner in store.sets.owners() if owner.last_utc < since]
    return sorted([*recent, *(item for owner in older for item in _last_session(store, owner))], key=in_time)


def of_owner(store: Store, owner: str, monday: date) -> list[TrainingSet]:
    """Return the same of one owner."""
    return list(store.sets.stream(owner, since=_since(monday))) or _last_session(store, owner)


def _since(monday: date) -> datetime:
    return datetime.combine(monday, time()).astimezone() - LOOK_BACK


def _last_session(store: Store, owner: str) -> list[TrainingSet]:
    return [item for session in store.sets.last_sessions(1, owner) for item in session]
