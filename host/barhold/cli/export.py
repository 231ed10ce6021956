"""`barhold export`: the sets for other programs."""

import json
from contextlib import nullcontext
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from barhold import files
from barhold.cli import _console
from barhold.cli._options import Database
from barhold.cli._set_listing import Since, Until, note_impossible, span, stored_sets
from barhold.errors import InputError
from barhold.exports import fit, hevy, ical, parquet, rows, selection, strong
from barhold.exports.dialects import Dialect
from barhold.model import TrainingSet
from barhold.output import json_lines
from barhold.store import People, Store
from barhold.training import people, sets


class Format(StrEnum):
    """What can be written."""

    CSV = "csv"
    JSONL = "jsonl"
    FIT = "fit"
    STRONG = "strong"
    HEVY = "hevy"
    ICAL = "ical"
    PARQUET = "parquet"


_OF_ONE_LIFTER = (Format.STRONG, Format.HEVY)
_NAMING_EXERCISES = (*_OF_ONE_LIFTER, Format.FIT)


class _Options(NamedTuple):
    """What the formats have options for."""

    per_set: bool
    dialect: Dialect
    hold_as_seconds: bool
    db: str | None


def export(  # noqa: PLR0913, PLR0917 - one for each option
    what: Annotated[Format, typer.Argument(metavar="FORMAT", help=", ".join(Format) + ".")],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE|FOLDER", help="Where to; without it text goes to standard output."),
    ] = None,
    since: Since = "",
    until: Until = "",
    lifter: Annotated[str, typer.Option("--lifter", metavar="NAME", help="Only the sets of this lifter.")] = "",
    per_set: Annotated[bool, typer.Option("--per-set", help="csv, parquet: a row per set, not per rep.")] = False,
    dialect: Annotated[
        Dialect, typer.Option("--dialect", metavar="NAME", help=f"strong: {', '.join(Dialect)}.")
    ] = Dialect.COMMA,
    hold_as_seconds: Annotated[
        bool, typer.Option("--hold-as-seconds", help="strong, hevy: write the mean hold as the set's duration, too.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that exist.")] = False,
    db: Database = None,
) -> None:
    """Write the stored sets for other programs.

    csv and parquet (extra `parquet`) have a row per rep; jsonl has the lines of `barhold sets --json`. ical has the
    next sessions, as the plan's rest allows them.

    fit writes a Garmin activity for each session into the current folder, or into the folder (or .fit file) that --out
    names. The mean hold is a developer field.

    strong and hevy are the files of these apps, which many programs import. They hold the sets of one lifter: for
    several, choose one with --lifter, or name a folder with --out. Strong's comma dialect is read by most programs, but
    has no column for the unit; semicolon and newest do.

    A file is written whole or not at all. Text that a spreadsheet would run as a formula begins with a '.

    \b
    Examples:
      barhold export csv
      barhold export csv --per-set --out sets.csv
      barhold export jsonl --since 2026-01-01
      barhold export strong --out strong.csv
      barhold export hevy --out hevy.csv
      barhold export fit
      barhold export ical --out next.ics
      barhold export parquet --out reps.parquet
    """
    if what == Format.PARQUET and out is None:
        raise InputError("Parquet is a binary format: name a file, for example --out reps.parquet")
    stored = stored_sets(db) if what not in _NAMING_EXERCISES else _with_exercises(db)
    found = selection.select(stored, selection.Selection(*span(since, until), lifter))
    options = _Options(per_set, dialect, hold_as_seconds, db)
    if what == Format.FIT:
        contents = _fit_files(found, out or Path())
        _write(contents, overwrite, None if out in contents else out)
    elif what in _OF_ONE_LIFTER:
        _export_for_each_lifter(what, found, out, options, overwrite)
    elif out is None:
        _console.data(_content(what, found, options))
    else:
        _write({out: _content(what, found, options)}, overwrite)


def _with_exercises(db: str | None) -> list[TrainingSet]:
    """Return all stored sets, each with the exercise of its owner's plan."""
    with Store.open(db) as store:
        note_impossible(store)
        plan_of = people.finder(People(store))
        return [people.with_exercise(training_set, plan_of) for training_set in store.training_sets()]


def _export_for_each_lifter(
    what: Format, found: list[TrainingSet], out: Path | None, options: _Options, overwrite: bool
) -> None:
    """Write a file for each lifter into a folder, or the only lifter's to `out` or standard output."""

    owners = selection.by_owner(found)
    is_folder = out is not None and (out.is_dir() or (len(owners) > 1 and not out.suffix))
    if len(owners) > 1 and not is_folder:
        raise InputError(
            f"{what} files hold the sets of one lifter, and these are of {', '.join(owners)}: "
            "choose one with --lifter, or name a folder for a file each, for example --out ."
        )
    contents = {whose: _content(what, sets, options) for whose, sets in owners.items()}
    if what == Format.STRONG and options.dialect == Dialect.COMMA:
        unit = rows.common_unit(owners.values())
        _console.note(f"loads are in {unit}: choose {unit} in the program that imports the file")
    if out is None:
        _console.data(next(iter(contents.values())))
    elif is_folder:
        parts = selection.file_name_parts(owners)
        _write({out / f"{what}-{parts[whose]}.csv": content for whose, content in contents.items()}, overwrite, out)
    else:
        _write({out: next(iter(contents.values()))}, overwrite)


def _write(contents: dict[Path, bytes], overwrite: bool, folder: Path | None = None) -> None:
    """Write all files or none, after making `folder` if it is missing; leave alone what is there already."""

    new = {path: content for path, content in contents.items() if not _is_there(path, content)}
    with files.made_folder(folder) if folder else nullcontext():
        files.write_atomically(new, overwrite)
    for path, content in contents.items():
        _console.line(f"{path}: {len(content)} bytes" + ("" if path in new else ", already there"))


def _is_there(path: Path, content: bytes) -> bool:
    try:
        return path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content
    except OSError:
        return False


def _content(what: Format, found: list[TrainingSet], options: _Options) -> bytes:
    """Return the one file of a format other than FIT."""
    if what == Format.JSONL:
        return _lines(found).encode()
    if what == Format.ICAL:
        return _calendar(found, options.db)
    if what == Format.STRONG:
        return strong.to_csv(sets.sessions(found), options.dialect, options.hold_as_seconds).encode()
    if what == Format.HEVY:
        return hevy.to_csv(sets.sessions(found), options.hold_as_seconds).encode()
    per_set = options.per_set
    columns, table = (rows.SET_COLUMNS, rows.per_set(found)) if per_set else (rows.REP_COLUMNS, rows.per_rep(found))
    if what == Format.PARQUET:
        return parquet.to_parquet(columns, table)
    return rows.to_csv(columns, table).encode()


def _lines(found: list[TrainingSet]) -> str:
    """Return the lines of `barhold sets --json`."""

    return "".join(json.dumps(json_lines.stored(item), allow_nan=False) + "\n" for item in found)


def _calendar(found: list[TrainingSet], db: str | None) -> bytes:
    """Return the next sessions of each lifter by their own plan, and of others by the chosen one."""
    with Store.open(db) as store:
        plan_of = people.finder(People(store))
    last = selection.last_sessions(sets.sessions(found))
    return ical.calendar([(session, plan_of(sets.owner(session[0]))) for session in last], datetime.now(UTC))


def _fit_files(found: list[TrainingSet], out: Path) -> dict[Path, bytes]:
    """Return a file for each session."""
    sessions = sets.sessions(found)
    if out.suffix.lower() == ".fit" and not out.is_dir():
        if len(sessions) > 1:
            raise InputError(f"--out {out}: {len(sessions)} sessions need a folder; name one, or choose with --since")
        return {out: fit.activity(sessions[0])}
    parts = selection.file_name_parts({session[0].lifter: None for session in sessions if session[0].lifter})
    return {
        out / fit.file_name(session, parts.get(session[0].lifter, "")): fit.activity(session) for session in sessions
    }
