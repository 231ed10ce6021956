import json
import os
import re
import shutil
import subprocess
import sys

import pytest
from typer.testing import CliRunner

import barhold as package
from barcore import protocol
from barhold.cli import app
from barsensor.recorder import FIRMWARE_VERSION
from hostkit import DATA, ROOT, barhold, barhold_process, root_command

COMMANDS = sorted(root_command().commands)
HEAVY = ("numpy", "sqlalchemy", "bleak", "alembic", "rich", "serial", "asyncio", "matplotlib")
HEAVY += ("cryptography", "icalendar", "jinja2", "mpremote", "platformdirs", "psycopg", "pyarrow")
HEAVY += ("segno", "starlette", "uvicorn")


def test_the_commands():
    assert " ".join(COMMANDS) == (
        "bundle calibrate check db demo doctor export flash import keys lifter live load name pair plan record replay "
        "report scan serve sets start sync time turn update week"
    )


def test_the_list_of_commands_imports_nothing_heavy():
    code = (
        "import sys; sys.argv = ['barhold', '--help']\n"
        "from barhold.cli import main\n"
        "try: main()\n"
        f"finally: print([m for m in {HEAVY} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, env=_env())
    assert done.stdout.startswith("Usage: ")
    assert done.stderr.strip() == "[]"


def pages(command, path=()):
    """Yield the words after `barhold` of each page of help."""
    yield path
    for name, below in getattr(command, "commands", {}).items():
        yield from pages(below, (*path, name))


@pytest.mark.parametrize("page", list(pages(root_command())), ids=lambda page: "-".join(page) or "barhold")
def test_help_fits_80_columns_cuts_nothing_off_and_shows_no_raw_type(page):
    shown = CliRunner().invoke(app, [*page, "--help"], prog_name="barhold", env={"COLUMNS": "80", "TERMINAL_WIDTH": ""})
    text = shown.stdout
    assert text.startswith(" ".join(["Usage: barhold", *page]))
    assert max(map(len, text.splitlines())) <= 80
    assert "..." not in re.sub(r"\[[A-Z]+\]\.\.\.|[A-Z]+\.\.\.", "", text)
    assert not re.search(r"<(int|float|list|str|text|path|file|directory)\b", text)


def test_replay_needs_no_database():
    code = (
        f"import sys; sys.argv = ['barhold', 'replay', {str(DATA / 'lone-lift.csv')!r}]\n"
        "from barhold.cli import main\n"
        "try: main()\n"
        "finally: print([m for m in ('sqlalchemy', 'alembic', 'bleak') if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, env=_env())
    assert (done.returncode, done.stderr.strip()) == (0, "[]")


def test_exit_statuses_are_documented():
    text = " ".join(barhold("--help").stdout.split())
    for words in ("0 done", "1 check: the plan was not met", "2 wrong usage or input", "130 interrupted"):
        assert words in text


@pytest.mark.parametrize("args", [["bogus"], ["replay"], ["replay", "x.csv", "--nope"], ["sync", "--seed", "-1"]])
def test_wrong_usage_is_status_2(args):
    result = barhold(*args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr


def test_the_versions_of_package_firmware_and_protocol():
    lines = barhold("--version").stdout.splitlines()
    assert lines[0] == f"barhold {package.__version__}"  # its first two words are what installers and reports look at
    assert lines[1] == f"firmware {'.'.join(map(str, FIRMWARE_VERSION))}"
    assert lines[2:] == [f"protocol {protocol.MAJOR}.{protocol.MINOR}"]


def test_an_error_is_one_line_and_a_traceback_only_on_demand(tmp_path):
    done = barhold_process("check", "--db", tmp_path / "none" / "b.db")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("barhold: database ")
    assert len(done.stderr.splitlines()) == 1
    loud = barhold_process("--debug", "check", "--db", tmp_path / "none" / "b.db")
    assert loud.returncode == 2
    assert "Traceback" in loud.stderr


WITHOUT_JSON = {
    "serve": "it is a page that stays until Ctrl-C",
    "start": "it asks and answers on a terminal",
    "export": "it writes a file in a format that is named, JSON Lines among them",
    "db roles": "it prints SQL for a DBA to apply",
    "lifter export": "it writes a TOML file",
}


def commands_with(command, path=()):
    """Yield (the words after `barhold`, the options) of each command that does something, by walking them all."""
    below = getattr(command, "commands", {})
    if not below:
        yield " ".join(path), {name for one in command.params for name in one.opts}
    for name, one in below.items():
        yield from commands_with(one, (*path, name))


def test_every_command_speaks_json_but_those_that_say_why_not():
    found = dict(commands_with(root_command()))
    assert len(found) > len(COMMANDS)
    assert {name for name, options in found.items() if "--json" not in options} == set(WITHOUT_JSON)


def test_json_is_pure(tmp_path):
    barhold("sync", "--virtual", DATA / "six-reps.csv", db=tmp_path / "b.db")
    for args in (["replay", DATA / "six-reps.csv", "--json"], ["sets", "--json"], ["check", "--json"]):
        result = barhold(*args, db=tmp_path / "b.db")
        assert result.stdout
        for line in result.stdout.splitlines():
            assert {"type", "schema"} <= json.loads(line).keys()


def test_a_closed_pipe_is_no_error():
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as closed:
        command = [sys.executable, "-m", "barhold", "replay", str(DATA / "lone-lift.csv")]
        done = subprocess.run(command, check=False, stdout=closed, stderr=subprocess.PIPE, text=True, env=_env())
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_a_full_disk_is_one_line_and_status_2():
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "barhold", "replay", str(DATA / "lone-lift.csv")]
        done = subprocess.run(command, check=False, stdout=full, stderr=subprocess.PIPE, text=True, env=_env())
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def test_a_name_that_the_terminal_cannot_show_is_escaped(tmp_path):
    name = "caf\u00e9.csv"
    shutil.copy(DATA / "lone-lift.csv", tmp_path / name)
    done = barhold_process("replay", tmp_path / name, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert "caf\\xe9.csv: no set found" in done.stdout


def test_no_colour_and_no_more_than_80_columns_in_a_pipe(tmp_path):
    args = ("demo",)
    plain = barhold_process(*args, COLUMNS="", TERM="xterm-256color")
    assert "\x1b" not in plain.stdout
    assert max(len(line) for line in plain.stdout.splitlines()) <= 80


def _env():
    paths = os.pathsep.join([str(ROOT / "host"), str(ROOT / "firmware")])
    return {**os.environ, "PYTHONPATH": paths, "BARHOLD_DB": ""}
