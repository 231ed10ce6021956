import json
import os
import shlex
import shutil
import struct
import subprocess
import sys

import pytest
from typer.main import get_command

import barhold as package
from barhold.cli import app
from barhold.flash import run as flashing
from barhold.flash.asked import Asked
from barhold.flash.install import Done
from fake_room import FakeRoom
from fake_sensor import FakeLog, ModernSensor, make
from hostkit import DATA, ROOT, barhold, barhold_process

COMMANDS = sorted(get_command(app).commands)
HEAVY = ("numpy", "sqlalchemy", "bleak", "alembic", "rich", "serial", "asyncio", "matplotlib")
HEAVY += ("cryptography", "jinja2", "mpremote", "segno", "starlette", "uvicorn")


def examples(command):
    """Return the `barhold ...` lines in a command's help."""
    lines = barhold(command, "--help").stdout.splitlines()
    return [line.strip() for line in lines if line.strip().startswith(f"barhold {command}")]


def test_the_commands():
    assert " ".join(COMMANDS) == (
        "bench bundle calibrate check demo doctor flash keys lifter live load name plan record replay "
        "report scan serve sets sync time trust update"
    )


@pytest.fixture
def room(monkeypatch, tmp_path):
    """Two sensors in the air and one on the cable, so that every example has what it names."""
    room = FakeRoom(monkeypatch)
    for number in (1, 2):
        at, device = f"AA:{number}", bytes([number]) * 8
        sensor = ModernSensor(FakeLog({seq: make(seq) for seq in range(5)}), device=device, name=f"bar-{number}")
        room.add(at, sensor)
    port = tmp_path / "ttyACM0"
    port.touch()
    room.plug(str(port), ModernSensor(FakeLog({0: make(0)}), device=b"\3" * 8, name="bar-3"))
    for sensor in (*room.by_radio.values(), *room.by_cable.values()):
        sensor.samples = lying(400)
        sensor.modern.calibration = POSES
    monkeypatch.setattr(flashing, "flash", flashed)
    return room


def flashed(port, wish, meet, tell):
    """What a board at the port ends as; tests/test_flash.py flashes one."""
    who = Asked("micropython", (1, 27, 0), "Generic ESP32S3 module with ESP32S3", 6, "102030405060", "")
    meet(who)
    return flashing.Flashed(who, Done(97, 0, 0, 152000), "0.1.0", "LSM6DSOX", "")


def lying(count):
    return b"".join(struct.pack("<I6h", 10 * i, 0, 0, 4096, 0, 0, 0) for i in range(count))


# state, reason, poses, faces, misfit, noise: begin, six faces, leaning, keep
POSES = [(0, 0, 0, 0, 0, 0), *[(0, 0, n, (1 << n) - 1, 0, 1500) for n in range(1, 6)], (2, 0, 6, 63, 0, 1500),
         (2, 0, 7, 63, 900, 1500)]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_every_help_shows_examples_and_they_run(command, tmp_path, monkeypatch, room):
    monkeypatch.chdir(tmp_path)
    shutil.copy(DATA / "six-reps.csv", "session.csv")
    barhold("sync", "--virtual", "session.csv", "--keep", db=tmp_path / "b.db")
    assert examples(command)
    for example in examples(command):
        # Where an example names no sensor, it is the only one near.
        radio = dict(room.by_radio)
        if not any(word in example for word in ("--sensor", "--all", "scan", "sync bar-1")):
            room.by_radio = {"AA:1": radio["AA:1"]}
        result = barhold(*shlex.split(example)[1:], db=tmp_path / "b.db")
        assert result.exception is None or isinstance(result.exception, SystemExit)
        assert result.exit_code in ((0, 1) if command == "check" else (0,)), f"{example}: {result.stderr}"
        room.by_radio = radio
        for number, sensor in enumerate(radio.values(), 1):
            sensor.modern.name = f"bar-{number}"
            sensor.index, sensor.modern.calibration = 0, list(POSES)


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_help_imports_nothing_heavy(command):
    args = ["--help"] if command is None else [command, "--help"]
    code = (
        f"import sys; sys.argv = ['barhold', *{args}]\n"
        "from barhold.cli import main\n"
        "try: main()\n"
        f"finally: print([m for m in {HEAVY} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, env=_env())
    assert done.stdout.startswith("Usage: ")
    assert done.stderr.strip() == "[]"


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


def test_version_is_the_packages():
    assert barhold("--version").stdout == f"barhold {package.__version__}\n"


def test_an_error_is_one_line_and_a_traceback_only_on_demand(tmp_path):
    done = barhold_process("check", "--db", tmp_path / "none" / "b.db")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("barhold: database ")
    assert len(done.stderr.splitlines()) == 1
    loud = barhold_process("--debug", "check", "--db", tmp_path / "none" / "b.db")
    assert loud.returncode == 2
    assert "Traceback" in loud.stderr


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
