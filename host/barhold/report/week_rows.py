"""The rows of the week's table, in words. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from barhold.check.team_week import LifterWeek
from barhold.plans import load_units
from barhold.report import words

HEADS = ("lifter", "state", "sessions", "sets", "reps", "in window", "load", "last session", "next due")
_SOON = timedelta(days=6)


@dataclass(frozen=True, slots=True)
class WeekRow:
    """One lifter's row; `link` leads to the lifter's charts, "" where there are none."""

    name: str
    link: str
    state: str
    cells: tuple[str, ...]


def rows(
    week: Sequence[LifterWeek], names: Mapping[str, str], now: datetime, links: Mapping[str, str]
) -> list[WeekRow]:
    """Return a row per lifter."""
    return [WeekRow(names[row.who], links.get(row.who, ""), row.state, _cells(row, now)) for row in week]


def _cells(row: LifterWeek, now: datetime) -> tuple[str, ...]:
    share = "\u2013" if row.ok_share is None else f"{100 * row.ok_share:.0f} %"
    last = "\u2013"
    if row.last_session:
        last = f"{'~' * row.last_is_estimated}{words.day(row.last_session.astimezone())}"
    return (f"{row.sessions} of {row.planned}", str(row.sets), str(row.reps), share, _load(row), last, _due(row, now))


def _load(row: LifterWeek) -> str:
    if row.load is None:
        return "\u2013"
    change = f" ({row.load_change.amount:+.10g})" if row.load_change and row.load_change.amount else ""
    return f"{load_units.as_text(row.load)}{change}"


def _due(row: LifterWeek, now: datetime) -> str:
    if row.due_from is None or row.due_until is None:
        return "\u2013"
    first, until = row.due_from.astimezone(), row.due_until.astimezone()
    if row.due_until < now or row.due_until - now > _SOON:
        return f"by {words.day(until)}"
    return f"{first:%a}" if first.date() == until.date() else f"{first:%a}\u2013{until:%a}"
