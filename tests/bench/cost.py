"""Cost under the real MicroPython: what each single sample takes, by the test rig of a checkout (tests/support/mpy).

Every sample's time is the least of several identical runs, because the work is the same in each and whatever is more
came from the computer. The price of measuring, the median of calls that do nothing, is taken off.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from barhold.errors import BarholdError
from mpy import rig

MEDIAN_US, WORST_RATIO = 120.0, 20.0
RUNS = 5
_LIMIT_S = 300


@dataclass(frozen=True, slots=True)
class Cost:
    """What one sample costs on MicroPython's WebAssembly build on this computer."""

    samples: int
    runs: int
    median_us: float
    p99_us: float
    worst_us: float
    worst_once_us: float  # the largest single time of all runs, with whatever the computer did meanwhile
    bytes_per_sample: float
    bytecode_us: float  # one bytecode of straight-line additions of local small ints

    @property
    def worst_ratio(self) -> float:
        """The worst call over the median one."""
        return self.worst_us / self.median_us

    @property
    def median_bytecodes(self) -> float:
        """How many such bytecodes the median sample is worth."""
        return self.median_us / self.bytecode_us

    @property
    def worst_bytecodes(self) -> float:
        """How many such bytecodes the worst sample is worth."""
        return self.worst_us / self.bytecode_us


def measure(samples: bytes, runs: int = RUNS) -> Cost:
    """Run packed samples through the detector under MicroPython `runs` times."""
    try:
        said = rig.run(rig.HERE / "cost.py", str(runs), stdin=samples, limit_s=_LIMIT_S)
    except rig.RigError as error:
        raise BarholdError(f"cost: {error}; run pytest tests/firmware/core/test_mpy_parity.py") from None
    return _read(said)


def _read(said: str) -> Cost:
    rows: dict[str, list[NDArray[np.float64]]] = {}
    for line in said.splitlines():
        word, *numbers = line.split()
        rows.setdefault(word, []).append(np.array(numbers, dtype=float))
    nothing_us = float(np.median(_calls(rows["empty"][0])))
    runs_us = np.stack([_calls(row) for row in rows["run"]]) - nothing_us
    least_us = runs_us.min(axis=0)
    straight_us = float(np.min(_calls(rows["straight"][0]))) - nothing_us
    return Cost(
        samples=least_us.size,
        runs=len(runs_us),
        median_us=float(np.median(least_us)),
        p99_us=float(np.percentile(least_us, 99)),
        worst_us=float(least_us.max()),
        worst_once_us=float(runs_us.max()),
        bytes_per_sample=float(rows["bytes"][0][0]) / least_us.size,
        bytecode_us=straight_us / float(rows["step"][0][0]),
    )


def _calls(laps_ns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the times within calls in us: the laps between two calls are what the script itself did."""
    return laps_ns[::2] / 1000
