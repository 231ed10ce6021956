"""What `import barhold` offers, and the example in its docstring."""

import doctest
import shutil
import subprocess
import sys

import numpy as np
import pytest

import barhold
from barhold.store import Store
from hostkit import DATA, DEVICE, barhold_process
from trainingkit import START, filled


def test_the_example_in_the_docstring_runs(tmp_path, monkeypatch):
    shutil.copy(DATA / "six-reps.csv", tmp_path / "session.csv")
    monkeypatch.chdir(tmp_path)
    done = doctest.testmod(barhold, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert done.failed == 0
    assert done.attempted >= 8


def test_every_public_name_is_there_and_says_what_it_does():
    for name in barhold.__all__:
        assert getattr(barhold, name).__doc__ or name == "__version__"
    assert dir(barhold) == sorted(barhold.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        barhold.nonsense  # noqa: B018 - reading it is the test


def test_importing_it_loads_nothing_heavy():
    code = "import sys, barhold; print([m for m in ('numpy', 'sqlalchemy', 'bleak', 'asyncio') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"


def test_sets_come_by_lifter_and_time_as_objects_rows_and_an_array(tmp_path):
    filled(tmp_path / "b.db", sessions=2, sets=3, count=8)
    with barhold.open_store(tmp_path / "b.db") as store:
        assert isinstance(store, Store)
        every = barhold.training_sets(store)
        later = barhold.training_sets(store, DEVICE, since=START.replace(day=START.day + 1))
        assert barhold.training_sets(store, "Nobody") == []
    assert (len(every), later) == (6, every[3:])
    assert [row["reps"] for row in barhold.set_rows(every)] == [8] * 6
    rows, reps = barhold.rep_rows(every), barhold.rep_array(every)
    assert len(rows) == len(reps) == 48
    assert reps["hold_s"].tolist() == [row["hold_s"] for row in rows]
    assert sorted(set(zip(reps["session"].tolist(), reps["set"].tolist(), strict=True))) == [
        (session, number) for session in (1, 2) for number in (1, 2, 3)
    ]
    assert reps["start_utc"][0] == np.datetime64(every[0].start_utc.replace(tzinfo=None), "ms")
    assert len(barhold.rep_array([])) == 0


def test_sessions_are_checked_as_the_command_checks_them(tmp_path):
    filled(tmp_path / "b.db", sessions=2)
    with barhold.open_store(tmp_path / "b.db") as store:
        results = barhold.check_sessions(barhold.training_sets(store))
    assert [result.met for result in results] == [True, True]
    assert barhold_process("check", "--all", "--db", tmp_path / "b.db").returncode == 0


def test_an_error_is_one_line(tmp_path):
    with pytest.raises(barhold.BarholdError, match="does not exist"):
        barhold.open_store(tmp_path / "none" / "b.db")
