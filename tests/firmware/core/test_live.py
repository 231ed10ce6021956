"""The live state machine, row by row of its table."""

import pytest

from barcore import protocol
from barcore.live import FALLING, HELD, LOW, RISING, Live
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


def test_the_target_is_told_once_and_on_time() -> None:
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
