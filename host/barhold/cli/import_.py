"""`barhold import`: loads and reps from other programs' files."""

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from barhold.cli import _console
from barhold.cli._options import AsJson, Database
from barhold.errors import InputError
from barhold.imports import prepared
from barhold.imports.parse import EXERCISES, ImportOptions, ImportResult, nearest, read
from barhold.imports.prepared import PreparedImport
from barhold.output import import_preview
from barhold.store import ImportedSets, People, Store
from barhold.training import history, sets

FAULTS_SHOWN = 20


def import_(  # noqa: PLR0913, PLR0917 - one for each option
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="A CSV that Strong or Hevy exported.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change; store nothing.")] = False,
    lifter: Annotated[str, typer.Option("--lifter", metavar="NAME", help="Whose sets they are.")] = "",
    unit: Annotated[str, typer.Option("--unit", metavar="kg|lb", help="The unit, if the file names none.")] = "",
    zone: Annotated[
        str, typer.Option("--zone", metavar="ZONE", help="The time zone of the file, such as Europe/Berlin or +01:00.")
    ] = "",
    exercise: Annotated[
        list[str] | None,
        typer.Option("--exercise", metavar="NAME", help="Part of an exercise's name; may be repeated."),
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="List what has been imported so far.")] = False,
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Import the loads and reps of hip thrusts and glute bridges that you logged with Strong or Hevy.

    Importing a file twice changes nothing. A row that you corrected in the app replaces the stored one. If a workout
    is clearly a session that Barhold counted (same lifter, less than 15 minutes apart, as many sets), its loads go to
    those sets, as edits that you can undo. --dry-run shows every stored set that would change.

    If a line of these exercises cannot be read, nothing is stored. In lines of other exercises, that is only a warning.

    The files name no time zone: they are read in this computer's, or in --zone. Sets that are stored already keep their
    time unless you give --zone.

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
    options = ImportOptions(lifter, tuple(exercise or EXERCISES), unit, _zone(zone))
    result = _usable(file, read(file, options), options) if file else ImportResult()
    with Store.open(db) as store:
        if listed:
            result = ImportResult(ImportedSets(store).all())
            if not result.sets:
                _console.note("nothing has been imported yet; `barhold import FILE` takes what Strong or Hevy exported")
                return
        # Stored before anything is printed: a store that fails has printed nothing.
        found = _take(store, result, options, store_it=not (dry_run or listed))
    _print(found, result, dry_run, as_json)


def _zone(text: str) -> tzinfo | None:
    """Return the zone that --zone names; None for the computer's."""

    if not text:
        return None
    try:
        if text[0] in "+-":
            hours, minutes = text[1:].split(":")
            offset = timedelta(hours=int(hours), minutes=int(minutes))
            return timezone(-offset if text[0] == "-" else offset)
        return ZoneInfo(text)
    except (ValueError, KeyError, OSError):  # ZoneInfoNotFoundError is a KeyError; a folder's name is an OSError
        raise InputError(f"--zone {text}: not a time zone: write it as Europe/Berlin or +01:00") from None


def _usable(file: Path, result: ImportResult, options: ImportOptions) -> ImportResult:
    """Return the result after its warnings were printed; InputError if a line cannot be used or nothing matches."""

    _note_some(result.warnings, "warning: ")
    if len(result.faults) == 1:
        raise InputError(f"{result.faults[0]}; nothing was stored")
    if result.faults:
        _note_some(result.faults)
        raise InputError(f"{file}: {len(result.faults)} lines cannot be used (see above), so nothing was stored")
    if result.others and not result.sets and not result.without_reps:
        wanted = " or ".join(options.exercises)
        names = ", ".join(nearest(result.others, options.exercises))
        raise InputError(f"{file}: no set of {wanted}: choose with --exercise. The nearest names are {names}")
    return result


def _note_some(lines: list[str], before: str = "") -> None:
    for line in lines[:FAULTS_SHOWN]:
        _console.note(before + line)
    if before and len(lines) > FAULTS_SHOWN:
        _console.note(f"{before}{len(lines) - FAULTS_SHOWN} more lines of other exercises cannot be read")


def _take(store: Store, result: ImportResult, options: ImportOptions, store_it: bool) -> PreparedImport:
    """Work out what changes, and store it if that is wanted."""

    people, now = People(store), datetime.now(UTC)
    if options.lifter and options.lifter not in [lifter.name for lifter in people.lifters()]:
        raise InputError(f"--lifter {options.lifter}: nobody has this name: add them with `barhold lifter add`")
    stored = {imported.import_id: imported for imported in ImportedSets(store).all()}
    sessions = sets.sessions(history.load(store, now))
    edit_ids = {edit.edit_id for edit in people.edits()}
    now_utc_ms = round(now.timestamp() * 1000)
    found = prepared.prepare(result.sets, stored, sessions, edit_ids, now_utc_ms, keep_times=options.zone is None)
    if store_it:
        ImportedSets(store).add(found.changed(), found.edits)
    return found


def _print(found: PreparedImport, result: ImportResult, dry_run: bool, as_json: bool) -> None:

    if as_json:
        for imported in found.sets:
            _console.json_line(import_preview.line(found, imported))
    elif found.sets:
        changes = import_preview.changes(found)
        _console.show(import_preview.table(found), *([changes] if changes else []))
    for text in import_preview.left_out(result.others, result.not_sets, result.without_reps):
        _console.note(text)
    if found.moved:
        _console.note(import_preview.moved(found))
    done = import_preview.summary(found, dry_run)
    if as_json:
        _console.note(done)
    else:
        _console.line(done)
