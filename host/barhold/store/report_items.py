"""The sets that a report shows, read without reading anybody's whole history."""

from datetime import datetime, time, timedelta

from barhold.model import TrainingSet
from barhold.store import Store
from barhold.training.sets import time_order

SHOWN = timedelta(weeks=104)
"""How far a report looks back from an owner's last set, unless it is told where to begin."""


def of_everybody(store: Store, since: datetime | None = None, until: datetime | None = None) -> list[TrainingSet]:
    """Return what `of_owner` returns, for all owners together, in order of time."""
    owners = store.sets.owner_names()
    return sorted((item for owner in owners for item in of_owner(store, owner, since, until)), key=time_order)


def of_owner(
    store: Store, owner: str, since: datetime | None = None, until: datetime | None = None
) -> list[TrainingSet]:
    """Return one owner's sets from `since` on and before `until`, in order of time.

    Without `since` they begin with the Monday that is SHOWN before the week of the last one.
    """
    if since is None:
        last = store.sets.last(1, owner, until=until)
        since = _beginning(last[0]) if last else None
    return list(store.sets.stream(owner, since, until))


def _beginning(last: TrainingSet) -> datetime:
    day = last.start_utc.astimezone().date()
    return datetime.combine(day - timedelta(days=day.weekday()) - SHOWN, time()).astimezone()
