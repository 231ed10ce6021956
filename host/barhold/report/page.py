"""The page: each owner's last session, charts, trend, calendar and sessions, in one file that fetches nothing. Pure."""

import base64
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from barcore import protocol
from barhold import __version__
from barhold.check import advice, verdicts
from barhold.check.advice import Advice
from barhold.check.verdicts import Session, SessionCheck, SetCheck
from barhold.model import TrainingSet
from barhold.plans.plan import Plan
from barhold.report import calendar, courses, holds, weeks, words
from barhold.report.svg import Figure, drawing, mark
from barhold.training import sets

IN_DETAIL = 8
"""Sessions shown rep by rep; what is older is in its week."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the plan in the last session."""

    name: str
    found: str
    wanted: str
    verdict: str  # "met", "not met" or "open"


@dataclass(frozen=True, slots=True)
class Owner:
    """What the page says of one lifter, or of one sensor without one."""

    anchor: str
    name: str
    plan: Plan
    last: SessionCheck
    uncalibrated: bool
    parts: list[Part]
    advice: Advice
    holds: Figure
    courses: list[Figure]
    trend: Figure
    calendar: Figure
    recent: list[SessionCheck]
    older: int


def page(items: Sequence[TrainingSet], plan_of: Callable[[str], Plan], now: datetime, names: Mapping[str, str]) -> str:
    """Return the page of all sets in order of time, each owner by the own plan; `names` are the sensors'."""
    found: dict[str, list[Session]] = {}
    for session in sets.sessions(items):
        found.setdefault(sets.owner(session[0]), []).append(session)
    called = _called(found, names)
    owners: list[Owner] = []
    for whose in sorted(found, key=called.__getitem__):
        plan = plan_of(whose)
        results = [one for one in verdicts.every(found[whose], plan) if one.working]
        if results:
            owners.append(_owner(len(owners), called[whose], results, plan, now))
    return _environment().get_template("report.html").render(
        owners=owners, now=now.astimezone(), style=_style(), policy=policy(), safety=advice.safety,
        words=words, calendar=calendar.KINDS, marks=_marks(), version=__version__, rep_cells=holds.rep_cells,
        set_name=holds.name,
    )  # fmt: skip


def _called(owners: Iterable[str], names: Mapping[str, str]) -> dict[str, str]:
    """Return what each owner is called; sensors of one name are told apart by the end of their ids."""
    plain = {whose: names.get(whose, whose) for whose in owners}
    often = Counter(plain.values())
    return {whose: f"{name} {whose[-4:]}" if often[name] > 1 else name for whose, name in plain.items()}


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


def _owner(index: int, name: str, results: list[SessionCheck], plan: Plan, now: datetime) -> Owner:
    last = results[-1]
    return Owner(
        anchor=f"owner-{index + 1}",
        name=name,
        plan=plan,
        last=last,
        uncalibrated=any(rep.flags & protocol.UNCALIBRATED for one in last.sets for rep in one.item.reps),
        parts=_parts(last, plan),
        advice=advice.advise(results, plan),
        holds=holds.figure(last, plan),
        courses=courses.figures(last, plan),
        trend=weeks.figure(weeks.summed(verdicts.weeks(results)), plan),
        calendar=calendar.figure(results, plan, now.astimezone().date()),
        recent=list(reversed(results[-IN_DETAIL:])),
        older=max(0, len(results) - IN_DETAIL),
    )


def _parts(last: SessionCheck, plan: Plan) -> list[Part]:
    working = last.working
    rest = {verdicts.OK: "met", verdicts.FIRST: "open", verdicts.UNSURE: "open"}.get(last.rest, "not met")
    ok = last.verdicts[verdicts.OK]
    return [
        Part("Sets", str(len(working)), words.span(plan.sets), _met(last.sets_met)),
        Part("Reps", _each(working), f"{words.span(plan.reps)} a set", _met(all(one.reps_met for one in working))),
        Part(
            "Holds ok",
            f"{ok} of {last.verdicts.total()}",
            f"{words.span(plan.hold_s)} s",
            _met(all(one.holds_met for one in working)),
        ),
        Part("Rest before", words.rest(last), f"{words.span(plan.rest_h)} h", rest),
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
