import json
from datetime import UTC, datetime

import pytest

from barhold import check, plan, sets
from barhold.model import Anchor
from barhold.store import Store
from hostkit import DEVICE, barhold, rep, reps, stored

NOW = datetime(2026, 11, 22, 18, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
HOUR_MS = 3_600_000
ANCHOR = Anchor(DEVICE, 1, 1, 0, NOW_MS - 72 * HOUR_MS, 5)


def session_raws(start_ms=10_000, counts=(8, 8), first_set=1, **kwargs):
    raws = []
    for i, count in enumerate(counts):
        raws += reps(count, start_ms + i * 120_000, set_number=first_set + i, **kwargs)
    return raws


def checked(raws, anchors=(ANCHOR,)):
    found = sets.training_sets(stored(raws), anchors, NOW)
    return check.latest(sets.sessions(found), plan.DEFAULT)


def one_set(holds_ms, err_ms=50):
    raws = [rep(10_000 + i * 9_000, hold_ms=hold, hold_err_ms=err_ms) for i, hold in enumerate(holds_ms)]
    (found,) = sets.training_sets(stored(raws), (ANCHOR,), NOW)
    return check.training_set(found, plan.DEFAULT)


@pytest.mark.parametrize(
    ("hold_ms", "err_ms", "verdict"),
    [
        (2500, 50, "ok"),
        (2050, 50, "ok"),  # the bounds belong to the window
        (2950, 50, "ok"),
        (2049, 50, "unsure"),
        (1950, 50, "unsure"),
        (1949, 50, "short"),
        (2951, 50, "unsure"),
        (3051, 50, "long"),
        (2500, 600, "unsure"),  # both lines
        (2000, 0, "ok"),
        (1999, 0, "short"),
        (3001, 0, "long"),
    ],
)
def test_verdict_keeps_the_doubt(hold_ms, err_ms, verdict):
    assert one_set([hold_ms, 2500], err_ms).verdicts[0] == verdict


@pytest.mark.parametrize(
    ("holds_ms", "met"),
    [
        ([2500] * 6, True),
        ([2500] * 4 + [2000] * 2, True),  # 2000 +- 50 is unsure
        ([2500] * 3 + [2000] * 3, False),  # half is not more than half
        ([2000] * 6, False),
        ([2500] * 7 + [1500], False),
        ([2500] * 7 + [3500], False),
    ],
)
def test_holds_are_met_when_none_is_wrong_and_most_are_certain(holds_ms, met):
    assert one_set(holds_ms).holds_met is met


@pytest.mark.parametrize(("count", "met"), [(5, False), (6, True), (12, True), (13, False)])
def test_reps_are_within_the_plan(count, met):
    assert one_set([2500] * count).reps_met is met


@pytest.mark.parametrize(("counts", "met"), [((8,), False), ((8, 8), True), ((8, 8, 8), True), ((8,) * 4, False)])
def test_sets_are_within_the_plan(counts, met):
    (result,) = checked(session_raws(counts=counts))
    assert (result.sets_met, result.met) == (met, met)


def test_a_first_session_has_no_rest_to_compare():
    (result,) = checked(session_raws())
    assert (result.rest_h, result.rest, result.met) == (None, "first", True)


@pytest.mark.parametrize(("hours", "rest"), [(23.9, "short"), (24.1, "ok"), (47.9, "ok"), (48.1, "long")])
def test_rest_runs_from_the_last_end_to_the_next_start(hours, rest):
    end_ms = 10_000 + 120_000 + 7 * 6_000 + 4_500
    later = session_raws(end_ms + int(hours * HOUR_MS), first_set=3)
    (result,) = checked([*session_raws(), *later])
    assert result.rest_h == pytest.approx(hours, abs=0.001)
    assert (result.rest, result.met) == (rest, rest == "ok")
    assert len(result.sets) == 2


def test_a_rest_from_an_estimated_time_is_unsure_and_does_not_fail_the_plan():
    raws = [*session_raws(), *session_raws(10 * HOUR_MS, first_set=3)]
    (result,) = checked(raws, anchors=())
    assert (result.rest, result.met) == ("unsure", True)


def test_one_bad_set_fails_the_session():
    raws = [*session_raws(counts=(8,)), *session_raws(200_000, counts=(8,), first_set=2, hold_ms=1000)]
    (result,) = checked(raws)
    assert [s.holds_met for s in result.sets] == [True, False]
    assert not result.met


def test_each_sensor_is_checked_for_itself():
    records = stored(session_raws()) + stored(session_raws(counts=(8,)), device_id="ff" * 8)
    found = sets.training_sets(records, (), NOW)
    results = check.latest(sets.sessions(found), plan.DEFAULT)
    assert {r.sets[0].item.device_id: r.met for r in results} == {DEVICE: True, "ff" * 8: False}


@pytest.fixture
def database(tmp_path):
    def fill(raws):
        path = tmp_path / "b.db"
        with Store.open(path) as store:
            store.add_records(DEVICE, 1, [s.raw for s in stored(raws)], NOW_MS)
            store.add_anchor(ANCHOR)
        return path

    return fill


def test_the_command_says_met_with_status_0(database):
    result = barhold("check", db=database(session_raws()))
    assert result.exit_code == 0
    words = " ".join(result.stdout.split())
    assert "2 8 2.50 0.05 ok 30" in words
    assert "set 1: reps 8 6-12 met set 1: holds 8 ok 2-3 s met" in words
    assert "sets 2 2-3 met rest first session, nothing to compare 24-48 h - hip-thrust met" in words


def test_the_command_says_not_met_with_status_1(database):
    path = database(session_raws(hold_ms=1000))
    result = barhold("check", "--db", path)
    assert result.exit_code == 1
    assert "set 1: holds 8 short 2-3 s not met" in " ".join(result.stdout.split())
    as_json = barhold("check", "--db", path, "--json")
    assert as_json.exit_code == 1
    (line,) = [json.loads(line) for line in as_json.stdout.splitlines()]
    assert (line["type"], line["met"], line["rest"]) == ("check", False, "first")
    assert line["sets"][0]["verdicts"] == ["short"] * 8


def test_nothing_to_check_is_no_verdict(tmp_path):
    result = barhold("check", db=tmp_path / "new.db")
    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (2, "", 1)


def test_sets_lists_what_is_stored(database):
    path = database(session_raws(counts=(8, 7)))
    table = barhold("sets", db=path).stdout
    assert [len(line.split()) for line in table.splitlines() if DEVICE in line] == [8, 8]
    lines = [json.loads(line) for line in barhold("sets", "--json", db=path).stdout.splitlines()]
    assert [(line["type"], line["set"], len(line["reps"])) for line in lines] == [("set", 1, 8), ("set", 2, 7)]
    assert lines[0]["start"] == "2026-11-19T18:00:10.000+00:00"
