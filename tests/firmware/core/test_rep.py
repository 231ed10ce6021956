"""The rep finder, row by row of its table, and the cases of DESIGN.md's definitions that it decides."""

from array import array

import pytest

from barcore.drift import STEP_TICKS
from barcore.rep import ABOVE, FOUND, LOWERING, MEASURE, MM, SEEK, RepFinder
from barcore.state import RING, SMOOTH_LEVEL, V_RING
from barmotion import move, no_drift, rep, ring, still


def finder(velocities: list[float], least_mm: int = 80) -> RepFinder:
    found = RepFinder(ring(velocities + still(0.5)), no_drift())
    found.begin(0, least_mm * MM)
    return found


def states(velocities: list[float], least_mm: int = 80) -> list[int]:
    """Every state that differs from the one before, until the motion ends."""
    found = finder(velocities, least_mm)
    seen = [found.state]
    while found.tick < len(velocities) + 10 or found.state == MEASURE:
        if found.update() != seen[-1]:
            seen.append(found.state)
    return seen


def reps(velocities: list[float], least_mm: int = 80) -> list[tuple[int, int, int, bool]]:
    """(hold ms, range mm, rise ms, disturbed) of each rep found."""
    found = finder(velocities, least_mm)
    rows = []
    while found.tick < len(velocities) + 10 or found.state == MEASURE:
        if found.update() == FOUND:
            rows.append(
                (
                    found.measured.down_ms - found.measured.top_ms,
                    found.measured.rom_mm,
                    found.measured.top_ms - found.measured.start_ms,
                    found.measured.disturbed,
                ),
            )
    return rows


def test_a_rise_of_the_least_height_leaves_seek() -> None:
    assert states(move(0.07, 1.0)) == [SEEK]
    assert states(move(0.09, 1.0)) == [SEEK, ABOVE]


def test_below_half_of_the_rise_is_lowering() -> None:
    assert states(move(0.3, 1.0) + move(-0.14, 1.0)) == [SEEK, ABOVE]
    assert states(move(0.3, 1.0) + [-0.4] * 30)[:3] == [SEEK, ABOVE, LOWERING]


def test_a_fall_that_stops_is_measured_found_and_the_search_goes_on() -> None:
    assert states(rep()) == [SEEK, ABOVE, LOWERING, MEASURE, FOUND, SEEK]


def test_a_dip_below_half_that_stops_ends_the_rep() -> None:
    dip = move(-0.18, 0.6) + move(0.18, 0.6)
    assert len(reps(move(0.3, 1.0) + still(1.0) + dip + still(1.0) + move(-0.3, 1.4))) == 2


def test_nineteen_seconds_above_or_over_a_metre_is_no_rep() -> None:
    assert reps(move(1.1, 2.0) + still(1.0) + move(-1.1, 2.0)) == []
    assert len(reps(move(0.8, 2.0) + still(1.0) + move(-0.8, 2.0))) == 1, "a deadlift"
    assert states(move(0.3, 1.0) + still(18.9)) == [SEEK, ABOVE, SEEK]


def test_hold_range_and_rise_of_a_plain_rep() -> None:
    ((hold_ms, rom_mm, rise_ms, disturbed),) = reps(rep(0.3, 1.0, 2.0, 1.4))
    # 30 h/T s^2 (1-s)^2 = 0.05 m/s: the last 81 ms of the rise and the first 137 ms of the fall are slower than that
    assert hold_ms == pytest.approx(2000 + 81 + 137, abs=20)
    assert rom_mm == pytest.approx(300, abs=3)
    assert rise_ms == pytest.approx(1000 - 2 * 81, abs=20)
    assert not disturbed


@pytest.mark.parametrize("bounce_s", [0.3, 1.0])
def test_an_excursion_inside_the_zone_disturbs_the_hold_but_does_not_end_it(bounce_s: float) -> None:
    bounce = move(-0.05, bounce_s / 2) + move(0.05, bounce_s / 2)
    ((hold_ms, _, _, disturbed),) = reps(move(0.3, 1.0) + still(1.0) + bounce + still(1.0) + move(-0.3, 1.4))
    assert hold_ms == pytest.approx(2000 + bounce_s * 1000 + 218, abs=40)
    assert disturbed


def test_a_dip_below_the_zone_splits_the_hold_and_the_longest_piece_counts() -> None:
    dip = move(-0.12, 0.5) + move(0.12, 0.5)
    ((hold_ms, _, _, _),) = reps(move(0.3, 1.0) + still(0.6) + dip + still(1.8) + move(-0.3, 1.4))
    assert hold_ms == pytest.approx(1800 + 190, abs=80)


def test_a_rise_below_the_least_height_of_the_set_is_no_rep() -> None:
    assert len(reps(rep(0.13) + still(0.5) + rep(0.3), least_mm=150)) == 1


def test_a_small_lift_before_the_set_moves_the_bottom_and_is_no_rep() -> None:
    ((_, rom_mm, _, _),) = reps(move(0.06, 0.8) + still(2.5) + rep(0.3, hold_s=1.0))
    assert rom_mm == pytest.approx(300, abs=12)


def test_a_long_pause_at_the_bottom_is_no_hold() -> None:
    found = reps(rep(hold_s=0.5) + still(6.0) + rep(hold_s=0.5))
    assert [hold_ms < 1000 for hold_ms, *_ in found] == [True, True]


@pytest.mark.parametrize(("left", "count"), [(0.35, 2), (0.42, 2), (0.48, 1), (0.55, 1)])
def test_a_dip_ends_a_rep_below_045_of_its_rise(left: float, count: int) -> None:
    down = (1 - left) * 0.3
    motion = move(0.3, 1.0) + still(2.0) + move(-down, 0.8) + move(down, 0.8) + still(2.0) + move(-0.3, 1.2)
    found = reps(motion + still(1.0))
    assert len(found) == count
    assert all(hold_ms > 1900 for hold_ms, *_ in found)


def test_a_lift_from_a_ledge_began_there() -> None:
    placed = move(0.1, 1.0) + still(2.0)
    ((_, rom_mm, _, _),) = reps(placed + move(0.3, 1.0) + still(2.0) + move(-0.3, 1.2) + still(1.0))
    assert rom_mm == pytest.approx(300, abs=15)


def test_the_smoothed_drift_is_taken_between_its_steps() -> None:
    a_tick = 10  # counts that the integral is off by, more each tick
    found = RepFinder(array("i", [a_tick * tick for tick in range(V_RING)]), no_drift())
    for step in range(RING):
        found._drift.rings[SMOOTH_LEVEL + step] = 16 * a_tick * STEP_TICKS * step
    found.begin(96, 80 * MM)
    found.work(110, 14)
    assert [found.velocity_and_height(tick) for tick in range(97, 111)] == [(0, 0)] * 14
