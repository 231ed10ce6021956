"""Gravity and vertical motion: known turns and known accelerations, at any rate and through gaps."""

import math

import pytest

from barcore.gravity import Gravity
from barcore.motion import Motion

G_COUNT_M_S = 38.307e-6
WEIGHTLESS = (0, 0, 0)  # a reading so far from 1 g that it pulls nothing


def angle_deg(up: Gravity, x: float, y: float, z: float) -> float:
    length = math.sqrt(up.x**2 + up.y**2 + up.z**2)
    return math.degrees(math.acos(max(-1.0, min(1.0, (up.x * x + up.y * y + up.z * z) / length))))


def started(ax: int, ay: int, az: int, gx: int = 0) -> Motion:
    motion = Motion()
    motion.start(ax, ay, az, gx, 0, 0)
    return motion


@pytest.mark.parametrize("rate_hz", [40, 104, 208])
def test_a_known_turn_turns_up(rate_hz: int) -> None:
    motion = started(0, 0, 4096, 45 * 32)
    motion.allow_zero_learning(False)
    dt_ms = 1000 // rate_hz
    for _ in range(1000 // dt_ms):
        motion.feed(dt_ms, *WEIGHTLESS, 45 * 32, 0, 0)  # the sensor turns about x by 45 degrees in a second
    turned_deg = 45 * dt_ms * (1000 // dt_ms) / 1000
    up = motion.gravity
    assert angle_deg(up, 0, math.sin(math.radians(turned_deg)), math.cos(math.radians(turned_deg))) < 0.2


def test_the_first_reading_is_up_whatever_its_length() -> None:
    for reading in ((100, 0, 0), (-20000, 20000, 300), (0, -4096, 4096)):
        assert angle_deg(started(*reading).gravity, *(c / math.hypot(*reading) for c in reading)) < 0.2


def test_a_pull_corrects_a_wrong_direction_only_near_1_g() -> None:
    motion = started(0, 600, 4050)
    up = motion.gravity
    wrong_deg = angle_deg(up, 0, 0, 1)
    for _ in range(300):
        motion.feed(10, 0, 0, 6000, 0, 0, 0)
    assert angle_deg(up, 0, 0, 1) == pytest.approx(wrong_deg, abs=0.05)
    for _ in range(300):
        motion.feed(10, 0, 0, 4096, 0, 0, 0)
    assert angle_deg(up, 0, 0, 1) < 0.2


def run(motion: Motion, seconds: float, dt_ms: int, acc_g: float) -> None:
    for _ in range(round(seconds * 1000 / dt_ms)):
        motion.feed(dt_ms, 0, 0, round(4096 * (1 + acc_g)), 0, 0, 0)
        while motion.tick():
            pass


@pytest.mark.parametrize("dt_ms", [5, 10, 24, 300])
def test_velocity_is_the_integral_at_any_rate(dt_ms: int) -> None:
    motion = Motion()
    motion.start(0, 0, 4096, 0, 0, 0)
    run(motion, 1.2, dt_ms, 0.1)
    expected_m_s = 0.1 * 9.80665 * (motion.t_ms - dt_ms / 2) / 1000  # the first step rises from nothing
    assert motion.velocity * G_COUNT_M_S == pytest.approx(expected_m_s, rel=0.01)
    assert motion.gap == (dt_ms > 60)


def test_ticks_come_every_20_ms_whatever_the_samples() -> None:
    motion = Motion()
    motion.start(0, 0, 4096, 0, 0, 0)
    seen = []
    for dt_ms in (7, 13, 1, 59, 20, 40):
        motion.feed(dt_ms, 0, 0, 4096, 0, 0, 0)
        while motion.tick():
            seen.append(motion.t_ms)
    assert seen == [20, 40, 60, 80, 100, 120, 140]


def test_a_sample_at_its_limit_is_clipped() -> None:
    motion = Motion()
    motion.start(0, 0, 4096, 0, 0, 0)
    motion.feed(10, 0, 0, 31000, 0, 0, 0)
    assert not motion.clipped
    motion.feed(10, 0, -32768, 4096, 0, 0, 0)
    assert motion.clipped


def test_the_gyroscope_zero_is_learnt_at_once_when_still_and_allowed() -> None:
    motion = Motion()
    motion.start(0, 0, 4096, 0, 0, 0)
    for _ in range(2000):
        motion.feed(10, 0, 0, 4096, 0, 48, 0)  # a zero that reads 1.5 dps
    assert turned_deg(motion) == pytest.approx(0.0, abs=0.1)


def test_the_gyroscope_zero_is_learnt_from_the_pull_however_the_bar_shakes() -> None:
    motion = started(0, 0, 4096)
    for i in range(4000):
        motion.feed(10, (i % 7 - 3) * 100, 0, 4096, 0, 48 + (i % 21 - 10) * 30, 0)
    assert turned_deg(motion) == pytest.approx(0.0, abs=0.15)


def test_a_slow_roll_in_a_hold_does_not_pass_for_the_gyroscopes_zero() -> None:
    motion = Motion()
    motion.start(0, 0, 4096, 0, 0, 0)
    motion.allow_zero_learning(False)
    for i in range(2000):
        roll = math.radians(1.5 * 0.01 * i)
        motion.feed(10, round(-4096 * math.sin(roll)), 0, round(4096 * math.cos(roll)), 0, 48, 0)
    assert turned_deg(motion) == pytest.approx(1.5, abs=0.15)


def turned_deg(motion: Motion) -> float:
    """Return by how many degrees a second of 1.5 dps turns up."""
    up = motion.gravity
    x, z = up.x, up.z
    motion.allow_zero_learning(False)
    for _ in range(100):
        motion.feed(10, *WEIGHTLESS, 0, 48, 0)
    return abs(math.degrees(math.atan2(up.x, up.z) - math.atan2(x, z)))
