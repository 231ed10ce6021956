"""Backs up a store into one file, and restores it. Each is done completely or not at all; a backup is never changed."""

import os
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from sqlalchemy import URL

from barcore import record
from barhold import files
from barhold.errors import InputError, StoreError
from barhold.store import copying, plausibility
from barhold.store.copying import OnProgress
from barhold.store.database import check_file, locate
from barhold.store.error_messages import DamagedError, place, translated
from barhold.store.store import Row, Store

_PAGES = 256
_MODE = 0o600  # the keys of sensors are in it
_OTHER = "use another backup, or sync into another database"


def backup(store: Store, path: Path, on_progress: OnProgress = lambda *_: None) -> int:
    """Write the whole store into one SQLite file, in the place of an older one; return its size in bytes."""
    if store.engine.dialect.name == "sqlite" and path.exists() and path.samefile(store.engine.url.database or ""):
        raise InputError(f"{path} is the database itself: name another file")
    with whole_file(path) as made:
        if store.engine.dialect.name == "sqlite":
            with translated(locate(made)), closing(store.engine.raw_connection()) as pooled:
                _sqlite_copy(pooled.driver_connection, made, on_progress)  # type: ignore[arg-type]
            with Store.open(made) as written:
                verify(written, made)
        else:
            with Store.open(made) as written:
                copying.copy(store, written, on_progress)
        _as_one_file(made)
        return made.stat().st_size


class Restored(NamedTuple):
    """The rows that a restore brought and removed, by table."""

    rows: Row
    lost: dict[str, int]  # what the target held and the backup lacks; empty where the target could not be read


def restore(path: Path, target: str | None, replace: bool, on_progress: OnProgress = lambda *_: None) -> Restored:
    """Replace what `target` holds by a backup. Unless `replace` is given, `target` must be empty. InputError or
    StoreError leave `target` as it was.
    """
    if not path.is_file():
        raise InputError(f"{path}: there is no such file: name one that `barhold db backup` made")
    if not path.stat().st_size:
        raise InputError(f"{path} is empty: name a file that `barhold db backup` made")
    with tempfile.TemporaryDirectory(prefix="barhold-") as folder:
        url = locate(path)
        check_file(url)
        with translated(url), closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as original:
            copied = Path(folder) / path.name
            _sqlite_copy(original, copied, lambda *_: None)
        with _said_of(path, copied), Store.open(copied) as source:
            verify(source, path)
            plausibility.check(source, path)
            return _put(source, locate(target), replace, on_progress)


def copy_into(source: str, target: str, on_progress: OnProgress = lambda *_: None) -> Row:
    """Add all that one database holds to another, which may be new; return table -> rows new there."""
    there, here = locate(target), locate(source)
    if here == there:
        raise InputError(f"database {place(here)} is both FROM and TO: name another one as TO")
    if here.get_backend_name() == "sqlite" and not Path(here.database or "").is_file():
        raise InputError(f"database {place(here)} is not there: name the one to copy as FROM")
    with Store.open(source) as one:
        if there.get_backend_name() != "sqlite" or Path(there.database or "").exists():
            with Store.open(target) as other:
                return copying.copy(one, other, on_progress)
        return _new_file(one, Path(there.database or ""), on_progress)


def verify(store: Store, path: Path) -> None:
    """Raise DamagedError unless SQLite finds the file whole and every record in it is one."""
    damaged = f"database {path}: it is damaged"
    with translated(store.engine.url), store.engine.connect() as connection:
        said = connection.exec_driver_sql("pragma integrity_check(1)").scalar()
        if said != "ok" or connection.exec_driver_sql("pragma foreign_key_check").first():
            raise DamagedError(f"{damaged} ({said}): {_OTHER}")
    for one in store.records():
        if not record.is_valid(one.raw) or record.header(one.raw)[3] != one.seq:
            raise DamagedError(f"{damaged} (record seq {one.seq} of sensor {one.device_id}): {_OTHER}")


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield the name of a temporary file that replaces `path` at the end, or is removed on an error."""
    if path.is_dir() or not path.parent.is_dir():
        raise InputError(f"{path}: is a folder, or is in none: name a file in a folder that exists")
    files.check_replaceable(path)
    with tempfile.TemporaryDirectory(prefix=".barhold-", dir=path.parent, ignore_cleanup_errors=True) as folder:
        made = Path(folder) / path.name
        made.touch(_MODE)
        with _said_of(path, made):
            yield made
        with made.open("rb+") as file:
            os.fsync(file.fileno())
        for left in ("-wal", "-shm", "-journal"):  # of another one that was here: SQLite would take them for this one's
            path.with_name(path.name + left).unlink(missing_ok=True)
        made.replace(path)


def _put(source: Store, url: URL, replace: bool, on_progress: OnProgress) -> Restored:
    path = Path(url.database or "") if url.get_backend_name() == "sqlite" else None
    if path is None or (path.is_file() and not _is_broken(path, url, replace)):
        with Store.open(url.render_as_string(hide_password=False)) as target:
            held, lost = copying.row_count(target), copying.missing(source, target)
            if held and not replace:
                lacks = f", and the backup lacks {in_words(lost)} of them" if lost else ""
                raise _asks(f"holds {held} rows{lacks}", url)
            return Restored(copying.copy(source, target, on_progress, replace=True), lost)
    return Restored(_new_file(source, path, on_progress), {})


def in_words(rows: Mapping[str, int]) -> str:
    """Return how many rows of which tables: 2 records, 1 lifter."""
    return ", ".join(f"{count} {table.replace('_', ' ')}{'s' * (count > 1)}" for table, count in rows.items())


def _new_file(source: Store, path: Path, on_progress: OnProgress) -> Row:
    with whole_file(path) as made:
        with Store.open(made) as target:
            done = copying.copy(source, target, on_progress)
        _as_one_file(made)
    return done


def _is_broken(path: Path, url: URL, replace: bool) -> bool:
    try:
        with Store.open(path) as target:
            verify(target, path)
    except DamagedError:
        if not replace:
            raise _asks("cannot be read", url) from None
        return True
    return False


def _asks(what: str, url: URL) -> InputError:
    return InputError(
        f"database {place(url)} {what}: replace them with --overwrite, or add the backup with `barhold db copy`"
    )


def _sqlite_copy(source: sqlite3.Connection, path: Path, on_progress: OnProgress) -> None:
    with closing(sqlite3.connect(path)) as target:
        source.backup(target, pages=_PAGES, progress=lambda _, left, total: on_progress(total - left, total))


def _as_one_file(path: Path) -> None:
    """Leave nothing of it in a file beside."""
    with translated(locate(path)), closing(sqlite3.connect(path)) as made:
        made.execute("pragma journal_mode = delete")


@contextmanager
def _said_of(path: Path, copied: Path) -> Iterator[None]:
    """Name the user's file and not our copy of it."""
    try:
        yield
    except StoreError as err:
        raise type(err)(str(err).replace(str(copied), str(path))) from err
