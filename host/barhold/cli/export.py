"""`barhold export`: the sets for other programs."""

import json
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from datetime import UTC, datetime
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from barhold import files
from barhold.cli import _console
from barhold.cli._options import Database, OneLifter
from barhold.cli._set_listing import Since, Until, matching_owner, note_impossible, span
from barhold.errors import InputError
from barhold.exports import fit, hevy, ical, parquet, rows, selection, strong
from barhold.exports.dialects import Dialect
from barhold.model import TrainingSet
from barhold.output import json_lines
from barhold.store import People, Store
from barhold.training import people, sets


class Format(StrEnum):
    """The formats that can be written."""

    CSV = "csv"
    JSONL = "jsonl"
    FIT = "fit"
    STRONG = "strong"
    HEVY = "hevy"
    ICAL = "ical"
    PARQUET = "parquet"


_ROW_BY_ROW = (Format.CSV, Format.JSONL, Format.PARQUET)


class _Options(NamedTuple):
    """What Strong's and Hevy's files have options for."""

    dialect: Dialect
    hold_as_seconds: bool


def export(  # noqa: PLR0913, PLR0917 - one for each option
    what: Annotated[Format, typer.Argument(metavar="FORMAT", help=", ".join(Format) + ".")],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FILE|FOLDER", help="The file or folder to write; text goes to standard output by default."
        ),
    ] = None,
    since: Since = "",
    until: Until = "",
    lifter: OneLifter = "",
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
    with Store.open(db) as store:
        note_impossible(store)
        selected = _selected(store, lifter, *span(since, until))
        if what in _ROW_BY_ROW:
            _stream(_pieces(what, selected, per_set), out, overwrite)
        elif what == Format.ICAL:
            _stream([_calendar(selected, store)], out, overwrite)
        else:
            plan_of = people.plan_finder(People(store))
            named = [people.with_exercise(training_set, plan_of) for training_set in selected]
            _export_grouped(what, named, out, _Options(dialect, hold_as_seconds), overwrite)


def _selected(store: Store, lifter: str, since: datetime | None, until: datetime | None) -> Iterator[TrainingSet]:
    """Return the sets that are meant, in order of time, as they are read; InputError if there are none."""
    owners = store.sets.owners()
    if not owners:
        raise InputError("no set is stored, so there is nothing to export; `barhold sync` fetches sets from a sensor")
    names = sorted(owner.owner for owner in owners)
    lifter = matching_owner(store, lifter)
    if lifter not in ("", *names):
        raise InputError(f"--lifter {lifter} has no sets; there are sets of {', '.join(names)}")
    found = store.sets.stream(lifter, since, until)
    first = next(found, None)
    if first is None:
        earliest, latest = min(owner.first_utc for owner in owners), max(owner.last_utc for owner in owners)
        days = f"{earliest.astimezone():%Y-%m-%d} to {latest.astimezone():%Y-%m-%d}"
        raise InputError(f"no set lies in this time; the stored ones are of {days}")
    return chain([first], found)


def _stream(pieces: Iterable[bytes], out: Path | None, overwrite: bool) -> None:
    """Write a file, or to standard output, piece by piece."""
    if out is None:
        for piece in pieces:
            _console.data(piece)
    else:
        size_bytes, is_new = files.write_pieces_atomically(out, pieces, overwrite)
        _note_written(out, size_bytes, is_new)


def _pieces(what: Format, selected: Iterable[TrainingSet], per_set: bool) -> Iterator[bytes]:
    """Yield the file of a format whose rows come from single sets."""
    if what == Format.JSONL:
        return (f"{json.dumps(json_lines.stored(item), allow_nan=False)}\n".encode() for item in selected)
    columns = rows.SET_COLUMNS if per_set else rows.REP_COLUMNS
    table = rows.per_set(selected) if per_set else rows.per_rep(selected)
    if what == Format.PARQUET:
        return parquet.pieces(columns, table)
    return (line.encode() for line in rows.csv_lines(columns, table))


def _export_grouped(
    what: Format, found: list[TrainingSet], out: Path | None, options: _Options, overwrite: bool
) -> None:
    """Write the files of a format that groups sets by session."""
    if what == Format.FIT:
        contents = _fit_files(found, out or Path())
        _write(contents, overwrite, None if out in contents else out)
    else:
        _export_for_each_lifter(what, found, out, options, overwrite)


def _export_for_each_lifter(
    what: Format, found: list[TrainingSet], out: Path | None, options: _Options, overwrite: bool
) -> None:
    """Write a file for each lifter into a folder, or the only lifter's to `out` or standard output."""

    owners = sets.by_owner(found)
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
    with files.new_folder(folder) if folder else nullcontext():
        files.write_atomically(new, overwrite)
    for path, content in contents.items():
        _note_written(path, len(content), path in new)


def _note_written(path: Path, size_bytes: int, is_new: bool) -> None:
    _console.line(f"{path}: {size_bytes} bytes" + ("" if is_new else ", already there"))


def _is_there(path: Path, content: bytes) -> bool:
    try:
        return path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content
    except OSError:
        return False


def _content(what: Format, found: list[TrainingSet], options: _Options) -> bytes:
    """Return one lifter's file for Strong or Hevy."""
    if what == Format.STRONG:
        return strong.to_csv(sets.sessions(found), options.dialect, options.hold_as_seconds).encode()
    return hevy.to_csv(sets.sessions(found), options.hold_as_seconds).encode()


def _calendar(found: Iterable[TrainingSet], store: Store) -> bytes:
    """Return the next sessions of each lifter by their own plan, and of others by the chosen one."""
    plan_of = people.plan_finder(People(store))
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
