"""A database that the version before wrote becomes today's, whole, also when it is interrupted at any step.

tests/support/data/store-0003.db was written by the version of schema 0003; the JSON beside it has the sets which that
version showed.
"""

import json
import shutil
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from barhold.errors import StoreError
from barhold.model import SetKey
from barhold.store import People, Store, database, derived, migrate, schema
from hostkit import DATA

OLD = DATA / "store-0003.db"
SHOWN = json.loads((DATA / "store-0003.json").read_text())
OLD_TABLES = ("device", "record", "anchor", "quarantine", "trust", "lifter", "wearer", "edit", "recording", "imported")


@pytest.fixture
def old_place(database_place: str) -> Iterator[str]:
    """Give where the older database is: once as its file, once with its rows in PostgreSQL."""
    if "://" not in database_place:
        shutil.copy(OLD, database_place)
        yield database_place
        return
    engine = database.bare_engine(database.locate(database_place))
    with database.writing(engine) as connection:
        migrate.migrate(connection, "0003")
        tables = sa.MetaData()
        tables.reflect(connection)
        old = sa.create_engine(f"sqlite:///{OLD}")
        with old.connect() as reading:
            for name in OLD_TABLES:
                rows = reading.exec_driver_sql(f"select * from {name}").mappings().all()
                if rows:
                    connection.execute(tables.tables[name].insert(), [dict(row) for row in rows])
        old.dispose()
    engine.dispose()
    yield database_place


def said(place: str) -> dict[str, list[tuple]]:
    """Return what people and sensors said, from the columns that both schemas have."""
    engine = database.bare_engine(database.locate(place))
    with engine.connect() as connection:
        found = {
            name: sorted(map(tuple, connection.exec_driver_sql(f"select {columns} from {name}")), key=str)
            for name, columns in (
                ("record", "device_id, log_id, seq, raw"),
                ("wearer", "device_id, since_utc_ms, lifter"),
                ("edit", "edit_id, device_id, log_id, boot, start_ms, action, value, made_utc_ms, undone_utc_ms"),
                ("anchor", "device_id, log_id, boot, t_ms, utc_ms, rtt_ms"),
                ("trust", "device_id, key"),
                ("imported", "import_id, lifter, load"),
            )
        }
    engine.dispose()
    return found


def test_an_older_database_shows_the_same_sets_and_loses_nothing(old_place: str) -> None:
    before = said(old_place)
    assert all(before.values())
    with Store.open(old_place) as store:
        found = list(store.training_sets())
        received = dict(tuple(row) for row in _rows(store, "select device_id, received_utc_ms from log"))
        assert [one.edit_id[0] for one in People(store).edits()] == ["1", "2", "3"]
        with database.writing(store.engine) as connection:
            assert derived.find_differences(connection) == []
    assert [
        [list(item.key), item.start_utc.isoformat(), item.time_quality, item.lifter,
         [rep.start_ms for rep in item.reps], item.load and item.load.amount]
        for item in found
    ] == SHOWN  # fmt: skip
    assert SetKey(*SHOWN[0][0]) == found[0].key
    assert set(received.values()) == {1_790_000_000_000 + 100 * 3_600_000}
    assert said(old_place) == before


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
    old_place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = said(old_place)
    engine = database.bare_engine(database.locate(old_place))
    with engine.connect() as connection:
        transaction = connection.begin()
        steps = len(_statements(connection))
        transaction.rollback()
    engine.dispose()
    assert steps > 30
    each = 1 if "://" not in old_place else 7  # PostgreSQL's own transactions are the same at every step
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
            Store.open(old_place)
        monkeypatch.undo()
        assert said(old_place) == before
    with Store.open(old_place) as store:
        assert len(list(store.training_sets())) == len(SHOWN)


def test_the_file_beside_the_tests_is_small_and_is_of_the_schema_before() -> None:
    assert OLD.stat().st_size < 60_000
    engine = sa.create_engine(f"sqlite:///{OLD}")
    with engine.connect() as connection:
        assert migrate.revision(connection) == "0003"
    engine.dispose()
    assert set(OLD_TABLES) <= {table.name for table in schema.SAID}


def _rows(store: Store, statement: str) -> list[sa.Row]:
    with store.engine.connect() as connection:
        return list(connection.exec_driver_sql(statement))
