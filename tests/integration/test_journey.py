"""The main job end to end, on the recordings of this repository: file, virtual sensor, store, check."""

import json

import pytest

from barhold.store import Store
from hostkit import DATA, barhold


def truth(name):
    return json.loads((DATA / f"{name}.json").read_text())


def test_a_recording_ends_as_rows_and_as_a_check_and_twice_adds_nothing(tmp_path):
    db = tmp_path / "b.db"
    first = barhold("sync", "--virtual", DATA / "six-reps.csv", db=db)
    assert first.exit_code == 0
    with Store.open(db) as store:
        records = list(store.records())
    assert f"{len(records)} new, 0 already stored" in first.stdout
    assert " 0 new" in barhold("sync", "--virtual", DATA / "six-reps.csv", db=db).stdout
    with Store.open(db) as store:
        assert list(store.records()) == records
    result = barhold("check", db=db)
    assert result.exit_code == 1  # one set is fewer than the plan's two
    assert "sets 1 2-3 not met" in " ".join(result.stdout.split())
    assert "set 1: reps 6 6-12 met" in " ".join(result.stdout.split())


@pytest.mark.parametrize("name", ["six-reps", "mixed-set", "lone-lift"])
def test_replay_and_sync_find_what_truly_happened(name, tmp_path):
    replayed = [json.loads(line) for line in barhold("replay", "--json", DATA / f"{name}.csv").stdout.splitlines()]
    true = [rep for reps in truth(name) for rep in reps]
    assert len(replayed) == len(true)
    for found, rep in zip(replayed, true, strict=True):
        assert found["top_s"] == pytest.approx(rep["top_s"], abs=0.25)
        assert found["hold_s"] == pytest.approx(rep["hold_s"], abs=0.2)
        assert found["rom_m"] == pytest.approx(rep["rom_m"], abs=0.03)
        assert found["partial"] == rep["partial"]
    barhold("sync", "--virtual", DATA / f"{name}.csv", db=tmp_path / "b.db")
    lines = barhold("sets", "--json", db=tmp_path / "b.db").stdout.splitlines()
    stored = [rep for line in lines for rep in json.loads(line)["reps"]]
    assert [rep["hold_s"] for rep in stored] == [rep["hold_s"] for rep in replayed]


def test_the_demo_shows_a_checked_session():
    result = barhold("demo")
    assert result.exit_code == 0
    assert "again: barhold-" in result.stderr
    words = " ".join(result.stdout.split())
    assert "sets 3 2-3 met" in words
    assert "set 3: reps 8 6-12 met" in words


def test_the_demo_as_json_has_the_lines_of_sync_and_check():
    result = barhold("demo", "--json")
    assert result.exit_code == 0
    first, again, checked = map(json.loads, result.stdout.splitlines())
    assert [line["type"] for line in (first, again, checked)] == ["sync", "sync", "check"]
    assert (first["new"] > 24, again["new"], again["not_held"]) == (True, 0, 0)
    assert [len(one["reps"]) for one in checked["sets"]] == [8, 8, 8]
    assert checked["advice"]["rule"]
