"""The preview of an import, for people and as JSON Lines. Pure: takes plain data, prints nothing."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime

from rich.table import Table

from barhold.imports import matching
from barhold.imports.prepared import CHANGED, KNOWN, NEW, PreparedImport
from barhold.model import ImportedSet, Load
from barhold.output.fitted_table import FittedTable
from barhold.output.json_lines import SCHEMA, Line
from barhold.plans import load_units

_COLUMNS = ("start", "exercise", "loads", "reps", "sets", "same as")


def table(prepared: PreparedImport) -> Table:
    """Return a row per workout and exercise."""
    shown = FittedTable(*_COLUMNS)
    for group in matching.workouts(prepared.sets):
        own = [prepared.same[imported.import_id].own for imported in group if imported.import_id in prepared.same]
        shown.add_row(
            _moment(group[0].start_utc_ms),
            group[0].exercise,
            _loads([imported.load for imported in group]),
            ", ".join(str(imported.reps) for imported in group),
            f"{len(group)} {', '.join(sorted({prepared.state(imported) for imported in group}))}",
            f"{own[0].start_utc.astimezone():%H:%M}" if own else "-",
        )
    for fixed in (shown.columns[0], shown.columns[-1]):
        fixed.no_wrap = True
    return shown


def changes(prepared: PreparedImport) -> Table | None:
    """Return a row per stored set that changes, before and after; None if there is none."""
    shown = FittedTable("set", "before", "after", title="Stored sets that change")
    shown.title_justify = "left"
    for pair in prepared.given:
        moment = f"{pair.own.start_utc.astimezone():%Y-%m-%d %H:%M:%S}"
        shown.add_row(f"{moment}, counted by Barhold", "no load", _load(pair.imported.load))
    for imported in prepared.sets:
        before = prepared.stored.get(imported.import_id)
        if before and before != imported:
            names = [name for name in differing(before, imported) if name != "zone"] or ["zone"]
            what = f"{_moment(before.start_utc_ms)}, {imported.exercise}, set {imported.set_index}"
            shown.add_row(what, *(", ".join(_value(one, name) for name in names) for one in (before, imported)))
    return shown if shown.row_count else None


def differing(before: ImportedSet, after: ImportedSet) -> list[str]:
    """Return the names of the fields that are not the same in both."""
    return [one.name for one in fields(ImportedSet) if getattr(before, one.name) != getattr(after, one.name)]


def line(prepared: PreparedImport, imported: ImportedSet) -> Line:
    """Return the JSON line of one set.

    `same_as` is the start of Barhold's own record of it, `gives_load` whether that takes over the load, and `changed`
    names the fields in which the set differs from what is stored.
    """
    pair, before = prepared.same.get(imported.import_id), prepared.stored.get(imported.import_id)
    return {
        "type": "imported",
        "schema": SCHEMA,
        "id": imported.import_id,
        "source": imported.source,
        "lifter": imported.lifter,
        "start": datetime.fromtimestamp(imported.start_utc_ms / 1000, UTC).isoformat(timespec="seconds"),
        "zone": imported.zone or None,
        "workout": imported.workout,
        "exercise": imported.exercise,
        "set": imported.set_index,
        "kind": imported.kind,
        "load": {"amount": imported.load.amount, "unit": imported.load.unit} if imported.load else None,
        "reps": imported.reps,
        "hold_s": imported.hold_s,
        "note": imported.note,
        "state": prepared.state(imported),
        "changed": differing(before, imported) if before else [],
        "same_as": pair.own.start_utc.isoformat(timespec="milliseconds") if pair else None,
        "gives_load": any(given.imported is imported for given in prepared.given),
    }


def left_out(others: Mapping[str, int], not_sets: Mapping[str, int], without_reps: int) -> list[str]:
    """Return a line for each kind of row that was left out."""
    lines = []
    if others:
        most = sorted(others, key=lambda name: (-others[name], name))
        names = ", ".join(most[:3]) + (f" and {len(most) - 3} more" if len(most) > 3 else "")
        lines.append(
            f"left out: {_count(sum(others.values()), 'set')} of other exercises ({names}); choose with --exercise"
        )
    if not_sets:
        kinds = ", ".join(f"{count} {name}" for name, count in not_sets.items())
        total = sum(not_sets.values())
        rows = "1 row that is not a set" if total == 1 else f"{total} rows that are not sets"
        lines.append(f"left out: {rows} ({kinds}); notes were kept")
    if without_reps:
        lines.append(f"left out: {_count(without_reps, 'set')} without reps")
    return lines


def moved(prepared: PreparedImport) -> str:
    """Return what to say of sets that would have moved because the computer is in another time zone now."""
    before, now = prepared.stored[prepared.moved[0].import_id], prepared.moved[0]
    read = f"in {before.zone}" if before.zone else "in another zone"
    return (
        f"{_count(len(prepared.moved), 'set')} kept the stored time, which was read {read}; this computer is in "
        f"{now.zone} now. To move them, import again with --zone {now.zone}"
    )


def summary(prepared: PreparedImport, dry_run: bool) -> str:
    """Return what was done, or would be, in one line."""
    states = Counter(prepared.state(imported) for imported in prepared.sets)
    counts = f"{states[NEW]} new, {states[CHANGED]} changed, {states[KNOWN]} already stored"
    given = f"; {_count(len(prepared.edits), 'load')} for Barhold's own sets" if prepared.edits else ""
    return f"{_count(len(prepared.sets), 'set')}: {counts}{given}" + (
        "; nothing was stored (--dry-run)" if dry_run else ""
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


def _value(imported: ImportedSet, name: str) -> str:
    match name:
        case "start_utc_ms":
            return _moment(imported.start_utc_ms)
        case "load":
            return _load(imported.load)
        case "reps":
            return _count(imported.reps, "rep")
        case "hold_s":
            return f"hold {imported.hold_s:g} s" if imported.hold_s else "no hold"
        case "note":
            return f"note {imported.note!r}" if imported.note else "no note"
    return f"{name} {getattr(imported, name)}"


def _loads(loads: list[Load | None]) -> str:
    """Return the loads of a workout's sets; one that all have, and a unit that all have, once."""
    amounts = [_load(load) for load in loads]
    if len(set(amounts)) == 1:
        return amounts[0]
    units = {load.unit if load else "" for load in loads}
    if len(units) == 1 and "" not in units:
        amounts[:-1] = [amount.rpartition(" ")[0] for amount in amounts[:-1]]
    return ", ".join(amounts)


def _load(load: Load | None) -> str:
    return load_units.as_text(load) if load else "no load"


def _moment(utc_ms: int) -> str:
    return f"{datetime.fromtimestamp(utc_ms / 1000, UTC).astimezone():%Y-%m-%d %H:%M}"
