"""Error messages for a database that cannot be used: the driver's own text, then the next step, never a password."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL
from sqlalchemy.exc import SQLAlchemyError

from barhold.errors import StoreError

BUSY_TIMEOUT_MS = 10_000
_SECRETS = ("password", "passfile", "sslpassword")
_ASK = "ask whoever administers the database; `barhold db roles` shows what a role may do"
_AGAIN = "repeat once the server is there: what was stored stays, and a sync goes on from it"
# Errors of a statement carry PostgreSQL's code, whose meaning does not depend on the server's language.
_BY_CODE = {
    "42501": f"your database role may not do this here: {_ASK}",
    "55P03": f"another program held it for {BUSY_TIMEOUT_MS // 1000} s: close that one and repeat",
    "40P01": "two programs waited for each other: repeat",
    "53100": "the server's disk is full: free some space there and repeat",
    "53300": "the server takes no more connections: repeat later, or raise its max_connections",
    "25P03": "this computer was away for too long: repeat",
    "25006": "the server takes no writes (a replica?): name the one that does with --db",
}
# Other errors have only a text: SQLite's, and those of a connection that was never there.
_BY_WORDS = (
    ("locked", f"another program held it for {BUSY_TIMEOUT_MS // 1000} s: close that one and repeat"),
    ("FOREIGN KEY", "rows that were written are gone: remove the trigger that deletes them, or use another database"),
    ("readonly", "it or its folder is read-only: make both writable, or name another file with --db"),
    ("unable to open", "it cannot be created or opened: make it and its folder writable, or name another with --db"),
    ("not a database", "it is no SQLite database: name another file with --db"),
    (
        "malformed",
        "it is damaged: keep a copy of it, then restore a backup (`barhold db restore`) or sync into another",
    ),
    ("disk is full", "the disk is full: free some space and repeat"),
    ("disk I/O error", "the disk refused (is it full, or gone?): make room or bring it back, and repeat"),
    ("password", "give it in the URL (user:PASSWORD@host), in PGPASSWORD or in ~/.pgpass"),
    ('database "', "create it (createdb NAME), or name another with --db"),
    ('role "', "name another user in --db (user@host), or create this one (createuser NAME)"),
    ("pg_hba.conf", f"the server refuses this user or computer: {_ASK}"),
    ("resolve host", "check the host's name in --db, and the network"),
    ("refused", "start the server, or check host and port in --db"),
    ("No such file", "start the server, or check host and port in --db"),
    ("timeout", "check host and port in --db, and the network"),
    ("connection option", "take that option out of --db"),
    ("connection", _AGAIN),
    ("EOF", _AGAIN),
)


class DamagedError(StoreError):
    """A database file that is not whole."""


def place(url: URL) -> str:
    """Return how a message names the database: its path, or its URL without what is secret."""
    if url.get_backend_name() == "sqlite":
        return url.database or ""
    return url.difference_update_query(_SECRETS).render_as_string(hide_password=True)


@contextmanager
def translated(url: URL) -> Iterator[None]:
    """Turn a driver's error into a StoreError of one line with the next step."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as err:
        cause = getattr(err, "orig", None) or err
        said = (str(cause).strip() or type(cause).__name__).splitlines()[0]
        step = _BY_CODE.get(getattr(cause, "sqlstate", None) or "") or _step(said)
        kind = DamagedError if "malformed" in said else StoreError
        raise kind(f"database {place(url)}: {said}: {step}") from err


def _step(said: str) -> str:
    return next((step for words, step in _BY_WORDS if words in said), "check it and repeat")
