"""Files made to do harm end in one line, within bounds, and leave nothing half-written."""

import json
import os
import sqlite3
import struct
import sys
import threading
import time
from contextlib import closing

import pytest
from sqlalchemy import Float, Integer, LargeBinary, String

from barcore import protocol
from barhold import files
from barhold.errors import InputError
from barhold.model import Edit, ImportedSet, Lifter, Load, Wearer
from barhold.store import People, Store, schema
from barhold.store.imported_sets import ImportedSets
from hostkit import DEVICE, barhold, raw
from trainingkit import filled

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pipes and devices here are POSIX")
RECORDING = "t_s,ax_g,ay_g,az_g,gx_dps,gy_dps,gz_dps\n0.0,0,0,1,0,0,0\n0.01,0,0,1,0,0,0\n"
IMPORT = "Date,Exercise Name,Set Order,kg,Reps\n2026-11-20 18:00:00,Hip Thrust,1,60,8\n"
PLAN = 'exercise = "hip thrust"\n'


def one_line(result, status=2):
    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (status, "", 1), result.stderr
    assert "a fault in Barhold" not in result.stderr
    assert len(result.stderr) < 500
    return result.stderr


# --- TOML ---------------------------------------------------------------------------------------------------------

HOSTILE_TOML = {
    "arrays 4,000 deep": "sets = " + "[" * 4000 + "]" * 4000,
    "tables 4,000 deep": "sets = " + "{a = " * 4000 + "1" + "}" * 4000,
    "a dotted key of 4,000 parts": ".".join(["a"] * 4000) + " = 1",
    "a known key of 4,000 parts": "sets." + ".".join(["a"] * 4000) + " = 1",
    "5,000 digits": "reps = " + "9" * 5000,
    "5,000 digits in a list": "reps = [1, " + "9" * 5000 + "]",
    "15,000 hexadecimal digits": "reps = 0x" + "f" * 15_000,
    "15,000 hexadecimal digits in a list": "hold_s = [2, 0x" + "f" * 15_000 + "]",
    "a float beyond all": "hold_s = [2, 1e999]",
    "no number": "hold_s = [nan, nan]",
    "NULs": 'exercise = "a\0b"',
    "half a character": 'exercise = "\\ud800"',
    "a control character": 'exercise = "\\u001b[2J"',
    "a long line": "# " + "x" * 16_000 + "\nsets = 'x'",
    "too long": "#" * 20_000,
}


@pytest.mark.parametrize("name", HOSTILE_TOML)
def test_a_hostile_plan_is_one_line(name, tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text(HOSTILE_TOML[name])
    for args in (["plan", "check", path], ["plan", "show", path], ["plan", "use", path]):
        assert str(path) in one_line(barhold(*args))


def test_a_hostile_plan_among_ones_own_hides_no_other(tmp_path, monkeypatch):
    monkeypatch.setenv("BARHOLD_CONFIG", str(tmp_path))
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "deep.toml").write_text(HOSTILE_TOML["arrays 4,000 deep"])
    result = barhold("plan", "list")
    assert result.exit_code == 2
    assert "glute-bridge" in result.stdout
    assert "deep.toml" in result.stderr
    assert barhold("plan", "show").exit_code == 0


# --- CSV and JSON -------------------------------------------------------------------------------------------------

HOSTILE_TEXT = {
    "10,000,000 columns": b"," * 10_000_000,
    "10,000,000 columns below the header": None,
    "NULs": b"\0" * 1000,
    "NULs in a row": None,
    "UTF-16 without a mark": None,
    "UTF-32": None,
    "one quote": b'"',
    "1,000,000 lines of one quote": None,
    "5,000,000 lines": b"\n" * 5_000_000,
    "quotes": b'"' * 100_001,
    "carriage returns": b"\r" * 10_000,
    "nothing": b"",
}


def hostile_text(name, sound):
    text = HOSTILE_TEXT[name]
    header = sound.partition("\n")[0] + "\n"
    return (
        text
        if text is not None
        else {
            "10,000,000 columns below the header": header.encode() + b"x" + b"," * 10_000_000,
            "1,000,000 lines of one quote": header.encode() + b'"\n' * 1_000_000,
            "NULs in a row": sound.encode() + b"\0\0\n",
            "UTF-16 without a mark": sound.encode("utf-16-be"),
            "UTF-32": sound.encode("utf-32"),
        }[name]
    )


@pytest.mark.parametrize("name", HOSTILE_TEXT)
@pytest.mark.parametrize("command", ["import", "replay"])
def test_a_hostile_csv_is_one_line(command, name, tmp_path):
    path, db = tmp_path / "x.csv", tmp_path / "b.db"
    path.write_bytes(hostile_text(name, IMPORT if command == "import" else RECORDING))
    before = time.process_time()
    assert str(path) in one_line(barhold(command, path, *(["--exercise", ""] if command == "import" else []), db=db))
    assert time.process_time() - before < 20, "a bound against endless work, not a measure"
    with Store.open(db) as store:
        assert ImportedSets(store).all() == []


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000, '{"reps": ' * 5000, "9" * 5000, '{"reps": [{"start_s": "x"}]}', "\0", "NaN", "[[1]]",
        json.dumps([[dict.fromkeys(("start_s", "top_s", "down_s", "end_s", "hold_s", "rom_m", "partial"), "x")]]),
        '[[{"start_s": 1e999, "top_s": 1, "down_s": 1, "end_s": 1, "hold_s": 1, "rom_m": 1, "partial": false}]]',
    ],
)  # fmt: skip
def test_a_hostile_truth_beside_a_recording_is_one_line(text, tmp_path):
    from hostkit import DATA  # noqa: PLC0415

    path = tmp_path / "x.csv"
    path.write_bytes((DATA / "six-reps.csv").read_bytes())
    path.with_suffix(".json").write_text(text)
    assert "x.json" in one_line(barhold("replay", path, "--plot", tmp_path / "x.png"))
    assert not (tmp_path / "x.png").exists()


# --- pipes, devices, folders --------------------------------------------------------------------------------------


@pytest.fixture
def places(tmp_path):
    """Give what is no file: a pipe without a writer, devices, a folder, a broken link and a loop of links."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "broken").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    return [
        *(tmp_path / name for name in ("pipe", "folder", "broken", "loop")),
        "/dev/zero",
        "/dev/null",
        "/proc/self/mem",
    ]


@pytest.mark.parametrize(
    "args",
    [
        ["import"], ["replay"], ["plan", "check", "{}.toml"], ["db", "restore"], ["bundle", "--show"],
        ["sync", "--virtual"], ["keys", "show"], ["flash", "--board", "xiao_s3", "--image"], ["sets", "--db"],
    ],
)  # fmt: skip
def test_what_is_no_file_is_never_waited_for(args, places, tmp_path):
    begun = time.monotonic()
    for place in places:
        if args[-1] == "{}.toml":
            link = tmp_path / f"{places.index(place)}.toml"
            link.symlink_to(place)
            result = barhold(*args[:-1], link, db=tmp_path / "b.db")
        else:
            result = barhold(*args, place, db=tmp_path / "b.db")
        if (args, str(place)) != (["sets", "--db"], str(tmp_path / "broken")):  # a link to where the database will be
            one_line(result)
    assert time.monotonic() - begun < 60


def test_a_pipe_with_a_writer_is_read_like_a_file(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    keeper = os.open(pipe, os.O_RDWR)  # the writer is there before the command
    writer = threading.Thread(target=lambda: (os.write(keeper, IMPORT.encode()), time.sleep(0.3), os.close(keeper)))
    writer.start()
    result = barhold("import", pipe, "--dry-run", db=tmp_path / "b.db")
    writer.join()
    assert result.exit_code == 0
    assert "1 set: 1 new" in result.stdout


def test_a_writer_that_says_nothing_is_not_waited_for_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "PIPE_PATIENCE_S", 0.1)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    keeper = os.open(pipe, os.O_RDWR)
    assert "no data came for 0.1 s" in one_line(barhold("import", pipe, db=tmp_path / "b.db"))
    os.close(keeper)


@pytest.mark.parametrize(
    "args",
    [
        ["export", "csv", "--overwrite", "--out"],
        ["report", "--out"],
        ["db", "backup"],
        ["bundle"],
        ["keys", "make"],
    ],
)
def test_a_pipe_that_nobody_reads_is_not_waited_for_and_nothing_takes_its_place(args, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    one_line(barhold(*args, pipe, db=filled(tmp_path / "b.db")))
    assert pipe.is_fifo()
    assert sorted(path.name for path in tmp_path.iterdir() if not path.name.startswith("b.db")) == ["pipe"]


def test_a_device_is_written_and_stays_a_device(tmp_path):
    db = filled(tmp_path / "b.db")
    assert barhold("export", "csv", "--overwrite", "--out", "/dev/null", db=db).exit_code == 0
    assert "/dev/null is a device or a pipe" in one_line(barhold("db", "backup", "/dev/null", "--overwrite", db=db))
    assert not os.path.isfile("/dev/null")


# --- databases ----------------------------------------------------------------------------------------------------


def crafted(db, *statements):
    with closing(sqlite3.connect(db)) as file, file:
        file.execute("pragma foreign_keys = off")
        file.execute("pragma ignore_check_constraints = on")
        for statement in statements:
            file.execute(statement)


@pytest.mark.parametrize(
    ("table", "args"),
    [
        ("imported", ["import", "{log}"]),
        ("edit", ["load", "60kg"]),
        ("lifter", ["lifter", "add", "Mia"]),
        ("record", ["sync", "--virtual", "{data}"]),
        ("device", ["sync", "--virtual", "{data}"]),
        ("anchor", ["sync", "--virtual", "{data}"]),
    ],
)
@pytest.mark.parametrize("when", ["after", "ignore"])
def test_a_trigger_that_deletes_what_is_inserted_is_reported_and_nothing_is_called_stored(table, args, when, tmp_path):
    from hostkit import DATA  # noqa: PLC0415

    db, log = filled(tmp_path / "b.db"), tmp_path / "log.csv"
    log.write_text(IMPORT)
    key = schema.metadata.tables[table].primary_key.columns.keys()[-1]
    body = f"delete from {table} where {key} = new.{key};" if when == "after" else "select raise(ignore);"
    crafted(db, f"create trigger evil {'after' if when == 'after' else 'before'} insert on {table} begin {body} end")
    said = one_line(barhold("--quiet", *(arg.format(log=log, data=DATA / "six-reps.csv") for arg in args), db=db))
    assert "remove the trigger that deletes them, or use another database" in said
    assert f"rows of {table} were gone as soon as they were written" in said or table == "device"


ABSURD = {
    Integer: ("-1", "4611686018427387904", "'x'", "x'00'", "1.5"),
    String: ("x'00'", "'a' || char(0)", "printf('%.*c', 200000, 'x')"),
    Float: ("'x'", "x'00'", "1e300", "-1e300"),
    LargeBinary: ("'text'", "5"),
}
CASES = [
    (table.name, column.name, value)
    for table in schema.metadata.sorted_tables
    for column in table.columns
    for kind, values in ABSURD.items()
    if isinstance(column.type, kind)
    for value in values
    if not (column.name == "id" and value != "-1")  # SQLite itself refuses anything else there
]
QUICK = CASES[::4]  # about one value for each column, of all kinds in turn


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """Give a database with a row in every table."""
    db = filled(tmp_path_factory.mktemp("full") / "full.db")
    with Store.open(db) as store:
        people = People(store)
        people.add_lifter(Lifter("Ana"))
        people.wear(Wearer(DEVICE, 5, "Ana"))
        [key] = {record.device_id for record in store.records()}
        people.add_edits([Edit("a" * 32, _key(), "note", '{"text": "x"}', 5, 6)])
        store.keep_key(key, b"k" * 32, 5)
        store.quarantine(key, 1, 1, b"x" * 32, "bad", 5)
        ImportedSets(store).add(
            [ImportedSet("c" * 64, "strong", "Ana", 5, "w", "e", 1, "normal", Load(60, "kg"), 8, 2.5, "", "+01:00")]
        )
    with closing(sqlite3.connect(db)) as file, file:
        file.execute("insert into disputed_anchor select * from anchor")
        file.execute("insert into recording values (?, ?, 'x', 5, x'00')", ("d" * 64, DEVICE))
        counts = {name: file.execute(f"select count(*) from {name}").fetchone()[0] for name in schema.metadata.tables}
    assert all(counts.values()), counts
    return db


def _key():
    from barhold.model import SetKey  # noqa: PLC0415

    return SetKey(DEVICE, 1, 1, 10_000)


def test_the_full_database_itself_is_restored(full, tmp_path):
    assert barhold("db", "restore", full, db=tmp_path / "b.db").exit_code == 0


def test_a_backup_with_a_set_of_thousands_of_reps_is_restored(tmp_path):
    db, figures = tmp_path / "b.db", (900, 2500, 1100, 800, 300, 700, 50)
    made = [raw(protocol.REP, seq * 6000, (1, seq % 256, *figures), seq=seq) for seq in range(3000)]
    with Store.open(db) as store:
        store.add_records(DEVICE, 1, made, 5)
        assert [len(item.reps) for item in store.training_sets()] == [3000]
    assert barhold("db", "backup", tmp_path / "copy.db", db=db).exit_code == 0
    assert barhold("db", "restore", tmp_path / "copy.db", db=tmp_path / "c.db").exit_code == 0


@pytest.mark.parametrize("cases", [QUICK, pytest.param(CASES, marks=pytest.mark.long)], ids=["one each", "all"])
def test_no_absurd_value_in_any_column_is_restored(cases, full, tmp_path):
    """One column and value at a time, each on a copy: the restore ends in one line, and the target stays as it was."""
    target = filled(tmp_path / "mine.db")
    with Store.open(target) as store:
        before = list(store.records())
    accepted = []
    for table, column, value in cases:
        copy = tmp_path / "copy.db"
        copy.write_bytes(full.read_bytes())
        try:
            crafted(copy, f"update {table} set {column} = {value}")
        except sqlite3.IntegrityError:
            continue  # SQLite keeps this one out by itself
        result = barhold("db", "restore", copy, "--overwrite", db=target)
        if result.exit_code == 0:
            accepted.append((table, column, value))
            continue
        assert "copy.db" in one_line(result), (table, column, value)
    assert accepted == []
    with Store.open(target) as store:
        assert list(store.records()) == before
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".barhold")]


@pytest.mark.parametrize(
    "statement",
    [
        "update imported set start_utc_ms = 9000000000000000000", "update imported set load = 'heavy'",
        "update imported set unit = 'stone'", "update imported set load = '1e999'",
        "update imported set start_utc_ms = 'x'",
    ],
)  # fmt: skip
def test_an_absurd_imported_set_is_one_line_that_names_it(statement, full, tmp_path):
    db = tmp_path / "b.db"
    db.write_bytes(full.read_bytes())
    crafted(db, statement)
    assert "the imported set ccc" in one_line(barhold("import", "--list", db=db))
    assert barhold("sets", db=db).exit_code == 0


@pytest.mark.parametrize(
    "content",
    [
        b"", b"x", b"SQLite format 3\0", b"SQLite format 3\0" + b"\xff" * 4096, b"\0" * 100_000,
        b"SQLite format 3\0" + struct.pack(">H", 1) * 2048, "-- sql".encode("utf-16-le"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_database_is_one_line_and_stays_as_it_is(content, tmp_path):
    path = tmp_path / "x.db"
    path.write_bytes(content)
    if content:
        one_line(barhold("sets", db=path))
    one_line(barhold("db", "restore", path, db=tmp_path / "mine.db"))
    assert path.read_bytes() == content
    assert not (tmp_path / "mine.db").exists()


def test_read_gives_up_at_its_bound(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"x" * 2049)
    with pytest.raises(InputError, match=r"over 2 kB: take another"):
        files.read(path, 2048, "take another")
    assert files.read(path, 2049, "") == b"x" * 2049
