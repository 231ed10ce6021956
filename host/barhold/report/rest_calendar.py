"""The calendar: which days had a session, and whether the rest before it was long enough. Pure."""

from collections.abc import Sequence
from datetime import date, timedelta

from markupsafe import Markup

from barhold.check import verdicts
from barhold.check.verdicts import SessionCheck
from barhold.plans.plan import Plan
from barhold.report import svg, words
from barhold.report.svg import Figure, el

_CELL, _LEFT, _TOP = 17, 34, 22
_SIZE = _CELL - 3
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
KINDS = {
    verdicts.OK: "rest kept",
    verdicts.SHORT: "came too soon",
    verdicts.LONG: "came late",
    verdicts.UNSURE: "time not sure",
    verdicts.FIRST: "first",
}
"""What the rest before a session was, in words."""


def figure(results: Sequence[SessionCheck], plan: Plan, today: date) -> Figure:
    """Return the calendar of one owner's last weeks."""
    days = {words.begun(one).date(): one for one in results}  # the last session of a day stands for it
    drawings = {
        "wide": _draw(days, today, svg.WIDE),
        "narrow": _draw(days, today, svg.NARROW),
    }
    since = _first(today, (svg.WIDE - _LEFT) // _CELL)
    shown = [one for one in results if words.begun(one).date() >= since]
    rows = [(words.moment(one.sets[0].item), words.rest(one), KINDS[one.rest], _met(one)) for one in reversed(shown)]
    title = f"Calendar: {words.span(plan.rest_h)} h between sessions"
    return Figure(title, _says(shown), drawings, ("session", "rest before", "gate", "plan"), rows)


def _met(result: SessionCheck) -> str:
    return "\u2713 met" if result.met else "\u2717 not met"


def _says(results: Sequence[SessionCheck]) -> str:
    counted = [(sum(one.rest == kind for one in results), text) for kind, text in KINDS.items()]
    return ", ".join(f"{count} {text}" for count, text in counted if count) or "no session in this time"


def _first(today: date, weeks: int) -> date:
    return today - timedelta(days=today.weekday(), weeks=weeks - 1)


def _draw(days: dict[date, SessionCheck], today: date, room: int) -> Markup:
    """Draw the weeks since the first session, as many as there is room for."""
    begun = min(days)
    first = max(_first(today, (room - _LEFT) // _CELL), begun - timedelta(days=begun.weekday()))
    weeks = (today - first).days // 7 + 1
    parts = [svg.word(_LEFT - 6, _TOP + row * _CELL + 11, _DAYS[row], "tick", "end") for row in (0, 2, 4, 6)]
    labelled = -9
    for week in range(weeks):
        monday = first + timedelta(weeks=week)
        if week == 0 or (monday.day <= 7 and week - labelled > 3 and week < weeks - 2):
            labelled = week
            text = f"{monday:%b %Y}" if monday.month == 1 or week == 0 else f"{monday:%b}"
            parts.append(svg.word(_LEFT + week * _CELL, _TOP - 8, text, "tick", "start"))
        for row in range(7):
            day = monday + timedelta(days=row)
            if day <= today:
                parts += _cell(day, days.get(day), _LEFT + week * _CELL, _TOP + row * _CELL, day == today)
    label = f"Sessions by day, the last {words.count(weeks, 'week')}"
    return svg.drawing(room, _TOP + 7 * _CELL, label, *parts)


def _cell(day: date, result: SessionCheck | None, x: float, y: float, is_today: bool) -> list[Markup]:
    shape = {"x": x, "y": y, "width": _SIZE, "height": _SIZE, "rx": 3}
    if result is None:
        return [el("rect", **shape, class_="day today" if is_today else "day")]
    tip = f"{words.day(day)}: {KINDS[result.rest]}, rest {words.rest(result)}, plan {_met(result)[2:]}"
    drawn = [el("rect", el("title", tip), **shape, class_=f"day rest-{result.rest}")]
    sign = {verdicts.SHORT: "!", verdicts.LONG: "+", verdicts.UNSURE: "?"}.get(result.rest)
    if sign:
        drawn.append(svg.word(x + _SIZE / 2, y + 11, sign, f"sign rest-{result.rest}"))
    return drawn
