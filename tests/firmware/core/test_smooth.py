"""The running means against numpy on random input: their values, their lags, and what slope, bend and shake mean."""

from array import array
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from barcore.smooth import LAG_TICKS, V_MASK, V_RING, Smoother

NEAR_TICKS, FAR_TICKS, SHAKE_TICKS = (11, 7), (25, 15), 50
Ints = NDArray[np.int64]


def smoothed(values: Ints) -> list[tuple[int, ...]]:
    """The features (near, slope, bend, far, slope, bend, shake) after each tick; the ring was at rest at 0 before."""
    ring = array("i", [0] * V_RING)
    seen = Smoother(ring)
    rows = []
    for n, value in enumerate(values.tolist(), start=1):
        ring[n & V_MASK] = value
        seen.push(n)
        seen.read(n)
        rows.append(
            (seen.near, seen.near_slope, seen.near_bend, seen.far, seen.far_slope, seen.far_bend, seen.shake),
        )
    return rows


def mean(values: Ints, ticks: int) -> Ints:
    """The mean of the last `ticks` values at each tick, rounded down; all was zero before."""
    sums = np.cumsum(np.concatenate([np.zeros(ticks, np.int64), values]))
    whole: Ints = sums[ticks:] - sums[:-ticks]
    return whole // ticks


@pytest.fixture
def noise() -> Ints:
    rng = np.random.default_rng(3)
    return rng.integers(-300_000, 300_000, 3000)  # 11 m/s, and longer than the ring


def test_the_short_means_are_those_of_numpy(noise: Ints) -> None:
    kernel = np.convolve(np.ones(NEAR_TICKS[0], np.int64), np.ones(NEAR_TICKS[1], np.int64))
    wanted = np.convolve(noise, kernel)[: len(noise)] // kernel.sum()
    near = [row[0] for row in smoothed(noise)]
    delay = LAG_TICKS - 8  # ready 8 ticks after their middle, read LAG_TICKS after it
    assert near[delay + 60 :] == wanted[60:-delay].tolist()


def test_the_long_means_are_those_of_numpy(noise: Ints) -> None:
    wanted = mean(mean(noise, FAR_TICKS[0]), FAR_TICKS[1])
    far = [row[3] for row in smoothed(noise)]
    delay = LAG_TICKS - 19
    assert far[delay + 60 :] == wanted[60:-delay].tolist()


def ramp(per_tick: Callable[[float], float]) -> Ints:
    return np.array([round(per_tick(t)) for t in range(400)])


def test_the_means_stand_where_their_tick_stood() -> None:
    row = smoothed(ramp(lambda t: 1000 * t))[-1]
    middle = 1000 * (399 - LAG_TICKS)
    assert (row[0], row[3]) == (middle, middle), "symmetric: a ramp passes without delay beyond LAG_TICKS"


def test_slope_is_the_change_in_200_and_in_360_ms() -> None:
    _, near_slope, near_bend, _, far_slope, far_bend, _ = smoothed(ramp(lambda t: 100 * t))[-1]
    assert (near_slope, far_slope) == (100 * 10, 100 * 18)
    assert (near_bend, far_bend) == (0, 0)


def test_bend_is_the_change_of_the_slope_in_40_ms() -> None:
    _, _, near_bend, _, _, far_bend, _ = smoothed(ramp(lambda t: 10 * t * t))[-1]
    assert near_bend == pytest.approx(20 * 2 * 10, abs=4)
    assert far_bend == pytest.approx(20 * 2 * 18, abs=4)


def test_shake_is_the_mean_of_a_second_of_what_the_short_means_leave(noise: Ints) -> None:
    slow = noise // 40
    kernel = np.convolve(np.ones(NEAR_TICKS[0], np.int64), np.ones(NEAR_TICKS[1], np.int64))
    near = np.convolve(slow, kernel)[: len(slow)] // kernel.sum()
    left = np.abs(np.concatenate([np.zeros(8, np.int64), slow[:-8]]) - near)
    assert [row[-1] for row in smoothed(slow)][100:] == mean(left, SHAKE_TICKS)[100:].tolist()


def test_one_blow_is_no_long_shake() -> None:
    blow = np.zeros(200, np.int64)
    blow[100] = 1 << 24
    assert max(row[-1] for row in smoothed(blow)) < 1 << 17


def test_a_restart_forgets_the_past() -> None:
    ring = array("i", [0] * V_RING)
    seen = Smoother(ring)
    for n in range(1, 300):
        ring[n & V_MASK] = n * 977 % 5000
        seen.push(n)
    for i in range(V_RING):
        ring[i] = 700
    seen.restart(700)
    for n in range(1, 100):
        seen.push(n)
        seen.read(n)
        assert (seen.near, seen.far, seen.near_slope, seen.far_slope, seen.shake) == (700, 700, 0, 0, 0)
