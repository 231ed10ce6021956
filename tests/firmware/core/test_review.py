"""The review, row by row of its table."""

import pytest

from barcore.drift import STEP_TICKS, Drift
from barcore.rep import LEAST_MM
from barcore.review import BACK, FOUND, IDLE, WALK, Review
from barmotion import TICK_S, rep, ring, still

REP_TICKS = round((1.0 + 2.0 + 1.4) / TICK_S)


class Listed(Drift):
    """A drift of zero that lists the steps which were smoothed."""

    def __init__(self) -> None:
        super().__init__(calibrated=True)
        self.begun: list[int] = []
        self.smoothed: list[int] = []

    def start_back(self, k: int) -> None:
        self.begun.append(k)

    def back(self, k: int, steps: int = 1) -> None:
        self.smoothed += range(k, k - steps, -1)


def begun(velocities: list[float], least_mm: int = LEAST_MM) -> Review:
    """A review that has begun, with the newest step where the motion ends."""
    review = Review(ring(velocities), Listed())
    review.start(len(velocities) // STEP_TICKS, least_mm)
    return review


def until(review: Review, *states: int) -> int:
    """Update until the review leaves `states`; the state it then has."""
    for _ in range(5000):
        if review.update() not in states:
            return review.state
    raise AssertionError("the review never leaves these states")


def test_idle_does_nothing_until_it_is_started() -> None:
    drift = Listed()
    review = Review(ring(rep()), drift)
    before = (review.rep.tick, review.from_tick)
    assert [review.update() for _ in range(5)] == [IDLE] * 5
    assert (review.rep.tick, review.from_tick) == before
    assert (drift.begun, drift.smoothed) == ([], [])
    review.start(50, LEAST_MM)
    assert review.state == BACK


def test_back_smooths_a_step_an_update_newest_first_down_to_the_start() -> None:
    drift = Listed()
    review = Review(ring(rep()), drift)
    review.skip_to(46)
    review.start(60, LEAST_MM)
    for done in range(60 - 11):
        assert review.state == BACK
        assert len(drift.smoothed) == done
        review.update()
    assert review.update() == WALK
    assert drift.begun == [60]
    assert drift.smoothed == list(range(60, 10, -1)), "step 11 holds tick 46"
    assert review.rep.tick == 46


def test_walk_goes_a_tick_an_update_to_the_end_of_the_stretch() -> None:
    review = begun(still(2.0))
    assert until(review, BACK) == WALK
    for tick in range(1, 105):
        assert review.state == WALK
        review.update()
        assert review.rep.tick == tick
    assert review.update() == IDLE, "a step beyond the newest is walked on a foretold level, no more"
    assert review.from_tick == 0, "no rep was found: the next review looks at all this again"


def test_a_complete_rep_is_found_and_the_walk_goes_on_from_its_end() -> None:
    review = begun(rep() + rep() + still(1.0))
    assert until(review, BACK, WALK) == FOUND
    end_tick = review.rep.measured.end_tick
    assert end_tick == pytest.approx(REP_TICKS, abs=10)
    assert review.from_tick == end_tick
    assert review.rep.measured.down_ms - review.rep.measured.top_ms == pytest.approx(2218, abs=30)
    assert review.update() == WALK
    assert review.rep.tick == end_tick
    assert until(review, WALK) == FOUND
    assert review.rep.measured.start_ms >= end_tick * 20
    assert until(review, FOUND, WALK) == IDLE
    assert review.from_tick == pytest.approx(2 * REP_TICKS, abs=10)


def test_a_rep_left_waiting_is_found_again_by_the_next_review() -> None:
    motion = still(0.5) + rep() + still(1.0)
    review = begun(motion)
    assert until(review, BACK, WALK) == FOUND
    end_tick = review.rep.measured.end_tick
    review.wait()
    assert (review.state, review.from_tick) == (IDLE, 0)
    review.start(len(motion) // STEP_TICKS, LEAST_MM)
    assert until(review, BACK, WALK) == FOUND
    assert review.rep.measured.end_tick == review.from_tick == end_tick


def test_a_second_rep_left_waiting_keeps_the_first_ones_end() -> None:
    review = begun(rep() + rep() + still(1.0))
    until(review, BACK, WALK)
    first_end = review.from_tick
    assert review.update() == WALK
    assert until(review, WALK) == FOUND
    assert review.from_tick > first_end
    review.wait()
    assert review.from_tick == first_end


@pytest.mark.parametrize("end_s", [2.9, 3.8, 4.0])
def test_a_rep_under_way_waits_for_the_next_review(end_s: float) -> None:
    motion = (rep() + still(1.0))[: round(end_s / TICK_S)]
    review = begun(motion)
    assert until(review, BACK, WALK) == IDLE
    assert review.from_tick == 0


def test_a_rep_counts_only_when_100_ms_more_were_seen() -> None:
    whole = rep() + still(1.0)
    review = begun(whole)
    until(review, BACK, WALK)
    end_tick = review.rep.measured.end_tick
    for ticks in range(end_tick, end_tick + 20):
        walked_to = (ticks // STEP_TICKS + 1) * STEP_TICKS
        state = until(begun(whole[:ticks]), BACK, WALK)
        assert state == (FOUND if walked_to - end_tick >= 5 else IDLE)


@pytest.mark.parametrize(("raised_mm", "count"), [(LEAST_MM, 3), (150, 2)])
def test_a_rep_found_may_raise_the_least_range_of_the_next(raised_mm: int, count: int) -> None:
    review = begun(rep(0.3) + still(0.3) + rep(0.12) + still(0.3) + rep(0.3) + still(1.0))
    found = 0
    while review.state != IDLE:
        if review.update() == FOUND:
            found += 1
            review.least_mm = raised_mm
    assert found == count


def test_a_stretch_longer_than_the_rings_loses_its_oldest_part() -> None:
    drift = Listed()
    review = Review(ring(still(1.0)), drift)
    review.start(1000, LEAST_MM)
    while review.update() == BACK:
        pass
    assert len(drift.smoothed) <= 256
    assert review.from_tick == drift.smoothed[-1] * STEP_TICKS > 1000 * STEP_TICKS - 1024


def test_skip_to_never_goes_back_and_restart_goes_to_the_beginning() -> None:
    review = begun(still(1.0))
    review.skip_to(30)
    review.skip_to(20)
    assert review.from_tick == 30
    review.restart()
    assert (review.state, review.from_tick) == (IDLE, 0)
