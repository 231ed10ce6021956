"""What reaches a terminal: nothing that others wrote commands it, and the end of a stream ends no work."""

import ast
import io
import json
import os
import sqlite3
import subprocess
import sys
import unicodedata
from contextlib import closing

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.table import Table
from rich.text import Text

from barhold.cli import _console, _guarded_streams
from barhold.cli._guarded_streams import GuardedStream
from barhold.output.control_characters import escape_controls, escape_line
from hostkit import DATA, DEVICE, ROOT, barhold, barhold_process, root_command
from trainingkit import filled

# Retitles the window, fills the clipboard, clears the screen, hides text, goes back in the line, reorders it.
EVIL = "\x1b]0;pwned\x07\x1b]52;c;cm0=\x07\x1b[2J\x9b8m\r\x08\u202eevil\u2066\x7f\x00"
SHOWN = "\\x1b]0;pwned\\x07"
BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def commanding(text):
    """Return the characters in a text that a terminal would obey."""
    return {
        c
        for c in text
        if (unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") and c not in "\n\t")
        or unicodedata.bidirectional(c) in BIDI
        or c in "\u200e\u200f\u061c"
    }


# --- the filter ---------------------------------------------------------------------------------------------------

NASTY = st.text(alphabet=st.one_of(st.characters(), st.sampled_from(EVIL + "\u2028\u2029\ufeff\u200e\u200f\u061c\n\t")))


@settings(deadline=None)
@given(NASTY)
@example(EVIL)
@example("caf\udce9.csv")
@example("".join(map(chr, range(0x250))))
@example("".join(map(chr, range(0x2000, 0x2070))))
def test_no_text_commands_a_terminal_and_readable_text_stays_as_it_is(text):
    assert commanding(escape_controls(text)) == set()
    assert commanding(escape_line(text)) == set()
    assert "\n" not in escape_line(text)
    assert escape_controls(escape_controls(text)) == escape_controls(text)
    if text.isprintable():
        assert escape_controls(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "Ana",
        "Jos\u00e9",
        "\u041c\u0438\u044f",
        "\u7f8e\u4e9a",
        "a\tb",
        "\u0645\u06cc\u200c\u0631\u0648\u0645",
        "\U0001f469\u200d\U0001f3cb",
    ],
)
def test_names_in_any_script_stay_as_they_are(text):
    assert escape_controls(text) == text


@settings(deadline=None)
@given(NASTY)
def test_every_way_to_print_passes_the_filter(text):
    with pytest.MonkeyPatch.context() as patch:
        for name in ("stdout", "stderr"):
            patch.setattr(sys, name, GuardedStream(io.TextIOWrapper(io.BytesIO(), "utf-8", newline="")))
        table = Table("name")
        table.add_row(text)
        table.add_row(Text(text))
        _console.show(table, Text(text))
        _console.line(text)
        _console.note(text)
        _console.json_line({"name": text})
        print(text)
        print(text, file=sys.stderr)
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
            assert commanding(stream._stream.buffer.getvalue().decode()) == set()


def test_columns_stay_straight_when_a_name_is_shown_escaped(capsys):
    table = Table("name", "reps")
    table.add_row("A\x1b[2J", "8")
    table.add_row("B", "9")
    _console.show(table)
    lines = [line for line in capsys.readouterr().out.splitlines() if "8" in line or "9" in line]
    assert len({line.index("8" if "8" in line else "9") for line in lines}) == 1


def test_json_stays_json(capsys):
    _console.json_line({"name": EVIL})
    assert json.loads(capsys.readouterr().out) == {"name": EVIL}


def test_data_is_exact_in_a_pipe_and_filtered_on_a_terminal(monkeypatch):
    for is_terminal in (False, True):
        raw = io.BytesIO()
        stream = GuardedStream(io.TextIOWrapper(raw, "utf-8"))
        monkeypatch.setattr(stream, "isatty", lambda is_terminal=is_terminal: is_terminal)
        monkeypatch.setattr(sys, "stdout", stream)
        _console.data(f"note,{EVIL}\n".encode())
        stream.flush()
        assert raw.getvalue().decode() == f"note,{escape_controls(EVIL) if is_terminal else EVIL}\n"


def test_nothing_prints_but_through_the_guarded_streams():
    """A command prints with the functions of _console, and nothing in the package writes to a stream by itself."""
    allowed = {"_console.py", "_guarded_streams.py", "_filtered_console.py", "_error_handling.py"}
    for path in sorted((ROOT / "host" / "barhold").rglob("*.py")):
        if path.name in allowed or path.name == "image.py":  # esptool's own output
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            assert called not in ("print", "typer.echo", "typer.secho", "click.echo", "Console", "rich.print"), path
            assert not called.startswith(("sys.stdout.write", "sys.stderr.write", "sys.__std")), path


# --- hostile text through every command ---------------------------------------------------------------------------


@pytest.fixture
def hostile(tmp_path, monkeypatch):
    """Give a folder with a database, plans and files in which every text is hostile."""
    db = filled(tmp_path / "evil.db", sessions=2)
    text = EVIL.replace("\0", "")
    edit = f"insert into edit values (?, '{DEVICE}', 1, 1, 10000, ?, ?, 1764000000000, null)"
    with closing(sqlite3.connect(db)) as crafted, crafted:
        of_two_lines = f"{text}\nbarhold: all is well"
        crafted.execute("update device set name = ?, firmware = ?", (of_two_lines, of_two_lines))
        crafted.execute("insert into lifter (name, plan) values (?, ?)", (of_two_lines, ""))
        crafted.execute("insert into wearer values (?, 0, ?)", (DEVICE, of_two_lines))
        crafted.execute(edit, ("a" * 32, "note", json.dumps({"text": of_two_lines})))
        crafted.execute(edit, ("b" * 32, text, "{}"))
        crafted.execute(
            "insert into imported values (?, ?, null, 1764000000000, ?, ?, 1, ?, '60', 'kg', 8, null, ?, ?)",
            ("c" * 64, text, text, text, text, text, text),
        )
        crafted.execute(
            "insert into recording values (?, null, ?, 1764000000000, ?)",
            ("d" * 64, text, __import__("zlib").compress((DATA / "six-reps.csv").read_bytes())),
        )
    name = text.replace("/", "")
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / f"{name}.toml").write_text('hold_s = "x"\n')
    (tmp_path / f"{name}.toml").write_text(f'# {text}\nexercise = "hip thrust"\n')
    (tmp_path / f"{name}.csv").write_bytes((DATA / "six-reps.csv").read_bytes())
    (tmp_path / "log.csv").write_text(
        "Date,Workout Name,Exercise Name,Set Order,Weight (kg),Reps,Notes\n"
        f'2026-11-20 18:00:00,"{text[:9]}","hip thrust {text[:9]}",1,60,8,"{text[:9]}"\n'
        f'2026-11-20 18:00:00,"x","{text[:9]}",1,60,8,"x"\n'
    )
    (tmp_path / "bad.csv").write_text(f"Date,Exercise Name,Set Order,kg,Reps\n{text[:9]},hip thrust,1,60,8\n")
    monkeypatch.setenv("BARHOLD_CONFIG", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return db, name


def lines_of(name):
    """Return a command line for each command, with hostile text wherever it takes any."""
    evil_csv, evil_toml = f"{name}.csv", f"{name}.toml"
    unreachable = ["--serial-port", name, "--wait", "0"]
    return [
        ["sets"], ["sets", "--json"], ["sets", "--journal"], ["sets", "--journal", "--json"],
        ["sets", "--lifter", name],
        ["sets", "--edit", name], ["sets", "--edit", "1", name], ["sets", "--edit", "1", "lifter", name],
        ["sets", "--edit", "1", "load", name], ["sets", "--undo", name], ["sets", "--last", name],
        ["load", name], ["load", "60kg"],
        ["check"], ["check", "--json"], ["check", "--all"], ["check", "--plan", name], ["check", "--plan", evil_toml],
        ["report", "--out", f"{name}.html"], ["report", "--lifter", name],
        *(["export", what] for what in ("csv", "jsonl", "strong", "hevy", "ical", "fit")),
        ["export", "csv", "--per-set"], ["export", "csv", "--out", f"{name}.out"], ["export", "csv", "--since", name],
        ["export", "csv", "--lifter", name], ["export", name], ["export", "parquet", "--out", f"{name}/x"],
        ["import", "log.csv", "--dry-run"], ["import", "log.csv"], ["import", "bad.csv"], ["import", name],
        ["import", "--list"], ["import", "--list", "--json"], ["import", "log.csv", "--lifter", name],
        ["replay", "caf\udce9.csv"], ["import", "caf\udce9.csv"],
        ["import", "log.csv", "--exercise", name], ["import", "log.csv", "--zone", name],
        ["replay", evil_csv], ["replay", evil_csv, "--json"], ["replay", name], ["replay", "--from-store", name],
        ["plan", "list"], ["plan", "show", evil_toml], ["plan", "show", name], ["plan", "check", name],
        ["plan", "check", evil_toml], ["plan", "use", name], ["plan", "use", evil_toml],
        ["week"], ["week", "--lifter", name], ["turn", name],
        ["lifter", "list"], ["lifter", "list", "--json"], ["lifter", "add", name], ["lifter", "wear", name, name],
        ["time"], ["time", "--sensor", name],
        ["db", "backup", f"{name}.bak"], ["db", "backup", f"{name}/x.bak"], ["db", "restore", name],
        ["db", "copy", "evil.db", f"{name}.db"], ["db", "copy", name, "x.db"], ["db", name],
        ["bundle", f"{name}.bin"], ["bundle", "--key", name],
        ["keys", "show", "--key", name], ["keys", "make", "--key", name], ["keys", "push", *unreachable],
        ["sync", "--virtual", evil_csv], ["sync", "--virtual", name], ["sync", name, *unreachable],
        ["serve", "--virtual", name], ["live", "--serial-port", name, "--seconds", "0"], ["record", name, *unreachable],
        ["scan", *unreachable], ["doctor", "--serial-port", name, "--seconds", "0"], ["calibrate", *unreachable],
        ["name", name, *unreachable], ["pair", *unreachable], ["pair", "--code", name],
        ["start", "--serial-port", name], ["update", *unreachable],
        ["flash", "--board", name], ["flash", "--serial-port", name, "--board", name], ["demo", name], [name],
    ]  # fmt: skip


def test_hostile_text_through_every_command_that_prints_any(hostile):
    db, name = hostile
    tried, shown = set(), 0
    for args in lines_of(name):
        result = barhold(*args, db=db)
        assert result.exit_code in (0, 1, 2), (args, result.exception)
        assert "Traceback" not in result.stderr, args
        exact = (args[0] == "export" and "--out" not in args) or args[:2] == ["plan", "show"]  # data, exact in a pipe
        for text in (result.stderr, "" if exact else result.stdout):
            assert commanding(text) == set(), args
            assert not [line for line in text.splitlines() if line.startswith("barhold: all is well")], args
        shown += SHOWN in result.stdout + result.stderr
        tried.add(args[0])
    assert tried - {name} == set(root_command().commands)
    assert shown >= 40  # most of them had something hostile to show


# --- streams that end ---------------------------------------------------------------------------------------------

DRIVER = """
import contextlib, json, os, sys
from barhold.cli import app

def closed_pipe():
    read, write = os.pipe()
    os.close(read)
    return write

def close(fd, name):
    os.close(fd)
    setattr(sys, name, None)

def put(fd, new):
    os.dup2(new, fd)

STREAMS = {
    "open": lambda: None,
    "no stdout": lambda: close(1, "stdout"),
    "no stderr": lambda: close(2, "stderr"),
    "none at all": lambda: (close(0, "stdin"), close(1, "stdout"), close(2, "stderr")),
    "no descriptors below": lambda: (os.close(1), os.close(2)),
    "reader gone": lambda: put(1, closed_pipe()),
    "both readers gone": lambda: (put(1, closed_pipe()), put(2, closed_pipe())),
    "stdout full": lambda: put(1, os.open("/dev/full", os.O_WRONLY)),
    "stderr full": lambda: put(2, os.open("/dev/full", os.O_WRONLY)),
}
lines = json.load(open(sys.argv[1]))
for line in lines:  # import what each of them needs once, and not in every child
    with contextlib.redirect_stdout(None), contextlib.redirect_stderr(None), contextlib.suppress(SystemExit):
        app(line)
for line in lines:
    for name, prepare in STREAMS.items():
        child = os.fork()
        if child == 0:
            err = os.open(sys.argv[2], os.O_CREAT | os.O_TRUNC | os.O_WRONLY)
            put(1, os.open(os.devnull, os.O_WRONLY))
            put(2, err)
            prepare()
            code = 99
            try:
                app(line)
            except SystemExit as ending:
                code = ending.code or 0
            for stream in (sys.stdout, sys.stderr):  # as the interpreter does at its end
                try:
                    stream and stream.flush()
                except OSError:
                    code = 120
            os._exit(code)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(json.dumps([line, name, status, open(sys.argv[2], errors="replace").read()]), flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32" or not os.path.exists("/dev/full"), reason="needs fork and /dev/full")
def test_the_exit_status_is_the_works_whatever_becomes_of_the_streams(tmp_path):
    good, short = filled(tmp_path / "good.db"), filled(tmp_path / "short.db", sets=1)
    log = tmp_path / "log.csv"
    log.write_text("Date,Exercise Name,Set Order,kg,Reps\n2026-11-20 18:00:00,Hip Thrust,1,60,8\n")
    expected = [
        (["check", "--db", str(good)], 0),
        (["check", "--db", str(short)], 1),
        (["sets", "--db", str(good)], 0),
        (["sets", "--json", "--db", str(good)], 0),
        (["export", "csv", "--db", str(good)], 0),
        (["export", "csv", "--db", str(good), "--out", str(tmp_path / "x.csv"), "--overwrite"], 0),
        (["import", str(log), "--db", str(good)], 0),
        (["report", "--db", str(good), "--out", str(tmp_path / "r.html"), "--overwrite"], 0),
        (["plan", "list"], 0),
        (["sets", "--db", str(tmp_path / "no" / "x.db")], 2),
        (["check", "--nonsense"], 2),
        (["--help"], 0),
        (["--version"], 0),
    ]
    (tmp_path / "driver.py").write_text(DRIVER)
    (tmp_path / "lines.json").write_text(json.dumps([line for line, _ in expected]))
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "host"), str(ROOT / "firmware")])}
    done = subprocess.run(
        [sys.executable, str(tmp_path / "driver.py"), str(tmp_path / "lines.json"), str(tmp_path / "err")],
        check=False, capture_output=True, text=True, env=env, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(results) == len(expected) * 9
    statuses = {tuple(line): status for line, status in expected}
    for line, streams, status, err in results:
        wanted = statuses[tuple(line)]
        if streams == "stdout full" and wanted == 0:
            wanted = 2  # what was asked for is lost
            assert "the output could not be written: No space left on device" in err, line
        assert status == wanted, (line, streams, err)
        assert "Traceback" not in err, (line, streams)
        assert "Exception ignored" not in err, (line, streams)


def test_work_goes_on_when_its_reader_is_gone(tmp_path):
    read, write = os.pipe()
    os.close(read)
    db = tmp_path / "b.db"
    command = [sys.executable, "-m", "barhold", "sync", "--virtual", str(DATA / "six-reps.csv"), "--db", str(db)]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "host"), str(ROOT / "firmware")])}
    with os.fdopen(write, "w") as closed:
        done = subprocess.run(command, check=False, stdout=closed, stderr=closed, env=env, timeout=60)
    assert done.returncode == 0
    assert len(barhold("sets", "--json", db=db).stdout.splitlines()) == 1


def test_a_closed_stdout_is_never_the_database(tmp_path):
    """Without it, the database would be the next file to be opened, get number 1, and receive what is printed."""
    db = filled(tmp_path / "b.db")
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "host"), str(ROOT / "firmware")])}
    command = f'"{sys.executable}" -m barhold check --db "{db}" 0<&- >&- 2>&-'
    assert subprocess.run(["sh", "-c", command], check=False, env=env, timeout=60).returncode == 0
    with closing(sqlite3.connect(db)) as file:
        assert file.execute("pragma integrity_check").fetchone() == ("ok",)


def test_a_stream_is_restored_after_the_command():
    before = sys.stdout, sys.stderr
    with _guarded_streams.guarded():
        assert isinstance(sys.stdout, GuardedStream)
    assert (sys.stdout, sys.stderr) == before


def test_an_unexpected_fault_is_one_line_and_status_2(monkeypatch, tmp_path):
    def fail(*_, **__):
        raise ZeroDivisionError("\x1b[2J")

    monkeypatch.setattr("barhold.cli._console.show", fail)
    result = barhold("check", db=filled(tmp_path / "b.db"))
    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (2, "", 1)
    assert "a fault in Barhold or its data: ZeroDivisionError: \\x1b[2J" in result.stderr
    assert "Traceback" in barhold("--debug", "check", db=tmp_path / "b.db").stderr


def test_only_check_can_end_with_1():
    exits = {}
    for path in (ROOT / "host" / "barhold" / "cli").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("typer.Exit", "SystemExit", "sys.exit"):
                exits.setdefault(ast.unparse(node.args[0]) if node.args else "0", set()).add(path.name)
    assert exits["1"] == {"check.py"}


# --- narrow terminals, poor encodings, no home ---------------------------------------------------------------------


def test_a_terminal_of_any_width_loses_nothing(tmp_path, monkeypatch):
    db = filled(tmp_path / "b.db")
    (tmp_path / "log.csv").write_text("Date,Exercise Name,Set Order,kg,Reps\n2026-11-20 18:00:00,Hip Thrust,1,60,8\n")
    barhold("import", tmp_path / "log.csv", db=db)
    barhold("load", "60kg", db=db)
    for args in (["check"], ["plan", "list"], ["import", "--list"], ["sets", "--journal"]):
        wide = barhold(*args, db=db)
        for columns in ("40", "1", "0", "-3", "wide", "100000"):
            monkeypatch.setattr("hostkit.COLUMNS", columns)
            narrow = barhold(*args, db=db)
            assert narrow.exit_code == wide.exit_code == 0
            assert "\u2026" not in narrow.stdout
            if columns == "40":  # words that are folded are still there
                assert set(wide.stdout.split()) - set(narrow.stdout.split()) <= {"\u2500" * n for n in range(200)}


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437", "utf-8"])
def test_any_encoding_shows_everything(encoding, tmp_path):
    db = filled(tmp_path / "b.db")
    barhold("sets", "--edit", "last", "note", "m\u00fcde \u7f8e \U0001f4aa", db=db)
    raw = barhold_process("sets", "--db", db, text=False, PYTHONIOENCODING=encoding, PYTHONUTF8="0")
    assert (raw.returncode, raw.stderr) == (0, b"")
    note = raw.stdout.decode(encoding).splitlines()[-1].partition(": ")[2]
    assert note == {"utf-8": "m\u00fcde \u7f8e \U0001f4aa", "ascii": "m\\xfcde \\u7f8e \\U0001f4aa"}.get(
        encoding, "m\u00fcde \\u7f8e \\U0001f4aa"
    )


def test_lines_of_tables_are_drawn_in_ascii_where_the_encoding_has_no_others(tmp_path):
    done = barhold_process("sets", "--db", filled(tmp_path / "b.db"), PYTHONIOENCODING="ascii", LC_ALL="C")
    assert "\\u2500" not in done.stdout
    assert "-----" in done.stdout


def test_without_a_home_a_database_must_be_named(tmp_path, monkeypatch):
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "BARHOLD_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    result = barhold("sets")
    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (2, "", 1)
    assert "there is no home folder: set HOME, or name a database with --db" in result.stderr
    assert list(tmp_path.iterdir()) == []
    assert barhold("check", db=filled(tmp_path / "b.db")).exit_code == 0


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs a folder in which nobody can create anything")
def test_a_home_that_cannot_be_written_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "/proc/self")
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "BARHOLD_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    for args, step in ((["sets"], "name a database with --db"), (["plan", "use", "hip-thrust"], "set BARHOLD_PLAN")):
        result = barhold(*args)
        assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (2, "", 1)
        assert step in result.stderr
    assert barhold("check", db=filled(tmp_path / "b.db")).exit_code == 0
