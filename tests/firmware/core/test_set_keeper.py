"""The set keeper, row by row of its table, and the reference range."""

from barcore import protocol
from barcore.sets import CLOSING, DONE, DROPPED, FIRST, JUDGED, LEAST_MM, NONE, OPEN, SetKeeper


def keeper(*rom_mm: int) -> SetKeeper:
    sets = SetKeeper()
    for i, rom in enumerate(rom_mm):
        sets.add(5000 * i, 5000 * i + 3000, rom, 0, 0)
    return sets


def judged(sets: SetKeeper) -> list[int]:
    sets.close()
    verdicts = []
    while not verdicts or verdicts[-1] != DONE:
        verdicts.append(sets.judge())
    return verdicts


def test_the_first_rep_is_pending_and_the_second_opens_the_set() -> None:
    sets = keeper(300)
    assert (sets.state, sets.number, sets.reps) == (FIRST, 1, 1)
    sets.add(5000, 8000, 300, 0, 0)
    assert (sets.state, sets.number, sets.reps) == (OPEN, 1, 2)


def test_a_set_is_over_after_more_than_15_s_and_not_before() -> None:
    assert not keeper().is_over(10**6)
    for sets in (keeper(300), keeper(300, 300)):
        assert not sets.is_over(sets.last_end_ms + 15000)
        assert sets.is_over(sets.last_end_ms + 15001)


def test_closing_judges_every_rep_and_ends_at_none() -> None:
    sets = keeper(300, 300)
    assert judged(sets) == [JUDGED, JUDGED, DONE]
    assert (sets.state, sets.reference_mm) == (NONE, 0)
    sets.add(60000, 63000, 300, 0, 0)
    assert (sets.state, sets.number, sets.reps) == (FIRST, 2, 1)


def test_close_waits_for_the_judgement() -> None:
    sets = keeper(300)
    sets.close()
    assert sets.state == CLOSING
    assert not sets.is_open()


def test_the_reference_is_the_largest_then_the_upper_quartile() -> None:
    assert keeper(300).reference_mm == 300
    assert keeper(300, 280).reference_mm == 300
    assert keeper(300, 280, 290).reference_mm == 290
    assert keeper(500, 300, 300, 300, 300).reference_mm == 300, "one wrong range does not rule the set"


def test_a_rep_must_reach_8_cm_and_half_of_the_reference() -> None:
    assert keeper().least_mm() == LEAST_MM
    assert keeper(100).least_mm() == LEAST_MM
    assert keeper(300).least_mm() == 150


def test_under_70_percent_is_partial() -> None:
    sets = keeper(300, 300)
    assert sets.add(10000, 13000, 209, 0, 0) == protocol.PARTIAL
    assert sets.add(15000, 18000, 211, protocol.CLIPPED, 0) == protocol.CLIPPED


def test_the_end_of_the_set_judges_the_first_reps_by_all() -> None:
    assert judged(keeper(190, 300, 300, 300)) == [protocol.PARTIAL, JUDGED, JUDGED, JUDGED, DONE]
    assert judged(keeper(100, 300, 300, 300)) == [DROPPED, JUDGED, JUDGED, JUDGED, DONE]


def test_only_what_is_surely_under_half_of_the_reference_is_dropped() -> None:
    for more_mm, verdict in ((-140, DROPPED), (9, DROPPED), (10, protocol.PARTIAL), (1000, protocol.PARTIAL)):
        sets = SetKeeper()
        sets.add(0, 3000, 140, 0, more_mm)
        for i in range(1, 4):
            sets.add(5000 * i, 5000 * i + 3000, 300, 0, 0)
        assert judged(sets) == [verdict, JUDGED, JUDGED, JUDGED, DONE], more_mm


def test_more_reps_than_it_can_hold_are_still_counted() -> None:
    sets = keeper(*[300] * 140)
    assert sets.reps == 140
    assert sets.reference_mm == 300
    assert judged(sets).count(JUDGED) == 100
