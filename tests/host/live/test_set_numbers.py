"""Which set the page shows, and whose, at every moment: the sensor's records and the store come in any order."""

from dataclasses import replace

import pytest

from barcore import protocol
from barhold.live.sensor_panel import UNHEARD_S, ConnectedSensor, SensorPanel
from barhold.live.turns import SetName, Turn
from barhold.plans import plan
from hostkit import raw, rep

BAR = ConnectedSensor("00112233aabbccdd", "bar-1", log_id=7)
EACH_S = 6
REPS = 3
OTHER_PLAN = replace(plan.DEFAULT, name="heavy", hold_s=plan.Bounds(4.0, 5.0))


class Bar:
    """A panel, and the sets as the page names them: what was shown since one last looked."""

    def __init__(self, lifter="Mia"):
        self.panel = SensorPanel(plan.DEFAULT, "")
        self.panel.connected(BAR)
        self.at_s, self.seq, self.seen = 0.0, 0, []
        if lifter:
            self.read(lifter)

    def read(self, lifter="Mia", numbers=(), sets_read=None, by=plan.DEFAULT):
        """Let the panel have what the store says: whose turn, and which sets of theirs it holds."""
        names = tuple(SetName(BAR.device_id, BAR.log_id, 1, number) for number in numbers)
        self.panel.take_turn(Turn(lifter, sets=names), by, self.panel.sets_stored if sets_read is None else sets_read)
        self.look()

    def hear(self, one):
        self.panel.hear(one, self.at_s)
        self.look()

    def look(self):
        """Say what the page shows, as its scripts do."""
        state = self.panel.state(self.at_s)
        resting = state["phase"] == "waiting" and state["rest_ms"] is not None
        text = f"set {state['sets_done']} done" if resting else f"set {state['sets_done'] + 1}"
        line = (state["now"]["lifter"], text, state["reps_done"] if resting else state["rep"])
        if self.seen[-1:] != [line]:
            self.seen.append(line)

    def shown(self):
        seen, self.seen = self.seen, self.seen[-1:]
        return seen

    def rep(self, set_number, number):
        for kind, hold_ms in ((protocol.RISE, 0), (protocol.TOP, 0), (protocol.HOLD_END, 2400)):
            values = (set_number, number, 300, hold_ms)
            self.hear(raw(kind, round(self.at_s * 1000), values, seq=protocol.NO_SEQ))
            self.at_s += 1
        if number == 2:
            self.hear(raw(protocol.SET_START, 0, (set_number, 2, 2000), seq=self.next_seq()))
        self.hear(rep(round((self.at_s - 3) * 1000), set_number, number))
        self.seq += 1
        self.at_s += EACH_S - 3

    def end(self, set_number, reps=REPS, flags=0):
        self.at_s += 15
        end_ms = round((self.at_s - 18) * 1000)
        self.hear(raw(protocol.SET_END, end_ms, (set_number, reps, 300, 9000), flags, seq=self.next_seq()))

    def set(self, set_number):
        for number in range(1, REPS + 1):
            self.rep(set_number, number)
        self.end(set_number)

    def next_seq(self):
        self.seq += 1
        return self.seq - 1


def lines(lifter, number):
    """Return what is shown from a set's first rise to its end."""
    return [(lifter, f"set {number}", n) for n in range(1, REPS + 1)] + [(lifter, f"set {number} done", REPS)]


def test_a_store_that_is_read_while_a_set_runs_does_not_count_it_yet():
    bar = Bar()
    bar.shown()
    for number in range(1, REPS + 1):
        bar.rep(1, number)
        bar.read(numbers=(1,) if number > 1 else ())  # it is a set from the second rep on
    bar.end(1)
    assert bar.shown()[1:] == lines("Mia", 1)


@pytest.mark.parametrize("order", ["store first", "read first", "nothing read", "read too early"])
def test_a_sets_end_shows_one_number_whatever_comes_first(order):
    bar = Bar()
    bar.set(1)
    if order == "store first":  # stored, then read
        assert bar.panel.stored(bar.seq)
        bar.look()
        bar.read(numbers=(1,))
    elif order == "read first":  # read, before the answer that it is stored
        bar.read(numbers=(1,))
        assert bar.panel.stored(bar.seq)
        bar.look()
        bar.read(numbers=(1,))
    elif order == "read too early":  # what was read is from before the set was stored
        bar.read(sets_read=0)
        assert bar.panel.stored(bar.seq)
        bar.read(sets_read=0)
    bar.set(2)
    bar.panel.stored(bar.seq)
    bar.read(numbers=(1, 2))
    assert bar.shown()[1:] == lines("Mia", 1) + lines("Mia", 2)


def test_a_set_whose_end_is_not_stored_yet_is_not_taken_for_stored():
    bar = Bar()
    bar.set(1)
    assert not bar.panel.stored(bar.seq - 1)
    bar.read()
    assert bar.shown()[-1] == ("Mia", "set 1 done", REPS)


def test_after_the_first_rep_of_a_set_no_rest_is_shown_and_after_a_lone_lift_it_goes_on():
    bar = Bar()
    bar.set(1)
    bar.shown()
    bar.rep(2, 1)
    assert bar.shown()[1:] == [("Mia", "set 2", 1)]
    assert bar.panel.state(bar.at_s)["rest_ms"] is None
    bar.end(2, reps=1, flags=protocol.LONE)
    assert bar.shown()[1:] == [("Mia", "set 1 done", REPS)]
    assert bar.panel.state(bar.at_s)["rest_ms"] == pytest.approx(1000 * (15 + EACH_S + 15 + 3), abs=50)


def test_a_rep_that_began_while_the_set_before_was_still_open_is_the_next_ones_first():
    bar = Bar()
    bar.set(1)
    bar.rep(2, 1)
    bar.rep(2, 2)
    bar.at_s += 15
    bar.hear(raw(protocol.RISE, round(bar.at_s * 1000), (2, 3, 300, 0), seq=protocol.NO_SEQ))
    bar.shown()
    bar.hear(raw(protocol.SET_END, round((bar.at_s - 16) * 1000), (2, 2, 300, 9000), seq=bar.next_seq()))
    assert bar.shown()[1:] == [("Mia", "set 3", 1)]


def test_a_running_set_stays_its_lifters_when_the_turn_is_given_to_somebody_else():
    bar = Bar()
    bar.set(1)
    bar.panel.stored(bar.seq)
    bar.read(numbers=(1,))
    bar.shown()
    bar.rep(2, 1)
    bar.read("Tom", by=OTHER_PLAN)
    state = bar.panel.state(bar.at_s)
    assert (state["lifter"], state["now"]["lifter"], state["plan"]["name"]) == ("Tom", "Mia", plan.DEFAULT.name)
    bar.rep(2, 2)
    bar.read("Tom", by=OTHER_PLAN)
    bar.rep(2, 3)
    bar.end(2)
    bar.panel.stored(bar.seq)
    bar.read("Tom", by=OTHER_PLAN)
    assert bar.shown()[1:] == [*lines("Mia", 2)[:-1], ("Tom", "set 1", 0)]
    state = bar.panel.state(bar.at_s)
    assert (state["plan"]["name"], state["target_ms"]) == ("heavy", 4000)
    bar.set(3)
    bar.read("Mia", numbers=(1, 2))  # her turn again: her own rest and reps, not his
    assert bar.shown()[-2:] == [("Tom", "set 1 done", REPS), ("Mia", "set 2 done", REPS)]


def test_a_turn_given_while_resting_shows_nobody_as_resting_from_no_set():
    bar = Bar()
    bar.set(1)
    bar.read("Tom")
    assert bar.shown()[-1] == ("Tom", "set 1", 0)
    bar.read("Mia")
    assert bar.shown()[-1] == ("Mia", "set 1 done", REPS)


def test_whoever_had_the_turn_already_when_the_page_began_lifts_the_running_set():
    bar = Bar(lifter="")
    bar.rep(4, 2)
    bar.read("Mia", numbers=(2, 3, 4))
    assert bar.shown()[-1] == ("Mia", "set 3", 2)


def test_a_set_whose_end_was_missed_ends_by_itself():
    bar = Bar()
    bar.rep(1, 1)
    bar.rep(1, 2)
    bar.panel.disconnected("the link broke")
    bar.panel.connected(BAR)
    bar.read(numbers=(1,))
    assert bar.shown()[-1] == ("Mia", "set 1", 2)
    bar.at_s += UNHEARD_S + 1
    bar.look()
    assert bar.shown()[-1] == ("Mia", "set 2", 0)
