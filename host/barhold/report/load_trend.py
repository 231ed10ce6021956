"""The chart of load and volume, one figure a week. Pure.

Volume is what was moved: the load times the reps, summed over the working sets that have a load. Where no load was ever
named, the volume is the number of reps.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from barhold.check.verdicts import WeekCheck
from barhold.model import Load, TrainingSet
from barhold.plans import load_units
from barhold.report import svg, week_trend, words
from barhold.report.svg import Figure, Scale, el

_LEFT, _RIGHT, _TOP = 60, 10, 22
_LOADS, _BETWEEN, _VOLUMES, _BOTTOM = 90, 34, 80, 24
_STEPS = (1, 2, 2.5, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 2500, 5000, 10_000, 20_000, 50_000, 100_000)


@dataclass(frozen=True, slots=True)
class WeekLoad:
    """One week: the heaviest working set (None where no load was named), and the volume."""

    monday: date
    load: float | None
    volume: float
    reps: int
    sets_without_load: int


def figure(weeks: Sequence[WeekCheck]) -> Figure:
    """Return the chart of one owner's weeks, in the unit in which the owner named a load last."""
    unit = _unit(weeks)
    rows = [_week(week, unit) for week in weeks if any(result.working_sets for result in week.sessions)]
    says = _says(rows, unit)
    title = "Load and volume over weeks" if unit else "Volume over weeks"
    drawings = {
        "wide": _draw(rows, unit, svg.WIDE, f"{title}: {says}"),
        "narrow": _draw(rows, unit, svg.NARROW, f"{title}: {says}"),
    }
    heads = ("week of", f"heaviest set, {unit or '-'}", f"volume, {unit or 'reps'}", "reps", "sets without a load")
    return Figure(title, says, drawings, heads, [_cells(row) for row in reversed(rows)])


def volume(items: Sequence[TrainingSet], unit: str) -> float:
    """Return the load times the reps, summed over sets with a load."""
    return sum(_amount(item.load, unit) * len(item.reps) for item in items if item.load)


def _unit(weeks: Sequence[WeekCheck]) -> str:
    named = [item.load.unit for week in weeks for item in _items(week) if item.load]
    return named[-1] if named else ""


def _items(week: WeekCheck) -> list[TrainingSet]:
    return [checked.item for result in week.sessions for checked in result.working_sets]


def _amount(load: Load, unit: str) -> float:
    return load_units.in_kg(load) / load_units.in_kg(Load(1, unit))


def _week(week: WeekCheck, unit: str) -> WeekLoad:
    items = _items(week)
    reps = sum(len(item.reps) for item in items)
    heaviest = max((_amount(item.load, unit) for item in items if item.load), default=None)
    moved = volume(items, unit) if unit else float(reps)
    return WeekLoad(week.monday, heaviest, moved, reps, sum(item.load is None for item in items))


def _cells(row: WeekLoad) -> tuple[str, ...]:
    load = "" if row.load is None else f"{row.load:.4g}"
    return (row.monday.isoformat(), load, f"{row.volume:.0f}", str(row.reps), str(row.sets_without_load))


def _says(rows: Sequence[WeekLoad], unit: str) -> str:
    last = rows[-1]
    if not unit:
        return f"{last.reps} reps in the last week; name a load to see what was moved"
    named = [row.load for row in rows if row.load is not None]
    change = f", {named[-1] - named[0]:+.4g} {unit} since the first week" if len(named) > 1 else ""
    return f"heaviest set {named[-1]:.4g} {unit}{change}; {last.volume:.0f} {unit} moved in the last week"


def _draw(rows: Sequence[WeekLoad], unit: str, width: float, label: str) -> Markup:
    first, last = rows[0].monday, rows[-1].monday
    x = Scale(0, max((last - first).days / 7, 1), _LEFT + 8, width - _RIGHT - 8)
    at = [x((row.monday - first).days / 7) for row in rows]
    top = _TOP + (_LOADS + _BETWEEN if unit else 0)
    height = top + _VOLUMES + _BOTTOM
    parts = week_trend.dates(first, last, x, width, _TOP, height)
    if unit:
        parts += _draw_loads(rows, at, width, unit)
    most = max(row.volume for row in rows)
    y = Scale(0, max(most, 1), top + _VOLUMES, top)
    parts += _axis(y, width, f"volume, {unit or 'reps'}")
    wide = max(0.6, min(14.0, (x(1) - x(0)) * 0.7))
    for px, row in zip(at, rows, strict=True):
        tip = el("title", f"week of {words.day(row.monday)}: {row.volume:.0f} {unit or 'reps'}, {row.reps} reps")
        bar_px = max(y(0) - y(row.volume), 0.6)
        parts.append(el("rect", tip, x=px - wide / 2, y=y(0) - bar_px, width=wide, height=bar_px, class_="volume"))
    return svg.drawing(width, height, label, *parts)


def _draw_loads(rows: Sequence[WeekLoad], at: Sequence[float], width: float, unit: str) -> list[Markup]:
    named = [(px, row) for px, row in zip(at, rows, strict=True) if row.load is not None]
    values = [row.load or 0 for _, row in named]
    room = max((max(values) - min(values)) * 0.15, max(values) * 0.05)
    y = Scale(max(0.0, min(values) - room), max(values) + room, _TOP + _LOADS, _TOP)
    parts = _axis(y, width, f"heaviest set, {unit}")
    parts.append(svg.path([(px, y(row.load or 0)) for px, row in named], "course mean"))
    for px, row in named:
        tip = el("title", f"week of {words.day(row.monday)}: {row.load:.4g} {unit}")
        parts.append(el("circle", tip, cx=px, cy=y(row.load or 0), r=3, class_="dot mean"))
    return parts


def _axis(y: Scale, width: float, name: str) -> list[Markup]:
    size = next((step for step in _STEPS if (y.most - y.least) / step <= 4), _STEPS[-1])
    parts = [svg.word(_LEFT, y.to_px - 8, name, "tick", "start")]
    for value in y.steps(size):
        parts.append(svg.line(_LEFT, y(value), width - _RIGHT, y(value), "grid"))
        parts.append(svg.word(_LEFT - 6, y(value) + 4, f"{value:g}", "tick", "end"))
    return parts
