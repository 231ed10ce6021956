"""What an import found, for people and as JSON Lines. Pure: takes plain data, prints nothing."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from rich import box
from rich.table import Table

from barhold.imports import matching
from barhold.imports.matching import Pair
from barhold.model import ImportedSet, Load
from barhold.output.json_lines import SCHEMA, Line

NEW, CHANGED, KNOWN = "new", "changed", "known"
_COLUMNS = ("start", "exercise", "loads", "reps", "sets", "same as")


def state(item: ImportedSet, stored: Mapping[str, ImportedSet]) -> str:
    """Return whether the store has the set so, otherwise, or not at all."""
    before = stored.get(item.import_id)
    return NEW if before is None else KNOWN if before == item else CHANGED


def table(sets: Iterable[ImportedSet], same: Iterable[Pair], stored: Mapping[str, ImportedSet]) -> Table:
    """Return a row per workout and exercise."""
    own = {pair.imported.import_id: pair.own for pair in same}
    shown = Table(*_COLUMNS, box=box.SIMPLE_HEAD, pad_edge=False)
    for group in matching.workouts(sets):
        first = own.get(group[0].import_id)
        loads = list(dict.fromkeys(_load(item.load) for item in group))
        states = ", ".join(sorted({state(item, stored) for item in group}))
        shown.add_row(
            _moment(group[0].start_utc_ms),
            group[0].exercise,
            loads[0] if len(loads) == 1 else ", ".join(_load(item.load) for item in group),
            ", ".join(str(item.reps) for item in group),
            f"{len(group)} {states}",
            f"{first.start_utc.astimezone():%H:%M}" if first else "-",
        )
    shown.columns[0].no_wrap = True
    return shown


def line(item: ImportedSet, same: Mapping[str, Pair], stored: Mapping[str, ImportedSet]) -> Line:
    """Return the JSON line of one set; `same_as` is when Barhold's own set began that it clearly is."""
    own = same.get(item.import_id)
    return {
        "type": "imported",
        "schema": SCHEMA,
        "id": item.import_id,
        "source": item.source,
        "lifter": item.lifter,
        "start": datetime.fromtimestamp(item.start_utc_ms / 1000, UTC).isoformat(timespec="seconds"),
        "workout": item.workout,
        "exercise": item.exercise,
        "set": item.set_index,
        "kind": item.kind,
        "load": {"amount": item.load.amount, "unit": item.load.unit} if item.load else None,
        "reps": item.reps,
        "hold_s": item.hold_s,
        "note": item.note,
        "state": state(item, stored),
        "same_as": own.own.start_utc.isoformat(timespec="milliseconds") if own else None,
    }


def left_out(others: Mapping[str, int], without_reps: int) -> list[str]:
    """Return what was left out and how to have it too."""
    told = []
    if others:
        most = sorted(others, key=lambda name: (-others[name], name))
        names = ", ".join(most[:3]) + (f" and {len(most) - 3} more" if len(most) > 3 else "")
        told.append(f"left out: {sum(others.values())} sets of other exercises ({names}); --exercise NAME chooses")
    if without_reps:
        told.append(f"left out: {without_reps} sets without reps")
    return told


def summary(states: Sequence[str], edits: int, dry_run: bool) -> str:
    """Return what was done, or would be, in one line."""
    if not states:
        return "no set of the wanted exercises: nothing was stored"
    counts = f"{states.count(NEW)} new, {states.count(CHANGED)} changed, {states.count(KNOWN)} already stored"
    loads = f"; {edits} loads for Barhold's own sets" if edits else ""
    return f"{len(states)} sets: {counts}{loads}" + ("; nothing was stored (--dry-run)" if dry_run else "")


def _load(load: Load | None) -> str:
    return f"{load.amount:g} {load.unit}" if load else "-"


def _moment(utc_ms: int) -> str:
    return f"{datetime.fromtimestamp(utc_ms / 1000, UTC).astimezone():%Y-%m-%d %H:%M}"
