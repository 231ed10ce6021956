"""The rep measure, row by row of its table, and what closing and calming do to a drifting or noisy rep."""

import random

import pytest

from barcore.measure import CLOSE, DONE, MM, READ, WEIGH, RepMeasure
from barmotion import COUNT_M_S, move, no_drift, rep, still

LEVEL_VAR = (0.02 / COUNT_M_S) ** 2


def measure(velocities: list[float], var: float = LEVEL_VAR, lead: int = 20) -> RepMeasure:
    """A measure begun on a rep that follows `lead` ticks of rest and ends with the motion."""
    motion = [0.0] * lead + velocities
    v, h = [0] * 1024, [0] * 1024
    height = 0
    for i, m_s in enumerate(motion):
        v[i] = round(m_s / COUNT_M_S)
        height += v[i]
        h[i] = height
    drift = no_drift()
    for k in range(256):
        drift.smooth_var[k] = int(var)
    found = RepMeasure(v, h, drift)  # type: ignore[arg-type]
    found.begin(0, lead, len(motion) - 1, 0)
    return found


def finish(found: RepMeasure) -> RepMeasure:
    for _ in range(5000):
        if found.update() == DONE:
            return found
    raise AssertionError("never done")


def hold_ms(found: RepMeasure) -> int:
    return found.down_ms - found.top_ms


def test_it_weighs_closes_reads_and_is_done() -> None:
    found = measure(rep())
    seen = [found.state]
    while seen[-1] != DONE:
        if found.update() != seen[-1]:
            seen.append(found.state)
    assert seen == [WEIGH, CLOSE, READ, DONE]


def test_a_height_that_is_far_off_is_left_alone() -> None:
    found = measure(move(0.5, 1.0) + still(1.0) + move(-0.22, 1.0))
    assert finish(found).rom_mm == pytest.approx(500, abs=3)
    assert found.missing_mm == pytest.approx(280, abs=3)


@pytest.mark.parametrize("error_m_s", [-0.02, 0.02])
def test_a_level_that_is_off_is_closed_on_the_bottom(error_m_s: float) -> None:
    drifting = [v + error_m_s for v in rep(0.3, 0.6, 0.5, 0.7)]
    exact = finish(measure(rep(0.3, 0.6, 0.5, 0.7)))

    def off_ms(found: RepMeasure) -> int:
        return abs(found.top_ms - exact.top_ms) + abs(found.down_ms - exact.down_ms)

    closed = off_ms(finish(measure(drifting, (0.05 / COUNT_M_S) ** 2)))
    believed = off_ms(finish(measure(drifting, 0)))
    assert closed < believed
    assert closed <= 15


def test_the_error_is_taken_where_the_drift_was_least_sure() -> None:
    found = measure(move(0.3, 1.0) + still(2.0) + [v + 0.02 for v in move(-0.3, 1.4)])
    for k in range(256):
        found._drift.smooth_var[k] = int((0.05 / COUNT_M_S) ** 2) if 4 * k > 165 else 100
    finish(found)
    held = found._v[100]
    assert abs(held) < 0.002 / COUNT_M_S, "the hold, where the level was sure, stays as it was"
    assert abs(found._h[found.end_tick]) < 10 * MM


def test_noise_does_not_end_a_slow_move_early() -> None:
    rng = random.Random(7)
    slow = rep(0.3, 2.8, 2.0, 3.0)
    exact = hold_ms(finish(measure(slow)))
    errors = [hold_ms(finish(measure([v + rng.gauss(0, 0.015) for v in slow]))) - exact for _ in range(20)]
    assert abs(sum(errors)) / 20 < 90
    assert max(map(abs, errors)) < 300


def test_the_error_estimate_grows_with_doubt_and_slowness() -> None:
    quick = finish(measure(rep(0.3, 0.8, 2.0, 0.9), 0)).hold_err_ms
    slow = finish(measure(rep(0.3, 2.8, 2.0, 3.0), 0)).hold_err_ms
    doubted = finish(measure(rep(0.3, 0.8, 2.0, 0.9), (0.03 / COUNT_M_S) ** 2)).hold_err_ms
    assert 19 <= quick < doubted, "the grid and the sensor's filter are never known better"
    assert 2 * quick < slow


def test_the_estimate_is_a_velocity_over_the_slope_of_the_edge() -> None:
    def edges_ms(fall_s: float) -> float:
        sure = finish(measure(rep(0.3, 1.0, 2.0, fall_s), 0)).hold_err_ms
        doubted = finish(measure(rep(0.3, 1.0, 2.0, fall_s), (0.04 / COUNT_M_S) ** 2)).hold_err_ms
        return float((doubted**2 - sure**2) ** 0.5)

    assert edges_ms(0.7) < 45, "half of 4 cm/s at slopes of 1 to 2 m/s^2"
    assert edges_ms(2.0) > 1.5 * edges_ms(0.7), "the slower fall crosses the line at a flatter slope"


@pytest.mark.parametrize("creep_m_s", [0.006, -0.006])
def test_a_bar_that_creeps_just_inside_the_hold_has_a_drift_that_is_not_known_there(creep_m_s: float) -> None:
    plain = finish(measure(rep(0.3, 1.0, 2.0, 1.4), 0)).hold_err_ms
    crept = rep(0.3, 1.0, 2.0, 1.4)
    crept[55:80] = [v + creep_m_s for v in crept[55:80]]
    late = rep(0.3, 1.0, 2.0, 1.4)
    late[85:110] = [v + creep_m_s for v in late[85:110]]
    assert finish(measure(crept, 0)).hold_err_ms >= plain + 2
    assert abs(finish(measure(late, 0)).hold_err_ms - plain) <= 1, "what moves amid the hold tells nothing of its edges"


def test_what_closing_took_out_widens_the_estimate() -> None:
    loose = (0.05 / COUNT_M_S) ** 2
    plain = finish(measure(rep(0.3, 1.0, 2.0, 1.4), loose)).hold_err_ms
    closed = finish(measure([v + 0.03 for v in rep(0.3, 1.0, 2.0, 1.4)], loose)).hold_err_ms
    assert closed >= plain + 3


def test_a_gap_widens_the_estimate() -> None:
    found = finish(measure(rep(0.3, 1.0, 2.0, 1.4), 0))
    before = found.hold_err_ms
    found.widen_for_gap()
    assert found.hold_err_ms > 1.5 * before


def test_a_hold_that_grazes_the_line_is_given_a_wide_estimate() -> None:
    graze = move(0.26, 1.0)[:-4] + [0.055] * 40 + still(2.0) + move(-0.3, 1.0)
    assert finish(measure(graze)).hold_err_ms > 250, "0.8 s at 0.055 m/s may well belong to the hold"


def test_a_held_height_that_creeps_is_no_dip_but_a_real_dip_is() -> None:
    creeping = move(0.3, 1.0) + [-0.02] * 250 + move(-0.2, 1.0)
    assert hold_ms(finish(measure(creeping))) > 4800, "2 cm a second is what the integral itself may be off by"
    dipping = move(0.3, 1.0) + still(1.0) + move(-0.1, 0.4) + move(0.1, 0.4) + still(2.0) + move(-0.3, 1.0)
    assert hold_ms(finish(measure(dipping))) == pytest.approx(2000 + 200, abs=120)


def test_a_sag_through_the_end_of_the_zone_is_given_both_answers() -> None:
    sagging = move(0.3, 1.0) + still(1.0) + move(-0.085, 4.0) + still(1.0) + move(-0.215, 1.0)
    plain = move(0.3, 1.0) + still(6.0) + move(-0.3, 1.0)
    sagged = finish(measure(sagging))
    assert sagged.hold_err_ms > 800, "a zone of 20 % ends two seconds earlier than one of 30 %"
    assert finish(measure(plain)).hold_err_ms < 120


def test_shake_in_the_hold_widens_the_estimate_and_a_blow_after_it_does_not() -> None:
    def estimate(shaken: range) -> int:
        found = measure(rep(0.3, 1.0, 2.0, 1.4))
        for k in shaken:
            found._drift.shake[k] = 2000
        return finish(found).hold_err_ms

    assert estimate(range(256)) > 2 * estimate(range(0))
    assert estimate(range(40, 60)) == estimate(range(0))


def test_the_longest_visit_to_the_zone_counts_not_the_last() -> None:
    twice = move(0.3, 1.0) + still(3.0) + move(-0.1, 0.5) + still(0.3) + move(0.1, 0.5) + still(1.0) + move(-0.3, 1.0)
    assert hold_ms(finish(measure(twice))) > 2900


def test_a_rep_that_rose_from_a_dip_has_its_range_from_the_true_bottom() -> None:
    from_dip = move(0.2, 0.8) + still(2.0) + move(-0.29, 1.2)
    sure = (0.004 / COUNT_M_S) ** 2
    assert finish(measure(from_dip, sure)).rom_mm == pytest.approx(290, abs=5)
    assert finish(measure(from_dip, (0.05 / COUNT_M_S) ** 2)).rom_mm < 270, "drift may explain what is missing"
    assert finish(measure(move(0.2, 0.8) + still(2.0) + move(-0.22, 1.2), sure)).rom_mm < 215, "2 cm are no dip"
    assert finish(measure(move(0.2, 0.8) + still(2.0) + move(-0.36, 1.2), sure)).rom_mm < 300, "too deep for one"


def test_a_sag_that_stops_short_of_the_line_may_have_crossed_it_and_a_dip_that_returns_has_not() -> None:
    sagging = move(0.3, 1.0) + still(1.0) + move(-0.057, 3.0) + still(1.0) + move(-0.243, 1.0)
    assert finish(measure(sagging)).hold_err_ms > 1000, "19 % seen, a tenth of the rise unseen: past the line"
    less = move(0.3, 1.0) + still(1.0) + move(-0.040, 3.0) + still(1.0) + move(-0.260, 1.0)
    assert finish(measure(less)).hold_err_ms < 300
    dipping = move(0.3, 1.0) + still(1.0) + move(-0.057, 0.4) + move(0.057, 0.4) + still(1.0) + move(-0.3, 1.0)
    assert finish(measure(dipping)).hold_err_ms < 120


def test_a_short_hold_is_not_taken_for_a_shaking_one() -> None:
    def estimate(hold_s: float) -> int:
        found = measure(rep(0.3, 0.6, hold_s, 0.6))
        for k in range(256):
            found._drift.shake[k] = 2000
        return finish(found).hold_err_ms

    assert estimate(0.4) < 80, "shake is the mean of a second"
    assert estimate(1.0) > 2 * estimate(0.4)
