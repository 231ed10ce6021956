"""Recordings kept in the store and judged again: what other settings change against the sensor's own judgement."""

import json
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from barhold import generate
from barhold.errors import InputError, StoreError
from barhold.model import Anchor, Rep, SetKey, TrainingSet
from barhold.recordings import compare, reader
from barhold.store import Recordings, Store
from fake_room import FakeRoom
from fake_sensor import FakeLog, ModernSensor
from hostkit import DATA, DEVICE, barhold

NOW = datetime(2026, 11, 22, 18, tzinfo=UTC)
CSV = (DATA / "six-reps.csv").read_text(encoding="utf-8")


def rep(start_ms, hold_ms=2500):
    return Rep(1, start_ms, 900, hold_ms, 1100, 800, 0.3, 0.7, 50, 0)


def one_set(*starts_ms, boot=1, hold_ms=2500, quality="anchored", at=NOW):
    reps = tuple(rep(start, hold_ms) for start in starts_ms)
    key = SetKey(DEVICE, 1, boot, starts_ms[0])
    end = at + timedelta(milliseconds=starts_ms[-1] - starts_ms[0] + 4500)
    return TrainingSet(DEVICE, boot, 1, at, end, quality, reps, key)


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / "b.db") as opened:
        yield opened


def test_a_recording_is_kept_once_and_comes_back_as_it_was(store):
    kept = Recordings(store)
    assert kept.keep(CSV, "six", DEVICE, 20) is True
    assert kept.keep(CSV, "again", DEVICE, 30) is False
    assert kept.keep(CSV + "\n", "other", None, 10) is True
    assert [(one.name, one.device_id) for one in kept.listed()] == [("other", None), ("six", DEVICE)]
    assert kept.csv(kept.listed()[1].recording_id) == CSV


@pytest.mark.parametrize("damage", [b"", b"no zlib", None])
def test_a_damaged_recording_is_one_line(store, tmp_path, damage):
    Recordings(store).keep(CSV, "six", DEVICE, 20)
    (one,) = Recordings(store).listed()
    with sqlite3.connect(tmp_path / "b.db") as raw:
        cut = raw.execute("select csv_zlib from recording").fetchone()[0][:-20] if damage is None else damage
        raw.execute("update recording set csv_zlib = ?", (cut,))
    raw.close()
    with pytest.raises(StoreError, match="missing or damaged"):
        Recordings(store).csv(one.recording_id)


def test_the_same_reps_at_another_zero_are_the_same():
    first = [one_set(1_010_000, 1_016_000, 1_022_300), one_set(1_100_000, 1_107_000)]
    again = [one_set(10_030, 16_020, 22_340, hold_ms=2450), one_set(100_010, 107_000)]
    found = compare.compare(first, again, 120)
    assert (len(found.both), found.gone, found.new, found.hold_changed_ms) == (5, (), (), 50)


def test_reps_that_only_one_judgement_has_are_named_and_those_outside_are_not():
    first = [
        one_set(500_000, 506_000),
        one_set(1_010_000, 1_016_000, 1_022_300, 1_030_000),
        one_set(2_000_000, 2_009_000),
    ]
    again = [one_set(10_000, 22_300, 30_000, 38_100)]
    found = compare.compare(first, again, 60)
    assert [r.start_ms for r in found.gone] == [1_016_000]
    assert [r.start_ms for r in found.new] == [38_100]
    assert len(found.both) == 3


def test_an_even_rhythm_is_not_shifted_by_a_rep():
    starts = [10_000 + 5_000 * i for i in range(8)]
    found = compare.compare([one_set(*(s + 700_000 for s in starts))], [one_set(*starts)], 60)
    assert [(a.start_ms - b.start_ms) for a, b in found.both] == [700_000] * 8


def test_another_motions_sets_are_no_first_judgement():
    assert compare.compare([], [one_set(1, 2)], 60) is None
    assert compare.compare([one_set(10_000, 18_000)], [], 60) is None
    assert compare.compare([one_set(10_000, 18_000)], [one_set(5_000, 8_000)], 60) is None


def test_only_sets_of_that_time_or_of_an_unknown_one_are_compared():
    early, late = one_set(1, 5_000, at=NOW - timedelta(hours=9)), one_set(1, 5_000, at=NOW + timedelta(hours=2))
    unknown, its = replace(early, time_quality="estimated"), one_set(1, 5_000, at=NOW - timedelta(minutes=9))
    assert compare.sets_near([early, late, unknown, its], NOW, 600) == [unknown, its]


def generated():
    made = generate.session(2, 2, 6)
    return reader.Recording("made", 0.0, made.rate_hz, made.samples)


def test_a_slower_recording_is_the_mean_of_its_steps():
    t_s = np.arange(0, 10, 0.01)
    columns = [t_s, np.sin(t_s), *[np.full_like(t_s, 0.5)] * 5]
    taken = reader.Recording("x", 0.0, 100.0, reader.pack(np.column_stack(columns)))
    slower = reader.resample(taken, 50)
    assert slower.rate_hz == pytest.approx(50, rel=0.01)
    rows = reader.unpack(slower.samples)
    assert len(rows) == 500
    assert rows["axes"][:, 0] / 4096 == pytest.approx(np.sin(rows["t_ms"] / 1000 + 0.005), abs=0.001)
    assert set(rows["axes"][:, 1].tolist()) == {2048}


def test_a_gap_stays_a_gap_at_a_lower_rate():
    taken = generated()
    rows = reader.unpack(taken.samples)
    cut = rows[(rows["t_ms"] < 5000) | (rows["t_ms"] > 9000)]
    slower = reader.unpack(reader.resample(replace(taken, samples=cut.tobytes()), 30).samples)
    assert int(np.diff(slower["t_ms"].astype(int)).max()) >= 4000


@pytest.mark.parametrize("rate", [5, 1000, float("nan")])
def test_a_rate_that_was_not_recorded_is_refused(rate):
    with pytest.raises(InputError, match="must lie within 20 and the"):
        reader.resample(generated(), rate)


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A database with a session played on the virtual sensor, and its recording; nothing here writes to it."""
    db = tmp_path_factory.mktemp("kept") / "b.db"
    result = barhold("sync", "--seed", "1", "--keep", db=db)
    assert (result.exit_code, "is kept" in result.stderr) == (0, True)
    return db


def test_the_same_settings_change_nothing_and_others_are_reported(kept):
    result = barhold("replay", "--from-store", "--json", db=kept)
    assert result.exit_code == 0
    *reps, told = [json.loads(line) for line in result.stdout.splitlines()]
    assert (len(reps), {r["type"] for r in reps}, {r["verdict"] for r in reps}) == (24, {"rep"}, {"ok"})
    same = (told["both"], told["gone"], told["new"], told["hold_changed_s"], told["verdicts_changed"])
    assert same == (24, [], [], 0.0, [])
    slow = json.loads(barhold("replay", "--from-store", "--rate", "30", "--json", db=kept).stdout.splitlines()[-1])
    assert slow["both"] == 24
    assert 0 < slow["hold_changed_s"] < 0.15


def test_another_window_changes_verdicts_on_both_sides_alike(kept, tmp_path):
    plan = tmp_path / "long.toml"
    plan.write_text("hold_s = [2.5, 3.5]")
    text = barhold("replay", "--from-store", "--plan", plan, db=kept).stdout
    assert "24 reps as before, their holds changed by at most 0.00 s" in " ".join(text.split())
    assert " unsure " in text
    assert ": was" not in text  # the window is the plan's, the judgement of the motion is the same
    tilted = barhold("replay", "--from-store", "--calibration", "60,-60,60,1.02,0.98,1.03", "--json", db=kept)
    *reps, told = [json.loads(line) for line in tilted.stdout.splitlines()]
    assert told["hold_changed_s"] > 0
    assert not any("uncalibrated" in r["flags"] for r in reps)


def test_a_recording_without_sets_in_the_store_says_so(tmp_path):
    db = tmp_path / "b.db"
    with Store.open(db) as store:
        Recordings(store).keep(CSV, "six", None, 0)
    result = barhold("replay", "--from-store", "six", db=db)
    assert result.exit_code == 0
    assert "no first judgement" in result.stdout
    assert json.loads(barhold("replay", "--from-store", "--json", db=db).stdout.splitlines()[-1])["both"] is None


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["replay"], "name a recording"),
        (["replay", "--from-store", "nope"], "recording 'nope' is not in the database, which has generated-1"),
        (["replay", "--from-store", "--plot", "x.png"], "--plot draws files"),
        (["replay", "--from-store", "--rate", "900"], "must lie within"),
        (["replay", "--from-store", "--calibration", "1,2"], "three offsets of at most 500 mg"),
        (["replay", "--from-store", "--calibration", "1,2,900"], "three offsets"),
        (["replay", "--from-store", "--calibration", "1,2,nan"], "three offsets"),
        (["replay", "--from-store", "--calibration", "1,2,3,0.1,1,1"], "three factors of 0.5 to 1.5"),
        (["replay", "--from-store", "--plan", "nope"], "plan 'nope'"),
        (["sync", "--keep"], "--keep is for a virtual sensor"),
    ],
)
def test_what_cannot_be_judged_is_one_line(kept, args, told):
    result = barhold(*args, db=kept)
    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (2, "", 1), result.stderr
    assert told in result.stderr


def test_an_empty_store_keeps_nothing(tmp_path):
    assert "keeps no recording" in barhold("replay", "--from-store", db=tmp_path / "new.db").stderr


def test_files_too_are_judged_by_a_plan_a_rate_and_a_calibration():
    path = DATA / "six-reps.csv"
    plain = [json.loads(line) for line in barhold("replay", path, "--json").stdout.splitlines()]
    assert "verdict" not in plain[0]
    wished = barhold("replay", path, "--json", "--plan", "hip-thrust", "--rate", "50", "--calibration", "1,1,1")
    judged = [json.loads(line) for line in wished.stdout.splitlines()]
    assert len(judged) == len(plain) == 6
    assert all("verdict" in line and "uncalibrated" not in line["flags"] for line in judged)


def test_record_keeps_what_it_writes(monkeypatch, tmp_path):
    room = FakeRoom(monkeypatch)
    sensor = ModernSensor(FakeLog({}), device=b"\1" * 8, name="bar-1", samples=generated().samples)
    room.add("AA:1", sensor)
    file, db = tmp_path / "a.csv", tmp_path / "b.db"
    result = barhold("record", file, "--seconds", "2", "--keep", db=db)
    assert result.exit_code == 0, result.stderr
    with Store.open(db) as store:
        (one,) = Recordings(store).listed()
        assert (one.name, one.device_id) == ("a.csv", "01" * 8)
        assert Recordings(store).csv(one.recording_id) == Path(file).read_text(encoding="utf-8")
        store.add_anchor(Anchor("01" * 8, 1, 1, 0, 0, 1))
