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
from barhold.store import Store
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
      barhold db roles
    """


@db.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")],
    overwrite: Overwrite = False,
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Write the whole database into one file, also while others use it.

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
    """Put a backup in the place of what the database holds; the backup is checked first, and left as it is.

    An older backup is brought to the newest schema on the way. To add instead of replacing, use `db copy`.

    \b
    Examples:
      barhold db restore backup.db --overwrite
    """

    with Bar("rows") as bar:
        rows = backups.restore(file, db, overwrite, lambda done, total: bar.update("restore", done, total))
    _tell("restored", rows, as_json)


@db.command()
def copy(
    source: Annotated[str, typer.Argument(metavar="FROM", help="The database to read: a file or a URL.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="The database to add to: a file or a URL.")],
    as_json: AsJson = False,
) -> None:
    """Copy all of one database into another, from SQLite to PostgreSQL or back; doing it twice adds nothing.

    What both hold stays once, in its later form. When both hold different records under one key, nothing is copied.
    A database of a team is named postgresql+psycopg://user@host/name.

    \b
    Examples:
      barhold db copy backup.db team.db
    """

    with Bar("rows") as bar:
        rows = backups.copy_into(source, target, lambda done, total: bar.update("copy", done, total))
    _tell("copied", rows, as_json)


@db.command()
def roles() -> None:
    """Print the SQL that lets gateways and coaches into a PostgreSQL database, for whoever administers it.

    A gateway inserts, and reads what is of its own lifters; a coach reads everything but keys, and writes nothing.

    \b
    Examples:
      barhold db roles
    """

    _console.data(files("barhold.store").joinpath("roles.sql").read_text(encoding="utf-8"))


def _tell(what: str, rows: dict[str, Any], as_json: bool) -> None:
    if as_json:
        _console.json_result(what, new=rows)
    else:
        some = [f"{count} {table}" for table, count in rows.items() if count]
        _console.line(f"{what}: {', '.join(some) or 'nothing new'}")
