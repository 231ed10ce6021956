"""The store: nothing twice, nothing lost, nothing foreign touched."""

import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from barcore import protocol, record
from barhold.errors import BarholdError, InputError, StoreError
from barhold.model import Anchor
from barhold.store import Added, Device, Store, database, migrate, schema

DEVICE, OTHER = "00112233445566aa", "ffeeddccbbaa9988"
LOG = 0xFEDCBA98
REVISIONS = [
    step.revision
    for step in reversed(list(ScriptDirectory(str(Path(migrate.__file__).parent / "migrations")).walk_revisions()))
]


def make(seq: int, t_ms: int = 0, boot: int = 1) -> bytes:
    buf = bytearray(protocol.RECORD_BYTES)
    record.pack_into(buf, 0, protocol.SET_START, 0, boot, seq, t_ms, (1, 2, 2000))
    return bytes(buf)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "train 100%.db"


@pytest.fixture
def store(database_place: str) -> Iterator[Store]:
    with Store.open(database_place) as opened:
        yield opened


def test_the_same_records_again_change_nothing(store: Store) -> None:
    raws = [make(seq) for seq in range(28)]
    assert store.add_records(DEVICE, LOG, raws, 5) == Added(28, 0, 0)
    assert store.add_records(DEVICE, LOG, [*raws[20:], make(28)], 6) == Added(1, 8, 0)
    assert [r.raw for r in store.records()] == [*raws, make(28)]
    assert store.quarantined() == []
    assert store.add_records(DEVICE, LOG, [], 7) == Added(0, 0, 0)


def test_the_key_has_three_parts(store: Store) -> None:
    for device_id, log_id in ((DEVICE, LOG), (DEVICE, 1), (OTHER, LOG)):
        assert store.add_records(device_id, log_id, [make(0), make(1)], 5) == Added(2, 0, 0)
    assert [(r.device_id, r.log_id, r.seq) for r in store.records()] == [
        (d, log, seq) for d, log in ((DEVICE, 1), (DEVICE, LOG), (OTHER, LOG)) for seq in (0, 1)
    ]
    assert {r.device_id for r in store.records(OTHER)} == {OTHER}


def test_other_bytes_under_a_taken_key_go_to_quarantine_and_the_stored_ones_stay(store: Store) -> None:
    store.add_records(DEVICE, LOG, [make(0), make(1)], 5)
    assert store.add_records(DEVICE, LOG, [make(0), make(1, t_ms=9), make(2)], 6) == Added(1, 1, 1)
    assert store.add_records(DEVICE, LOG, [make(1, t_ms=9)], 7) == Added(0, 0, 1)
    assert [r.raw for r in store.records()] == [make(0), make(1), make(2)]
    [found] = store.quarantined()
    assert (found.seq, found.raw) == (1, make(1, t_ms=9))
    assert "under this key" in found.reason


def test_a_key_twice_in_one_batch_keeps_the_first(store: Store) -> None:
    assert store.add_records(DEVICE, LOG, [make(0), make(0), make(0, t_ms=1)], 5) == Added(1, 1, 1)
    assert [r.raw for r in store.records()] == [make(0)]


@pytest.mark.parametrize(
    "bad",
    [make(1)[:-1] + b"\0", make(1)[:31], make(1) + b"\0", make(protocol.NO_SEQ), b""],
    ids=["crc", "short", "long", "provisional", "empty"],
)
def test_what_is_no_record_stops_its_whole_batch(store: Store, bad: bytes) -> None:
    with pytest.raises(StoreError, match="no record"):
        store.add_records(DEVICE, LOG, [make(0), bad], 5)
    assert list(store.records()) == []


def test_next_seq_counts_what_is_dealt_with_per_log(store: Store) -> None:
    assert store.next_seq(DEVICE, LOG) == 0
    store.add_records(DEVICE, LOG, [make(0), make(7)], 5)
    assert store.next_seq(DEVICE, LOG) == 8
    store.quarantine(DEVICE, LOG, 8, b"\1" * 32, "its CRC is wrong", 5)
    assert store.next_seq(DEVICE, LOG) == 9
    assert store.next_seq(DEVICE, LOG + 1) == store.next_seq(OTHER, LOG) == 0


def test_the_same_bad_bytes_are_kept_once(store: Store) -> None:
    for bad in (b"\1" * 32, b"\1" * 32, b"\2" * 32):
        store.quarantine(DEVICE, LOG, 8, bad, "its CRC is wrong", 5)
    assert [q.raw for q in store.quarantined()] == [b"\1" * 32, b"\2" * 32]


def test_the_anchor_of_the_least_round_trip_stays_and_the_first_on_a_tie(store: Store) -> None:
    for rtt_ms, utc_ms in ((9, 1), (4, 2), (4, 3), (5, 4)):
        store.add_anchor(Anchor(DEVICE, 1, 1, 100, utc_ms, rtt_ms))
    others = [Anchor(DEVICE, 1, 2, 100, 8, 20), Anchor(DEVICE, 2, 1, 100, 9, 20)]
    for other in others:
        store.add_anchor(other)
    assert store.anchors() == [Anchor(DEVICE, 1, 1, 100, 2, 4), *others]


def test_a_device_is_as_it_last_introduced_itself(store: Store) -> None:
    store.add_device(Device(DEVICE, "bar 1", "0.1.0", 5))
    store.add_device(Device(DEVICE, "bar one", "0.2.0", 6))
    assert store.devices() == [Device(DEVICE, "bar one", "0.2.0", 6)]


def test_sqlite_is_set_up_for_a_power_cut(path: Path) -> None:
    with Store.open(path) as store, store.engine.connect() as connection:
        found = {name: connection.exec_driver_sql(f"pragma {name}").scalar() for name in (
            "journal_mode", "synchronous", "foreign_keys", "busy_timeout")}  # fmt: skip
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}


def test_a_record_of_no_device_is_refused_by_the_database(store: Store) -> None:
    row = {"device_id": DEVICE, "log_id": 1, "boot": 1, "t_ms": 1, "utc_ms": 1, "rtt_ms": 1}
    with pytest.raises(sa.exc.IntegrityError, match=r"(?i)foreign key"), store._engine.begin() as connection:
        connection.execute(schema.anchor.insert(), row)


def test_a_reader_does_not_hold_up_a_writer(store: Store, database_place: str) -> None:
    store.add_records(DEVICE, LOG, [make(seq) for seq in range(3)], 5)
    reading = store.records()
    assert next(reading).seq == 0
    with Store.open(database_place) as other:
        assert other.add_records(DEVICE, LOG, [make(3)], 5) == Added(1, 0, 0)
    assert [r.seq for r in reading] == [1, 2]


def test_a_held_database_is_reported(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 1)
    Store.open(path).close()
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("begin immediate")
    with Store.open(path) as other, pytest.raises(StoreError, match=r"100%\.db.*another program held it"):
        other.add_records(DEVICE, LOG, [make(0)], 5)
    holder.close()
    with Store.open(path) as store:
        assert store.add_records(DEVICE, LOG, [make(0)], 5).new == 1


# --- where it lies ------------------------------------------------------------------------------------------------


def test_the_argument_beats_the_variable_beats_the_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platformdirs.user_data_path", lambda *a, **k: tmp_path)
    monkeypatch.delenv("BARHOLD_DB", raising=False)
    Store.open().close()
    monkeypatch.setenv("BARHOLD_DB", str(tmp_path / "variable.db"))
    Store.open().close()
    Store.open(f"sqlite:///{tmp_path / 'argument.db'}").close()
    assert {p.name for p in tmp_path.glob("*.db")} == {"barhold.db", "variable.db", "argument.db"}


def test_a_database_up_to_date_costs_no_alembic(store: Store, database_place: str) -> None:
    code = (
        "import sys; from barhold.store import Store; Store.open(sys.argv[1]).close(); print('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, database_place], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_a_file_costs_no_other_databases_dialect(path: Path) -> None:
    Store.open(path).close()
    code = (
        "import sys; from barhold.store import Store\n"
        "with Store.open(sys.argv[1]) as store: store.quarantine('0' * 16, 1, 1, b'', '', 1)\n"
        "print([name for name in ('psycopg', 'sqlalchemy.dialects.postgresql') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.fixture
def locked_folder() -> Iterator[Path]:
    """A folder with a database that this process may read and not write, also when the tests run as root."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        Store.open(folder / "old.db").close()
        folder.chmod(0o555)
        (folder / "old.db").chmod(0o444)
        if os.geteuid() == 0:
            os.seteuid(65534)
        yield folder
        os.seteuid(os.getuid())
        folder.chmod(0o755)


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX permissions")
def test_a_read_only_folder_is_said_so_and_left_alone(locked_folder: Path) -> None:
    for name in ("new.db", "old.db"):
        with pytest.raises(StoreError, match=rf"{name}: .*writable") as err, Store.open(locked_folder / name) as store:
            store.add_records(DEVICE, LOG, [make(0)], 5)
        assert "\n" not in str(err.value)
    assert [p.name for p in locked_folder.iterdir()] == ["old.db"]


def test_every_refusal_is_one_line_with_a_next_step(tmp_path: Path) -> None:
    text, cut, foreign = tmp_path / "notes.txt", tmp_path / "cut.db", tmp_path / "foreign.db"
    text.write_text("no database at all, only text\n")
    Store.open(cut).close()
    cut.write_bytes(cut.read_bytes()[:3000])
    with sqlite3.connect(foreign) as other:
        other.execute("create table recipes (id)")
    other.close()
    before = foreign.read_bytes()
    cases = {
        str(tmp_path / "no" / "x.db"): (InputError, "does not exist: create it"),
        str(tmp_path): (InputError, "is a folder"),
        str(text): (StoreError, "no SQLite database"),
        str(cut): (StoreError, "damaged"),
        str(foreign): (StoreError, "another program's tables (recipes)"),
        "mysql://u:secret@h/d": (InputError, "only sqlite and postgresql"),
        "postgresql+absent://u:secret@h/d": (InputError, "pip install"),
        "://": (InputError, "cannot be read"),
    }
    for target, (kind, said) in cases.items():
        with pytest.raises(kind) as err:
            Store.open(target)
        assert said in str(err.value), target
        assert "\n" not in str(err.value)
        assert "secret" not in str(err.value)
        assert isinstance(err.value, BarholdError)
    assert foreign.read_bytes() == before
    assert text.read_text() == "no database at all, only text\n"


def test_a_newer_schema_is_refused_untouched(database_place: str) -> None:
    with Store.open(database_place) as store, store.engine.begin() as connection:
        connection.execute(sa.text("update alembic_version set version_num = '9999'"))
    path = Path(database_place)
    before = path.read_bytes() if path.exists() else b""
    with pytest.raises(StoreError, match=r"database \S.* has schema 9999, this Barhold knows up to \d+: update it"):
        Store.open(database_place)
    assert (path.read_bytes() if path.exists() else b"") == before


# --- migrations ---------------------------------------------------------------------------------------------------


def test_the_named_head_is_the_newest_step() -> None:
    assert REVISIONS[-1] == migrate.HEAD
    assert sorted(REVISIONS) == REVISIONS
    assert all(r.isdigit() and len(r) == 4 for r in REVISIONS)


@pytest.mark.parametrize("start", [None, *REVISIONS])
def test_every_earlier_revision_becomes_the_schema(database_place: str, start: str | None) -> None:
    if start:
        engine = database.bare_engine(database._url(database_place))
        with database.writing(engine) as connection:
            migrate.migrate(connection, start)
        engine.dispose()
    with Store.open(database_place) as store, store.engine.connect() as connection:
        assert migrate.revision(connection) == migrate.HEAD
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, schema.metadata) == []
        assert [c["sqltext"] for c in sa.inspect(connection).get_check_constraints("record")] == ["length(raw) = 32"]


def test_a_migration_that_fails_leaves_the_database_as_it_was(
    database_place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = migrate.migrate

    def fails_at_its_end(connection: sa.Connection) -> None:
        real(connection)
        connection.execute(sa.text("select * from no_such_table"))

    monkeypatch.setattr(migrate, "create", fails_at_its_end)
    with pytest.raises(StoreError, match="no_such_table"):
        Store.open(database_place)
    engine = database.bare_engine(database._url(database_place))
    assert sa.inspect(engine).get_table_names() == []
    engine.dispose()
    monkeypatch.undo()
    with Store.open(database_place) as store:
        assert store.next_seq(DEVICE, LOG) == 0


def test_two_processes_may_open_a_new_database_at_once(database_place: str) -> None:
    code = "import sys; from barhold.store import Store; print(Store.open(sys.argv[1]).next_seq('0' * 16, 1))"
    command = [sys.executable, "-c", code, database_place]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [p.communicate(timeout=60)[0] for p in both] == ["0\n", "0\n"]


def test_the_same_statements_compile_for_postgresql() -> None:
    # For those who run the tests where no PostgreSQL is: this holds the wording to what its dialect knows.
    made = [str(CreateTable(table).compile(dialect=postgresql.dialect())) for table in schema.metadata.sorted_tables]
    assert any("BYTEA" in text and "log_id BIGINT NOT NULL" in text for text in made)


def test_config_is_not_needed_by_users() -> None:
    assert Config().config_file_name is None
    assert not list(Path(migrate.__file__).parent.rglob("alembic.ini"))
