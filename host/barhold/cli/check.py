"""`barhold check`: training against its plan, and one line of advice."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from barhold.check import advice
from barhold.check import verdicts as judge
from barhold.check.verdicts import SessionCheck
from barhold.cli import _console
from barhold.cli._options import AsJson, Database, PlanName
from barhold.errors import InputError
from barhold.model import TrainingSet
from barhold.output import check_tables, json_lines
from barhold.plans import library
from barhold.plans.plan import Plan
from barhold.store import People, Store
from barhold.training import history, sets


def check(
    plan: PlanName = "",
    lifter: Annotated[str, typer.Option("--lifter", metavar="NAME", help="This lifter (or sensor id) alone.")] = "",
    week: Annotated[bool, typer.Option("--week", help="The last week, in one line each.")] = False,
    every: Annotated[bool, typer.Option("--all", help="Every session, or with --week every week.")] = False,
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Check each lifter's last session against the plan: holds, reps, sets and rest; a sensor without a lifter is one.

    A hold is `unsure` where the sensor cannot tell on which side of a line it lies. Unsure reps do not fail a set,
    but over half of a set's reps must be `ok`. Warm-up sets do not count. A change over a set is told only where it
    exceeds its error. The advice names its rule. Exit status: 0 the plan was met by all that is shown, 1 it was not,
    2 wrong usage or input.

    \b
    Examples:
      barhold check
      barhold check --json
      barhold check --plan glute-bridge
      barhold check --week
      barhold check --all --json
    """

    with Store.open(db) as store:
        plans = {one.name: one.plan for one in People(store).lifters()}
        found = _by_owner(history.load(store, datetime.now(UTC)), lifter)
    met = True
    for whose, items in found.items():
        by = _plan(plan or plans.get(whose, ""))
        results = _checked(items, by, every or week)
        met &= _show_weeks(results, by, every, as_json) if week else _show(results, by, every, as_json)
    if not met:
        raise typer.Exit(1)


def _by_owner(found: list[TrainingSet], lifter: str) -> dict[str, list[TrainingSet]]:
    """Return each owner's sets, the owners in the order of their last sets; InputError where there is none."""

    owners: dict[str, list[TrainingSet]] = {}
    for item in found:
        if lifter in ("", sets.owner(item)):
            owners.setdefault(sets.owner(item), []).append(item)
    if not owners:
        whose = f" of {lifter}" if lifter else ""
        raise InputError(
            f"no set{whose} is stored, so there is nothing to check; `barhold sync` fetches sets from a sensor"
        )
    return dict(sorted(owners.items(), key=lambda pair: pair[1][-1].start_utc))


def _plan(name: str) -> Plan:

    return library.find(name or None)


def _checked(items: list[TrainingSet], plan: Plan, every: bool) -> list[SessionCheck]:

    sessions = sets.sessions(items)
    return judge.every(sessions, plan) if every else judge.latest(sessions, plan)


def _show(results: list[SessionCheck], plan: Plan, every: bool, as_json: bool) -> bool:
    """Show the last session in full, or every one (as a line each); tell whether all of them met the plan."""

    told = advice.advise(results, plan)
    if as_json:
        for result in results:
            _console.json_line(json_lines.checked(result, plan, told if result is results[-1] else None))
    else:
        _console.show(*(check_tables.sessions(results, plan) if every else check_tables.checked(results[-1], plan)))
        _console.show(*check_tables.advised(told, plan))
    return all(result.met for result in results)


def _show_weeks(results: list[SessionCheck], plan: Plan, every: bool, as_json: bool) -> bool:

    weeks = judge.weeks(results)
    shown = weeks if every else weeks[-1:]
    if as_json:
        for one in shown:
            _console.json_line(json_lines.week(one, plan))
    else:
        _console.show(*check_tables.weeks(shown, plan))
    return all(one.met for one in shown)
