"""The demo's own database, virtual sensors, the unit of a load, and waits: what the first hour consists of."""

import json
import os
import sqlite3
import sys

import pytest

from barhold.cli import _options, demo
from barhold.cli._command_list import COMMANDS
from barhold.cli.demo import NEXT
from hostkit import ROOT, barhold, root_command
from terminal import Terminal
from trainingkit import filled

REACH_A_SENSOR = {
    "name",
    "calibrate",
    "pair",
    "time",
    "doctor",
    "record",
    "update",
    "plan push",
    "keys push",
    "scan",
    "start",
}


def test_the_commands_that_the_demo_ends_with_run_on_its_training(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for command in NEXT:
        refused = barhold(*command.split()[1:], db=tmp_path / "own.db")
        assert (refused.exit_code, refused.stderr) == (2, "barhold: there is no demo yet: run `barhold demo` first\n")
    shown = barhold("demo", db=tmp_path / "own.db").stdout.splitlines()
    assert shown[-len(NEXT) :] == [f"  {command}" for command in NEXT]
    for command in NEXT:
        words = [*command.split()[1:], *(["--port", "0", "--seconds", "0.5"] if "serve" in command else [])]
        result = barhold(*words, db=tmp_path / "own.db")
        assert result.exit_code == 0, result.stderr
    assert (tmp_path / "barhold-report.html").is_file()
    assert not (tmp_path / "own.db").exists()  # the user's own training is left alone


def test_the_demo_again_replaces_its_training(tmp_path, monkeypatch):
    monkeypatch.setattr(demo, "REPS", 3)
    for _ in range(2):
        barhold("demo")
        barhold("load", "60kg", "--demo")
    lines = [json.loads(line) for line in barhold("sets", "--demo", "--json").stdout.splitlines()]
    assert [line["load"] for line in lines] == [None, None, {"amount": 60.0, "unit": "kg"}]
    both = barhold("sets", "--demo", "--db", tmp_path / "b.db")
    assert "--demo and --db name two databases" in both.stderr
    real = barhold("sync", "--demo")
    assert "--demo is for virtual sensors" in real.stderr
    assert barhold("sync", "--seed", "2", "--demo").exit_code == 0
    assert len(barhold("sets", "--demo", "--json").stdout.splitlines()) == 6
    with sqlite3.connect(_options.demo_path()) as database:
        assert database.execute("select count(*) from training_set").fetchone() == (6,)


def test_demo_is_offered_wherever_a_store_is_read_and_no_real_sensor_is_reached():
    def leaves(command, path=()):
        below = getattr(command, "commands", {})
        if not below:
            yield " ".join(path), {name for param in command.params for name in param.opts}
        for name, each in below.items():
            yield from leaves(each, (*path, name))

    found = dict(leaves(root_command()))
    with_db = {name for name, options in found.items() if "--db" in options}
    assert {name for name in with_db if "--demo" not in found[name]} == REACH_A_SENSOR
    assert not {name for name in found if "--demo" in found[name]} - with_db
    assert COMMANDS["Begin"].keys() == {"demo", "start"}


def test_a_virtual_sensor_can_be_watched_in_the_terminal(tmp_path):
    args = ("live", "--seed", 7, "--speed", 20, "--seconds", 4, "--db", tmp_path / "b.db")
    shown = barhold(*args).stdout.splitlines()
    assert "set 1 rep 1: target reached" in shown
    for args, reason in (
        (["live", "--seed", "1", "--usb"], "not both"),
        (["live", "--speed", "2"], "--speed is for a virtual sensor"),
    ):
        result = barhold(*args, db=tmp_path / "b.db")
        assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
        assert reason in result.stderr


TAKES_BACK = "`barhold sets --undo` takes it back"


@pytest.mark.parametrize(
    ("before", "variable", "expected"),
    [
        ([], "", None),
        ([], "lb", "60 lb for 1 set of barhold-ccdd"),
        ([["load", "100 lb"]], "", f"60 lb for 1 set of barhold-ccdd in the place of 100 lb; {TAKES_BACK}"),
        (
            [["load", "100 lb"], ["load", "50kg", "--set", "last"]],
            "",
            f"60 kg for 1 set of barhold-ccdd in the place of 50 kg; {TAKES_BACK}",
        ),
    ],
)
def test_a_load_without_a_unit_takes_the_usual_one_and_says_whose_set_it_is(
    before, variable, expected, tmp_path, monkeypatch
):
    db = filled(tmp_path / "b.db")
    monkeypatch.setenv("BARHOLD_UNIT", variable)
    for args in before:
        assert barhold(*args, db=db).exit_code == 0
    result = barhold("load", "60", db=db)
    if expected is None:
        assert (result.exit_code, result.stderr) == (2, "barhold: 60 needs a unit: write 60kg or 60lb\n")
    else:
        assert result.stderr.splitlines()[-1] == f"barhold: {expected}"
    monkeypatch.setenv("BARHOLD_UNIT", "stone")
    assert "BARHOLD_UNIT is 'stone': set it to kg or lb" in barhold("load", "60", db=db).stderr


def test_nothing_plugged_in_is_said_at_once_by_every_command(tmp_path):
    for args in (["sync"], ["update"], ["name", "x"], ["calibrate", "--yes"], ["record", tmp_path / "x.csv"], ["time"]):
        result = barhold(*args, "--usb", db=tmp_path / "b.db")
        assert result.exit_code == 2
        assert "no board is plugged in: plug the sensor in" in result.stderr
        assert "trying again" not in result.stderr


def test_a_wait_on_a_terminal_shows_what_for_and_counts_down(tmp_path):
    paths = os.pathsep.join([str(ROOT / "host"), str(ROOT / "firmware")])
    env = {**os.environ, "PYTHONPATH": paths, "TERM": "xterm", "BARHOLD_DB": str(tmp_path / "b.db")}
    code = """
import time
from barhold.cli._progress_bar import Bar
with Bar() as bar:
    bar.wait_for("looking for a sensor", 9)
    time.sleep(1.3)
    bar.note("still there")
    time.sleep(0.2)
"""
    with Terminal([sys.executable, "-c", code], env) as terminal:
        terminal.expect("looking for a sensor ... 9 s")
        terminal.expect("looking for a sensor ... 8 s")
        terminal.expect("barhold: still there")
        assert terminal.ended() == 0
