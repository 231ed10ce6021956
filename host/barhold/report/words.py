"""Numbers and moments in words, the same in every part of the report. Pure."""

from collections.abc import Iterable
from datetime import date, datetime

from barhold.check import verdicts
from barhold.check.verdicts import SessionCheck
from barhold.model import TrainingSet
from barhold.plans.plan import Bounds
from barhold.training import wall_time

SIGNS = {
    verdicts.OK: "\u2713",
    verdicts.SHORT: "\u2193",
    verdicts.LONG: "\u2191",
    verdicts.UNSURE: "?",
    verdicts.FIRST: "\u2013",
}


def span(bounds: Bounds) -> str:
    """Return a window."""
    return bounds.text("\u2013")


def day(when: date) -> str:
    """Return a day, without its year."""
    return f"{when:%a} {when.day} {when:%b}"


def moment(item: TrainingSet) -> str:
    """Return when a set began, local; ~ marks an estimate."""
    local = item.start_utc.astimezone()
    mark = "~" if item.time_quality == wall_time.ESTIMATED else ""
    return f"{mark}{day(local)} {local:%Y, %H:%M}"


def begun(result: SessionCheck) -> datetime:
    """Return when a session began, local."""
    return result.sets[0].item.start_utc.astimezone()


def verdict(word: str) -> str:
    """Return a verdict with its sign."""
    return f"{SIGNS[word]} {word}"


def counts(result: SessionCheck) -> str:
    """Return how many holds have each verdict."""
    found = result.verdicts
    return ", ".join(f"{found[word]} {word}" for word in SIGNS if found[word])


def count(number: int, word: str) -> str:
    """Return a number with its word in the right form."""
    return f"{number} {word}{'' if number == 1 else 's'}"


def listed(numbers: Iterable[int]) -> str:
    """Return numbers with dots between."""
    return " \u00b7 ".join(str(number) for number in numbers)


def rest(result: SessionCheck) -> str:
    """Return the rest before a session."""
    return "first" if result.rest_h is None else f"{result.rest_h:.0f} h"
