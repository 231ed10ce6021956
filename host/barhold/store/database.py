"""Opens the database: where it lies, how SQLite and PostgreSQL are set up, and the way to the newest schema."""

import os
import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError

from barhold.errors import InputError, StoreError
from barhold.store import derived, migrate
from barhold.store.error_messages import BUSY_TIMEOUT_MS, place, translated
from barhold.training import wall_time

_WAL_TRIES = 200
_TAKE_LOCK = "BEGIN IMMEDIATE"
_ASK_AGAIN_S = (0.001, 0.005)
_GIVE_WAY_S = 0.001
"""A writer that goes on at once would keep all others out: they ask only every few ms."""
_SQLITE_MAGIC = b"SQLite format 3\0"
_POSTGRES_DEFAULTS = {
    "connect_timeout": "10",
    "keepalives_idle": "30",  # with the next: a server that is gone without a word shows within a minute
    "tcp_user_timeout": "30000",
    "fallback_application_name": "barhold",
}
# Locks wait as long as SQLite's; a laptop that falls asleep inside a transaction must not hold up the others; what was
# committed must be on the server's disk before a sensor hears of it.
_POSTGRES_SESSION = f"""
    set lock_timeout = {BUSY_TIMEOUT_MS};
    set idle_in_transaction_session_timeout = '5min';
    select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'
"""
_MIGRATION_LOCK = "select pg_advisory_xact_lock(1111577160, 0)"  # any number that is nobody else's


def open_engine(path_or_url: str | os.PathLike[str] | None) -> Engine:
    """Return an engine on an existing or new database at the newest schema; None means BARHOLD_DB, then the default."""
    _check_zone()
    url = locate(path_or_url)
    if url.get_backend_name() == "sqlite":
        check_file(url)
        _create_private(url)
    with translated(url):
        engine = bare_engine(url)
        try:
            _bring_to_head(engine)
        except StoreError as err:
            engine.dispose()
            raise StoreError(f"database {place(url)} {err}") from err
        except BaseException:
            engine.dispose()
            raise
    return engine


def locate(path_or_url: str | os.PathLike[str] | None) -> URL:
    """Return the URL of what is meant: the argument, else BARHOLD_DB, else the user's data folder."""
    return _url(path_or_url or os.environ.get("BARHOLD_DB") or _default_path())


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that takes the write lock at its start, so that it cannot fail half-way for want of it.

    StoreError where this computer's clock cannot be right: what it writes would carry its times.
    """
    now_ms = time.time_ns() // 1_000_000
    if not wall_time.is_possible(now_ms):
        raise StoreError(f"this computer's clock says {time.strftime('%Y-%m-%d', time.gmtime())}: set it, then repeat")
    with engine.execution_options(barhold_begin=_TAKE_LOCK).begin() as connection:
        yield connection
    if engine.dialect.name == "sqlite":
        time.sleep(_GIVE_WAY_S)


def _check_zone() -> None:
    """Refuse a time zone in which no time can be shown."""
    try:
        datetime.now().astimezone()
    except (ValueError, OverflowError) as err:
        zone = os.environ.get("TZ", "")
        raise InputError(f"the time zone TZ={zone} cannot be used: name one, for example TZ=Europe/Berlin") from err


def _create_private(url: URL) -> None:
    """Create a new database so that nobody else can read it; SQLite gives its companions the same mode."""
    path = Path(url.database or "")
    if url.query or str(path) in ("", ".", ":memory:") or path.exists():
        return
    # Left to SQLite's own words where it does not work, and where another process was faster.
    with suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _default_path() -> Path:
    from platformdirs import user_data_path  # noqa: PLC0415 - not needed when --db is given

    try:
        folder = user_data_path("barhold", appauthor=False)
    except RuntimeError:
        raise InputError("there is no home folder: set HOME, or name a database with --db") from None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as err:
        step = "make that folder writable, or name a database with --db"
        raise InputError(f"{folder}: cannot be created ({err.strerror}): {step}") from None
    return folder / "barhold.db"


def _url(path_or_url: str | os.PathLike[str]) -> URL:
    text = os.fspath(path_or_url)
    if "://" not in text:
        return URL.create("sqlite", database=str(Path(text).expanduser()))
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as err:
        raise InputError("the database URL cannot be read: write it as postgresql+psycopg://user@host/name") from err
    if url.drivername in ("postgres", "postgresql"):
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise InputError(f"database {place(url)}: only sqlite and postgresql are supported")
    return url


def check_file(url: URL) -> None:
    """Refuse what SQLite would refuse in worse words, before anything is created or changed."""
    path = Path(url.database or "")
    if url.query or str(path) in ("", ".", ":memory:"):
        return
    if not path.parent.is_dir():
        raise InputError(f"database {path}: folder {path.parent} does not exist: create it, or name another with --db")
    if path.is_dir():
        raise InputError(f"database {path} is a folder: name a file with --db")
    if path.exists() and not path.is_file():
        raise InputError(f"database {path} is a device or a pipe: name a file with --db")
    if path.is_file():
        with path.open("rb") as file:
            start = file.read(len(_SQLITE_MAGIC))
        if start not in (b"", _SQLITE_MAGIC):
            raise StoreError(f"database {path}: it is no SQLite database: name another file with --db")


def bare_engine(url: URL) -> Engine:
    """Return an engine on a database as it is; InputError where its driver is missing."""
    postgres = url.get_backend_name() == "postgresql"
    defaults = {name: value for name, value in _POSTGRES_DEFAULTS.items() if postgres and name not in url.query}
    try:
        # The ping: a connection that died while nobody used it is no error.
        engine = create_engine(url, connect_args=defaults, pool_pre_ping=postgres)
    except (ImportError, NoSuchModuleError) as err:
        step = "pip install 'barhold[postgres]', and write the URL as postgresql+psycopg://user@host/name"
        raise InputError(f"database {place(url)} needs the package psycopg: {step}") from err
    if postgres:
        event.listen(engine, "connect", _on_postgres_connect)
    else:
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "begin", _on_begin)
    return engine


def _bring_to_head(engine: Engine) -> None:
    with engine.connect() as connection:
        needed = migrate.needed(connection)
    if engine.dialect.name == "sqlite":
        # Only now: the file is ours. Kept in the file; readers then never wait for a sync.
        _use_wal(engine)
    if needed:
        with writing(engine) as connection:
            if engine.dialect.name == "postgresql":
                connection.exec_driver_sql(_MIGRATION_LOCK)
            found = migrate.revision(connection)  # another process may have been faster
            if found is None:
                migrate.create(connection)
            elif found != migrate.HEAD:
                migrate.migrate(connection)
                derived.rebuild(connection)


def _on_postgres_connect(connection: Any, _: object) -> None:
    connection.autocommit = True
    connection.execute(_POSTGRES_SESSION)
    connection.autocommit = False


def _use_wal(engine: Engine) -> None:
    # SQLite does not apply the busy timeout to this pragma: two processes on a new file must take turns here.
    for left in reversed(range(_WAL_TRIES)):
        try:
            with engine.connect().execution_options(barhold_begin=None) as connection:
                connection.exec_driver_sql("pragma journal_mode = wal")
            return
        except OperationalError as err:
            if not left or "locked" not in str(err):
                raise
        time.sleep(BUSY_TIMEOUT_MS / 1000 / _WAL_TRIES)


def _on_connect(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # the driver's own BEGIN comes too late for reads and DDL: _on_begin sends it
    for pragma in ("foreign_keys = on", "synchronous = full", f"busy_timeout = {BUSY_TIMEOUT_MS}"):
        connection.execute(f"pragma {pragma}")


def _on_begin(connection: Connection) -> None:
    statement = connection.get_execution_options().get("barhold_begin", "BEGIN")
    if statement == _TAKE_LOCK:
        _take_lock(connection)
    elif statement:
        connection.exec_driver_sql(statement)


def _take_lock(connection: Connection) -> None:
    """Begin a transaction that writes, as soon as no other one does.

    SQLite's own waiting sleeps longer each time, so that who has waited longest asks least often: among several
    writers some would wait for ten seconds. Here all ask equally often.
    """
    until_s = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    connection.exec_driver_sql("pragma busy_timeout = 0")
    try:
        while True:
            try:
                connection.exec_driver_sql(_TAKE_LOCK)
                return
            except OperationalError as err:
                if "locked" not in str(err) or time.monotonic() > until_s:
                    raise
            time.sleep(random.uniform(*_ASK_AGAIN_S))  # noqa: S311 - no secret
    finally:
        connection.exec_driver_sql(f"pragma busy_timeout = {BUSY_TIMEOUT_MS}")
