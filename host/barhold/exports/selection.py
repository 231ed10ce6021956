"""Picks each owner's last session, groups sets by owner, and makes file names of owners. Pure."""

import unicodedata
from collections.abc import Iterable

from barhold.model import TrainingSet
from barhold.training.sets import owner

_MOST_NAME_CHARACTERS = 40


def last_sessions(sessions: Iterable[list[TrainingSet]]) -> list[list[TrainingSet]]:
    """Return the last session of each owner."""
    return list({owner(session[0]): session for session in sessions}.values())


def file_name_parts(names: Iterable[str]) -> dict[str, str]:
    """Return a unique part of a file name for each name, made of letters, digits, - and _."""
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
