"""The past corrected from the command line, who it is of, and what lay on the bar."""

import json
import re
import shlex
import sqlite3
from contextlib import closing

import pytest

from barcore import protocol
from barhold.model import Anchor
from barhold.store import Device, People, Store
from hostkit import DEVICE, barhold, raw, reps, stored

OTHER = "ff" * 8
START_MS = 1_763_800_000_000
HOUR_MS = 3_600_000


@pytest.fixture
def db(tmp_path):
    """A store with two sessions of sensor bar-1 (sets 1-2 and 4) and one of bar-2 (set 3)."""
    path = tmp_path / "b.db"
    with Store.open(path) as store:
        store.add_device(Device(DEVICE, "bar-1", "0.1.0", 0))
        store.add_device(Device(OTHER, "bar-2", "0.1.0", 0))
        raws = [*reps(8), *reps(6, 200_000, set_number=2), *reps(7, 30 * HOUR_MS, set_number=3)]
        store.add_records(DEVICE, 1, [s.raw for s in stored(raws)], START_MS)
        store.add_records(OTHER, 1, [s.raw for s in stored(reps(5, 5 * HOUR_MS))], START_MS)
        for device in (DEVICE, OTHER):
            store.add_anchor(Anchor(device, 1, 1, 0, START_MS, 5))
    return path


def listed(db, *args):
    return [json.loads(line) for line in barhold("sets", "--json", *args, db=db).stdout.splitlines()]


def counts(db):
    return [len(line["reps"]) for line in listed(db)]


def set_id(db, number):
    return listed(db)[number - 1]["id"]


def edit(db, *words):
    """Edit sets, which these tests name by their numbers in the list of the moment."""
    words = list(words)
    for at in (0, 2) if words[1:2] == ["merge"] else (0,):
        first, _, last = str(words[at]).partition("-")
        words[at] = ",".join(set_id(db, number) for number in range(int(first), int(last or first) + 1))
    result = barhold("sets", "--edit", *words, db=db)
    assert result.exit_code == 0, result.stderr
    return result


def refused(db, *args):
    result = barhold(*args, db=db)
    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (2, "", 1), result.stderr
    return result.stderr


def test_sets_have_ids_and_are_listed_in_part(db):
    assert counts(db) == [8, 6, 5, 7]
    ids = [line["id"] for line in listed(db)]
    assert len(set(ids)) == 4
    assert [line["id"] for line in listed(db, "--last", "2")] == ids[2:]
    assert [line["id"] for line in listed(db, "--lifter", OTHER)] == ids[2:3]
    assert [line["id"] for line in listed(db, "--since", "2025-11-23")] == ids[3:]
    assert [line["id"] for line in listed(db, "--until", "2025-11-22", "--last", "1")] == ids[2:3]
    assert "not a date" in refused(db, "sets", "--since", "yesterday")
    assert "no set of Bob" in barhold("sets", "--lifter", "Bob", db=db).stderr
    shown = [line.split()[0] for line in barhold("sets", db=db).stdout.splitlines()[2:]]
    assert shown == [name[:6] for name in ids]


def test_an_id_names_the_same_set_after_a_sync_that_brings_older_ones(db):
    third = set_id(db, 3)
    with Store.open(db) as store:
        older = [s.raw for s in stored(reps(4))]
        store.add_records("aa" * 8, 1, older, START_MS)
        store.add_anchor(Anchor("aa" * 8, 1, 1, 0, START_MS - 100 * HOUR_MS, 5))
    assert set_id(db, 1) != third
    assert barhold("sets", "--edit", third[:6], "note", "x", db=db).exit_code == 0
    assert [line["id"] for line in listed(db) if line["note"]] == [third]
    assert barhold("sets", "--edit", "last", "note", "y", db=db).exit_code == 0
    assert [line["note"] for line in listed(db)] == ["", "", "", "x", "y"]


def test_the_check_names_sets_by_the_same_ids(db):
    checked = [json.loads(line) for line in barhold("check", "--json", "--all", db=db).stdout.splitlines()]
    assert sorted(one["id"] for line in checked for one in line["sets"]) == sorted(one["id"] for one in listed(db))


def test_a_split_shows_both_parts_and_is_undone(db):
    result = edit(db, 1, "split", 5)
    lines = result.stdout.splitlines()[2:]
    assert [line.split()[0] for line in lines[:2]] == [f"{set_id(db, number)[:6]}*" for number in (1, 2)]
    assert "`barhold sets --undo` takes it back" in result.stderr
    assert counts(db) == [4, 4, 6, 5, 7]
    assert "undone:" in barhold("sets", "--undo", db=db).stderr
    assert counts(db) == [8, 6, 5, 7]
    assert "no edit to undo" in refused(db, "sets", "--undo")


def test_every_edit_does_what_it_says(db):
    barhold("lifter", "add", "Mia", db=db)
    edit(db, 1, "merge", 2)
    edit(db, 1, "drop", 3, 5)
    edit(db, "1-2", "lifter", "Mia")
    edit(db, 2, "note", "left", "foot")
    edit(db, 3, "warm-up")
    one, two, three = listed(db)
    assert (len(one["reps"]), one["lifter"], two["lifter"], two["note"], three["warm_up"]) == (
        *(12, "Mia", "Mia", "left foot", True),
    )
    assert len(one["edits"]) == 4
    gone = edit(db, 3, "drop", "all")
    assert (gone.stdout, "no longer counts" in gone.stderr) == ("", True)
    assert counts(db) == [12, 5]
    assert f"{set_id(db, 2)[:6]}: left foot" in barhold("sets", db=db).stdout


def test_the_last_command_is_undone_whole_and_any_edit_by_its_id(db):
    edit(db, 1, "drop", 1, 2)
    edit(db, "1-3", "warm-up")
    barhold("sets", "--undo", db=db)
    assert [line["warm_up"] for line in listed(db)] == [False] * 4
    assert counts(db) == [6, 6, 5, 7]
    journal = [json.loads(line) for line in barhold("sets", "--journal", "--json", db=db).stdout.splitlines()]
    assert [(line["action"], line["in_force"]) for line in journal] == [("drop", True)] * 2 + [("warm-up", False)] * 3
    result = barhold("sets", "--undo", journal[0]["id"][:8], "--json", db=db)
    (undone,) = [json.loads(line) for line in result.stdout.splitlines()]
    assert (undone["id"], undone["in_force"], undone["undone"] is None) == (journal[0]["id"], False, False)
    assert counts(db) == [7, 6, 5, 7]
    edit(db, 1, "split", 4)
    for _ in range(2):
        barhold("sets", "--undo", db=db)
    assert counts(db) == [8, 6, 5, 7]
    assert listed(db) == [line | {"edits": []} for line in listed(db)]


def test_the_journal_says_what_was_said_and_whether_it_counts(db):
    edit(db, 1, "split", 5)
    edit(db, 2, "note", "second half")
    first = json.loads(barhold("sets", "--journal", "--json", db=db).stdout.splitlines()[0])["id"]
    barhold("sets", "--undo", first, db=db)
    lines = barhold("sets", "--journal", db=db).stdout
    assert "split rep at 24.0 s" in lines
    assert "undone" in lines
    assert "note 'second half'" in lines
    assert "its set or rep is not there" in " ".join(lines.split())
    assert counts(db) == [8, 6, 5, 7]


def test_a_journal_that_a_newer_barhold_wrote_is_shown_all_the_same(db):
    edit(db, 1, "note", "x")
    for action, value in (("polish", '{"shine": 1}'), ("load", '{"amount": "much", "unit": 5}'), ("drop", "no json")):
        with closing(sqlite3.connect(db)) as raw_store:
            columns = "device_id, log_id, boot, start_ms"
            said = (f"{len(value):032x}", action, value, START_MS * 2)
            raw_store.execute(
                f"insert into edit ({columns}, edit_id, action, value, made_utc_ms) "
                f"select {columns}, ?, ?, ?, ? from edit limit 1",
                said,
            )
            raw_store.commit()
    lines = [json.loads(line) for line in barhold("sets", "--journal", "--json", db=db).stdout.splitlines()]
    assert [(line["action"], line["in_force"]) for line in lines] == [
        ("note", True), ("drop", False), ("polish", False), ("load", False),
    ]  # fmt: skip
    assert "polish" in barhold("sets", "--journal", db=db).stdout
    assert counts(db) == [8, 6, 5, 7]
    assert barhold("sets", "--undo", db=db).exit_code == 0


def test_what_the_sensor_counted_is_never_changed(db):
    def records():
        with closing(sqlite3.connect(db)) as raw_store:
            return raw_store.execute("select * from record order by 1, 2, 3").fetchall()

    before = records()
    edit(db, 1, "merge", 2)
    edit(db, 1, "drop", "all")
    assert records() == before


def test_an_edit_survives_a_later_sync_with_a_correction(db):
    edit(db, 1, "split", 5)
    edit(db, 2, "load", "60kg")
    corrections = [raw(protocol.CORRECTION, at, (1, 1, protocol.DROP_REP, 0)) for at in (10_000, 34_000)]
    rows = [s.raw for s in stored([*reps(21), *corrections])][21:]  # the records after the 21 that are stored
    with Store.open(db) as store:
        store.add_records(DEVICE, 1, rows, START_MS)
    assert counts(db) == [3, 3, 6, 5, 7]
    assert listed(db)[1]["load"] == {"amount": 60.0, "unit": "kg"}


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["sets", "--edit"], "an edit names a set and what to do"),
        (["sets", "--edit", "zzzz", "warm-up"], "no set has the id zzzz"),
        (["sets", "--edit", "last", "split", "1"], "both parts need 2 reps"),
        (["sets", "--edit", "last", "lifter", "Bob"], "lifter 'Bob' is not known"),
        (["sets", "12", "split", "5"], "write --edit before it"),
        (["sets", "--edit", "--undo"], "one at a time"),
        (["sets", "--undo", "abcd"], "no edit to undo"),
        (["sets", "--journal", "1"], "--journal takes no words"),
        (["load", "60", "stone"], "stone is not kg or lb"),
        (["load", "60kg", "--set", "zzz9"], "no set has the id zzz9"),
        (["load", "60kg", "--set", "last", "--session"], "one of them"),
        (["load", "60kg", "--lifter", "Bob"], "no set of Bob is stored"),
        (["lifter", "wear", "Bob", "--sensor", "bar-1"], "lifter 'Bob' is not known"),
        (["lifter", "add", " Mia"], "no space at the ends"),
        (["lifter", "add", "0123456789abcdef"], "not a sensor's id"),
        (["lifter", "add", "Mia", "--plan", "nope"], "plan 'nope'"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_changes_nothing(db, args, told):
    assert told in refused(db, *args)
    with Store.open(db) as store:
        assert (People(store).edits(), People(store).lifters()) == ([], [])


def test_an_unknown_id_and_one_of_two_edits_are_reported(db):
    edit(db, 1, "warm-up")
    assert "no edit in force has an id that begins with 'zz'" in refused(db, "sets", "--undo", "zz")
    edit(db, 2, "warm-up")
    assert "2 edits in force have an id that begins with ''" in refused(db, "sets", "--undo", "")


def test_an_empty_store_has_nothing_to_change(tmp_path):
    for args in (["sets", "--edit", "last", "warm-up"], ["load", "60kg"]):
        refused(tmp_path / "new.db", *args)
    assert "nothing was edited yet" in barhold("sets", "--journal", db=tmp_path / "new.db").stderr


def test_a_load_is_of_the_last_set_of_those_named_or_of_the_last_session(db):
    assert barhold("load", "60kg", db=db).exit_code == 0
    barhold("load", "132.5", "lb", "--set", f"{set_id(db, 1)},{set_id(db, 2)}", db=db)
    barhold("load", "62,5", "kg", "--session", "--lifter", OTHER, db=db)
    loads = [(line["load"]["amount"], line["load"]["unit"]) for line in listed(db)]
    assert loads == [(132.5, "lb"), (132.5, "lb"), (62.5, "kg"), (60.0, "kg")]
    assert "132.5 lb" in barhold("sets", db=db).stdout
    edit(db, 1, "load")
    assert listed(db)[0]["load"] is None


def test_a_sensors_sets_are_its_wearers_since_a_moment(db):
    for name in ("Mia", "Ada"):
        assert barhold("lifter", "add", name, db=db).exit_code == 0
    assert "2 sensors match. Choose one with --sensor" in refused(db, "lifter", "wear", "Mia")
    assert "is no time" in refused(db, "lifter", "wear", "Mia", "--sensor", "bar-1", "--since", "yesterday")
    worn = barhold("lifter", "wear", "Mia", "--sensor", "bar-1", "--always", "--json", db=db)
    assert json.loads(worn.stdout)["device"] == DEVICE
    assert json.loads(barhold("lifter", "add", "Mia", "--json", db=db).stdout)["new"] is False
    at = "2025-11-23T08:00+00:00"  # between the sets of bar-1
    assert barhold("lifter", "wear", "Ada", "--sensor", DEVICE[:4], "--since", at, db=db).exit_code == 0
    assert [line["lifter"] for line in listed(db)] == ["Mia", "Mia", None, "Ada"]
    told = json.loads(barhold("lifter", "wear", "Mia", "--sensor", OTHER, "--json", db=db).stdout)
    assert (told["sets"], told["sets_without_lifter"]) == (0, 1)
    told = barhold("lifter", "wear", "Mia", "--sensor", OTHER, db=db).stderr
    assert "1 set synced before has no lifter" in told
    offered = re.search("`barhold (lifter wear Mia .*)` makes it Mia's", told)
    assert offered
    said = barhold(*shlex.split(offered[1]), db=db)
    assert "stored sets of bar-2 that belong to Mia: 1" in said.stderr
    assert [line["lifter"] for line in listed(db)] == ["Mia", "Mia", "Mia", "Ada"]
    unknown = "0123456789abcdef"
    assert f"barhold-{unknown[-4:]}" in barhold("lifter", "wear", "Ada", "--sensor", unknown, db=db).stdout
    known = [json.loads(line) for line in barhold("lifter", "list", "--json", db=db).stdout.splitlines()]
    assert [(line["name"], line["wears"]) for line in known] == [
        ("Ada", ["bar-1", "barhold-cdef"]), ("Mia", ["bar-2"]),
    ]  # fmt: skip
    assert "bar-1" in barhold("lifter", "list", db=db).stdout


def test_a_lifter_who_is_added_again_keeps_their_plan(db):
    barhold("lifter", "add", "Mia", "--plan", "glute-bridge", db=db)
    assert "kept Mia, who trains by glute-bridge" in barhold("lifter", "add", "Mia", "Ada", db=db).stdout
    plans = [json.loads(line)["plan"] for line in barhold("lifter", "list", "--json", db=db).stdout.splitlines()]
    assert plans == [None, "glute-bridge"]
    assert "changed Mia, who trains by the chosen plan" in barhold("lifter", "add", "Mia", "--plan", "", db=db).stdout


def test_each_lifter_is_checked_by_their_own_plan(db, tmp_path):
    mine = tmp_path / "mine.toml"
    mine.write_text("sets = 1\nreps = [5, 7]")
    barhold("lifter", "add", "Ada", "--plan", mine, db=db)
    barhold("lifter", "add", "Mia", db=db)
    barhold("lifter", "wear", "Ada", "--sensor", "bar-2", "--always", db=db)
    barhold("lifter", "wear", "Mia", "--sensor", "bar-1", "--always", db=db)
    lines = [json.loads(line) for line in barhold("check", "--json", db=db).stdout.splitlines()]
    assert [(line["lifter"], line["plan"], line["met"]) for line in lines] == [
        ("Ada", "mine", True), ("Mia", "hip-thrust", False),
    ]  # fmt: skip
    assert barhold("check", "--lifter", "Ada", db=db).exit_code == 0
    assert barhold("check", "--lifter", "Ada", "--plan", "hip-thrust", db=db).exit_code == 1
    mine.unlink()
    assert "cannot be read" in refused(db, "check", "--lifter", "Ada")


def test_the_examples_of_the_help_run(db, monkeypatch, tmp_path):
    monkeypatch.setenv("BARHOLD_CONFIG", str(tmp_path / "config"))
    for words in ("lifter add", "lifter list", "plan list", "plan show", "plan check", "plan use"):
        lines = barhold(*words.split(), "--help").stdout.splitlines()
        examples = [line.split()[1:] for line in lines if line.strip().startswith("barhold ")]
        assert examples
        for example in examples:
            assert barhold(*example, db=db).exit_code == 0, example
