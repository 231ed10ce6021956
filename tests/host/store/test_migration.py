"""A database that an earlier version wrote becomes today's, whole, also when it is interrupted at any step.

tests/support/data/store-0003.db, store-0005.db and store-0006.db were written by the versions of these schemas; the
JSON beside each has the sets which that version showed.
"""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import sqlalchemy as sa

from barhold.errors import StoreError
from barhold.model import SetKey
from barhold.store import People, Store, database, derived, migrate
from hostkit import DATA

VERSIONS = ("0003", "0005", "0006")


class Old(NamedTuple):
    """A database of an earlier version, and the sets that this version showed."""

    place: str
    version: str
    shown: list


@pytest.fixture(params=VERSIONS)
def old(database_place: str, request: pytest.FixtureRequest) -> Iterator[Old]:
    """Give an older database: once as its file, once with its rows in PostgreSQL."""
    version = request.param
    file = DATA / f"store-{version}.db"
    found = Old(database_place, version, json.loads(file.with_suffix(".json").read_text()))
    if "://" not in database_place:
        shutil.copy(file, database_place)
        yield found
        return
    engine = database.bare_engine(database.locate(database_place))
    with database.writing(engine) as connection:
        migrate.migrate(connection, version)
        tables = sa.MetaData()
        tables.reflect(connection)
        old = sa.create_engine(f"sqlite:///{file}")
        with old.connect() as reading:
            names = sa.inspect(reading).get_table_names()
            for table in tables.sorted_tables:
                if table.name in names and table.name != "alembic_version":
                    rows = reading.exec_driver_sql(f"select * from {table.name}").mappings().all()
                    if rows:
                        connection.execute(table.insert(), [dict(row) for row in rows])
        old.dispose()
    engine.dispose()
    yield found


_RECORDS = ("record", "record join log on log.number = log_number")


def said(place: str) -> dict[str, list[tuple]]:
    """Return what people and sensors said, from the columns that both schemas have."""
    engine = database.bare_engine(database.locate(place))
    with engine.connect() as connection:
        is_numbered = "log_number" in {column["name"] for column in sa.inspect(connection).get_columns("record")}
        found = {
            name.split()[0]: sorted(map(tuple, connection.exec_driver_sql(f"select {columns} from {name}")), key=str)
            for name, columns in (
                (_RECORDS[is_numbered], "device_id, log_id, seq, raw"),
                ("wearer", "device_id, since_utc_ms, lifter"),
                ("edit", "edit_id, device_id, log_id, boot, start_ms, action, value, made_utc_ms, undone_utc_ms"),
                ("anchor", "device_id, log_id, boot, t_ms, utc_ms, rtt_ms"),
                ("trust", "device_id, key"),
                ("imported", "import_id, lifter, load"),
            )
        }
    engine.dispose()
    return found


def test_an_older_database_shows_the_same_sets_and_loses_nothing(old: Old) -> None:
    before = said(old.place)
    assert all(before.values())
    with Store.open(old.place) as store:
        found = list(store.training_sets())
        received = dict(tuple(row) for row in _rows(store, "select device_id, received_utc_ms from log"))
        ids = [one.edit_id[0] for one in People(store).edits()]
        with database.writing(store.engine) as connection:
            assert derived.find_differences(connection) == []
    assert [
        [list(item.key), item.start_utc.isoformat(), item.time_quality, item.lifter,
         [rep.start_ms for rep in item.reps], item.load and item.load.amount]
        for item in found
    ] == old.shown  # fmt: skip
    assert SetKey(*old.shown[0][0]) == found[0].key
    assert ids == (["1", "2", "3"] if old.version == "0003" else ["1", "2", "3", "4", "5"])
    assert 1_790_000_000_000 + 100 * 3_600_000 in received.values()
    assert said(old.place) == before


def _statements(connection: sa.Connection) -> list[str]:
    """Return every statement that the migration runs on this connection."""
    seen: list[str] = []

    def note(_: object, __: object, statement: str, *rest: object) -> None:
        seen.append(statement)

    sa.event.listen(connection, "before_cursor_execute", note)
    migrate.migrate(connection)
    derived.rebuild(connection)
    sa.event.remove(connection, "before_cursor_execute", note)
    return seen


def test_a_migration_that_is_interrupted_at_any_step_leaves_the_old_database(
    old: Old, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = said(old.place)
    engine = database.bare_engine(database.locate(old.place))
    with engine.connect() as connection:
        transaction = connection.begin()
        steps = len(_statements(connection))
        transaction.rollback()
    engine.dispose()
    assert steps > (10 if old.version == "0006" else 20)  # one step of the schema, or several
    each = 1 if "://" not in old.place else 7  # PostgreSQL's own transactions are the same at every step
    real = database.bare_engine
    for stop in range(1, steps, each):
        left = [stop]

        def interrupt(_: object, __: object, statement: str, *rest: object, left: list[int] = left) -> None:
            left[0] -= not statement.lower().startswith(("pragma", "begin"))
            if not left[0]:
                raise sa.exc.OperationalError(statement, {}, Exception("the power is cut"))

        def cut_short(url: sa.URL, interrupt: object = interrupt) -> sa.Engine:
            made = real(url)
            sa.event.listen(made, "before_cursor_execute", interrupt)
            return made

        monkeypatch.setattr(database, "bare_engine", cut_short)
        with pytest.raises(StoreError, match="the power is cut"):
            Store.open(old.place)
        monkeypatch.undo()
        assert said(old.place) == before
    with Store.open(old.place) as store:
        assert len(list(store.training_sets())) == len(old.shown)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_files_beside_the_tests_are_small_and_of_their_schema(version: str) -> None:
    file = DATA / f"store-{version}.db"
    assert file.stat().st_size < 60_000
    engine = sa.create_engine(f"sqlite:///{file}")
    with engine.connect() as connection:
        assert migrate.revision(connection) == version
    engine.dispose()


def test_a_new_database_has_the_schema_that_all_steps_together_make(tmp_path: Path) -> None:
    assert _schema(tmp_path / "created", migrate.create) == _schema(tmp_path / "migrated", migrate.migrate)


def _schema(path: Path, make: Callable[[sa.Connection], None]) -> dict[str, list[str]]:
    """Return the words of the SQL that made each table, index and view, and the columns of each in their order."""
    engine = database.bare_engine(database.locate(path))
    with database.writing(engine) as connection:
        make(connection)
        assert migrate.revision(connection) == migrate.HEAD
        rows = list(connection.exec_driver_sql("select name, sql from sqlite_master where sql is not null"))
        # The step to 0002 named a check twice over; nothing refers to it.
        parts = {name: re.findall(r"\w+|[^\s\w\"]", sql.lower().replace("ck_trust_ck", "ck")) for name, sql in rows}
        found = {name: sorted(words) for name, words in parts.items()}
        for name in list(found):
            columns = connection.exec_driver_sql(f"pragma table_info({name})")
            found[f"columns of {name}"] = [column[1] for column in columns]
    engine.dispose()
    return found


def _rows(store: Store, statement: str) -> list[sa.Row]:
    with store.engine.connect() as connection:
        return list(connection.exec_driver_sql(statement))
