"""A level that would take the bar out of the room is noticed, and solved again without what was believed before."""

from array import array

import pytest

from barcore.drift import MASK, OFFSET_VAR, RING, STRAIGHT_STEPS, Drift
from barcore.rework import BACKWARD, FORWARD, IDLE, Rework
from barcore.smooth import V_RING, Smoother
from barmotion import COUNT_M_S, drifting, follow, rep, still, up_at

MG_COUNTS = 9.80665e-3 * 0.08 / COUNT_M_S
HEIGHT_M = 16 * 0.08 * COUNT_M_S  # one unit of `travel`
MOTION = still(3.0) + (rep(hold_s=1.5) + still(0.8)) * 2
TRUE_MG = 25.0


def followed() -> tuple[Drift, int]:
    drift = Drift(calibrated=False)
    return drift, list(follow(drift, drifting(MOTION, [TRUE_MG] * len(MOTION))))[-1]


def solved(drift: Drift) -> Rework:
    rework = Rework(drift)
    rework.start(1, OFFSET_VAR)
    states = {rework.state}
    for _ in range(5000):
        if rework.update() == IDLE:
            assert states == {FORWARD, BACKWARD}
            return rework
        states.add(rework.state)
    raise AssertionError("never done")


def true_m_s(k: int) -> float:
    return TRUE_MG * 9.80665e-3 * 0.08 * k


def believe_wrongly(drift: Drift) -> None:
    """Be sure of a level 0.4 m/s off and of an offset of -60 mg."""
    drift.filter.level += round(0.4 / COUNT_M_S) << 4
    drift.filter.var = 4096
    drift.filter.spread(64)
    drift.filter.offset[2] = round(-60 * MG_COUNTS * 256)


def test_solving_again_finds_level_and_offset_whatever_was_believed() -> None:
    drift, newest = followed()
    believe_wrongly(drift)
    solved(drift)
    assert drift.now_level / 16 * COUNT_M_S == pytest.approx(true_m_s(newest), abs=0.03)
    assert drift.slope / 256 == pytest.approx(TRUE_MG * MG_COUNTS, abs=2 * MG_COUNTS)


def test_the_solution_does_not_depend_on_what_was_believed() -> None:
    right, wrong = followed()[0], followed()[0]
    believe_wrongly(wrong)
    solved(right)
    solved(wrong)
    assert (right.now_level, right.slope, list(right.filter.offset)) == (
        *(wrong.now_level, wrong.slope, list(wrong.filter.offset)),
    )


def test_the_rings_hold_the_solution_for_the_reviews_that_follow() -> None:
    drift, newest = followed()
    believe_wrongly(drift)
    for k in range(newest - 40, newest + 1):
        drift.level[k & MASK] += round(0.4 / COUNT_M_S) << 4
    solved(drift)
    off = [abs(drift.level[k & MASK] / 16 * COUNT_M_S - true_m_s(k)) for k in range(newest - 40, newest + 1)]
    assert max(off) < 0.05


def test_reps_stay_in_the_room_and_a_wrong_level_leaves_it() -> None:
    drift = Drift(calibrated=False)
    motion = still(2.0) + (rep(0.6, 1.0, 1.0, 1.0) + still(0.5)) * 4
    travels = [drift.travel * HEIGHT_M for _ in follow(drift, drifting(motion, [10.0] * len(motion)))]
    assert max(travels) < 0.9, "60 cm of a lift are no fault"
    look = Smoother(array("i", [0] * V_RING))
    look.near_slope = 16_000  # never flat
    drift = Drift(calibrated=True)
    for k in range(RING):
        drift.note(k, up_at(0), 0)
    for k in range(5, 105):
        drift.filter.level = -round(0.25 / COUNT_M_S) << 4
        drift.step(k, look)
    assert drift.travel * HEIGHT_M > 1.0, "0.25 m/s over eight seconds"


def test_a_straight_run_that_no_offset_explains_is_noticed_and_a_rep_is_not() -> None:
    drift = Drift(calibrated=True)
    steps = [drift.straight_steps for _ in follow(drift, drifting(rep(0.3, 2.5, 2.0, 3.0), [0.0] * 375))]
    assert max(steps) < STRAIGHT_STEPS
    drift = Drift(calibrated=True)
    steps = [drift.straight_steps for _ in follow(drift, drifting(still(6.0), [0.0] * 100 + [60.0] * 200))]
    assert max(steps) >= STRAIGHT_STEPS


def noise_of_a_look(turn_deg_s: float = 0.0, hole_ms: int = 0) -> tuple[int, int]:
    """The variance of a look at a flat moment, and the growth of that step."""
    drift = Drift(calibrated=True)
    for k in range(40):
        drift.note(k, up_at(turn_deg_s * 0.08 * k), 0, hole_ms if k == 20 else 0)
    look = Smoother(array("i", [0] * V_RING))
    for k in range(5, 21):
        drift.step(k, look)
    return drift.near_noise[20], drift.growth[20]


def test_a_look_weighs_less_while_the_bar_turns() -> None:
    still_look, slow, fast = (noise_of_a_look(deg_s)[0] for deg_s in (0.0, 5.0, 25.0))
    assert still_look < slow < fast
    assert fast**0.5 * COUNT_M_S > 0.3, "1.1 m/s for each rad/s"


def test_a_gap_costs_the_level_as_much_certainty_as_it_is_long() -> None:
    none, short, long = (noise_of_a_look(hole_ms=ms)[1] for ms in (0, 60, 300))
    assert none < short < long
    assert short**0.5 * COUNT_M_S == pytest.approx(0.07, abs=0.02)
    assert long**0.5 * COUNT_M_S == pytest.approx(0.31, abs=0.06)


@pytest.mark.parametrize(
    ("travel", "straight", "lost"), [(20400, 19, False), (20401, 0, True), (-20401, 0, True), (0, 20, True)]
)
def test_a_level_that_leaves_the_room_or_a_run_without_end_cannot_be_true(
    travel: int, straight: int, lost: bool
) -> None:
    drift = Drift(calibrated=True)
    drift.travel, drift.straight_steps = travel, straight
    assert drift.cannot_be_true() is lost
