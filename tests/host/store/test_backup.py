"""Copy, backup and restore: everything, or nothing at all."""

import os
import shutil
import sqlite3
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest
import sqlalchemy as sa

import postgreskit
from barhold.errors import InputError, StoreError
from barhold.model import Anchor, Edit, Lifter, SetKey, Wearer
from barhold.store import Device, People, Store, backup, copying, database, derived_rows, migrate, schema
from bench import years
from fake_sensor import LOG, make
from hostkit import ROOT, TEST_PATHS, barhold, barhold_process

DEVICE, OTHER = "00112233445566aa", "ffeeddccbbaa9988"


def filled(place: str) -> str:
    """Fill a store with a row and more of every kind."""
    with Store.open(place) as store:
        store.add_device(Device(DEVICE, "bar é", "0.1.0", 5))
        store.add_device(Device(OTHER, "bar 2", "0.1.0", 6))
        for day in islice(years.days(1), 20):
            store.add_anchor(day.anchor)
            store.add_records(years.DEVICE_ID, years.LOG_ID, day.raws, day.synced_utc_ms)
        store.add_records(OTHER, 0xFFFFFFFF, [make(seq) for seq in range(60)], 7)
        for seq in (9, 3):
            store.quarantine(OTHER, LOG, seq, bytes([seq]) * 32, "its CRC is wrong", 8)
        store.add_anchor(Anchor(years.DEVICE_ID, years.LOG_ID, 1, 1, 1, 1))  # another clock says otherwise
        store.keep_key(DEVICE, bytes(range(32)), 9)
        people = People(store)
        people.add_lifter(Lifter("Zoë", "mine"))
        people.wear(Wearer(DEVICE, 10, "Zoë"))
        key = SetKey(DEVICE, LOG, 1, 12_000)
        people.add_edits(
            [Edit("0" * 32, key, "note", '"a\\nb\\u0000"', 11), Edit("1" * 32, key, "warm-up", "", 12, 13)]
        )
        with store.engine.begin() as connection:
            kept = {"recording_id": "a" * 64, "device_id": None, "name": "x.csv", "kept_utc_ms": 1, "csv_zlib": b"\0\1"}
            connection.execute(schema.recording.insert(), kept)
            text = dict.fromkeys(("source", "workout", "exercise", "kind", "note"), "w") | {
                "load": "60.5",
                "unit": "kg",
            }
            row = {"import_id": "b" * 64, "lifter": None, "start_utc_ms": 1, "set_index": 0, "reps": 8, "hold_s": 0.1}
            connection.execute(schema.imported.insert(), row | text)
    return place


def dumped(place: str) -> dict[str, list[tuple]]:
    """Return every row of every table, byte for byte, in the order of the keys, without what is each database's own."""
    engine = database.bare_engine(database.locate(place))
    with engine.connect() as connection:
        tables = {}
        for table in schema.SAID:
            wanted = table.select().order_by(*table.primary_key.columns)
            tables[table.name] = [tuple(row) for row in connection.execute(wanted)]
        names = {number: key for number, *key, _ in tables["log"]}
        tables["log"] = sorted(row[1:] for row in tables["log"])
        tables["record"] = sorted((*names[number], seq, raw) for seq, number, raw in tables["record"])
        sets = derived_rows.stored_everywhere(connection).values()
        at = derived_rows.SET_COLUMNS.index("log_number")
        tables["training_set"] = sorted(
            ((*names[one.row[at]], *one.row[:at], *one.row[at + 1 :]) for one in sets), key=str
        )
    engine.dispose()
    return tables


@pytest.fixture(scope="module")
def filled_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    return filled(str(tmp_path_factory.mktemp("filled") / "full.db"))


@pytest.fixture
def full(filled_file: str, tmp_path: Path) -> str:
    return str(shutil.copy(filled_file, tmp_path / "full.db"))


@pytest.fixture
def team(postgres: postgreskit.Server, postgres_database: str) -> str:
    return postgres.url(postgres_database)


def test_the_way_to_postgresql_and_back_changes_no_byte(full: str, team: str, tmp_path: Path) -> None:
    there = backup.copy_into(full, team)
    assert there["record"] > 1000
    assert all(there.values()), "a table that this test leaves empty is not tested"
    assert dumped(team) == dumped(full)
    backup.copy_into(team, str(tmp_path / "back.db"))
    assert dumped(str(tmp_path / "back.db")) == dumped(full)
    with Store.open(team) as store:  # ids that were copied must not be given again
        store.quarantine(OTHER, LOG, 11, b"\7" * 32, "its CRC is wrong", 8)


def test_twice_adds_nothing_and_an_older_copy_catches_up(full: str, database_place: str) -> None:
    backup.copy_into(full, database_place)
    before = dumped(database_place)
    assert not any(backup.copy_into(full, database_place).values())
    assert dumped(database_place) == before
    with Store.open(full) as store:
        store.add_records(OTHER, LOG, [make(100)], 9)
        store.add_device(Device(OTHER, "renamed", "0.2.0", 60))
        store.add_anchor(Anchor(DEVICE, 1, 1, 1, 1, 9))
        store.keep_key(DEVICE, bytes(32), 90)
        People(store).undo("0" * 32, 99)
        People(store).add_lifter(Lifter("Zoë", "other"))
    assert backup.copy_into(full, database_place)["record"] == 1
    assert dumped(database_place) == dumped(full)


def test_an_older_store_takes_nothing_back(full: str, database_place: str, tmp_path: Path) -> None:
    shutil.copy(full, tmp_path / "old.db")
    backup.copy_into(full, database_place)
    with Store.open(database_place) as store:
        store.add_device(Device(OTHER, "renamed", "0.2.0", 60))
        store.add_anchor(Anchor(years.DEVICE_ID, years.LOG_ID, 1, 1, 1, 1))
        store.keep_key(DEVICE, bytes(32), 90)
        People(store).undo("0" * 32, 99)
    before = dumped(database_place)
    backup.copy_into(str(tmp_path / "old.db"), database_place)
    assert dumped(database_place) == before


def test_other_bytes_under_one_key_copy_nothing(full: str, database_place: str) -> None:
    with Store.open(database_place) as store:
        store.add_records(OTHER, 0xFFFFFFFF, [make(59, t_ms=1)], 1)
    before = dumped(database_place)
    with pytest.raises(StoreError, match=r"another record of sensor ffee.*, log ffffffff, seq 59: nothing was copied"):
        backup.copy_into(full, database_place)
    assert dumped(database_place) == before


def test_a_copy_that_ends_in_the_middle_leaves_nothing(
    full: str, database_place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Store.open(database_place).close()
    before = dumped(database_place)
    monkeypatch.setattr(copying, "_ROWS", 100)

    def stops(done: int, total: int) -> None:
        if done > total / 2:
            raise KeyboardInterrupt

    for target in (database_place, str(tmp_path / "new.db")):
        with pytest.raises(KeyboardInterrupt):
            backup.copy_into(full, target, stops)
    assert dumped(database_place) == before
    assert not list(tmp_path.glob("new.db*"))
    assert not list(tmp_path.glob(".barhold-*"))


def test_the_source_is_read_as_it_is_at_one_moment(
    full: str, database_place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup.copy_into(full, database_place)
    before = dumped(database_place)
    monkeypatch.setattr(copying, "_ROWS", 100)
    late = iter([1])

    def syncs(*_: int) -> None:
        for _ in late:
            with Store.open(database_place) as other:
                other.add_records(OTHER, LOG, [make(200)], 9)

    backup.copy_into(database_place, str(tmp_path / "moment.db"), syncs)
    assert dumped(str(tmp_path / "moment.db")) == before
    assert dumped(database_place) != before


def test_a_backup_is_one_file_and_comes_back_whole(database_place: str, tmp_path: Path) -> None:
    filled(database_place)
    before, kept = dumped(database_place), tmp_path / "kept" / "b.db"
    kept.parent.mkdir()
    done = barhold("db", "backup", kept, db=database_place)
    assert done.exit_code == 0, done.stderr
    assert [p.name for p in kept.parent.iterdir()] == ["b.db"]
    original = kept.read_bytes()
    with Store.open(database_place) as store:
        store.add_records(OTHER, LOG, [make(100)], 9)
    after = dumped(database_place)
    refused = barhold("db", "restore", kept, db=database_place)
    assert refused.exit_code == 2
    assert "--overwrite" in refused.stderr
    assert dumped(database_place) == after
    assert barhold("db", "restore", kept, "--overwrite", db=database_place).exit_code == 0
    restored = dumped(database_place)
    restored["quarantine"] = [row[1:] for row in restored["quarantine"]]
    before["quarantine"] = [row[1:] for row in before["quarantine"]]
    assert restored == before
    assert kept.read_bytes() == original
    kept.chmod(0o444)
    assert barhold("db", "restore", kept, db=tmp_path / "fresh.db").exit_code == 0
    fresh = dumped(str(tmp_path / "fresh.db"))
    assert fresh["record"] == before["record"]


def test_a_restore_of_an_older_backup_says_what_it_lacks(database_place: str, tmp_path: Path) -> None:
    filled(database_place)
    kept = tmp_path / "kept.db"
    assert barhold("db", "backup", kept, db=database_place).exit_code == 0
    equal = barhold("db", "restore", kept, db=database_place)
    assert equal.exit_code == 2
    assert "lacks" not in equal.stderr
    with Store.open(database_place) as store:
        store.add_records(OTHER, LOG, [make(100), make(101)], 9)
        People(store).add_lifter(Lifter("Ada"))
    refused = barhold("db", "restore", kept, db=database_place)
    assert (refused.exit_code, len(refused.stderr.splitlines())) == (2, 1)
    assert "and the backup lacks 1 lifter, 2 records of them: " in refused.stderr
    done = barhold("db", "restore", kept, "--overwrite", db=database_place)
    assert done.exit_code == 0
    assert "barhold: the backup lacked 1 lifter, 2 records that the database held\n" in done.stderr
    again = barhold("db", "restore", kept, "--overwrite", db=database_place)
    assert "lacked" not in again.stderr


def test_a_backup_replaces_no_file_by_itself(full: str, tmp_path: Path) -> None:
    (tmp_path / "b.db").write_text("mine")
    done = barhold("db", "backup", tmp_path / "b.db", db=full)
    assert (done.exit_code, (tmp_path / "b.db").read_text()) == (2, "mine")
    assert barhold("db", "backup", tmp_path / "b.db", "--overwrite", db=full).exit_code == 0
    assert dumped(str(tmp_path / "b.db")) == dumped(full)


def test_a_backup_is_no_ones_but_its_owners_and_never_the_database_itself(full: str, tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(full)
    before = dumped(full)
    for name in (full, tmp_path / "link.db"):
        done = barhold("db", "backup", name, "--overwrite", db=full)
        assert done.exit_code == 2
        assert "the database itself" in done.stderr
    assert dumped(full) == before
    assert barhold("db", "backup", tmp_path / "b.db", db=full).exit_code == 0
    assert (tmp_path / "b.db").stat().st_mode & 0o077 == 0


def test_what_a_killed_program_left_beside_an_older_file_is_not_taken_for_the_backups(
    full: str, tmp_path: Path
) -> None:
    older = tmp_path / "older.db"
    code = (
        "import os, sys; from barhold.store import Store; from fake_sensor import make\n"
        "store = Store.open(sys.argv[1]); store.add_records('0' * 16, 1, [make(n) for n in range(50)], 1); os._exit(0)"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(str(ROOT / name) for name in TEST_PATHS)}
    subprocess.run([sys.executable, "-c", code, older], env=env, check=True)
    assert older.with_name("older.db-wal").stat().st_size
    assert barhold("db", "backup", older, "--overwrite", db=full).exit_code == 0
    assert dumped(str(older)) == dumped(full)


def test_a_backup_is_taken_while_others_write(full: str, tmp_path: Path) -> None:
    with Store.open(full) as store:
        seqs = iter(range(300, 400))

        def syncs(*_: int) -> None:
            store.add_records(OTHER, LOG, [make(next(seqs))], 9)

        with Store.open(full) as other:
            backup.backup(other, tmp_path / "b.db", syncs)
    with Store.open(tmp_path / "b.db") as kept:
        backup.verify(kept, tmp_path / "b.db")
        assert len(list(kept.records(DEVICE))) > 900


def spoil_a_record(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("update record set raw = zeroblob(32) where seq = 5")
    other.close()


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def scribble(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[8192:20000] = os.urandom(20000 - 8192)
    path.write_bytes(raw)


def newer(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("update alembic_version set version_num = '9999'")
    other.close()


def no_database(path: Path) -> None:
    path.write_text("no database at all")


SPOILT = [
    (spoil_a_record, "damaged"),
    (cut, "damaged"),
    (scribble, "damaged"),
    (newer, "schema 9999"),
    (no_database, "no SQLite"),
]


@pytest.mark.parametrize(("spoil", "said"), SPOILT)
def test_a_spoilt_backup_restores_nothing(full: str, tmp_path: Path, spoil, said: str) -> None:
    kept = tmp_path / "kept.db"
    assert barhold("db", "backup", kept, db=full).exit_code == 0
    spoil(kept)
    before = dumped(full)
    done = barhold("db", "restore", kept, "--overwrite", db=full)
    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 1
    assert said in done.stderr
    assert "kept.db" in done.stderr
    assert dumped(full) == before


def test_a_broken_database_is_replaced_only_when_asked(full: str, tmp_path: Path) -> None:
    kept, broken = tmp_path / "kept.db", tmp_path / "broken.db"
    assert barhold("db", "backup", kept, db=full).exit_code == 0
    shutil.copy(kept, broken)
    scribble(broken)
    spoilt = broken.read_bytes()
    assert barhold("db", "restore", kept, db=broken).exit_code == 2
    assert broken.read_bytes()[4096:] == spoilt[4096:]
    assert barhold("db", "restore", kept, "--overwrite", db=broken).exit_code == 0
    assert dumped(str(broken)) == dumped(full)


def test_an_older_backup_is_brought_to_the_newest_schema_and_stays_itself(tmp_path: Path) -> None:
    old = tmp_path / "old.db"
    engine = database.bare_engine(database.locate(str(old)))
    with database.writing(engine) as connection:
        migrate.migrate(connection, "0001")
        connection.execute(sa.text("insert into device values ('0011223344556677', 'bar', '', 0)"))
    engine.dispose()
    original = old.read_bytes()
    assert barhold("db", "restore", old, db=tmp_path / "now.db").exit_code == 0
    assert old.read_bytes() == original
    with Store.open(tmp_path / "now.db") as store:
        assert [one.name for one in store.devices()] == ["bar"]


def test_copy_counts_what_is_new_in_words(full: str, tmp_path: Path) -> None:
    said = barhold("db", "copy", full, tmp_path / "x.db").stdout
    assert said.startswith("copied: 2 devices, 1 lifter, ")
    assert ", 2 quarantined records, 1 recording, 1 key, 1 wearer, 1072 records" in said
    assert barhold("db", "copy", full, tmp_path / "x.db").stdout == "copied: nothing new\n"


def test_what_cannot_be_copied_is_reported(full: str, tmp_path: Path) -> None:
    for source, target, said in (
        (full, full, "both FROM and TO"),
        (tmp_path / "none.db", tmp_path / "x.db", "is not there"),
        (full, tmp_path / "no" / "x.db", "a folder that exists"),
        (full, tmp_path, "is a folder"),
    ):
        done = barhold("db", "copy", source, target)
        assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1)
        assert said in done.stderr
    assert [p.name for p in tmp_path.iterdir() if not p.name.startswith("full.db")] == []
    with pytest.raises(InputError, match="no such file"):
        backup.restore(tmp_path / "none.db", full, False)


def test_two_stores_with_a_long_way_between_show_how_far(full: str, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    backup.copy_into(full, str(tmp_path / "new.db"), lambda *far: told.append(far))
    assert told[-1][0] == told[-1][1] == sum(len(dumped(full)[table.name]) for table in schema.SAID)
    assert [done for done, _ in told] == sorted({done for done, _ in told})


def test_the_help_examples_run_in_their_order(full: str, tmp_path: Path) -> None:
    env = {"BARHOLD_DB": full}
    for command in ("backup", "restore", "copy", "roles"):
        lines = [line.split() for line in barhold("db", command, "--help").stdout.splitlines()]
        examples = [words for words in lines if words[:3] == ["barhold", "db", command]]
        assert examples
        for words in examples:
            names = [str(tmp_path / word) if word.endswith(".db") else word for word in words[1:]]
            done = barhold_process(*names, **env)
            assert done.returncode == 0, done.stderr
