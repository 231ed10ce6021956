"""`barhold check`: training against its plan, and one line of advice."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Annotated

import typer

from barhold.check import advice, verdicts
from barhold.check.verdicts import SessionCheck
from barhold.cli import _console
from barhold.cli._options import AsJson, Database, OneLifter, PlanName
from barhold.cli._set_listing import Since, Until, matching_owner, names_of, note_impossible, span
from barhold.errors import InputError
from barhold.model import TrainingSet
from barhold.output import check_tables, json_lines
from barhold.output.tables import Names
from barhold.plans.plan import Plan
from barhold.store import Store
from barhold.training import people, sensor_names, sets

_IN_FULL = 4
"""With more lifters than this, each has a line."""


def check(
    plan: PlanName = "",
    lifter: OneLifter = "",
    week: Annotated[bool, typer.Option("--week", help="One line per lifter for the last week.")] = False,
    every: Annotated[bool, typer.Option("--all", help="Every session, or with --week every week.")] = False,
    since: Since = "",
    until: Until = "",
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Check each lifter's last session against the plan: holds, reps, sets and rest.

    A hold is `unsure` when its error is too large to say whether it is within the plan's limits. Unsure reps do not
    fail a set, but more than half of a set's reps must be `ok`. Warm-up sets do not count. A change of hold or speed
    within a set is shown only when it exceeds its error.

    A sensor without a lifter is checked like a lifter. With more than four lifters, each gets one line.

    Exit status: 0 if all sessions shown met the plan, 1 if one did not, 2 for wrong usage or input.

    \b
    Examples:
      barhold check
      barhold check --json
      barhold check --plan glute-bridge
      barhold check --week
      barhold check --all --json
      barhold check --since 2026-01-01
    """

    met = True
    with Store.open(db) as store:
        note_impossible(store)
        span_utc = span(since, until)
        names = names_of(store)
        owners = [matching_owner(store, lifter)] if lifter else [found.owner for found in store.sets.owners()]
        plan_of = people.plan_finder(store, plan)
        in_full = len(owners) <= _IN_FULL or as_json
        lines = []
        for owner, sessions in _sessions(store, owners, span_utc, every, week):
            by = plan_of(owner)
            results = _checked(sessions, by, every or week)
            if in_full or week or every:
                met &= (
                    _show_weeks(results, by, every, as_json, names)
                    if week
                    else _show(results, by, every, as_json, names)
                )
            else:
                lines.append((results[-1], by))
                met &= results[-1].met
        if lines:
            _show_lines(lines, names)
    if not met:
        raise typer.Exit(1)


def _sessions(
    store: Store, owners: list[str], span_utc: tuple[datetime | None, datetime | None], every: bool, week: bool
) -> Iterator[tuple[str, list[list[TrainingSet]]]]:
    """Yield each owner's sessions that the check needs; InputError where nobody has any."""

    found_any = False
    for owner in owners:
        if every:
            found = sets.sessions(store.sets.stream(owner, *span_utc))
        elif week:
            found = _last_week(store, owner, span_utc)
        else:
            found = store.sets.last_sessions(2, owner, *span_utc)
        if found:
            found_any = True
            yield owner, found
    if not found_any:
        whose = f" of {sensor_names.owner_name(owners[0], names_of(store))}" if len(owners) == 1 else ""
        when = " in this time" if any(span_utc) else ""
        raise InputError(
            f"no set{whose} is stored{when}, so there is nothing to check; `barhold sync` fetches sets from a sensor"
        )


def _last_week(store: Store, owner: str, span_utc: tuple[datetime | None, datetime | None]) -> list[list[TrainingSet]]:
    """Return the sessions of the owner's last week, and the one before them, whose rest it began with."""

    since, until = span_utc
    last = store.sets.last(1, owner, since, until)
    if not last:
        return []
    day = last[0].start_utc.astimezone().date()
    monday = datetime.combine(day - timedelta(days=day.weekday()), time()).astimezone()
    before = store.sets.last_sessions(1, owner, since, monday)
    first = before[0][0].start_utc if before else monday
    return sets.sessions(store.sets.stream(owner, first if since is None else max(since, first), until))


def _checked(sessions: list[list[TrainingSet]], plan: Plan, every: bool) -> list[SessionCheck]:

    return verdicts.check_sessions(sessions, plan) if every else verdicts.check_latest(sessions, plan)


def _show(results: list[SessionCheck], plan: Plan, every: bool, as_json: bool, names: Names) -> bool:
    """Show the last session in full, or every one (as a line each); tell whether all of them met the plan."""

    advised = advice.advise(results, plan)
    if as_json:
        for result in results:
            _console.json_line(json_lines.checked(result, plan, advised if result is results[-1] else None))
    else:
        sessions = check_tables.sessions(results, plan, names)
        _console.show(*(sessions if every else check_tables.checked(results[-1], plan, names)))
        _console.show(*check_tables.advised(advised, plan))
    return all(result.met for result in results)


def _show_lines(lines: list[tuple[SessionCheck, Plan]], names: Names) -> None:
    """Show a line for each lifter's last session."""

    _console.show(*check_tables.last_sessions(lines, names))
    _console.note("`barhold check --lifter NAME` shows one in full, with advice")


def _show_weeks(results: list[SessionCheck], plan: Plan, every: bool, as_json: bool, names: Names) -> bool:

    weeks = verdicts.check_weeks(results)
    shown = weeks if every else weeks[-1:]
    if as_json:
        for one in shown:
            _console.json_line(json_lines.week(one, plan))
    else:
        _console.show(*check_tables.weeks(shown, plan, names))
    return all(one.met for one in shown)
