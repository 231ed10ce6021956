"""Reads the sets that a coach's week needs, without reading everybody's whole history."""

from datetime import date, datetime, time, timedelta

from barhold.model import TrainingSet
from barhold.store import Store
from barhold.training.sets import owner, time_order

LOOK_BACK = timedelta(weeks=5)
"""A week's load is compared with the last week before it in which one was named, but with no older one than this."""


def of_everybody(store: Store, monday: date) -> list[TrainingSet]:
    """Return the sets from LOOK_BACK before the week to its end, in order of time.

    An owner who has none in that time has the last session before it.
    """
    since, until = _span(monday)
    recent = list(store.sets.stream(since=since, until=until))
    found = {owner(item) for item in recent}
    others = [name for name in store.sets.owner_names() if name not in found]
    return sorted([*recent, *(item for who in others for item in _last_session(store, who, since))], key=time_order)


def of_owner(store: Store, who: str, monday: date) -> list[TrainingSet]:
    """Return the same of one owner."""
    since, until = _span(monday)
    return list(store.sets.stream(who, since, until)) or _last_session(store, who, since)


def _span(monday: date) -> tuple[datetime, datetime]:
    """Return from when to when sets are read: a session that begins on the last evening ends on the next day."""
    begins, ends = (datetime.combine(day, time()).astimezone() for day in (monday, monday + timedelta(weeks=1)))
    return begins - LOOK_BACK, ends + timedelta(days=1)


def _last_session(store: Store, who: str, until: datetime) -> list[TrainingSet]:
    return [item for session in store.sets.last_sessions(1, who, until=until) for item in session]
