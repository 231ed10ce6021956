"""The trend: one figure a week for as long as there is training. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import fmean

from markupsafe import Markup

from barhold.check import verdicts
from barhold.check.verdicts import WeekCheck
from barhold.plans.plan import Plan
from barhold.report import svg, words
from barhold.report.svg import Figure, Scale, el

_LEFT, _RIGHT, _TOP = 48, 10, 12
_HOLDS, _BETWEEN, _SHARES, _BOTTOM = 150, 26, 56, 24
_HEIGHT = _TOP + _HOLDS + _BETWEEN + _SHARES + _BOTTOM
_WEEK = timedelta(weeks=1)
_DOTS_MOST = 80
"""With more weeks than this a mark for each would be a blur."""


@dataclass(frozen=True, slots=True)
class Week:
    """One week in figures; low and high leave out the lowest and the highest tenth of its holds."""

    monday: date
    sessions: int
    met: int
    reps: int
    ok: int
    hold_s: float
    low_s: float
    high_s: float

    @property
    def ok_share(self) -> float:
        """Which share of its holds is ok."""
        return self.ok / self.reps if self.reps else 0.0


def summed(weeks: Sequence[WeekCheck]) -> list[Week]:
    """Return one owner's weeks in figures, without those in which no set counted."""
    return [_week(one) for one in weeks if any(result.working_sets for result in one.sessions)]


def figure(weeks: Sequence[Week], plan: Plan) -> Figure:
    """Return the chart of all weeks."""
    says = _says(weeks)
    drawings = {"wide": _draw(weeks, plan, svg.WIDE, says), "narrow": _draw(weeks, plan, svg.NARROW, says)}
    heads = ("week of", "sessions", "met", "reps", "holds ok", "mean hold s", "middle 80 %, s")
    return Figure("Holds over weeks", says, drawings, heads, [_row(one) for one in reversed(weeks)])


def _week(one: WeekCheck) -> Week:
    holds = sorted(
        rep.hold_ms / 1000 for result in one.sessions for part in result.working_sets for rep in part.item.reps
    )
    tenth = len(holds) // 10
    met = sum(result.met for result in one.sessions)
    counts = one.verdicts
    low_s, high_s = holds[tenth], holds[len(holds) - 1 - tenth]
    return Week(one.monday, len(one.sessions), met, len(holds), counts[verdicts.OK], fmean(holds), low_s, high_s)


def _row(one: Week) -> tuple[str, ...]:
    counts = (str(one.sessions), str(one.met), str(one.reps), f"{one.ok_share * 100:.0f} %")
    return (one.monday.isoformat(), *counts, f"{one.hold_s:.2f}", f"{one.low_s:.1f}\u2013{one.high_s:.1f}")


def _says(weeks: Sequence[Week]) -> str:
    sessions = sum(one.sessions for one in weeks)
    last = weeks[-4:]
    reps = sum(one.reps for one in last)
    share = sum(one.ok for one in last) / reps if reps else 0.0
    when = f"last {len(last)} weeks" if len(last) > 1 else "only week so far"
    training = f"{words.count(sessions, 'session')} in {words.count(len(weeks), 'week')}"
    return f"{training}; in the {when} {share * 100:.0f} % of the holds were ok"


def _draw(weeks: Sequence[Week], plan: Plan, width: float, says: str) -> Markup:
    first, last = weeks[0].monday, weeks[-1].monday
    x = Scale(0, max((last - first).days / 7, 1), _LEFT + 8, width - _RIGHT - 8)
    most = max(plan.hold_s.most + 0.3, *(one.high_s + 0.1 for one in weeks))
    least = max(0.0, min(plan.hold_s.least - 0.5, *(one.low_s - 0.2 for one in weeks)))
    y = Scale(least, most, _TOP + _HOLDS, _TOP)
    at = [x((one.monday - first).days / 7) for one in weeks]
    parts = [*_back(y, plan, width), *dates(first, last, x, width, _TOP, _HEIGHT)]
    parts += [*_holds(weeks, at, y), *_shares(weeks, at, x, width)]
    return svg.drawing(width, _HEIGHT, f"Holds over weeks: {says}", *parts)


def _back(y: Scale, plan: Plan, width: float) -> list[Markup]:
    top, bottom = y(plan.hold_s.most), y(plan.hold_s.least)
    parts = [el("rect", x=_LEFT, y=top, width=width - _LEFT - _RIGHT, height=bottom - top, class_="band")]
    for value in y.steps(0.5 if y.most - y.least < 3 else 1):
        parts.append(svg.line(_LEFT, y(value), width - _RIGHT, y(value), "grid"))
        parts.append(svg.word(_LEFT - 6, y(value) + 4, f"{value:g} s", "tick", "end"))
    return parts


def _holds(weeks: Sequence[Week], at: Sequence[float], y: Scale) -> list[Markup]:
    """Draw the middle of the holds as a ribbon and their mean as a line; both break where no training was."""
    parts: list[Markup] = []
    for run in _runs(weeks):
        upper = [(at[i], y(weeks[i].high_s)) for i in run]
        lower = [(at[i], y(weeks[i].low_s)) for i in reversed(run)]
        if len(run) > 1:
            outline = "L".join(f"{px:.1f} {py:.1f}" for px, py in [*upper, *lower])
            parts.append(el("path", d=f"M{outline}z", class_="ribbon"))
        else:
            parts.append(svg.line(upper[0][0], upper[0][1], lower[0][0], lower[0][1], "error"))
        parts.append(svg.path([(at[i], y(weeks[i].hold_s)) for i in run], "course mean"))
    if len(weeks) <= _DOTS_MOST:
        for px, one in zip(at, weeks, strict=True):
            tip = el(
                "title", f"week of {words.day(one.monday)}: mean hold {one.hold_s:.2f} s, {one.ok} of {one.reps} ok"
            )
            parts.append(el("circle", tip, cx=px, cy=y(one.hold_s), r=3, class_="dot mean"))
    return parts


def _runs(weeks: Sequence[Week]) -> list[list[int]]:
    runs: list[list[int]] = []
    for i, one in enumerate(weeks):
        if not runs or one.monday - weeks[i - 1].monday > _WEEK:
            runs.append([])
        runs[-1].append(i)
    return runs


def _shares(weeks: Sequence[Week], at: Sequence[float], x: Scale, width: float) -> list[Markup]:
    base = _TOP + _HOLDS + _BETWEEN + _SHARES
    y = Scale(0, 1, base, base - _SHARES)
    parts = [svg.line(_LEFT, y(share), width - _RIGHT, y(share), "grid") for share in (0, 1)]
    parts += [svg.word(_LEFT - 6, y(share) + 4, f"{share * 100:g} %", "tick", "end") for share in (0, 1)]
    parts.append(svg.word(_LEFT, y(1) - 6, "holds ok", "tick", "start"))
    wide = max(0.6, min(14.0, (x(1) - x(0)) * 0.7))
    for px, one in zip(at, weeks, strict=True):
        top = y(one.ok_share)
        parts.append(el("rect", x=px - wide / 2, y=top, width=wide, height=max(base - top, 0.6), class_="share"))
    return parts


def dates(first: date, last: date, x: Scale, width: float, top: float, height: float) -> list[Markup]:
    """Return the names of months, or of years where months would overlap; the first month comes with its year."""
    parts: list[Markup] = []
    at_most = 3 if width <= svg.NARROW else 9
    months = [
        date(year, month, 1)
        for year in range(first.year, last.year + 1)
        for month in range(1, 13)
        if first <= date(year, month, 1) <= last + _WEEK
    ]
    for each in (1, 2, 3, 6, 12, 24, 60):
        chosen = [day for day in months if (day.year * 12 + day.month - 1) % each == 0]
        if len(chosen) <= at_most:
            break
    chosen = chosen or [first]
    for day in chosen:
        px = x((day - first).days / 7)
        text = f"{day:%Y}" if each >= 12 else f"{day:%b %Y}" if day.month <= each or day == chosen[0] else f"{day:%b}"
        parts.append(svg.line(px, top, px, height - _BOTTOM, "grid"))
        anchor = "end" if px > width - 40 else "middle"
        # The month that begins within the last week lies beyond its point.
        parts.append(svg.word(min(max(px, _LEFT + 20), width - 2), height - 6, text, "tick", anchor))
    return parts
