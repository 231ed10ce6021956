"""A coach's week as a table and as JSON Lines. Pure."""

import textwrap
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from rich.cells import cell_len
from rich.padding import Padding
from rich.text import Text

from barhold.check.team_week import LifterWeek
from barhold.output.json_lines import SCHEMA
from barhold.output.tables import Renderable, listing
from barhold.plans import load_units
from barhold.training import edits

_COLUMNS = ("name", "done", "sets", "reps", "ok", "load", "last", "due", "state")
_LEAST_NAME = 10
"""A column of names narrower than this is harder to read than paragraphs."""
_SOON = timedelta(days=6)


def table(
    rows: Sequence[LifterWeek], names: Mapping[str, str], monday: date, now: datetime, width: int
) -> list[Renderable]:
    """Return a row per lifter; where the table is wider than `width`, a paragraph per lifter with the same figures."""
    sunday = monday + timedelta(days=6)
    title = Text(f"Week of {monday:%a} {_day(monday)} to {sunday:%a} {_day(sunday)} {sunday:%Y}", "bold")
    cells = [_cells(row, names[row.who], now) for row in rows]
    missing = max(map(cell_len, listing(_COLUMNS, cells).text.splitlines())) - width
    name_width = max(cell_len(row[0]) for row in cells) - max(missing, 0)
    if missing > 0 and name_width < _LEAST_NAME:
        return [title, *(line for row in rows for line in _paragraph(row, names[row.who], now))]
    return [title, listing(_COLUMNS, [line for row in cells for line in _folded(row, name_width)])]


def _folded(row: tuple[str, ...], name_width: int) -> list[tuple[str, ...]]:
    """Return a row with its name folded to a width, on as many lines as that takes."""
    first, *more = textwrap.wrap(row[0], max(name_width, 1)) or [""]
    return [(first, *row[1:]), *((part, *[""] * (len(row) - 1)) for part in more)]


def _cells(row: LifterWeek, name: str, now: datetime) -> tuple[str, ...]:
    figures = (f"{row.sessions}/{row.planned}", str(row.sets), str(row.reps), _share(row), _load(row))
    return (name, *figures, _last(row), _due(row, now), row.state)


def _paragraph(row: LifterWeek, name: str, now: datetime) -> list[Renderable]:
    details = [f"{row.sessions} of {row.planned} sessions"]
    if row.sessions:
        details += [_count(row.sets, "set"), _count(row.reps, "rep"), f"{_share(row)} in the window"]
    details += [_load(row)] if row.load else []
    details += [f"last {_last(row)}", f"due {_due(row, now)}"] if row.last_session else []
    return [Text(f"{name}: {row.state}", "bold"), Padding(Text(", ".join(details)), (0, 0, 0, 2))]


def json_lines(rows: Sequence[LifterWeek], names: Mapping[str, str], monday: date) -> list[dict[str, Any]]:
    """Return a line per lifter."""
    return [
        {
            "type": "lifter_week",
            "schema": SCHEMA,
            "monday": monday.isoformat(),
            "who": row.who,
            "name": names[row.who],
            "plan": row.plan,
            "sessions": row.sessions,
            "sessions_planned": row.planned,
            "sets": row.sets,
            "reps": row.reps,
            "reps_ok": row.reps_ok,
            "load": edits.load_value(row.load) or None,
            "load_change": edits.load_value(row.load_change) or None,
            "last_session": _iso(row.last_session),
            "last_session_estimated": row.last_is_estimated,
            "due_from": _iso(row.due_from),
            "due_until": _iso(row.due_until),
            "state": row.state,
        }
        for row in rows
    ]


def _share(row: LifterWeek) -> str:
    return "-" if row.ok_share is None else f"{100 * row.ok_share:.0f} %"


def _load(row: LifterWeek) -> str:
    if row.load is None:
        return "-"
    change = f" {row.load_change.amount:+.10g}" if row.load_change and row.load_change.amount else ""
    return f"{load_units.as_text(row.load)}{change}"


def _last(row: LifterWeek) -> str:
    """Return the day of the last session; ~ marks an estimate."""
    if row.last_session is None:
        return "-"
    return f"{'~' * row.last_is_estimated}{_day(row.last_session.astimezone().date())}"


def _due(row: LifterWeek, now: datetime) -> str:
    """Return the weekdays within the plan's rest; once those are over, or still far, the last such day."""
    if row.due_from is None or row.due_until is None:
        return "-"
    first, until = row.due_from.astimezone().date(), row.due_until.astimezone().date()
    if row.due_until < now or row.due_until - now > _SOON:
        return _day(until)
    return f"{first:%a}" if first == until else f"{first:%a}-{until:%a}"


def _count(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def _day(day: date) -> str:
    return f"{day.day} {day:%b}"


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
