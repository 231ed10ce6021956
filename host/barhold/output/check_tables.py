"""The check's tables and lines for people, as rich renderables. Pure."""

from collections import Counter
from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from barhold.check import advice
from barhold.check import verdicts as check
from barhold.check.set_trends import Change
from barhold.check.verdicts import SessionCheck, SetCheck, WeekCheck
from barhold.output.tables import (
    NO_NAMES,
    Names,
    Renderable,
    calibration,
    hold,
    listing,
    moment,
    range_cm,
    table_of,
    whose,
)
from barhold.plans.plan import Plan

_STYLES = {check.OK: "green", check.SHORT: "red", check.LONG: "red", check.UNSURE: "yellow"}


def checked(result: SessionCheck, plan: Plan, names: Names = NO_NAMES) -> list[Renderable]:
    """Return one session's verdicts: every rep, how alike the reps were, then each part of the plan in its own line."""
    table = table_of("set", "rep", "hold s", "+- s", "verdict", "range cm", "flags")
    for number, one in enumerate(result.sets, start=1):
        for rep, verdict in zip(one.item.reps, one.verdicts, strict=True):
            word = Text(verdict, _STYLES[verdict])
            table.add_row(str(number), str(rep.number), *hold(rep), word, *range_cm(rep))
        table.add_section()
    title = Text(f"Session of {moment(result.sets[0].item)}, {whose(result.sets[0].item, names)}", "bold")
    notes = calibration(one.item for one in result.sets)
    even = Text("Change of hold and speed over each set; spread of range, rise and fall:")
    return [title, table, *notes, even, _evenness(result), _summary(result, plan)]


def advised(told: advice.Advice, plan: Plan) -> list[Renderable]:
    """Return the advice in a line, followed by the safety note."""
    line = f"{told.text[:1].upper()}{told.text[1:]}. (rule: {told.rule})"
    said = [Text(line, "bold")] if told.text else []
    return [*said, Text(advice.safety(plan))]


def sessions(results: Sequence[SessionCheck], plan: Plan, names: Names = NO_NAMES) -> list[Renderable]:
    """Return a line per session of one owner."""
    rows = [(moment(result.sets[0].item), *_session_cells(result)) for result in results]
    return [
        Text(f"{plan.name}, {whose(results[-1].sets[0].item, names)}", "bold"),
        listing(("session", *_SESSION_NAMES), rows),
    ]


def last_sessions(lines: Sequence[tuple[SessionCheck, Plan]], names: Names = NO_NAMES) -> list[Renderable]:
    """Return a line per owner: the last session, checked against the owner's plan."""
    rows = [
        (whose(result.sets[0].item, names), moment(result.sets[0].item), plan.name, *_session_cells(result))
        for result, plan in lines
    ]
    return [listing(("whose", "session", "plan", *_SESSION_NAMES), rows)]


_SESSION_NAMES = ("sets", "reps", "ok", "short", "long", "unsure", "rest h", "verdict")


def _session_cells(result: SessionCheck) -> tuple[str, ...]:
    rest = "-" if result.rest_h is None else f"{result.rest_h:.1f}"
    counts = _counted(result.verdicts)
    return (str(len(result.working_sets)), str(result.verdicts.total()), *counts, rest, str(_met(result.met)))


def weeks(rows: Sequence[WeekCheck], plan: Plan, names: Names = NO_NAMES) -> list[Renderable]:
    """Return a line per week of one owner."""
    columns = ("week of", "sessions met", "sets", "reps", "ok", "short", "long", "unsure", "verdict")
    lines = []
    for one in rows:
        met = f"{sum(s.met for s in one.sessions)} of {len(one.sessions)}"
        sets = sum(len(s.working_sets) for s in one.sessions)
        cells = (met, str(sets), str(one.verdicts.total()), *_counted(one.verdicts))
        lines.append((f"{one.monday:%Y-%m-%d}", *cells, str(_met(one.met))))
    return [Text(f"{plan.name}, {whose(rows[-1].sessions[-1].sets[0].item, names)}", "bold"), listing(columns, lines)]


def _counted(verdicts: Counter[str]) -> list[str]:
    return [str(verdicts[word]) for word in _STYLES]


def _evenness(result: SessionCheck) -> Table:
    """Return how hold and speed changed over each set, where that exceeds its error, and how alike the reps were."""
    table = table_of("set", "hold s", "speed m/s", "range %", "rise s", "fall s", "unsure %")
    for number, one in enumerate(result.sets, start=1):
        unsure = 100 * one.verdicts.count(check.UNSURE) / len(one.verdicts)
        changes = (_change(one.hold_change_s), _change(one.speed_change_m_s))
        spreads = (f"{100 * one.range_spread:.0f}", f"{one.rise_spread_s:.2f}", f"{one.fall_spread_s:.2f}")
        table.add_row(str(number), *changes, *spreads, f"{unsure:.0f}")
    return table


def _change(found: Change | None) -> str:
    """Return a change with its error, or words when it does not exceed its error."""
    if found is None:
        return "-"
    return f"{found.by:+.2f} +- {found.error:.2f}" if found.proven else "no clear change"


def _summary(result: SessionCheck, plan: Plan) -> Table:
    table = table_of("plan", "found", "wanted", "verdict")
    for number, one in enumerate(result.sets, start=1):
        if one.warm_up:
            table.add_row(f"set {number}: warm-up", f"{len(one.item.reps)} reps", "does not count", Text("-"))
        else:
            _count(table, number, one, plan)
    if unsure := result.verdicts[check.UNSURE]:
        found = f"{unsure} of {result.verdicts.total()}, {100 * result.unsure_share:.0f} %"
        table.add_row("unsure holds", found, "", Text("-"))
    table.add_row("sets", str(len(result.working_sets)), plan.sets.text(), _met(result.sets_met))
    table.add_row("rest", *_rest(result, plan))
    table.add_section()
    table.add_row(plan.name, "", "", _met(result.met), style="bold")
    return table


def _count(table: Table, number: int, one: SetCheck, plan: Plan) -> None:
    table.add_row(f"set {number}: reps", str(len(one.item.reps)), plan.reps.text(), _met(one.reps_met))
    table.add_row(f"set {number}: holds", _counts(one.verdicts), f"{plan.hold_s.text()} s", _met(one.holds_met))
    for phase, (mean_s, verdict) in check.tempo_verdicts(one.item, plan).items():
        wanted_s = getattr(plan.tempo, f"{phase}_s")
        table.add_row(
            f"set {number}: {phase}", f"{mean_s:.2f} s", f"{wanted_s:g} s +- {check.TEMPO_ROOM_S:g}",
            Text(verdict, _STYLES[verdict]),
        )  # fmt: skip


def _rest(result: SessionCheck, plan: Plan) -> tuple[str, str, Text]:
    wanted = f"{plan.rest_h.text()} h"
    if result.rest_h is None:
        return "first session, nothing to compare", wanted, Text("-")
    doubt = " from an estimated time" if result.rest == check.UNSURE else ""
    return f"{result.rest_h:.1f} h{doubt}", wanted, Text(result.rest, _STYLES[result.rest])


def _counts(verdicts: tuple[str, ...]) -> str:
    return ", ".join(f"{verdicts.count(word)} {word}" for word in _STYLES if word in verdicts)


def _met(met: bool) -> Text:
    return Text("met", "green") if met else Text("not met", "red")
