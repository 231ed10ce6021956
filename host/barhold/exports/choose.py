"""Which sets an export is of. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from barhold.errors import InputError
from barhold.model import TrainingSet


@dataclass(frozen=True, slots=True)
class Wish:
    """Sets that start from `since` on and before `until`, of this lifter; None and "" stand for no bound."""

    since: datetime | None = None
    until: datetime | None = None
    lifter: str = ""


def chosen(sets: Iterable[TrainingSet], wish: Wish) -> list[TrainingSet]:
    """Return the sets that are wished for, in their order; InputError where there is none."""
    known = list(sets)
    if not known:
        raise InputError("no set is stored, so there is nothing to export; `barhold sync` fetches sets from a sensor")
    lifters = sorted({item.lifter for item in known if item.lifter})
    if wish.lifter and wish.lifter not in lifters:
        raise InputError(f"--lifter {wish.lifter}: no set is theirs; lifters with sets: {', '.join(lifters) or 'none'}")
    found = [item for item in known if _fits(item, wish)]
    if not found:
        first, last = (f"{known[at].start_utc.astimezone():%Y-%m-%d}" for at in (0, -1))
        raise InputError(f"no set lies in this time; the stored ones are of {first} to {last}")
    return found


def last_sessions(sessions: Iterable[list[TrainingSet]]) -> list[list[TrainingSet]]:
    """Return the last session of each lifter, or of each sensor where nobody is named."""
    last: dict[str, list[TrainingSet]] = {}
    for session in sessions:
        last[session[0].lifter or session[0].device_id] = session
    return list(last.values())


def _fits(item: TrainingSet, wish: Wish) -> bool:
    in_time = (wish.since is None or item.start_utc >= wish.since) and (
        wish.until is None or item.start_utc < wish.until
    )
    return in_time and wish.lifter in ("", item.lifter)
