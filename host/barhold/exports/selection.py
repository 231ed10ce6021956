"""Which sets an export is of, and which file each goes to. Pure."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from barhold.errors import InputError
from barhold.model import TrainingSet
from barhold.training.sets import owner

_MOST_NAME_CHARACTERS = 40


@dataclass(frozen=True, slots=True)
class Selection:
    """Sets from `since` on and before `until`, of this lifter (or sensor id); None and "" stand for no bound."""

    since: datetime | None = None
    until: datetime | None = None
    lifter: str = ""

    def includes(self, training_set: TrainingSet) -> bool:
        """Return whether a set is selected."""
        start = training_set.start_utc
        is_late_enough = self.since is None or start >= self.since
        is_early_enough = self.until is None or start < self.until
        return is_late_enough and is_early_enough and self.lifter in ("", owner(training_set))


def select(sets: Iterable[TrainingSet], selection: Selection) -> list[TrainingSet]:
    """Return the selected sets in their order; InputError if there are none."""
    known = list(sets)
    if not known:
        raise InputError("no set is stored, so there is nothing to export; `barhold sync` fetches sets from a sensor")
    owners = sorted({owner(training_set) for training_set in known})
    if selection.lifter not in ("", *owners):
        raise InputError(f"--lifter {selection.lifter} has no sets; there are sets of {', '.join(owners)}")
    selected = [training_set for training_set in known if selection.includes(training_set)]
    if not selected:
        first, last = (f"{known[at].start_utc.astimezone():%Y-%m-%d}" for at in (0, -1))
        raise InputError(f"no set lies in this time; the stored ones are of {first} to {last}")
    return selected


def last_sessions(sessions: Iterable[list[TrainingSet]]) -> list[list[TrainingSet]]:
    """Return the last session of each lifter, or of each sensor that nobody is named for."""
    return list({owner(session[0]): session for session in sessions}.values())


def by_owner(sets: Iterable[TrainingSet]) -> dict[str, list[TrainingSet]]:
    """Return the sets of each lifter, or of each sensor that nobody is named for."""
    groups: dict[str, list[TrainingSet]] = {}
    for training_set in sets:
        groups.setdefault(owner(training_set), []).append(training_set)
    return groups


def file_name_parts(names: Iterable[str]) -> dict[str, str]:
    """Return for each name what stands for it in a file name: letters, digits, - and _; never the same for two."""
    parts: dict[str, str] = {}
    for name in names:
        letters = unicodedata.normalize("NFC", name.strip())
        part = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in letters)
        part = base = part[:_MOST_NAME_CHARACTERS] or "-"
        number = 1
        while part.casefold() in {other.casefold() for other in parts.values()}:
            number += 1
            part = f"{base}-{number}"
        parts[name] = part
    return parts
