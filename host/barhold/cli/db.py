"""`barhold db`: the database as a whole: backup and restore, from one kind to the other, and who may do what."""

from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import typer

from barhold.cli import _console
from barhold.cli._options import AsJson, Database, Overwrite
from barhold.cli._progress_bar import Bar
from barhold.cli._subcommands import new_group
from barhold.errors import InputError
from barhold.output.words import count
from barhold.store import Store, maintenance
from barhold.store import backup as backups

db = new_group()


@db.callback()
def _db() -> None:
    """Back up, restore and move the database, and share it in a team.

    \b
    Examples:
      barhold db backup backup.db
      barhold db restore backup.db --overwrite
      barhold db copy backup.db team.db
      barhold db check
      barhold db rebuild
      barhold db roles
    """


@db.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")],
    overwrite: Overwrite = False,
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Write the whole database to one file. Others can use it meanwhile.

    The file is a database itself: `--db FILE` reads it. It holds the keys of paired sensors, which are secrets.

    \b
    Examples:
      barhold db backup backup.db
    """

    if file.exists() and not overwrite:
        raise InputError(f"{file} exists: add --overwrite to replace it, or name another file")
    with Store.open(db) as store, Bar("") as bar:
        size_bytes = backups.backup(store, file, lambda done, total: bar.update("backup", done, total))
    if as_json:
        _console.json_result("backup", file=str(file), bytes=size_bytes)
    else:
        _console.line(f"{file}: {size_bytes / 1000:.0f} kB")


@db.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that `db backup` made.")],
    overwrite: Overwrite = False,
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Replace what the database holds by a backup.

    The backup is checked first and never changed. It may come from an older version of Barhold. To add to the database
    instead of replacing it, use `db copy`.

    \b
    Examples:
      barhold db restore backup.db --overwrite
    """

    with Bar("rows") as bar:
        rows, lost = backups.restore(file, db, overwrite, lambda done, total: bar.update("restore", done, total))
    if lost:
        _console.note(f"the backup lacked {backups.in_words(lost)} that the database held")
    _tell("restored", rows, as_json)


@db.command()
def copy(
    source: Annotated[str, typer.Argument(metavar="FROM", help="The database to read: a file or a URL.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="The database to add to: a file or a URL.")],
    as_json: AsJson = False,
) -> None:
    """Add all of one database to another, from SQLite to PostgreSQL or back. Copying twice adds nothing.

    When both databases hold the same item, the later version is kept. When their records contradict each other,
    nothing is copied. A team's database has an address such as postgresql+psycopg://user@host/name.

    \b
    Examples:
      barhold db copy backup.db team.db
    """

    with Bar("rows") as bar:
        rows = backups.copy_into(source, target, lambda done, total: bar.update("copy", done, total))
    _tell("copied", rows, as_json)


@db.command()
def check(db: Database = None, as_json: AsJson = False) -> None:
    """Compare sets and reps with the records that they come from, and report impossible times.

    Nothing is changed. Exit status: 0 when all agree, 2 when something differs; `db rebuild` mends it.

    \b
    Examples:
      barhold db check
      barhold db check --json
    """
    with Store.open(db) as store:
        impossible, found = store.impossible_times(), maintenance.find_differences(store)
    if as_json:
        _console.json_result("db_check", differences=found, impossible=impossible)
    else:
        for text in [*impossible, *found]:
            _console.line(text)
        if not (impossible or found):
            _console.line("sets and reps agree with the records")
    if found or impossible:
        raise typer.Exit(2)


@db.command()
def rebuild(db: Database = None, as_json: AsJson = False) -> None:
    """Derive all sets and reps anew from the records, and pack the database.

    \b
    Examples:
      barhold db rebuild
    """
    with Store.open(db) as store:
        sets, reps = maintenance.rebuild(store)
    if as_json:
        _console.json_result("db_rebuild", sets=sets, reps=reps)
    else:
        _console.line(f"{sets} sets with {reps} reps")


@db.command()
def roles() -> None:
    """Print the SQL that gives gateways and coaches access to a PostgreSQL database, for its owner to apply.

    A gateway stores, reads and corrects the sets of its own lifters. A coach reads everything except keys, and writes
    nothing.

    \b
    Examples:
      barhold db roles
    """

    _console.data(files("barhold.store").joinpath("roles.sql").read_text(encoding="utf-8"))


_NOUNS = {"imported": "imported set", "quarantine": "quarantined record", "trust": "key"}
"""What to call a row of a table whose name is not a noun."""


def _tell(what: str, rows: dict[str, Any], as_json: bool) -> None:
    if as_json:
        _console.json_result(what, new=rows)
    else:
        some = [count(rows[table], _NOUNS.get(table, table.replace("_", " "))) for table in rows if rows[table]]
        _console.line(f"{what}: {', '.join(some) or 'nothing new'}")
