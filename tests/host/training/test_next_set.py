"""Turns at a shared bar, and what is said of a set before it exists: it reaches the right set and no other."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from barhold.errors import InputError
from barhold.model import Lifter, Load, Wearer
from barhold.store import People, Store, journal
from barhold.training import edit_requests, next_set, people
from hostkit import barhold
from teamkit import HOUR_MS, SET_EVERY_MS, add_lifter

BAR = "01" * 8
BEGUN_MS = 1_796_000_000_000
NOW = datetime.fromtimestamp(BEGUN_MS / 1000 + 3600, UTC)
BETWEEN_1_AND_2_MS = BEGUN_MS + 100_000  # the first set ends after 46 s, the second begins after 200 s


@pytest.fixture
def store(tmp_path):
    """Give a store with one session of three sets on a bar that Mia wears."""
    add_lifter(tmp_path / "b.db", "Mia", BAR, BEGUN_MS)
    with Store.open(tmp_path / "b.db") as opened:
        People(opened).add_lifter(Lifter("Tom"))
        yield opened


def say(store, at_ms, *words, number=1):
    action, value = edit_requests.parse_next_set(words)
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    journal.add_for_next_set(store, BAR, action, value, at, UUID(int=number))


def counting(store):
    return list(store.training_sets())


def assigned(store):
    journal.assign_planned(store)
    return counting(store)


def loads(items):
    return [item.load and item.load.amount for item in items]


def test_a_load_goes_to_the_set_that_follows_and_to_no_other(store):
    say(store, BETWEEN_1_AND_2_MS, "load", "60kg")
    assert loads(counting(store)) == [None, None, None]
    assert loads(assigned(store)) == [None, 60, None]
    assert loads(assigned(store)) == [None, 60, None]  # asked again, nothing moves on to the third


def test_what_is_said_while_a_set_runs_is_of_that_set(store):
    say(store, BEGUN_MS + SET_EVERY_MS + 20_000, "warm-up")
    assert [item.warm_up for item in assigned(store)] == [False, True, False]


def test_the_last_word_counts_and_each_can_be_undone(store):
    for number, load in enumerate(("60kg", "62.5kg"), start=1):
        say(store, BETWEEN_1_AND_2_MS + number, "load", load, number=number)
    assert loads(assigned(store)) == [None, 62.5, None]
    (last,) = People(store).last_change()
    journal.undo(store, [last.edit_id], NOW)
    assert loads(counting(store)) == [None, 60, None]


def test_the_same_request_counts_once_before_and_after_its_set(store):
    for _ in range(2):
        say(store, BETWEEN_1_AND_2_MS, "load", "60kg")
    assert loads(assigned(store)) == [None, 60, None]
    say(store, BEGUN_MS + SET_EVERY_MS + 100_000, "load", "60kg")  # its answer was lost: the page asks again
    assert loads(assigned(store)) == [None, 60, None]
    assert len(People(store).edits()) == 1


def test_it_waits_for_the_lifter_of_whom_it_was_said(store):
    say(store, BETWEEN_1_AND_2_MS, "load", "60kg")
    wearers = People(store)
    wearers.wear(Wearer(BAR, BETWEEN_1_AND_2_MS + 1000, "Tom"))
    wearers.wear(Wearer(BAR, BEGUN_MS + 2 * SET_EVERY_MS - 1000, "Mia"))
    items = assigned(store)
    assert [(item.lifter, item.load and item.load.amount) for item in items] == [
        ("Mia", None),
        ("Tom", None),
        ("Mia", 60),
    ]


def test_it_is_forgotten_after_three_hours(store):
    say(store, BEGUN_MS - 3 * HOUR_MS - 1, "load", "60kg")
    assert loads(assigned(store)) == [None, None, None]


def test_what_was_said_of_the_next_set_is_summed_up_for_whose_turn_it_is(store):
    for number, words in enumerate((["load", "60kg"], ["load", "65kg"], ["warm-up"], ["note", "left foot"]), start=1):
        say(store, BETWEEN_1_AND_2_MS + number, *words, number=number)
    stored = People(store)
    now_ms = BETWEEN_1_AND_2_MS + 1000
    planned = next_set.planned(stored.edits(), people.Wearing(stored.wearers()), BAR, now_ms)
    assert next_set.summary(planned) == next_set.NextSet(Load(65, "kg"), True, "left foot")
    People(store).take_turn(Wearer(BAR, now_ms, "Tom"))
    assert next_set.planned(stored.edits(), people.Wearing(stored.wearers()), BAR, now_ms) == []
    later_ms = now_ms + 3 * HOUR_MS
    People(store).take_turn(Wearer(BAR, later_ms, "Mia"))
    assert next_set.planned(stored.edits(), people.Wearing(stored.wearers()), BAR, later_ms) == []


def test_only_what_fits_a_coming_set_can_be_said_of_it(store):
    for words in ([], ["drop", "all"], ["lifter", "Tom"], ["split", "2"]):
        with pytest.raises(InputError, match="of a set to come"):
            edit_requests.parse_next_set(words)
    with pytest.raises(InputError, match="needs a unit"):
        edit_requests.parse_next_set(["load", "60"])


# --- turns ------------------------------------------------------------------------------------------------------


def test_a_turn_holds_until_the_next_one(store):
    People(store).take_turn(Wearer(BAR, BETWEEN_1_AND_2_MS, "Tom"))
    assert [item.lifter for item in counting(store)] == ["Mia", "Tom", "Tom"]
    People(store).take_turn(Wearer(BAR, BEGUN_MS + 2 * SET_EVERY_MS - 1, "Mia"))
    assert [item.lifter for item in counting(store)] == ["Mia", "Tom", "Mia"]


def test_a_set_under_way_stays_with_whoever_began_it(store):
    People(store).take_turn(Wearer(BAR, BEGUN_MS + SET_EVERY_MS + 1, "Tom"))
    assert [item.lifter for item in counting(store)] == ["Mia", "Mia", "Tom"]


def test_taking_a_turn_twice_keeps_its_start(store):
    first = People(store).take_turn(Wearer(BAR, BETWEEN_1_AND_2_MS, "Tom"))
    assert People(store).take_turn(Wearer(BAR, BETWEEN_1_AND_2_MS + 500, "Tom")) == first
    assert len(People(store).wearers()) == 2


def test_two_phones_that_choose_at_once_do_not_overrule_each_other(store):
    seen_ms = 0  # both saw that Mia wears it since ever
    first = People(store).take_turn(Wearer(BAR, BETWEEN_1_AND_2_MS, "Tom"), seen_ms)
    assert People(store).take_turn(Wearer(BAR, BETWEEN_1_AND_2_MS + 5, "Tom"), seen_ms) == first
    People(store).add_lifter(Lifter("Zoe"))
    with pytest.raises(InputError, match="it is Tom's turn"):
        People(store).take_turn(Wearer(BAR, BETWEEN_1_AND_2_MS + 10, "Zoe"), seen_ms)
    assert People(store).take_turn(Wearer(BAR, BETWEEN_1_AND_2_MS + 10, "Zoe"), first.since_utc_ms).lifter == "Zoe"


def test_a_wearer_entry_in_the_future_changes_nothing_yet(store):
    People(store).wear(Wearer(BAR, 1 << 60, "Tom"))
    assert people.Wearing(People(store).wearers()).lifter(BAR, BETWEEN_1_AND_2_MS) == "Mia"


def test_the_command_takes_and_shows_turns(tmp_path):
    db = tmp_path / "b.db"
    add_lifter(db, "Mia", BAR, BEGUN_MS)
    add_lifter(db, "Tom", "02" * 8, BEGUN_MS)
    done = barhold("turn", "Tom", "--sensor", "bar-01", db=db)
    assert (done.exit_code, done.stdout) == (0, "bar-01: Tom lifts\n")
    assert barhold("turn", db=db).stdout == "bar-01: Tom lifts\nbar-02: Tom lifts\n"
    unknown = barhold("turn", "Nobody", "--sensor", "bar-01", db=db)
    assert (unknown.exit_code, len(unknown.stderr.splitlines())) == (2, 1)
    assert "barhold lifter add" in unknown.stderr
    assert barhold("turn", "Tom", db=db).exit_code == 2  # two sensors: which one?
    assert "the database has no sensor yet" in barhold("turn", db=tmp_path / "empty.db").stderr
