"""Single cells: numbers and dates as other programs write them; a ValueError says what is wrong. Pure."""

import math
import re
from datetime import datetime

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MOST_REPS, MOST_SECONDS = 1000, 86_400
YEARS = range(1990, 2100)
_NUMBER = re.compile(r"\d{1,9}(?:[.,]\d{1,9})?", re.ASCII)
_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d))?(?:[\s\u202f]*(?P<half>[AaPp])\.?[Mm]\.?)?"
_DATES = tuple(
    re.compile(shape + _CLOCK, re.ASCII | re.IGNORECASE)
    for shape in (
        r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)[ ,\u202f]+",
        r"(?P<day>\d{1,2}) (?P<name>[a-z]{3,9})\.? (?P<year>\d{4})[ ,\u202f]+",
        r"(?P<name>[a-z]{3,9})\.? (?P<day>\d{1,2}), (?P<year>\d{4})[ ,\u202f]+",
    )
)


def number(name: str, text: str, most: float = math.inf) -> float:
    """Return a number of 0 to `most`, with a point or a comma; an empty cell is 0."""
    if not text.strip():
        return 0.0
    if not _NUMBER.fullmatch(text.strip()):
        raise ValueError(f"{name} {text!r} is no number: write it as 62.5 or 62,5")
    value = float(text.strip().replace(",", "."))
    if value > most:
        raise ValueError(f"{name} {text!r} is over {most:g}: correct it")
    return value


def whole(name: str, text: str, most: int) -> int:
    """Return a whole number of 0 to `most`; 8.0 is one too."""
    value = number(name, text, most)
    if value != int(value):
        raise ValueError(f"{name} {text!r} is no whole number: correct it")
    return int(value)


def moment(name: str, text: str) -> datetime:
    """Return a date and time, without a zone where the text has none. Month names are English in every locale."""
    given = text.strip()
    try:
        shapes = (shape.fullmatch(given) for shape in _DATES)
        shape = next((one for one in shapes if one), None)
        found = _date(shape) if shape else datetime.fromisoformat(given) if "T" in given else None
        if found and found.year in YEARS:
            return found
    except ValueError:  # the 31st of April
        pass
    raise ValueError(f"{name} {text!r} is no date: write it as 2026-11-22 18:30:00 or 22 Nov 2026, 18:30")


def _date(found: "re.Match[str]") -> datetime:
    part = found.groupdict()
    month = int(part["month"]) if part.get("month") else MONTHS.index(part["name"][:3].capitalize()) + 1
    hour = int(part["hour"])
    if part["half"]:
        if not 1 <= hour <= 12:
            raise ValueError(hour)
        hour = hour % 12 + (12 if part["half"] in "Pp" else 0)
    return datetime(int(part["year"]), month, int(part["day"]), hour, int(part["minute"]), int(part["second"] or 0))
