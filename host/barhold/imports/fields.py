"""Single cells: numbers and dates as other programs write them. A ValueError says what is wrong. Pure."""

import math
import re
import unicodedata
from datetime import datetime

from barhold.imports.month_names import month_number

MOST_REPS, MOST_SECONDS = 1000, 86_400
YEARS = range(1990, 2100)
MOST_DECIMALS, DUST_DECIMALS = 4, 3
"""Programs that convert between units write 74.99999999999999 for 75. A number with more than four decimals comes from
such a conversion and is rounded to three: a gram, or a millisecond."""
_SHOWN_CHARACTERS = 40
_NUMBER = re.compile(r"[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_CLOCK = r"[ ,]+(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d))?(?: ?(?P<half>[AP])\.?M\.?)?"
_NAME = r"(?P<name>\d{1,2}[月월]|[^\s\d,.]+)\.?"
_DATES = tuple(
    re.compile(shape + _CLOCK, re.ASCII | re.IGNORECASE)
    for shape in (
        r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)",
        rf"(?P<day>\d{{1,2}})\.? (?:de )?{_NAME} (?:de )?(?P<year>\d{{4}})",
        rf"{_NAME} (?P<day>\d{{1,2}}), (?P<year>\d{{4}})",
        r"(?P<year>\d{4})[年년] ?(?P<month>\d{1,2})[月월] ?(?P<day>\d{1,2})[日일]",
    )
)


def number(name: str, text: str, most: float = math.inf) -> float:
    """Return a number from 0 to `most`, with conversion errors rounded away; an empty cell is 0."""
    cell = text.strip()
    if not cell:
        return 0.0
    if not _NUMBER.fullmatch(cell):
        raise ValueError(f"{name} {quoted(text)} is not a number: write it as 62.5 or 62,5")
    value = float(cell.replace(",", "."))
    if value < 0:
        raise ValueError(f"{name} {quoted(text)} is negative: correct it")
    if value > most or math.isinf(value):
        raise ValueError(
            f"{name} {quoted(text)} is too large{'' if math.isinf(most) else f' (over {most:g})'}: correct it"
        )
    return value if round(value, MOST_DECIMALS) == value else round(value, DUST_DECIMALS)


def whole(name: str, text: str, most: int) -> int:
    """Return a whole number from 0 to `most`; 8.0 is one too."""
    value = number(name, text, most)
    if value != int(value):
        raise ValueError(f"{name} {quoted(text)} is not a whole number: correct it")
    return int(value)


def moment(name: str, text: str) -> datetime:
    """Return a date and time, without a zone if the text has none."""
    cell = unicodedata.normalize("NFC", " ".join(text.split()))
    try:
        matches = (shape.fullmatch(cell) for shape in _DATES)
        match = next((match for match in matches if match), None)
        found = _date(match) if match else datetime.fromisoformat(cell) if ":" in cell else None
        if found and found.year in YEARS:
            return found
    except ValueError:  # the 31st of April, or a month that is not known
        pass
    raise ValueError(f"{name} {quoted(text)} is not a date: write it as 2026-11-22 18:30:00 or 22 Nov 2026, 18:30")


def quoted(text: str) -> str:
    """Return the text in quotes for a message, shortened if it is long."""
    return repr(text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 3] + "...")


def _date(match: "re.Match[str]") -> datetime:
    part = match.groupdict()
    month = int(part["month"]) if part.get("month") else month_number(part["name"])
    if month is None:
        raise ValueError(part["name"])
    hour = int(part["hour"])
    if part["half"]:
        if not 1 <= hour <= 12:
            raise ValueError(hour)
        hour = hour % 12 + (12 if part["half"] in "Pp" else 0)
    return datetime(int(part["year"]), month, int(part["day"]), hour, int(part["minute"]), int(part["second"] or 0))
