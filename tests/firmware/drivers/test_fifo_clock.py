"""The times of FIFO samples: monotone, never in the future, within a period of the truth, whatever the polling does."""

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barcore.ticks import HALF_MS, MASK
from barsensor.drivers.fifoclock import FifoClock

LIMIT = 32


class Chip:
    """A chip whose clock is off, and a FIFO clock that reads it."""

    def __init__(self, rate_hz: int, off: float, phase: float, start_tick: int) -> None:
        self.period_ms = 1000 / rate_hz * (1 + off)
        self.start_tick = start_tick
        self.first_ms = phase * self.period_ms
        self.now_ms = 0.0
        self.read = 0
        self.truth: list[float] = []
        self.given: list[int] = []
        self.clock = FifoClock(rate_hz, start_tick)
        self.clock.restart(start_tick)

    def poll(self, wait_ms: float, limit: int = LIMIT) -> None:
        self.now_ms += wait_ms
        while waiting := self.waiting():
            count = min(waiting, limit)
            self.clock.begin(waiting, self.tick())
            for _ in range(count):
                self.given.append(((self.clock.next() - self.start_tick + HALF_MS) & MASK) - HALF_MS)
                self.truth.append(self.first_ms + self.read * self.period_ms)
                self.read += 1
            assert all(abs(value) < 1 << 30 for value in vars(self.clock).values())

    def waiting(self) -> int:
        return int((self.now_ms - self.first_ms) // self.period_ms) + 1 - self.read

    def tick(self) -> int:
        return (self.start_tick + int(self.now_ms)) & MASK

    def lose(self) -> None:
        """The FIFO is emptied now."""
        self.read += max(0, self.waiting())
        self.clock.restart(self.tick())

    def errors(self) -> list[float]:
        return [given - true for given, true in zip(self.given, self.truth, strict=True)]

    def steps(self) -> list[float]:
        """By how much each step between two samples is off."""
        errors = self.errors()
        return [after - before for before, after in pairwise(errors)]


chips = st.builds(
    Chip,
    st.sampled_from((100, 104, 200, 208)),
    st.floats(-0.05, 0.05),
    st.floats(0.01, 1),
    st.sampled_from((0, 5, (1 << 30) - 1, (1 << 30) - 3000)),
)


@settings(deadline=None, max_examples=150)
@given(chips, st.lists(st.floats(5, 300), min_size=5, max_size=80), st.integers(1, LIMIT))
def test_irregular_polling(chip: Chip, waits: list[float], limit: int) -> None:
    for wait_ms in waits:
        before = len(chip.given)
        chip.poll(wait_ms, limit)
        assert all(given <= int(chip.now_ms) for given in chip.given[before:])
    assert chip.given == sorted(chip.given)
    assert all(abs(error) <= chip.period_ms + 2 for error in chip.errors())


@settings(deadline=None, max_examples=40)
@given(chips, st.integers(0, 1 << 16), st.sampled_from(((5, 300), (18, 30), (20, 20), (5, 5))))
def test_the_jitter_of_polling_is_not_the_jitter_of_samples(chip: Chip, seed: int, span: tuple[int, int]) -> None:
    rng = random.Random(seed)
    while chip.now_ms < 12000:
        chip.poll(rng.uniform(*span))
    settled = [step for step, at in zip(chip.steps(), chip.truth, strict=False) if at > 5000]
    assert settled
    assert all(abs(step) <= 2 for step in settled)


@pytest.mark.parametrize("off", [-0.004, -0.002, -0.001, 0.001, 0.004])
@pytest.mark.parametrize("poll_ms", [10, 20])
def test_polls_at_nearly_the_beat_of_the_chip(off: float, poll_ms: int) -> None:
    chip = Chip(100, off, 0.5, 0)
    while chip.now_ms < 30000:
        chip.poll(poll_ms)
    assert all(abs(step) <= 2 for step, at in zip(chip.steps(), chip.truth, strict=False) if at > 2000)


@settings(deadline=None, max_examples=100)
@given(chips, st.lists(st.tuples(st.floats(5, 300), st.booleans()), min_size=5, max_size=60))
def test_a_lost_fifo_is_a_gap_in_the_times(chip: Chip, polls: list[tuple[float, bool]]) -> None:
    for wait_ms, lost in polls:
        if lost:
            chip.now_ms += 1000
            chip.lose()
        chip.poll(wait_ms)
    assert chip.given == sorted(chip.given)
    assert all(abs(error) <= chip.period_ms + 2 for error in chip.errors())


def test_samples_lost_unnoticed_are_a_gap_too() -> None:
    chip = Chip(104, 0, 0.5, 0)
    for i in range(50):
        if i == 25:
            chip.now_ms += 400
            chip.read += chip.waiting()  # nobody told the clock
        chip.poll(50)
    assert all(abs(error) <= chip.period_ms + 2 for error in chip.errors())


def test_a_chip_far_too_fast_is_squeezed_in_and_never_in_the_future() -> None:
    chip = Chip(100, -0.75, 0.5, 0)  # 400 Hz where 100 were asked for
    for _ in range(100):
        chip.poll(25)
        assert chip.given[-1] <= chip.now_ms
    assert chip.given == sorted(chip.given)
    assert all(abs(error) <= 10 for error in chip.errors()[20:])
