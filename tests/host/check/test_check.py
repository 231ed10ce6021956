import json
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from barhold.check import verdicts
from barhold.model import Anchor
from barhold.plans import plan
from barhold.store import Store
from barhold.training import sets
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
    return verdicts.check_latest(sets.sessions(found), plan.DEFAULT)


def one_set(holds_ms, err_ms=50):
    raws = [rep(10_000 + i * 9_000, hold_ms=hold, hold_err_ms=err_ms) for i, hold in enumerate(holds_ms)]
    (found,) = sets.training_sets(stored(raws), (ANCHOR,), NOW)
    return verdicts.check_set(found, plan.DEFAULT)


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


@pytest.mark.parametrize(
    ("before", "after", "rest"),
    [
        (("estimated", "anchored"), ("anchored", "estimated"), "ok"),  # only the times on both sides of the rest matter
        (("anchored", "estimated"), ("anchored", "anchored"), "unsure"),
        (("anchored", "anchored"), ("estimated", "anchored"), "unsure"),
    ],
)
def test_a_rest_is_as_sure_as_the_last_set_before_it_and_the_first_after_it(before, after, rest):
    found = sets.training_sets(stored([*session_raws(), *session_raws(30 * HOUR_MS, first_set=3)]), (ANCHOR,), NOW)
    items = [replace(item, time_quality=word) for item, word in zip(found, (*before, *after), strict=True)]
    assert verdicts.check_session(items[2:], items[:2], plan.DEFAULT).rest == rest


def test_the_spreads_of_rise_fall_and_range_are_standard_deviations():
    checked_set = one_set([2500] * 3)
    durations = ((900, 1000, 0.3), (1000, 1300, 0.4), (1100, 1600, 0.5))
    uneven = tuple(
        replace(one, rise_ms=rise_ms, fall_ms=fall_ms, rom_m=rom_m)
        for one, (rise_ms, fall_ms, rom_m) in zip(checked_set.item.reps, durations, strict=True)
    )
    checked_set = replace(checked_set, item=replace(checked_set.item, reps=uneven))
    assert checked_set.rise_spread_s == pytest.approx(0.1)
    assert checked_set.fall_spread_s == pytest.approx(0.3)
    assert checked_set.range_spread == pytest.approx(0.1 / 0.4)


def test_one_bad_set_fails_the_session():
    raws = [*session_raws(counts=(8,)), *session_raws(200_000, counts=(8,), first_set=2, hold_ms=1000)]
    (result,) = checked(raws)
    assert [s.holds_met for s in result.sets] == [True, False]
    assert not result.met


def test_each_sensor_is_checked_for_itself():
    records = stored(session_raws()) + stored(session_raws(counts=(8,)), device_id="ff" * 8)
    found = sets.training_sets(records, (), NOW)
    results = verdicts.check_latest(sets.sessions(found), plan.DEFAULT)
    assert {r.sets[0].item.device_id: r.met for r in results} == {DEVICE: True, "ff" * 8: False}


def every(raws, by=plan.DEFAULT, anchors=(ANCHOR,), **fields):
    found = [replace(item, **fields) for item in sets.training_sets(stored(raws), anchors, NOW)]
    return verdicts.check_sessions(sets.sessions(found), by)


def test_a_warm_up_set_is_shown_and_does_not_count():
    raws = [*reps(3, hold_ms=1000), *session_raws(120_000, first_set=2)]
    (result,) = every(raws, replace(plan.DEFAULT, warm_up_sets=1))
    assert [one.warm_up for one in result.sets] == [True, False, False]
    assert (len(result.working_sets), result.met, result.verdicts) == (2, True, {"ok": 16})
    (result,) = every(raws)
    assert not result.met


def test_what_somebody_said_of_a_set_goes_before_the_plans_warm_up():
    by = replace(plan.DEFAULT, warm_up_sets=1)
    found = sets.training_sets(stored(session_raws(counts=(8, 8, 8))), (ANCHOR,), NOW)
    said = [replace(found[0], working=True), replace(found[1], warm_up=True), found[2]]
    assert [one.warm_up for one in verdicts.check_session(said, None, by).sets] == [False, True, False]


def test_a_session_of_warm_up_sets_alone_has_no_set():
    (result,) = every(session_raws(), warm_up=True)
    assert (result.sets_met, result.met, result.unsure_share) == (False, False, 0)


def test_sessions_are_per_lifter_across_sensors_and_per_sensor_without_one():
    one = sets.training_sets(stored(session_raws(counts=(8,))), (ANCHOR,), NOW)
    anchor = replace(ANCHOR, device_id="ff" * 8)
    two = sets.training_sets(stored(session_raws(300_000, counts=(8,)), device_id="ff" * 8), (anchor,), NOW)
    assert len(verdicts.check_sessions(sets.sessions([*one, *two]), plan.DEFAULT)) == 2
    mias = [replace(item, lifter="Mia") for item in (*one, *two)]
    (result,) = verdicts.check_sessions(sets.sessions(mias), plan.DEFAULT)
    assert (result.owner, len(result.sets), result.met) == ("Mia", 2, True)


def test_rest_is_each_lifters_own():
    raws = [*session_raws(), *session_raws(10 * HOUR_MS, first_set=3), *session_raws(40 * HOUR_MS, first_set=5)]
    found = sets.training_sets(stored(raws), (ANCHOR,), NOW)
    named = [replace(item, lifter="Ada" if index in (2, 3) else "Mia") for index, item in enumerate(found)]
    results = verdicts.check_sessions(sets.sessions(named), plan.DEFAULT)
    assert [(one.owner, one.rest) for one in results] == [("Mia", "first"), ("Ada", "first"), ("Mia", "ok")]


def test_a_tempo_is_judged_with_its_doubt_and_fails_nothing():
    by = replace(plan.DEFAULT, tempo=plan.Tempo.parse("2-1-X-3"))
    item = sets.training_sets(stored(session_raws(counts=(8,))), (ANCHOR,), NOW)[0]  # 1.1 s down, 0.8 s below, 0.9 s up
    assert verdicts.tempo_verdicts(item, by) == {
        "fall": (pytest.approx(1.1), "short"),
        "bottom": (pytest.approx(0.8), "ok"),
    }
    assert verdicts.tempo_verdicts(item, plan.DEFAULT) == {}
    rising = replace(by, tempo=plan.Tempo.parse("1-1-2-3"))
    assert verdicts.tempo_verdicts(item, rising)["rise"] == (pytest.approx(0.9), "short")
    assert every(session_raws(), by)[0].met


def test_the_pause_before_the_first_rep_is_not_part_of_the_tempo():
    (item, _) = sets.training_sets(stored(session_raws()), (ANCHOR,), NOW)
    slow_start = replace(item, reps=(replace(item.reps[0], bottom_ms=60_000), *item.reps[1:]))
    by = replace(plan.DEFAULT, tempo=plan.Tempo.parse("1-1-1-3"))
    assert verdicts.tempo_verdicts(slow_start, by)["bottom"] == (pytest.approx(0.8), "ok")


def test_a_tempo_that_scatters_over_the_line_is_unsure():
    raws = [rep(10_000 + i * 9_000, number=i + 1) for i in range(6)]
    (item,) = sets.training_sets(stored(raws), (ANCHOR,), NOW)
    falls = (900, 2300, 1000, 2200, 1100, 2000)
    uneven = replace(item, reps=tuple(replace(r, fall_ms=fall) for r, fall in zip(item.reps, falls, strict=True)))
    assert (
        verdicts.tempo_verdicts(uneven, replace(plan.DEFAULT, tempo=plan.Tempo.parse("2-1-1-3")))["fall"][1] == "unsure"
    )


def test_weeks_begin_on_monday_and_are_met_when_all_their_sessions_are():
    days = [session_raws(day * 36 * HOUR_MS, first_set=1 + 2 * day) for day in range(6)]
    days[5] = session_raws(5 * 36 * HOUR_MS, first_set=11, hold_ms=1000)
    weeks = verdicts.check_weeks(every([raw for day in days for raw in day]))
    assert all(week.monday.weekday() == 0 for week in weeks)
    assert sum(len(week.sessions) for week in weeks) == 6
    assert [week.met for week in weeks] == [True] * (len(weeks) - 1) + [False]
    assert weeks[-1].verdicts["short"] == 16


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
    assert [len(line.split()) for line in table.splitlines() if "barhold-ccdd" in line] == [8, 8]
    lines = [json.loads(line) for line in barhold("sets", "--json", db=path).stdout.splitlines()]
    assert [(line["type"], line["set"], len(line["reps"])) for line in lines] == [("set", 1, 8), ("set", 2, 7)]
    assert lines[0]["start"] == "2026-11-19T18:00:10.000+00:00"


def test_the_command_gives_advice_with_its_rule_and_the_safety_words(database):
    words = " ".join(barhold("check", db=database(session_raws(counts=(12, 12)))).stdout.split())
    assert "More load: all targets met in all 2 sets at 12 reps. (rule: more-load)" in words
    assert "Stop on pain. Rest 24-48 h before the same muscles again." in words


def test_a_decay_is_told_only_where_it_exceeds_its_error(database):
    falling = [rep(10_000 + i * 9_000, number=i + 1, hold_ms=2900 - 100 * i, hold_err_ms=40) for i in range(8)]
    flat = reps(8, 200_000, set_number=2)
    path = database([*falling, *flat])
    words = " ".join(barhold("check", db=path).stdout.split())
    assert "1 -0.70 +- " in words
    assert "2 no clear change" in words
    (line,) = [json.loads(line) for line in barhold("check", "--json", db=path).stdout.splitlines()]
    assert [one["hold_change_s"]["proven"] for one in line["sets"]] == [True, False]
    assert line["sets"][0]["hold_change_s"]["by"] == -0.7


def test_check_all_and_week_show_a_line_each_and_are_met_only_together(database):
    path = database([*session_raws(hold_ms=1000), *session_raws(30 * HOUR_MS, first_set=3)])
    assert barhold("check", db=path).exit_code == 0
    result = barhold("check", "--all", db=path)
    assert result.exit_code == 1
    assert [line.split()[-1] for line in result.stdout.splitlines() if line.startswith("2026-")] == ["met", "met"]
    assert sum("not met" in line for line in result.stdout.splitlines()) == 1
    lines = [json.loads(line) for line in barhold("check", "--all", "--json", db=path).stdout.splitlines()]
    assert [(line["met"], line["advice"] is None) for line in lines] == [(False, True), (True, False)]
    weeks = [json.loads(line) for line in barhold("check", "--week", "--all", "--json", db=path).stdout.splitlines()]
    assert sum(week["sessions"] for week in weeks) == 2
    assert {week["type"] for week in weeks} == {"week"}
    assert "2026-11-16" in barhold("check", "--week", db=path).stdout


def test_advice_however_long_is_folded_and_never_cut(database, tmp_path):
    slow = tmp_path / "slow.toml"
    slow.write_text('tempo = "2-2-2-3"')
    words = " ".join(barhold("check", "--plan", slow, db=database(session_raws())).stdout.split())
    advice = words[words.index("The same load again") : words.index(" Stop on pain")]
    assert advice.startswith("The same load again: set 1's fall took 1.1 s, the tempo is 2-2-2-3; set 1's bottom took")
    assert advice.endswith("set 2's rise took 0.9 s, the tempo is 2-2-2-3. (rule: same-load)")


def test_a_list_wider_than_80_columns_is_never_cut(database):
    path = database(session_raws())
    barhold("load", "132.5 lb", "--session", db=path)
    barhold("lifter", "add", "M" * 40, db=path)
    assert barhold("sets", "--edit", "last", "lifter", "M" * 40, db=path).exit_code == 0
    assert barhold("sets", "--edit", "last", "warm-up", db=path).exit_code == 0
    line = barhold("sets", db=path).stdout.splitlines()[-1]
    assert re.match(r"\w{6}\*  ", line)
    assert line.endswith("132.5 lb w")
    assert "M" * 40 in line
    assert len(line) > 80


def test_check_by_another_plan_and_for_one_lifter(database, tmp_path):
    path = database(session_raws(counts=(8, 8)))
    mine = tmp_path / "mine.toml"
    mine.write_text("reps = [10, 12]")
    assert barhold("check", "--plan", mine, db=path).exit_code == 1
    assert '"plan": "mine"' in barhold("check", "--plan", mine, "--json", db=path).stdout
    assert barhold("check", "--lifter", DEVICE, db=path).exit_code == 0
    result = barhold("check", "--lifter", "Bob", db=path)
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
    assert "no set of Bob is stored" in result.stderr


@pytest.mark.parametrize("command", ["check", "sets"])
def test_a_sensor_without_a_lifter_is_named_when_it_has_no_set_in_a_time(database, command):
    done = barhold(command, "--lifter", "ccdd", "--since", "2040-01-01", db=database(session_raws()))
    assert "no set of barhold-ccdd is stored in this time" in done.stderr
