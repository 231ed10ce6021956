"""Which sets an export is of. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from barhold.errors import InputError
from barhold.model import TrainingSet
from barhold.training.sets import owner


@dataclass(frozen=True, slots=True)
class Wish:
    """Sets from `since` on and before `until`, of this lifter (or sensor id); None and "" stand for no bound."""

    since: datetime | None = None
    until: datetime | None = None
    lifter: str = ""


def chosen(sets: Iterable[TrainingSet], wish: Wish) -> list[TrainingSet]:
    """Return the sets that are wished for, in their order; InputError where there is none."""
    known = list(sets)
    if not known:
        raise InputError("no set is stored, so there is nothing to export; `barhold sync` fetches sets from a sensor")
    owners = sorted({owner(item) for item in known})
    if wish.lifter not in ("", *owners):
        raise InputError(f"--lifter {wish.lifter}: no set is theirs; there are sets of {', '.join(owners)}")
    found = [item for item in known if _fits(item, wish)]
    if not found:
        first, last = (f"{known[at].start_utc.astimezone():%Y-%m-%d}" for at in (0, -1))
        raise InputError(f"no set lies in this time; the stored ones are of {first} to {last}")
    return found


def last_sessions(sessions: Iterable[list[TrainingSet]]) -> list[list[TrainingSet]]:
    """Return the last session of each lifter, or of each sensor where nobody is named."""
    return list({owner(session[0]): session for session in sessions}.values())


def _fits(item: TrainingSet, wish: Wish) -> bool:
    in_time = (wish.since is None or item.start_utc >= wish.since) and (
        wish.until is None or item.start_utc < wish.until
    )
    return in_time and wish.lifter in ("", owner(item))
