"""Random frames, and ones with a repaired CRC, fed to both links of a sensor and to the session behind them."""

import random
import tracemalloc
from collections.abc import Callable

import bluetooth
import pytest
from ether import Ether

from mpy import flood, rig

QUICK, WHOLE = 100_000, 1_000_000
"""Of each kind, over all seeds; the whole by `pytest -m long`."""
ON_MICROPYTHON = 10_000
SEEDS = 4


class Fast:
    """What flood.Random is, from the standard library."""

    def __init__(self, seed: int) -> None:
        source = random.Random(seed)
        self._random = source.random
        self.bytes = source.randbytes

    def below(self, limit: int) -> int:
        return int(self._random() * limit)


def made() -> flood.Target:
    return flood.Target(flood.modules(), Ether(), bluetooth)


@pytest.mark.parametrize("total", [QUICK, pytest.param(WHOLE, marks=pytest.mark.long)])
@pytest.mark.parametrize("seed", range(1, SEEDS + 1))
def test_random_frames_leave_no_trace(seed: int, total: int, tell: Callable[[str], None]) -> None:
    target, rng, count = made(), Fast(seed), total // SEEDS
    room = target.stream.room
    flood.flood(target, rng, count)
    target.settle()
    assert target.stream.room == room
    assert not target.link.busy
    assert vars(target.log) == {}, "something was written to the log"
    assert target.link._radio.irq_faults == 0
    assert target.taken > count, "hardly anything got past the CRC"
    assert target.answered > count // 8
    tell(f"sensor: {count} random frames and {count} with a repaired CRC, seed {seed}: nothing stored, nothing kept")


def test_random_frames_take_no_memory() -> None:
    target, rng = made(), Fast(9)
    flood.flood(target, rng, 1000)  # whatever is made once is made now
    target.settle()
    tracemalloc.start()
    flood.flood(target, rng, 1000)
    target.settle()
    before, _ = tracemalloc.get_traced_memory()
    flood.flood(target, rng, 3000)
    target.settle()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 2048


def test_random_frames_leave_no_trace_on_micropython() -> None:
    """The same frames with the same outcome on the real interpreter, and its heap is as full after them as before."""
    said = rig.steps(rig.HERE / "flood.py", "7", str(ON_MICROPYTHON), limit_s=120)
    taken, answered, first_half_bytes, second_half_bytes = map(int, said.split())
    target = made()
    flood.flood(target, flood.Random(7), ON_MICROPYTHON)
    assert (taken, answered) == (target.taken, target.answered)
    assert second_half_bytes - first_half_bytes < 2048
