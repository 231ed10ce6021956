"""Clocks that are wrong: what is stored keeps its times, and the user is told."""

import json
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from barhold.errors import StoreError
from barhold.model import Anchor
from barhold.store import Store, database, derived
from hostkit import DEVICE, barhold, barhold_process, reps, stored

START_MS = 1_790_000_000_000
HOUR_MS = 3_600_000
OTHER = "ff" * 8


def fill(place: str, anchor: Anchor | None = None) -> None:
    with Store.open(place) as store:
        for device in (DEVICE, OTHER):
            store.add_anchor(Anchor(device, 1, 1, 0, START_MS, 20))
            store.add_records(device, 1, [one.raw for one in stored(reps(4))], START_MS)
        if anchor:
            store.add_anchor(anchor)


def starts(place: str) -> dict[str, int]:
    with Store.open(place) as store:
        return {item.device_id: round(item.start_utc.timestamp() * 1000) for item in store.training_sets()}


def test_a_clock_that_contradicts_is_kept_beside_and_moves_nothing(database_place: str) -> None:
    fill(database_place)
    before = starts(database_place)
    wrong = Anchor(DEVICE, 1, 1, 60_000, START_MS + 60_000 + 6 * HOUR_MS, 1)
    right = Anchor(DEVICE, 1, 1, 120_000, START_MS + 120_000, 10)
    with Store.open(database_place) as store:
        assert store.add_anchor(wrong) == 6 * HOUR_MS
        assert starts(database_place) == before
        assert store.add_anchor(right) == 0
        assert store.disputed_anchors() == [(right, wrong)]
    assert starts(database_place) == before


def test_drift_and_round_trips_are_no_contradiction(database_place: str) -> None:
    fill(database_place)
    with Store.open(database_place) as store:
        day_ms = 24 * HOUR_MS  # at 200 ppm: 17.28 s; and half of both round trips
        assert store.add_anchor(Anchor(DEVICE, 1, 1, day_ms, START_MS + day_ms + 17_300, 40)) == 0
        assert store.add_anchor(Anchor(DEVICE, 1, 1, day_ms, START_MS + day_ms + 17_400, 40)) == 17_400
        assert store.add_anchor(Anchor(DEVICE, 1, 1, day_ms, START_MS + day_ms - 17_400, 40)) == -17_400


def test_accepting_decides_for_this_computer_and_keeps_the_other_clock(database_place: str) -> None:
    fill(database_place)
    before = starts(database_place)
    mine = Anchor(DEVICE, 1, 1, 60_000, START_MS + 60_000 - 6 * HOUR_MS, 30)
    with Store.open(database_place) as store:
        store.add_anchor(mine)
        store.accept_anchor(mine)
        assert store.disputed_anchors() == [(mine, Anchor(DEVICE, 1, 1, 0, START_MS, 20))]
    assert starts(database_place) == {**before, DEVICE: before[DEVICE] - 6 * HOUR_MS}


@pytest.mark.parametrize("clock_s", [0, 1_577_836_799, 4_102_444_800, 2**33])
def test_a_host_whose_clock_cannot_be_right_writes_nothing(
    database_place: str, monkeypatch: pytest.MonkeyPatch, clock_s: int
) -> None:
    fill(database_place)
    monkeypatch.setattr(time, "time_ns", lambda: clock_s * 1_000_000_000)
    with Store.open(database_place) as store:
        with pytest.raises(StoreError, match=r"this computer's clock says \S+: set it, then repeat"):
            store.add_records(DEVICE, 1, [one.raw for one in stored(reps(5))][4:], START_MS)
        assert len(list(store.records(DEVICE))) == 4


def test_an_impossible_anchor_is_named_and_every_other_view_stays_whole(tmp_path: Path) -> None:
    place = str(tmp_path / "b.db")
    fill(place)
    with Store.open(place) as store, store.engine.begin() as connection:
        connection.execute(sa.text(f"update anchor set utc_ms = 9000000000000000 where device_id = '{DEVICE}'"))
    assert barhold("db", "rebuild", db=place).exit_code == 0
    for words in (("sets",), ("check",)):
        done = barhold(*words, db=place)
        assert f"sensor {DEVICE}, boot 1: its anchor, 9000000000000000 ms since 1970, cannot be true" in done.stderr
        assert OTHER[-4:] in done.stdout
    lines = [json.loads(line) for line in barhold("sets", "--json", db=place).stdout.splitlines()]
    assert {line["device"]: line["time_quality"] for line in lines} == {OTHER: "anchored", DEVICE: "estimated"}


@pytest.mark.parametrize("utc_ms", [9_000_000_000_000_000, -9_000_000_000_000_000])
def test_an_impossible_set_is_named_and_left_out(tmp_path: Path, utc_ms: int) -> None:
    place = str(tmp_path / "b.db")
    fill(place)
    with Store.open(place) as store, store.engine.begin() as connection:
        of_log = f"log_number = (select number from log where device_id = '{DEVICE}')"
        connection.execute(sa.text(f"update training_set set start_utc_ms = {utc_ms} where {of_log}"))
    done = barhold("sets", "--json", db=place)
    assert [json.loads(line)["device"] for line in done.stdout.splitlines()] == [OTHER]
    assert "cannot be true; it is left out (`barhold db rebuild`)" in done.stderr
    checked = barhold("db", "check", db=place)
    assert checked.exit_code == 2
    assert "differs from its records" in checked.stdout
    assert barhold("db", "rebuild", db=place).exit_code == 0
    assert barhold("db", "check", db=place).exit_code == 0
    assert set(starts(place)) == {DEVICE, OTHER}


def test_an_impossible_time_in_the_journal_breaks_no_view(tmp_path: Path) -> None:
    place = str(tmp_path / "b.db")
    fill(place)
    assert barhold("sets", "--edit", "last", "note", "x", db=place).exit_code == 0
    with Store.open(place) as store, store.engine.begin() as connection:
        connection.execute(sa.text("update edit set made_utc_ms = 9000000000000000"))
    assert "impossible" in barhold("sets", "--journal", db=place).stdout
    assert json.loads(barhold("sets", "--journal", "--json", db=place).stdout)["made"] is None


def test_a_zone_in_which_no_time_can_be_shown_is_one_line(tmp_path: Path) -> None:
    fill(str(tmp_path / "b.db"))
    done = barhold_process("sets", BARHOLD_DB=str(tmp_path / "b.db"), TZ="UTC+25")
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert "TZ=UTC+25 cannot be used" in done.stderr


def test_check_finds_what_was_changed_and_rebuild_mends_it(database_place: str) -> None:
    fill(database_place)
    with Store.open(database_place) as store, store.engine.begin() as connection:
        connection.execute(sa.text("update training_set set rep_values = '[[9' || substr(rep_values, 4)"))
    done = barhold("db", "check", db=database_place)
    assert (done.exit_code, done.stdout.count("differs from its records")) == (2, 2)
    assert barhold("db", "check", db=database_place).exit_code == 2, "a check changes nothing"
    assert "2 sets with 8 reps" in barhold("db", "rebuild", db=database_place).stdout
    assert barhold("db", "check", db=database_place).exit_code == 0
    with Store.open(database_place) as store, database.writing(store.engine) as connection:
        assert derived.find_differences(connection) == []
