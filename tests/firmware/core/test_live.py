"""The live state machine, row by row of its table."""

from array import array

import pytest

from barcore import protocol
from barcore.drift import STEP_TICKS
from barcore.live import FALLING, HELD, LOW, RISING, Live
from barcore.smooth import LAG_TICKS, V_RING
from barmotion import COUNT_M_S, TICK_S, move, no_drift, rep, ring, still


def play(velocities: list[float], target_ms: int = 2000) -> tuple[list[int], list[tuple[int, int]]]:
    """The states passed, and the events as (type, tick it happened)."""
    live = Live(ring(velocities), no_drift())
    passed, events = [live.state], []
    for tick in range(1, len(velocities) + 1):
        kind = live.update(tick, 80, target_ms)
        if kind:
            events.append((kind, live.event_tick))
        if live.state != passed[-1]:
            passed.append(live.state)
    return passed, events


def kinds(events: list[tuple[int, int]]) -> list[int]:
    return [kind for kind, _ in events]


def test_the_least_rise_begins_a_rise() -> None:
    assert play(move(0.07, 1.0) + still(1))[0] == [LOW]
    passed, events = play([0.3] * 20)
    assert passed == [LOW, RISING]
    assert kinds(events) == [protocol.RISE]


def test_the_end_of_the_rise_is_the_top() -> None:
    passed, events = play(move(0.3, 1.0) + still(0.5))
    assert passed == [LOW, RISING, HELD]
    assert events[-1][0] == protocol.TOP
    assert events[-1][1] * TICK_S == pytest.approx(0.91, abs=0.05)


def test_the_target_is_reported_once_and_on_time() -> None:
    _, events = play(move(0.3, 1.0) + still(4.0))
    assert kinds(events) == [protocol.RISE, protocol.TOP, protocol.TARGET]
    top_tick, target_tick = events[1][1], events[2][1]
    assert (target_tick - top_tick) * TICK_S == pytest.approx(2.0, abs=0.06)


def test_no_target_is_no_target_event() -> None:
    assert protocol.TARGET not in kinds(play(move(0.3, 1.0) + still(4.0), target_ms=0)[1])


def test_a_pause_in_the_rise_lets_the_top_come_again() -> None:
    passed, events = play(move(0.12, 0.6) + still(0.3) + move(0.2, 0.8) + still(0.5))
    assert passed == [LOW, RISING, HELD, RISING, HELD]
    assert kinds(events) == [protocol.RISE, protocol.TOP, protocol.TOP]


def test_leaving_the_zone_ends_the_hold_at_the_moment_the_fall_began() -> None:
    passed, events = play(move(0.3, 1.0) + still(1.5) + [-0.5] * 10)
    assert passed == [LOW, RISING, HELD, FALLING]
    assert events[-1][0] == protocol.HOLD_END
    assert events[-1][1] * TICK_S == pytest.approx(2.5, abs=0.06)


def test_back_in_the_zone_the_bar_is_held_again() -> None:
    passed, _ = play(move(0.3, 1.0) + still(0.5) + move(-0.1, 0.4) + move(0.1, 0.4) + still(0.5))
    assert passed == [LOW, RISING, HELD, FALLING, HELD]


def test_the_end_of_the_fall_is_low_again() -> None:
    passed, events = play(rep(hold_s=1.0) + still(0.5))
    assert passed == [LOW, RISING, HELD, FALLING, LOW]
    assert kinds(events) == [protocol.RISE, protocol.TOP, protocol.HOLD_END]


def test_a_fall_without_end_is_forgotten_after_twenty_seconds() -> None:
    live = Live(ring(still(0.1)), no_drift())
    live.state, live._rise_tick = FALLING, 100
    live.update(1100, 80, 0)
    assert live.state == FALLING
    live.update(1101, 80, 0)
    assert live.state == LOW


def settled(motion: list[float], end_tick: int) -> Live:
    """Live after `motion`, told at its last tick that a rep ended at `end_tick`."""
    live = Live(ring(motion), no_drift())
    for tick in range(1, len(motion) + 1):
        live.update(tick, 80, 2000)
    live.settle(end_tick, len(motion))
    return live


def test_a_rep_that_was_counted_ends_here_too_however_high_the_drift_left_its_bottom() -> None:
    half_down = move(0.3, 1.0) + still(1.0) + move(-0.1, 0.6) + still(0.6)
    assert play(half_down)[0][-1] == FALLING, "a third of the way: it would never be down"
    live = settled(half_down, len(half_down) - 10)
    assert live.state == LOW
    assert abs(live.height) < 5 * 1305
    rise = move(0.3, 1.0)[:30]
    on_the_way_up = settled(half_down + rise, len(half_down) - 10)
    assert on_the_way_up.height == pytest.approx(sum(rise[:28]) / COUNT_M_S, rel=0.05), "what rose since then counts"


def test_a_rep_counted_late_does_not_end_the_next_hold() -> None:
    motion = rep(0.3, 1.0, 1.0, 1.0) + still(0.5)
    assert settled(motion + move(0.3, 1.0) + still(0.5), len(motion) - 20).state == HELD
    assert settled(move(0.3, 1.0) + still(6.0), 10).state == HELD, "too long ago to know how high it was"


def test_the_end_of_a_fall_is_noted_whatever_state_the_bar_is_taken_for() -> None:
    def falls(motion: list[float]) -> list[int]:
        live, ends = Live(ring(motion), no_drift()), []
        for tick in range(1, len(motion) + 1):
            live.update(tick, 80, 2000)
            ends += [tick] if live.fell else []
        return ends

    assert falls(still(1.0) + move(-0.2, 1.0) + still(1.0)) == [pytest.approx(98, abs=6)]
    assert falls(move(-0.03, 0.4) + still(0.5)) == [], "less than half of the least rise"


def followed(velocities: list[float], at: int | None = None) -> Live:
    """Return what has taken the ticks up to `at`, by default all of them."""
    live = Live(ring(velocities), no_drift())
    for tick in range(1, (at or len(velocities)) + 1):
        live.update(tick, 80, 0)
    return live


def test_the_next_rise_has_held_for_nothing() -> None:
    motion = rep(hold_s=1.0) + still(0.3) + move(0.3, 1.0)
    live = Live(ring(motion), no_drift())
    kinds_and_holds = [(live.update(tick, 80, 0), live.hold_ms) for tick in range(1, len(motion) + 1)]
    assert [hold_ms for kind, hold_ms in kinds_and_holds if kind == protocol.RISE] == [0, 0]


def test_a_height_that_creeps_up_at_the_bottom_loses_a_tenth_a_tick() -> None:
    live = Live(ring(still(1.0)), no_drift())
    live.height = 50_000
    heights = [live.update(tick, 80, 0) or live.height for tick in range(1, 29)]
    assert heights == [50_000] * 25 + [45_000, 40_500, 36_450]
    assert play([0.04] * 200)[0] == [LOW], "16 cm in 4 s"


@pytest.mark.parametrize(("more_m", "states"), [(0.05, [LOW, RISING, HELD]), (0.08, [LOW, RISING, HELD, RISING, HELD])])
def test_a_quarter_of_the_rise_over_the_top_is_a_rise_again(more_m: float, states: list[int]) -> None:
    assert play(move(0.2, 0.8) + still(0.3) + move(more_m, 0.5) + still(0.5))[0] == states


def test_a_top_that_creeps_takes_its_zone_with_it() -> None:
    rise, creep = move(0.3, 1.0) + still(0.2), [-0.03] * 250
    assert play(rise + creep)[0] == [LOW, RISING, HELD], "15 cm, more than the zone"
    assert play(rise + creep + [-0.3] * 20)[0] == [LOW, RISING, HELD, FALLING]


@pytest.mark.parametrize(("dip_ticks", "later_ticks"), [(2, 7), (5, 0)])
def test_a_moments_dip_under_the_line_does_not_begin_the_hold(dip_ticks: int, later_ticks: int) -> None:
    slowing = move(0.3, 1.0)[:-4] + [0.0] * dip_ticks + [0.09] * 5
    motion, end = slowing + still(2.0), len(slowing)
    before, after = followed(motion, end + 20), followed(motion, end + 60)  # it is looked for again 40 ticks on
    assert (before.top_tick, after.top_tick) == (47, 47 + later_ticks)
    assert after.hold_ms == (end + 59 - after.top_tick) * 20


def test_a_known_drift_is_foretold_up_to_the_newest_tick() -> None:
    a_tick = 10  # counts that the integral is off by, more each tick
    live = Live(array("i", [a_tick * tick for tick in range(V_RING)]), no_drift())
    live._drift.slope = 4 * 256 * a_tick
    for tick in range(100, 108):
        live._drift.now_level = 16 * a_tick * ((tick - LAG_TICKS) // STEP_TICKS * STEP_TICKS)
        live.update(tick, 80, 0)
        assert live.velocity == 0
