"""`barhold export`: the sets for other programs."""

import json
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from barhold import files
from barhold.cli._options import Database
from barhold.cli._set_listing import stored_sets
from barhold.errors import InputError
from barhold.exports import fit, hevy, ical, parquet, rows, selection, strong
from barhold.model import TrainingSet
from barhold.output import json_lines
from barhold.plans import library
from barhold.store import People, Store
from barhold.training import sets


class Format(StrEnum):
    """What can be written."""

    CSV = "csv"
    JSONL = "jsonl"
    FIT = "fit"
    STRONG = "strong"
    HEVY = "hevy"
    ICAL = "ical"
    PARQUET = "parquet"


def export(
    what: Annotated[Format, typer.Argument(metavar="FORMAT", help=", ".join(Format) + ".")],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE|FOLDER", help="Where to; without it text goes to standard output."),
    ] = None,
    since: Annotated[str, typer.Option("--since", metavar="DATE", help="From this day (or this moment) on.")] = "",
    until: Annotated[str, typer.Option("--until", metavar="DATE", help="Up to the end of this day.")] = "",
    lifter: Annotated[str, typer.Option("--lifter", metavar="NAME", help="The sets of this lifter alone.")] = "",
    per_set: Annotated[bool, typer.Option("--per-set", help="csv, parquet: a row per set, not per rep.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what exists.")] = False,
    db: Database = None,
) -> None:
    """Write the stored sets for other programs.

    csv and parquet (extra `parquet`) have a row per rep; jsonl the lines of `barhold sets --json`. strong and hevy are
    what these apps import. fit is one Garmin activity per session, with the mean hold as a developer field; --out names
    a folder, or a .fit file for one session. ical has the next sessions as the plan's rest allows them. A file is there
    whole or not at all. Text that a spreadsheet would run begins with a '.

    \b
    Examples:
      barhold export csv
      barhold export csv --per-set --out sets.csv
      barhold export jsonl --since 2026-01-01
      barhold export strong --out strong.csv
      barhold export hevy --out hevy.csv
      barhold export fit --out .
      barhold export ical --out next.ics
      barhold export parquet --out reps.parquet
    """

    if what in (Format.FIT, Format.PARQUET) and out is None:
        raise InputError(f"{what} is no text: name where it goes with --out")
    wish = selection.Wish(_moment("--since", since), _moment("--until", until, end_of_day=True), lifter)
    every = stored_sets(db)
    found = selection.chosen(every, wish)
    if out is None:
        typer.echo(_content(what, found, every, per_set, db), nl=False)
        return
    contents = _fit_files(found, out) if what == Format.FIT else {out: _content(what, found, every, per_set, db)}
    files.write_atomically(contents, overwrite)
    for path, content in contents.items():
        typer.echo(f"{path}: {len(content)} bytes")


def _content(what: Format, found: list[TrainingSet], every: list[TrainingSet], per_set: bool, db: str | None) -> bytes:
    """Return the one file of a format other than FIT."""

    if what == Format.JSONL:
        return _lines(found, every).encode()
    if what == Format.ICAL:
        return _calendar(found, db)
    if what == Format.STRONG:
        return strong.to_csv(sets.sessions(found)).encode()
    if what == Format.HEVY:
        return hevy.to_csv(sets.sessions(found)).encode()
    columns, table = (rows.SET_COLUMNS, rows.per_set(found)) if per_set else (rows.REP_COLUMNS, rows.per_rep(found))
    if what == Format.PARQUET:
        return parquet.to_parquet(columns, table)
    return rows.to_csv(columns, table).encode()


def _lines(found: list[TrainingSet], every: list[TrainingSet]) -> str:
    """Return the lines of `barhold sets --json`, each with its set's number in that list."""

    numbers = {item.key: number for number, item in enumerate(every, 1)}
    return "".join(json.dumps(json_lines.stored(item, numbers[item.key]), allow_nan=False) + "\n" for item in found)


def _calendar(found: list[TrainingSet], db: str | None) -> bytes:
    """Return the next sessions of each lifter by their own plan, of others by the chosen one."""

    with Store.open(db) as store:
        plans = {one.name: one.plan for one in People(store).lifters()}
    last = selection.last_sessions(sets.sessions(found))
    by = [(session, library.find(plans.get(session[0].lifter) or None)) for session in last]
    return ical.calendar(by, datetime.now(UTC))


def _fit_files(found: list[TrainingSet], out: Path) -> dict[Path, bytes]:
    """Return a file per session."""

    sessions = sets.sessions(found)
    if out.suffix.lower() != ".fit":
        if not out.is_dir():
            raise InputError(f"--out {out}: neither a folder that exists nor a name that ends in .fit")
        return {out / fit.file_name(session): fit.activity(session) for session in sessions}
    if len(sessions) > 1:
        raise InputError(f"--out {out}: {len(sessions)} sessions need a folder; name one, or choose with --since")
    return {out: fit.activity(sessions[0])}


def _moment(option: str, text: str, end_of_day: bool = False) -> datetime | None:
    """Return the moment that a date or an ISO time stands for, local where it names no zone."""

    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        is_day = len(text) <= len("2026-11-22")
        return (found + timedelta(days=1) if is_day and end_of_day else found).astimezone()
    except (ValueError, OverflowError):
        raise InputError(f"{option} {text}: no date; write it as 2026-11-22 or 2026-11-22T18:30") from None
