"""A coach's week: who did what, against the plan, and one word of state; lifters who did not train are in it."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from barhold.check import team_week
from barhold.model import Load
from barhold.plans import plan
from barhold.store import People, Store, week_items
from hostkit import barhold
from teamkit import HOUR_MS, add_lifter

NOW = datetime(2026, 11, 27, 18, tzinfo=UTC)  # a Friday
MONDAY = date(2026, 11, 23)
NOW_MS = round(NOW.timestamp() * 1000)


@pytest.fixture
def db(tmp_path):
    return tmp_path / "team.db"


def week(db, monday=MONDAY, now=NOW, by=plan.DEFAULT):
    with Store.open(db) as store:
        lifters = [lifter.name for lifter in People(store).lifters()]
        found = team_week.rows(list(store.training_sets()), lifters, lambda _: by, monday, now)
    return {row.who: row for row in found}


def test_a_row_has_the_figures_of_this_week_alone(db):
    add_lifter(db, "Mia", "01" * 8, NOW_MS - 26 * HOUR_MS, sessions=4, load_kg=60)
    row = week(db)["Mia"]
    assert (row.sessions, row.planned, row.sets, row.reps, row.reps_ok) == (2, 3, 6, 48, 48)
    assert row.ok_share == 1.0
    assert (row.load, row.load_change) == (Load(67.5, "kg"), Load(5.0, "kg"))  # last week's heaviest was 62.5 kg
    assert row.last_session == NOW - timedelta(hours=26)
    end = row.last_session + timedelta(seconds=400 + 7 * 6 + 4.5)
    assert (row.due_from, row.due_until) == (end + timedelta(hours=24), end + timedelta(hours=48))
    before = week(db, MONDAY - timedelta(weeks=1))["Mia"]
    assert (before.sessions, before.load, before.load_change) == (2, Load(62.5, "kg"), None)


@pytest.mark.parametrize(
    ("hours_ago", "sessions", "state"),
    [
        (1, 1, team_week.RESTING),
        (26, 1, team_week.DUE),
        (50, 1, team_week.OVERDUE),
        (15 * 24, 1, team_week.AWAY),
        (1, 3, team_week.DONE),
        (49, 3, team_week.OVERDUE),
    ],
)
def test_the_state_is_one_word_for_what_comes_next(db, hours_ago, sessions, state):
    add_lifter(db, "Mia", "01" * 8, NOW_MS - hours_ago * HOUR_MS, sessions=sessions, rest_h=25)
    assert week(db)["Mia"].state == state


def test_a_past_week_was_done_or_missed(db):
    add_lifter(db, "Mia", "01" * 8, NOW_MS, sessions=4, rest_h=25)
    add_lifter(db, "Tom", "02" * 8, NOW_MS, sessions=2, rest_h=25)
    later = NOW + timedelta(weeks=1)
    assert {who: row.state for who, row in week(db, now=later).items()} == {"Mia": "done", "Tom": "missed"}


def test_lifters_who_did_not_train_and_unnamed_sensors_have_a_row(db):
    add_lifter(db, "Tom", "02" * 8, NOW_MS - 30 * HOUR_MS)
    barhold("lifter", "add", "Zoe", db=db)
    with Store.open(db) as store:
        items = [replace(item, lifter="") for item in list(store.training_sets())]
    rows = team_week.rows(items, ["Tom", "Zoe", "ada"], lambda _: plan.DEFAULT, MONDAY, NOW)
    assert [(row.who, row.sessions, row.state) for row in rows] == [
        ("02" * 8, 1, "due"),
        ("ada", 0, "new"),
        ("Tom", 0, "new"),
        ("Zoe", 0, "new"),
    ]


def test_loads_in_pounds_are_compared_in_pounds(db):
    add_lifter(db, "Mia", "01" * 8, NOW_MS - 26 * HOUR_MS, sessions=2, rest_h=6 * 24, load_kg=60)
    with Store.open(db) as store:
        items = list(store.training_sets())
    items = [replace(item, load=Load(150, "lb")) if item.boot == 2 else item for item in items]
    (row,) = team_week.rows(items, ["Mia"], lambda _: plan.DEFAULT, MONDAY, NOW)
    assert (row.load, row.load_change) == (Load(150, "lb"), Load(17.7, "lb"))  # 60 kg are 132.3 lb


def test_the_plans_longest_rest_says_how_many_sessions_a_week_needs():
    for most_h, sessions in ((48, 3), (72, 2), (24, 7), (200, 1)):
        assert team_week.planned_sessions(replace(plan.DEFAULT, rest_h=plan.Bounds(20, most_h))) == sessions


def test_a_past_week_is_read_without_later_sets_and_with_the_last_session_before_it(db):
    ten_weeks_h = 10 * 7 * 24
    add_lifter(db, "Mia", "01" * 8, NOW_MS, sessions=2, rest_h=ten_weeks_h)
    add_lifter(db, "Tom", "02" * 8, NOW_MS - 4 * 7 * 24 * HOUR_MS)
    monday = MONDAY - timedelta(weeks=4)
    with Store.open(db) as store:
        of_all = week_items.of_everybody(store, monday)
        of_mia = week_items.of_owner(store, "Mia", monday)
    assert {item.start_utc for item in of_mia if item.number == 1} == {NOW - timedelta(hours=ten_weeks_h)}
    assert [item for item in of_all if item.lifter == "Mia"] == of_mia
    assert {item.start_utc for item in of_all if item.lifter == "Tom" and item.number == 1} == {
        NOW - timedelta(weeks=4)
    }


# --- the command ------------------------------------------------------------------------------------------------


def team(db):
    now_ms = round(datetime.now(UTC).timestamp() * 1000)
    add_lifter(db, "Mia", "01" * 8, now_ms - 1 * HOUR_MS, sessions=2, load_kg=60)
    add_lifter(db, "Ada Lovelace-Byron of Somewhere", "02" * 8, now_ms - 30 * HOUR_MS)
    barhold("lifter", "add", "Zoe", db=db)


def test_the_table_fits_80_columns_and_keeps_every_figure_at_50(db, monkeypatch):
    team(db)
    for columns in ("80", "50"):
        monkeypatch.setenv("COLUMNS", columns)
        done = barhold_at(columns, "week", db=db)
        assert done.exit_code == 0
        assert max(map(len, done.stdout.splitlines())) <= int(columns)
        text = " ".join(done.stdout.split())
        assert "62.5 kg" in text
        for word in ("Ada", "Mia", "Zoe", "resting", "due", "new"):
            assert word in text, word


def barhold_at(columns, *args, db):
    from typer.testing import CliRunner  # noqa: PLC0415 - only here is a width chosen

    from barhold.cli import app  # noqa: PLC0415

    return CliRunner().invoke(app, list(args), env={"BARHOLD_DB": str(db), "NO_COLOR": "1", "COLUMNS": columns})


def test_as_json_it_is_a_line_per_lifter(db):
    team(db)
    lines = [json.loads(line) for line in barhold("week", "--json", db=db).stdout.splitlines()]
    assert [line["name"] for line in lines] == ["Ada Lovelace-Byron of Somewhere", "Mia", "Zoe"]
    mia, zoe = lines[1:]
    assert mia["load"] == {"amount": 62.5, "unit": "kg"}
    assert (mia["sessions_planned"], mia["state"]) == (3, "resting")
    assert (zoe["sessions"], zoe["last_session"], zoe["due_from"], zoe["state"]) == (0, None, None, "new")
    (only,) = barhold("week", "--json", "--lifter", "Mia", db=db).stdout.splitlines()
    assert json.loads(only) == mia


def test_an_empty_store_says_what_to_do(db):
    done = barhold("week", db=db)
    assert (done.exit_code, done.stdout) == (0, "")
    assert "barhold lifter add" in done.stderr
    assert "is not known" in barhold("week", "--lifter", "nobody", db=db).stderr
