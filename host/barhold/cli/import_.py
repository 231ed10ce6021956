"""`barhold import`: loads and reps from other programs' files."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from barhold.cli import _console
from barhold.cli._options import AsJson, Database
from barhold.errors import InputError
from barhold.imports import matching
from barhold.imports.parse import EXERCISES, Found, Wish, read
from barhold.output import import_preview
from barhold.store import People, Store
from barhold.store.imports import Imports
from barhold.training import history, sets

FAULTS_SHOWN = 20


def import_(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="A CSV that Strong or Hevy exported.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be stored; store nothing.")] = False,
    lifter: Annotated[str, typer.Option("--lifter", metavar="NAME", help="Whose sets they are.")] = "",
    unit: Annotated[str, typer.Option("--unit", metavar="kg|lb", help="The unit, where the file names none.")] = "",
    exercise: Annotated[
        list[str] | None,
        typer.Option("--exercise", metavar="NAME", help="Part of an exercise's name; may be repeated."),
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="List what was imported so far.")] = False,
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Store the loads and reps that Strong or Hevy exported, of hip thrusts and glute bridges.

    Importing a file twice changes nothing; a row that was corrected there replaces the stored one. Where a workout is
    clearly a session that Barhold counted (same lifter, under 15 minutes apart, as many sets), its loads become the
    loads of those sets, by edits that can be undone. While one line cannot be used, nothing is stored. Times are read
    in the computer's zone (or TZ's).

    \b
    Examples:
      barhold import strong.csv --dry-run
      barhold import hevy.csv --exercise "hip thrust"
      barhold import --list
    """

    if (file is None) != listed:
        raise InputError("name either one FILE to import or --list")
    if unit not in ("", "kg", "lb"):
        raise InputError(f"--unit {unit}: it must be kg or lb")
    wish = Wish(lifter, tuple(exercise or EXERCISES), unit)
    found = _sound(file, read(file, wish)) if file else Found()
    with Store.open(db) as store:
        if listed:
            found = Found(Imports(store).all())
            if not found.sets:
                _console.note("nothing was imported yet; `barhold import FILE` takes what Strong or Hevy exported")
                return
        _take(store, found, wish, store_it=not (dry_run or listed), dry_run=dry_run, as_json=as_json)


def _sound(file: Path, found: Found) -> Found:
    """Return what was found; with lines at fault each is told, and the import ends."""

    if not found.faults:
        return found
    if len(found.faults) == 1:
        raise InputError(f"{found.faults[0]}; nothing was stored")
    for fault in found.faults[:FAULTS_SHOWN]:
        _console.note(fault)
    raise InputError(f"{file}: {len(found.faults)} lines cannot be used, so nothing was stored: see the lines above")


def _take(store: Store, found: Found, wish: Wish, store_it: bool, dry_run: bool, as_json: bool) -> None:
    """Show what was found, and store it where that is wanted."""

    people, now = People(store), datetime.now(UTC)
    if wish.lifter and wish.lifter not in [one.name for one in people.lifters()]:
        raise InputError(f"--lifter {wish.lifter}: nobody of this name is known: add them with `barhold lifter add`")
    stored = {item.import_id: item for item in Imports(store).all()}
    same = matching.pairs(matching.workouts(found.sets), sets.sessions(history.load(store, now)))
    edits = matching.load_edits(same, {edit.edit_id for edit in people.edits()}, round(now.timestamp() * 1000))
    states = [import_preview.state(item, stored) for item in found.sets]
    if store_it:  # before anything is shown: a store that fails has shown nothing
        changed = [item for item, state in zip(found.sets, states, strict=True) if state != import_preview.KNOWN]
        Imports(store).add(changed, edits)
    if as_json:
        own = {pair.imported.import_id: pair for pair in same}
        for item in found.sets:
            _console.json_line(import_preview.line(item, own, stored))
    elif found.sets:
        _console.show(import_preview.table(found.sets, same, stored))
    for text in import_preview.left_out(found.others, found.without_reps):
        _console.note(text)
    done = import_preview.summary(states, len(edits), dry_run)
    if as_json:
        _console.note(done)
    else:
        typer.echo(done)
