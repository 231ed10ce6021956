"""Stillness, row by row of its table; what a pose holds; and what is no sensor at rest."""

import importlib
import math
import random
from array import array
from collections.abc import Callable, Iterable

import pytest

from barcore.still import (
    CLIPPED,
    GAPPED,
    GATHERING,
    IDLE,
    MOVED,
    NONE,
    POSE_MS,
    REFUSED,
    SAMPLES_MOST,
    SETTLE_MS,
    TAKEN,
    WAITING,
    Still,
)
from mpy import rig
from smallints import watched_barcore

REST = [10, -20, 4096, 3, -4, 5]
STEP_MS = 10
MASK = (1 << 30) - 1
SOON = SETTLE_MS + 100


def feed(still: Still, rows: Iterable[list[int]], at_ms: int = 0, step_ms: int = STEP_MS) -> int:
    """Feed rows of six axes, one each `step_ms` from `at_ms` on; return the last state."""
    for i, row in enumerate(rows):
        still.update(array("i", [(at_ms + step_ms * i) & MASK, *row]), 0)
    return still.state


def rest(ms: int, step_ms: int = STEP_MS) -> list[list[int]]:
    return [REST] * (ms // step_ms)


def begun(at_ms: int = 0) -> Still:
    still = Still()
    still.start(at_ms)
    return still


def gathering() -> Still:
    still = begun()
    assert feed(still, rest(SOON)) == GATHERING
    return still


def other(axis: int, count: int) -> list[int]:
    return [*REST[:axis], count, *REST[axis + 1 :]]


def test_idle_takes_nothing_until_it_is_started() -> None:
    still = Still()
    assert feed(still, rest(3000)) == IDLE
    still.start(3000)
    assert still.state == WAITING


def test_waiting_gathers_once_it_was_still_for_300_ms() -> None:
    assert feed(begun(), rest(SETTLE_MS)) == WAITING
    assert feed(begun(), rest(SETTLE_MS + STEP_MS)) == GATHERING


@pytest.mark.parametrize(
    ("rows", "step_ms", "reason"),
    [
        ([REST, other(2, 4400)] * 600, 10, MOVED),
        ([other(3, 700)] * 1100, 10, MOVED),
        ([other(1, -32768)] * 1100, 10, CLIPPED),
        ([REST] * 200, 70, GAPPED),
    ],
)
def test_waiting_is_refused_at_its_limit_and_says_why(rows: list[list[int]], step_ms: int, reason: int) -> None:
    still = begun()
    assert feed(still, rows[: 9990 // step_ms], 0, step_ms) == WAITING
    assert feed(still, rows, 9990, step_ms) == REFUSED
    assert still.reason == reason


@pytest.mark.parametrize(
    ("row", "gap_ms", "reason"),
    [
        (other(0, 10 + 165), 10, MOVED),
        (other(2, 4096 - 165), 10, MOVED),
        (other(5, 5 + 97), 10, MOVED),
        (other(1, 32767), 10, CLIPPED),
        (REST, 61, GAPPED),
        (REST, -10, GAPPED),
    ],
)
def test_gathering_waits_again_when_it_is_broken(row: list[int], gap_ms: int, reason: int) -> None:
    still = gathering()
    assert feed(still, [row], SOON - STEP_MS + gap_ms) == WAITING
    assert still.reason == reason
    assert feed(still, rest(2000), SOON + 100) == TAKEN, "it may lie still again"


def test_gathering_keeps_what_is_near() -> None:
    still = gathering()
    near = [other(0, 10 + 164), other(0, 10 - 164), other(5, 5 + 96), REST]
    assert feed(still, near, SOON) == GATHERING
    assert feed(still, [REST], SOON + 30 + 60) == GATHERING


def test_a_restless_pose_waits_again() -> None:
    still = begun()
    shaken = [[x + 60 * (-1) ** i for x in REST[:3]] + REST[3:] for i in range(135)]  # 15 mg, a hand's
    assert feed(still, shaken) == WAITING
    assert still.reason == MOVED
    assert still.noise_ug == pytest.approx(60 / 4096 * 1e6, rel=0.02)


def test_a_pose_is_taken_after_a_second() -> None:
    still = begun()
    feed(still, rest(SETTLE_MS + STEP_MS + POSE_MS))
    assert still.state == GATHERING
    assert feed(still, [REST], SETTLE_MS + STEP_MS + POSE_MS) == TAKEN


def test_a_pose_is_taken_after_416_samples_however_fast_they_come() -> None:
    still = begun()
    feed(still, rest(SETTLE_MS + 1, 1), 0, 1)
    assert feed(still, [REST] * (SAMPLES_MOST - 1), SETTLE_MS + 1, 1) == GATHERING
    assert feed(still, [REST], SETTLE_MS + SAMPLES_MOST, 1) == TAKEN


def test_taken_and_refused_stay_until_the_next_start() -> None:
    taken = begun()
    assert feed(taken, rest(1400)) == TAKEN
    assert feed(taken, [other(0, 9000)] * 100, 1400) == TAKEN
    assert list(taken.mean) == [16 * x for x in REST]
    refused = begun()
    assert feed(refused, [other(3, 700)] * 1100) == REFUSED
    assert feed(refused, rest(2000), 11000) == REFUSED
    for still in (taken, refused):
        still.start(13000)
        assert (still.state, still.reason) == (WAITING, NONE)
        assert feed(still, rest(1400), 13000) == TAKEN


def test_samples_from_before_the_question_are_passed_over_and_ticks_may_wrap() -> None:
    asked_ms = MASK - 500
    still = begun(asked_ms)
    assert feed(still, rest(5000), asked_ms - 5000) == WAITING
    assert feed(still, rest(1400), asked_ms) == TAKEN


def noisy(rms: float, seed: int, slow: bool = False) -> Callable[[int], list[int]]:
    """Give rows of a sensor whose accelerometer has noise of `rms` g, white or as a hand trembles."""
    rng = random.Random(seed)
    tone = [(rng.uniform(3, 10), rng.uniform(0, 6)) for _ in range(3)]

    def row(i: int) -> list[int]:
        shake = [math.sin(2 * math.pi * hz * i / 100 + at) * 1.414 if slow else rng.gauss(0, 1) for hz, at in tone]
        return [round(4096 * (x + rms * s)) for x, s in zip((0.0, 0.6, 0.8), shake, strict=True)] + REST[3:]

    return row


@pytest.mark.parametrize("rms", [0.0005, 0.002, 0.003])
def test_mean_and_noise_of_a_chip_at_rest(rms: float) -> None:
    for seed in range(20):
        still, row = begun(), noisy(rms, seed)
        assert feed(still, [row(i) for i in range(140)]) == TAKEN
        assert still.noise_ug == pytest.approx(rms * 1e6, rel=0.2)
        for mean, true in zip(still.mean, (0.0, 0.6, 0.8), strict=False):
            assert mean / 65536 == pytest.approx(true, abs=4 * rms / 10)


def test_a_bar_held_in_the_hands_is_refused() -> None:
    for seed in range(20):
        still, row = begun(), noisy(0.016, seed, slow=True)
        assert feed(still, [row(i) for i in range(1010)]) == REFUSED
        assert still.reason == MOVED


def test_a_bar_that_rolls_slowly_is_refused() -> None:
    still = begun()
    turn = [math.radians(4 * i / 100) for i in range(1200)]
    rows = [[0, round(4096 * math.sin(a)), round(4096 * math.cos(a)), 128, 0, 0] for a in turn]
    assert feed(still, rows) == REFUSED


@pytest.mark.parametrize("kind", ["corners", "near", "wild"])
def test_no_operation_leaves_31_bits(kind: str) -> None:
    rng = random.Random(kind)
    base = [32000 - 165, -32000 + 165, 31000, 500, -500, 0]

    def row(i: int) -> list[int]:
        if kind == "near":  # as far off the first sample as may be, to the same side
            return base if i in (0, 301) else [x + (164 if k < 3 else 96) for k, x in enumerate(base)]
        return [rng.choice((-32768, 32767)) if kind == "corners" else rng.randint(-32768, 32767) for _ in range(6)]

    with watched_barcore() as overflows:
        still = importlib.import_module("barcore.still").Still()
        overflows.clear()
        still.start(MASK - 200)
        feed(still, [row(i) for i in range(12000)], MASK - 200, 1)
        assert still.state in (TAKEN, REFUSED)
    assert overflows == {}


def test_nothing_is_allocated_per_sample_in_micropython() -> None:
    assert rig.run(rig.HERE / "still_locked_heap.py", "none") == "taken 3 3\n"
    with pytest.raises(rig.RigError, match="MemoryError"):
        rig.run(rig.HERE / "still_locked_heap.py", "seeded")
