"""Brings a database to the newest schema, or says why it must not be touched."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from barhold.errors import StoreError
from barhold.store import schema, views

HEAD = "0007"
"""The newest revision, named here so that a database that is up to date costs no import of alembic."""

_MIGRATIONS = Path(__file__).parent / "migrations"


def revision(connection: Connection) -> str | None:
    """Return the schema's revision; None for an empty database; StoreError for one that is not Barhold's."""
    tables = set(inspect(connection).get_table_names())
    if not tables:
        return None
    found = None
    if {"alembic_version", "record", "device"} <= tables:
        found = connection.scalar(text("select version_num from alembic_version"))
    if not isinstance(found, str) or not found.isdigit():
        some = ", ".join(sorted(tables)[:3])
        raise StoreError(f"holds another program's tables ({some}): name another with --db")
    return found


def needed(connection: Connection) -> bool:
    """Tell whether `migrate` has something to do; StoreError when the schema is newer than this program."""
    found = revision(connection)
    if found is not None and found > HEAD:
        raise StoreError(f"has schema {found}, this Barhold knows up to {HEAD}: update it (pip install -U barhold)")
    return found != HEAD


def create(connection: Connection) -> None:
    """Create the newest schema in an empty database, inside the caller's transaction.

    A test proves that it is what all migrations together make, which take a second longer.
    """
    schema.metadata.create_all(connection, checkfirst=False)
    is_postgres = connection.dialect.name == "postgresql"
    version = int(connection.exec_driver_sql("show server_version_num").scalar_one()) if is_postgres else 0
    for statement in views.statements(connection.dialect.name, version):
        connection.execute(text(statement.replace(":", "\\:")))
    key = "constraint alembic_version_pkc primary key (version_num)"
    connection.execute(text(f"create table alembic_version (version_num varchar(32) not null, {key})"))
    connection.execute(text("insert into alembic_version values (:head)"), {"head": HEAD})


def migrate(connection: Connection, to: str = HEAD) -> None:
    """Apply every missing step up to `to` on `connection`, inside the caller's transaction."""
    from alembic import command  # noqa: PLC0415 - only a database behind HEAD pays for it
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)
