"""Edits over sets: any sequence, undone, gives what the sensor counted; later syncs do not shift them."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barcore import protocol
from barhold.errors import InputError
from barhold.model import Anchor, Edit, Load, SetKey, Wearer
from barhold.training import edit_requests, edits, sets
from hostkit import DEVICE, raw, reps, stored

NOW = datetime(2026, 11, 22, 18, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
OTHER = "ff" * 8
LIFTERS = ("Ada", "Mia")


def counted(raws, device=DEVICE, first_h=1):
    anchors = [Anchor(device, 1, boot, 0, NOW_MS + (boot + first_h) * 3_600_000, 5) for boot in (1, 2)]
    return sets.training_sets(stored(raws, device_id=device), anchors, NOW)


THREE = [*reps(8), *reps(6, 100_000, set_number=2), *reps(4, 200_000, set_number=3)]
SETS = sorted(
    [*counted([*THREE, *reps(5, boot=2)]), *counted(reps(3), OTHER, 0)], key=lambda s: (s.start_utc, s.device_id)
)


def with_ids(words, found):
    """Put ids in the place of the sets' numbers in `found`, which is how these tests name them."""
    out = [str(word) for word in words]
    for at in (0, 2) if out[1:2] == ["merge"] else (0,):
        if len(out) > at:
            first, _, last = out[at].partition("-")
            if first.isascii() and first.isdigit():
                numbers = range(int(first), int(last or first) + 1)
                out[at] = ",".join(found[n - 1].set_id if 1 <= n <= len(found) else "zzzzzz" for n in numbers)
    return out


class Journal:
    """A journal and what it makes of sets."""

    def __init__(self, found=SETS, wearers=()):
        self.found, self.wearers, self.edits = found, wearers, []

    @property
    def now(self):
        return edits.apply(self.found, self.edits, self.wearers)

    def say(self, *words):
        said = edit_requests.parse_request(with_ids(words, self.now), self.now, LIFTERS)
        made = NOW_MS + len(self.edits)
        self.edits += [
            Edit(f"{made:016x}{n:016x}", one.key, one.action, json.dumps(one.value), made) for n, one in enumerate(said)
        ]
        return self

    def undo(self, at):
        self.edits[at] = replace(self.edits[at], undone_utc_ms=NOW_MS)


def shape(found):
    return [[rep.start_ms for rep in item.reps] for item in found]


def number_of(found, start_ms, device=DEVICE):
    return next(n for n, s in enumerate(found, 1) if s.device_id == device and s.reps[0].start_ms == start_ms)


FIRST = number_of(SETS, 10_000)


def test_a_split_gives_two_sets_numbered_anew_with_their_own_times():
    journal = Journal().say(FIRST, "split", 4)
    one, two = journal.now[FIRST - 1 : FIRST + 1]
    assert ([r.number for r in one.reps], [r.number for r in two.reps]) == ([1, 2, 3], [1, 2, 3, 4, 5])
    whole = SETS[FIRST - 1]
    assert (one.start_utc, two.end_utc) == (whole.start_utc, whole.end_utc)
    assert two.start_utc == whole.start_utc + timedelta(milliseconds=18_000)
    assert one.end_utc == whole.start_utc + timedelta(milliseconds=2 * 6_000 + 4_500)
    assert (one.key, two.key) == (whole.key, whole.key._replace(start_ms=28_000))


def test_merging_the_parts_again_gives_the_same_reps():
    journal = Journal().say(FIRST, "split", 4).say(FIRST + 1, "merge", FIRST)
    assert [replace(item, edits=()) for item in journal.now] == SETS


def test_a_dropped_rep_leaves_no_hole_and_a_dropped_set_is_gone():
    journal = Journal().say(FIRST, "drop", 1, 3)
    item = journal.now[FIRST - 1]
    assert [(r.number, r.start_ms) for r in item.reps][:3] == [(1, 16_000), (2, 28_000), (3, 34_000)]
    assert item.key == SETS[FIRST - 1].key
    assert item.start_utc == SETS[FIRST - 1].start_utc + timedelta(milliseconds=6_000)
    journal.say(FIRST, "drop", "all")
    assert len(journal.now) == len(SETS) - 1


def test_what_is_said_of_a_set_stands_in_it_and_the_last_word_counts():
    journal = Journal().say(FIRST, "load", "60kg").say(f"{FIRST}-{FIRST + 1}", "load", "132.5", "lb")
    journal.say(FIRST, "lifter", "Mia").say(FIRST, "note", "left", "foot").say(FIRST, "warm-up")
    item = journal.now[FIRST - 1]
    assert (item.load, item.lifter, item.note, item.warm_up) == (Load(132.5, "lb"), "Mia", "left foot", True)
    assert journal.now[FIRST].load == Load(132.5, "lb")
    journal.say(FIRST, "working").say(FIRST, "load").say(FIRST, "note").say(FIRST, "lifter")
    item = journal.now[FIRST - 1]
    assert (item.load, item.lifter, item.note, item.warm_up, item.working) == (None, "", "", False, True)


def test_both_parts_keep_lifter_and_load_and_the_first_keeps_the_note():
    journal = Journal().say(FIRST, "load", "60kg").say(FIRST, "lifter", "Mia").say(FIRST, "note", "x")
    one, two = journal.say(FIRST, "split", 4).now[FIRST - 1 : FIRST + 1]
    assert [(s.load, s.lifter, s.note) for s in (one, two)] == [
        (Load(60, "kg"), "Mia", "x"),
        (Load(60, "kg"), "Mia", ""),
    ]


def test_a_merged_set_takes_what_was_said_of_either():
    journal = Journal().say(FIRST, "note", "x").say(FIRST + 1, "load", "60kg").say(FIRST + 1, "note", "y")
    item = journal.say(FIRST + 1, "merge", FIRST).now[FIRST - 1]
    assert (item.note, item.load, len(item.reps)) == ("x", Load(60, "kg"), 14)


def test_a_wearers_sets_are_theirs_from_that_moment_until_the_next_one():
    starts = [item.start_utc for item in SETS if item.device_id == DEVICE]
    ms = [int(start.timestamp() * 1000) for start in starts]
    wearers = [Wearer(DEVICE, ms[1], "Mia"), Wearer(DEVICE, ms[2] + 1, "Ada")]
    found = [item.lifter for item in edits.apply(SETS, [], wearers) if item.device_id == DEVICE]
    assert found == ["", "Mia", "Mia", "Ada"]
    journal = Journal(wearers=wearers)
    assert [s.lifter for s in journal.say(number_of(SETS, 100_000), "lifter").now if s.device_id == DEVICE][1] == ""


actions = st.tuples(st.integers(1, 9), st.sampled_from(list(edit_requests.USAGE)), st.integers(1, 9))


def attempt(journal, number, action, argument):
    """Say it as a person would; what is refused is not in the journal."""
    words = {
        edits.SPLIT: [argument],
        edits.MERGE: [argument],
        edits.DROP: [argument if argument < 9 else "all"],
        edits.LIFTER: [LIFTERS[argument % 2]],
        edits.LOAD: [f"{argument}kg"],
        edits.NOTE: ["n" * argument],
    }.get(action, [])
    try:
        journal.say(number, action, *words)
    except InputError as told:
        return str(told)
    return ""


@settings(max_examples=200, deadline=None)
@given(st.lists(actions, max_size=12), st.randoms())
def test_any_edits_undone_in_any_order_give_the_original(said, chance):
    journal = Journal()
    for one in said:
        attempt(journal, *one)
    order = list(range(len(journal.edits)))
    chance.shuffle(order)
    for at in order:
        journal.undo(at)
        found = journal.now  # half undone it is still sets: no rep twice, none of fewer than two, no key twice
        starts = [(s.device_id, s.boot, r.start_ms) for s in found for r in s.reps]
        assert len(starts) == len(set(starts))
        assert len({s.key for s in found}) == len(found)
        assert all(len(s.reps) >= 2 and [r.number for r in s.reps] == list(range(1, len(s.reps) + 1)) for s in found)
        assert [s.start_utc for s in found] == sorted(s.start_utc for s in found)
    assert journal.now == SETS


@settings(max_examples=200, deadline=None)
@given(st.lists(actions, max_size=12))
def test_undoing_the_last_edit_gives_what_was_before_it(said):
    journal = Journal()
    for one in said:
        before, count = journal.now, len(journal.edits)
        attempt(journal, *one)
        after = list(journal.edits)
        for at in range(count, len(after)):
            journal.undo(at)
        assert journal.now == before
        journal.edits = after


@settings(max_examples=100, deadline=None)
@given(st.lists(actions, max_size=8))
def test_every_edit_that_was_taken_changes_something_and_is_in_its_sets(said):
    journal = Journal()
    for one in said:
        attempt(journal, *one)
        assert edits.ineffective_ids(SETS, journal.edits) == set()


def test_edits_hold_when_a_sync_brings_a_correction_later():
    journal = (
        Journal(counted(THREE)).say(1, "split", 4).say(1, "load", "60kg").say(2, "note", "second").say(2, "drop", 2)
    )
    before = shape(journal.now)
    assert before[:2] == [[10_000, 16_000, 22_000], [28_000, 40_000, 46_000, 52_000]]
    # The set's first rep, the second part's first rep and one that was dropped already are taken back by the sensor.
    late = [raw(protocol.CORRECTION, at, (1, 1, protocol.DROP_REP, 0)) for at in (10_000, 28_000, 34_000)]
    journal.found = counted([*THREE, *late])
    one, two = journal.now[:2]
    assert shape(journal.now)[:2] == [[16_000, 22_000], [40_000, 46_000, 52_000]]
    assert (one.load, two.load, two.note) == (Load(60, "kg"), None, "second")
    assert {e.action for e in journal.edits if e.edit_id in edits.ineffective_ids(journal.found, journal.edits)} == {
        "drop"
    }


def test_edits_hold_when_a_sync_brings_more_reps_of_the_set():
    journal = Journal(counted(reps(5))).say(1, "split", 3).say(2, "note", "second")
    journal.found = counted(reps(8))
    assert shape(journal.now) == [[10_000, 16_000], [22_000 + i * 6_000 for i in range(6)]]
    assert journal.now[1].note == "second"


def test_a_part_that_a_correction_leaves_with_one_rep_is_no_set():
    journal = Journal(counted(reps(5))).say(1, "split", 3)
    journal.found = counted([*reps(5), raw(protocol.CORRECTION, 10_000, (1, 1, protocol.DROP_REP, 0))])
    assert shape(journal.now) == [[22_000, 28_000, 34_000]]


def test_an_edit_of_a_part_waits_while_the_split_is_undone():
    journal = Journal().say(FIRST, "split", 4).say(FIRST + 1, "note", "second")
    journal.undo(0)
    assert [replace(item, edits=()) for item in journal.now] == SETS
    assert edits.ineffective_ids(SETS, journal.edits) == {journal.edits[1].edit_id}


@pytest.mark.parametrize(
    ("action", "value"),
    [
        ("polish", "{}"),
        ("note", "no json"),
        ("note", "[]"),
        ("split", '{"rep": null}'),
        ("merge", '{"with": [1]}'),
        ("load", '{"amount": -1, "unit": "kg"}'),
        ("load", '{"amount": 1, "unit": "stone"}'),
        ("drop", "7"),
        ("drop", "[]"),
        ("drop", '{"reps": [1]}'),
    ],
)
def test_what_a_newer_barhold_wrote_changes_nothing_and_breaks_nothing(action, value):
    edit = Edit("0" * 32, SETS[0].key, action, value, 1)
    assert [replace(item, edits=()) for item in edits.apply(SETS, [edit], [])] == SETS
    assert edits.ineffective_ids(SETS, [edit]) == {edit.edit_id}


def test_an_edit_of_a_set_that_is_not_here_changes_nothing():
    edit = Edit("0" * 32, SetKey(DEVICE, 9, 9, 9), "note", '{"text": "x"}', 1)
    assert edits.apply(SETS, [edit], []) == SETS


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("", "an edit names a set and what to do"),
        ("1", "an edit names a set and what to do"),
        ("1 polish", "k7m2qp split 5; k7m2qp merge 9x4cd1"),
        ("6 warm-up", "no set has the id zzzzzz"),
        ("x! warm-up", "is not a set's id"),
        ("xx warm-up", "no set has the id xx"),
        ("1-2 split 3", "one set at a time"),
        ("2 split", "needs one more word"),
        ("2 split 2", "both parts need 2 reps, from rep 3 to rep 7"),
        ("2 split 8", "both parts need 2 reps"),
        ("2 split 9", "has reps 1 to 8, not '9'"),
        ("2 split \u0663", "has reps 1 to 8, not"),
        ("1 split 2", "has 3 reps"),
        ("2 merge 2", "with one other set"),
        ("2 merge 9", "no set has the id zzzzzz"),
        ("1 merge 2", "two sensors or two starts"),
        ("2 merge 5", "two sensors or two starts"),
        ("2 merge 4", "merge neighbours first"),
        ("2 drop", "needs the reps to drop, or all"),
        ("2 drop 1 2 3 4 5 6 7", "would have fewer than 2 reps left"),
        ("2 drop nine", "not 'nine'"),
        ("2 warm-up now", "needs nothing more"),
        ("2 lifter Bob", "`barhold lifter add 'Bob'` first"),
        ("2 load 60 stone", "stone is not kg or lb"),
        ("2 note " + "x" * 501, "at most 500 characters"),
        ("2 note a\x1bb", "one line"),
    ],
)
def test_what_cannot_be_done_is_one_line(words, told):
    assert [len(s.reps) for s in SETS] == [3, 8, 6, 4, 5]
    with pytest.raises(InputError) as error:
        edit_requests.parse_request(with_ids(words.split(" "), SETS) if words else [], SETS, LIFTERS)
    assert told in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_a_split_at_the_first_rep_changes_nothing_and_is_reported_as_idle():
    key = SETS[FIRST - 1].key
    said = [
        Edit("0" * 32, key, "note", '{"text": "x"}', 1),
        Edit("1" * 32, key, "split", json.dumps({"rep": key.start_ms}), 2),
    ]
    assert edits.apply(SETS, said, [])[FIRST - 1].note == "x"
    assert edits.ineffective_ids(SETS, said) == {"1" * 32}


def test_a_split_after_the_last_rep_makes_no_empty_set_and_is_reported_as_idle():
    key = SETS[FIRST - 1].key
    said = [Edit("1" * 32, key, "split", json.dumps({"rep": SETS[FIRST - 1].reps[-1].start_ms + 1}), 1)]
    assert edits.apply(SETS, said, []) == SETS
    assert edits.ineffective_ids(SETS, said) == {"1" * 32}


def test_an_edit_that_made_both_parts_is_listed_once_when_they_are_merged():
    journal = Journal().say(FIRST, "split", 4).say(FIRST, "merge", FIRST + 1)
    assert journal.now[FIRST - 1].edits == tuple(edit.edit_id for edit in journal.edits)


def test_an_id_names_a_set_by_its_beginning_and_never_two():
    beginnings = {item.set_id[:1] for item in SETS}
    for begin in beginnings:
        near = [item for item in SETS if item.set_id.startswith(begin)]
        if len(near) == 1:
            assert edit_requests.find_sets(begin, SETS) == near
        else:
            with pytest.raises(InputError, match=f"{len(near)} ids begin with {begin}"):
                edit_requests.find_sets(begin, SETS)


def test_the_id_of_a_set_is_the_same_for_ever():
    assert SetKey("00112233aabbccdd", 1, 1, 10_000).set_id == "9tqb0pt3pk"
