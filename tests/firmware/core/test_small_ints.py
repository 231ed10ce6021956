"""On a board an int beyond 31 bits takes heap; the sample path must never make one, whatever the sensor says."""

import importlib
import random
from array import array

import pytest

from smallints import watched_barcore

LOW, HIGH = -32768, 32767
MASK = (1 << 30) - 1


def extreme(rng: random.Random, kind: str, i: int, held: list[int]) -> list[int]:
    if kind == "corners":
        return [rng.choice((LOW, HIGH)) for _ in range(6)]
    if kind == "noise":
        return [rng.randint(LOW, HIGH) for _ in range(6)]
    if kind == "stuck":
        if rng.random() < 0.02:
            held[:] = [rng.choice((LOW, 0, HIGH)) for _ in range(6)]
        return held
    if kind == "blows":
        return [0, 0, HIGH if i // 100 % 2 else 4096, 0, 0, 0]
    if kind == "spin":
        return [HIGH, HIGH, HIGH, *[rng.randint(-300, 300) for _ in range(3)]]
    return [0, 0, 4396 if i // 1000 % 2 else 3796, rng.randint(-5, 5), 0, 0]


@pytest.mark.parametrize("kind", ["corners", "noise", "stuck", "blows", "spin", "creep"])
@pytest.mark.parametrize("calibrated", [False, True])
def test_no_operation_of_the_sample_path_leaves_31_bits(kind: str, calibrated: bool) -> None:
    rng = random.Random(f"{kind}-{calibrated}")
    with watched_barcore() as overflows:
        settings = importlib.import_module("barcore.settings").Settings(calibrated=calibrated)
        detector = importlib.import_module("barcore.detector").Detector(settings)
        overflows.clear()  # constants such as 2^30 itself are made once, at import
        event, held, t_ms = array("i", [0] * 12), [0] * 6, MASK - 20000
        for i in range(2500):
            t_ms += 10 if kind == "creep" else rng.choice((1, 5, 10, 10, 20, 300, 1000))
            detector.feed(t_ms & MASK, *extreme(rng, kind, i, held))
            while detector.events.pop_into(event):
                pass
    assert overflows == {}


def test_the_watch_sees_a_big_int() -> None:
    with watched_barcore() as overflows:
        ticks = importlib.import_module("barcore.ticks")
        overflows.clear()
        ticks.elapsed_ms(1 << 31, 0)
        assert len(overflows) == 1
