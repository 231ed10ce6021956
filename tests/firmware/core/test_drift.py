"""The drift's filter: what it learns at rest, what it distrusts, and what looking back adds."""

import math
from array import array

import pytest

from barcore.drift import MASK, RING, Drift
from barcore.smooth import V_RING, Smoother
from barmotion import COUNT_M_S, TICK_S, counts, drifting, follow, rep, still, up_at

MG_COUNTS = 9.80665e-3 * 0.08 / COUNT_M_S  # what one milli-g of offset adds to the integral in a step of 80 ms


def after(drift: Drift, integral: list[int]) -> int:
    """Follow all of it; the last step taken."""
    return list(follow(drift, integral))[-1]


def level_m_s(drift: Drift) -> float:
    return drift.now_level / 16 * COUNT_M_S


@pytest.mark.parametrize("offset_mg", [-40.0, -5.0, 0.0, 5.0, 20.0, 40.0])
def test_a_constant_offset_is_the_slope_of_the_level_after_seconds_of_rest(offset_mg: float) -> None:
    drift = Drift(calibrated=False)
    integral = drifting(still(5.0), [offset_mg] * 250)
    k = after(drift, integral)
    assert drift.slope / 256 == pytest.approx(offset_mg * MG_COUNTS, abs=0.5 * MG_COUNTS)
    assert level_m_s(drift) == pytest.approx(integral[4 * k - 1] * COUNT_M_S, abs=0.01)
    assert drift.flat_steps > 20


def test_the_slope_goes_on_through_the_reps_that_follow() -> None:
    drift = Drift(calibrated=False)
    motion = still(5.0) + (rep(hold_s=1.0) + still(0.4)) * 4
    integral = drifting(motion, [20.0] * len(motion))
    worst_m_s = 0.0
    for k in follow(drift, integral):
        if k > 50:
            true_m_s = 20.0 * 9.80665e-3 * TICK_S * 4 * k
            worst_m_s = max(worst_m_s, abs(level_m_s(drift) - true_m_s))
    assert worst_m_s < 0.05
    assert drift.slope / 256 == pytest.approx(20 * MG_COUNTS, abs=2 * MG_COUNTS)


def rolling() -> tuple[list[float], list[float], list[float]]:
    """Motion, roll and acceleration error of a bar at rest at 0, at 60 and at 0 degrees, with an offset in y and z."""
    roll_deg = [0.0] * 200 + [60 * i / 50 for i in range(50)] + [60.0] * 200 + [60 - 60 * i / 50 for i in range(50)]
    acc_mg = [30 * math.sin(math.radians(deg)) - 10 * math.cos(math.radians(deg)) for deg in roll_deg]
    return still(10.0), roll_deg, acc_mg


@pytest.mark.parametrize("plane", ["zy", "xz", "yx"])
def test_an_offset_that_the_roll_turns_is_learnt_as_a_vector(plane: str) -> None:
    motion, roll_deg, acc_mg = rolling()
    drift = Drift(calibrated=False)
    list(follow(drift, drifting(motion, acc_mg), roll_deg, plane))
    learnt_mg = {axis: offset / 256 / MG_COUNTS for axis, offset in zip("xyz", drift.filter.offset, strict=True)}
    assert learnt_mg.pop(plane[0]) == pytest.approx(-10, abs=3)
    assert learnt_mg.pop(plane[1]) == pytest.approx(30, abs=4)
    assert learnt_mg.popitem()[1] == pytest.approx(0, abs=1), "nothing was seen of the bar's own axis"


def stepped(near_slope: int, far_slope: int) -> int:
    """The level, counts, after a second of looks at 600 counts that are as flat as told."""
    drift = Drift(calibrated=True)
    look = Smoother(array("i", [0] * V_RING))
    look.near = look.far = 600
    look.near_slope, look.far_slope = near_slope, far_slope
    drift.restart(600)
    drift.filter.level = 0
    for k in range(RING):
        drift.note(k, up_at(0), 0)
    for k in range(5, 17):
        drift.step(k, look)
    return drift.now_level >> 4


def test_the_level_follows_what_is_flat_by_the_short_or_by_the_long_means() -> None:
    moving, rest = 16_000, 0
    assert stepped(rest, moving) > 300
    assert stepped(moving, rest) > 100, "a bar that shakes hard is flat only over a second"
    assert abs(stepped(moving, moving)) < 60


def test_a_contradiction_is_distrusted() -> None:
    drift = Drift(calibrated=True)
    # A rise whose middle is as flat as rest, but at 0.3 m/s.
    motion = still(4.0) + [0.1, 0.2] + [0.3] * 25 + [0.2, 0.1] + still(1.0)
    levels = [abs(level_m_s(drift)) for _ in follow(drift, counts(motion))]
    assert max(levels) < 0.04
    assert levels[-1] < 0.02


def believed(var: int, flat_steps: int, seen: int = 5000) -> int:
    """The weight, of 4096, of a look that contradicts a level of zero."""
    drift = Drift(calibrated=True)
    drift.filter.var, drift.flat_steps = var, flat_steps
    return drift._believe(seen, 4096)


def test_a_contradiction_weighs_the_less_the_surer_the_level_is() -> None:
    sure, unsure = 260 * 260, 7830 * 7830  # (0.01 m/s)^2, (0.3 m/s)^2
    assert believed(sure, 0) < 2048
    assert believed(unsure, 0) > 3900
    assert believed(sure, 0, seen=0) == 4096
    assert believed(sure, 0, seen=(1 << 30) - 1) == 0


def test_long_flatness_overrules_the_level() -> None:
    weights = [believed(260 * 260, steps) for steps in range(25)]
    assert weights == sorted(weights)
    assert weights[5] < 2048
    assert weights[20] == weights[24] > 3900
    drift = Drift(calibrated=True)
    jump = counts(still(4.0) + [0.6] * 250)  # as after a blow that the integral did not survive
    levels = [level_m_s(drift) for _ in follow(drift, jump)]
    assert levels[round((4.0 + 0.3 - 0.5) / 0.08)] < 0.15, "not at once"
    assert levels[-1] == pytest.approx(0.6, abs=0.1)


def test_back_joins_both_directions() -> None:
    drift = Drift(calibrated=False)
    motion = still(1.0) + (rep(hold_s=0.8) + still(0.3)) * 3 + still(2.0)
    newest = after(drift, drifting(motion, [25.0] * len(motion)))
    drift.start_back(newest)
    between = 0
    for k in range(newest, 0, -1):
        at = k & MASK
        backward, forward = drift._behind[0], drift.level[at]
        drift.back(k)
        smoothed = drift.smooth_level[at]
        assert min(backward, forward) - 1 <= smoothed <= max(backward, forward) + 1
        assert drift.smooth_var[at] < drift.var[at] or k > newest - 3
        if k == newest:
            assert drift.smooth_var[at] > 0.98 * drift.var[at], "at its start it knows nothing yet"
        between += min(backward, forward) < smoothed < max(backward, forward)
    assert between > newest // 3, "both directions count"


def test_looking_back_knows_better() -> None:
    drift = Drift(calibrated=False)
    motion = still(0.6) + (rep(hold_s=0.8) + still(0.3)) * 3 + still(2.0)
    newest = after(drift, drifting(motion, [25.0] * len(motion)))
    drift.start_back(newest)
    for k in range(newest, 0, -1):
        drift.back(k)
    true = [25.0 * 9.80665e-3 * 0.08 * k / COUNT_M_S * 16 for k in range(newest)]
    forward = [abs(drift.level[k] - true[k]) for k in range(10, newest)]
    smoothed = [abs(drift.smooth_level[k] - true[k]) for k in range(10, newest)]
    assert sum(smoothed) < 0.5 * sum(forward)
    assert max(smoothed) / 16 * COUNT_M_S < 0.05


def test_the_ring_keeps_only_its_last_steps() -> None:
    drift = Drift(calibrated=True)
    k = after(drift, drifting(still(30.0), [10.0] * 1500))
    assert k > RING
    assert drift.level[k & MASK] == drift.now_level


def test_a_restart_keeps_what_is_known_of_the_offset() -> None:
    drift = Drift(calibrated=False)
    after(drift, drifting(still(5.0), [20.0] * 250))
    drift.restart(0)
    assert drift.now_level == 0
    for k in follow(drift, drifting(still(0.7), [20.0] * 35)):
        if k > 1:
            assert drift.slope / 256 == pytest.approx(20 * MG_COUNTS, abs=MG_COUNTS)
