"""The page: each owner's last session, charts, trend, calendar and sessions, in one file that fetches nothing. Pure."""

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from barcore import protocol
from barhold import __version__
from barhold.check import advice, personal_bests, team_week, verdicts
from barhold.check.advice import Advice
from barhold.check.personal_bests import PersonalBest
from barhold.check.team_week import LifterWeek
from barhold.check.verdicts import SessionCheck, SetCheck
from barhold.model import TrainingSet
from barhold.plans.plan import Plan
from barhold.report import hold_chart, load_trend, rest_calendar, set_charts, week_rows, week_trend, words
from barhold.report.svg import Figure, drawing, mark
from barhold.training import people, sets

IN_DETAIL = 8
"""Sessions shown rep by rep; what is older is in its week."""


@dataclass(frozen=True, slots=True)
class PlanPart:
    """One part of the plan in the last session."""

    name: str
    found: str
    wanted: str
    verdict: str  # "met", "not met" or "open"


@dataclass(frozen=True, slots=True)
class LifterPage:
    """What the page says of one lifter, or of one sensor without one."""

    anchor: str
    owner: str
    name: str
    plan: Plan
    last: SessionCheck
    uncalibrated: bool
    parts: list[PlanPart]
    advice: Advice
    since: date  # the first session's day; what is older is not on the page
    bests: list[PersonalBest]
    holds: Figure
    set_charts: list[Figure]
    over_weeks: list[Figure]
    calendar: Figure | None  # a first session has no rest before it, and nothing to compare with
    recent: list[SessionCheck]
    older: int


def page(
    items: Sequence[TrainingSet],
    plan_of: Callable[[str], Plan],
    now: datetime,
    sensors: Mapping[str, str],
    week: Sequence[LifterWeek],
    link_to: Callable[[str], str] | None = None,
) -> str:
    """Return the page of these sets (in order of time), each owner by the owner's own plan.

    It opens with the week, a row for everybody, then shows one owner at a time. `sensors` are the names of the sensors.
    `link_to` gives the address of an owner's page who is in the week but not on this page.
    """
    sessions = sets.sessions_by_owner(items)
    monday = team_week.monday_of(now.astimezone().date())
    names = people.owner_names({*sessions, *(row.who for row in week)}, sensors)
    owners: list[LifterPage] = []
    for owner in sorted(sessions, key=lambda owner: names[owner].casefold()):
        plan = plan_of(owner)
        results = [result for result in verdicts.check_sessions(sessions[owner], plan) if result.working_sets]
        if results:
            owners.append(_lifter_page(len(owners), owner, names[owner], results, plan, now))
    links = {row.who: link_to(row.who) for row in week if link_to and row.last_session}
    links |= {page.owner: f"#{page.anchor}" for page in owners}
    return _environment().get_template("report.html").render(
        owners=owners, week=week_rows.rows(week, names, now, links), week_heads=week_rows.HEADS, monday=monday,
        now=now.astimezone(), style=_style(), policy=policy(), safety=advice.safety, words=words, marks=_marks(),
        calendar=rest_calendar.KINDS, version=__version__, rep_cells=hold_chart.rep_cells, set_name=hold_chart.name,
    )  # fmt: skip


@cache
def policy() -> str:
    """Return the page's content security policy: its own style, and nothing else."""
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


@cache
def _style() -> Markup:
    text = (files("barhold.report") / "templates" / "report.css").read_text(encoding="utf-8")
    return Markup(text)  # noqa: S704 - a file of this package


@cache
def _environment() -> Environment:
    loader = PackageLoader("barhold.report", "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def _lifter_page(
    index: int, owner: str, name: str, results: list[SessionCheck], plan: Plan, now: datetime
) -> LifterPage:
    last = results[-1]
    return LifterPage(
        anchor=f"owner-{index + 1}",
        owner=owner,
        name=name,
        plan=plan,
        last=last,
        uncalibrated=any(rep.flags & protocol.UNCALIBRATED for one in last.sets for rep in one.item.reps),
        parts=_parts(last, plan),
        advice=advice.advise(results, plan),
        since=words.begun(results[0]).date(),
        bests=personal_bests.find(results, plan),
        holds=hold_chart.figure(last, plan),
        set_charts=set_charts.figures(last, plan),
        over_weeks=_over_weeks(results, plan) if len(results) > 1 else [],
        calendar=rest_calendar.figure(results, plan, now.astimezone().date()) if len(results) > 1 else None,
        recent=list(reversed(results[-IN_DETAIL:])),
        older=max(0, len(results) - IN_DETAIL),
    )


def _over_weeks(results: list[SessionCheck], plan: Plan) -> list[Figure]:
    weeks = verdicts.check_weeks(results)
    return [week_trend.figure(week_trend.summed(weeks), plan), load_trend.figure(weeks)]


def _parts(last: SessionCheck, plan: Plan) -> list[PlanPart]:
    working = last.working_sets
    rest = {verdicts.OK: "met", verdicts.FIRST: "open", verdicts.UNSURE: "open"}.get(last.rest, "not met")
    ok = last.verdicts[verdicts.OK]
    return [
        PlanPart("Sets", str(len(working)), words.span(plan.sets), _met(last.sets_met)),
        PlanPart("Reps", _each(working), f"{words.span(plan.reps)} a set", _met(all(one.reps_met for one in working))),
        PlanPart(
            "Holds ok",
            f"{ok} of {last.verdicts.total()}",
            f"{words.span(plan.hold_s)} s",
            _met(all(one.holds_met for one in working)),
        ),
        PlanPart("Rest before", words.rest(last), f"{words.span(plan.rest_h)} h", rest),
    ]


def _each(working: Sequence[SetCheck]) -> str:
    return words.listed(len(one.item.reps) for one in working)


def _met(met: bool) -> str:
    return "met" if met else "not met"


def _marks() -> dict[str, Markup]:
    texts = {
        verdicts.OK: "ok: within the window",
        verdicts.SHORT: "short",
        verdicts.LONG: "long",
        verdicts.UNSURE: "unsure: the error spans a line of the window",
    }
    return {text: drawing(16, 16, "", mark(verdict, 8, 8, 5, text)) for verdict, text in texts.items()}
