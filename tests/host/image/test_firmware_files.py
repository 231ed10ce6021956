"""The firmware on the host: loaded apart from everything else, and listed for flashing."""

import subprocess
import sys
import tomllib

import pytest

from barhold.errors import InputError
from barhold.image import firmware_files

OURS = {
    "accept",
    "app",
    "boards",
    "control",
    "crash",
    "boot",
    "cue",
    "drivers",
    "health",
    "kept",
    "keptfile",
    "launch",
    "link",
    "links",
    "logrecovery",
    "main",
    "recordlog",
    "rsa",
    "safe",
    "slotfiles",
    "slots",
    "update",
    "upkeep",
}


def test_loading_leaves_nothing_importable_behind() -> None:
    code = (
        "import sys; from barhold import firmware; path = list(sys.path)\n"
        "sys.modules['app'] = foreign = type(sys)('app')\n"
        "app = firmware.load('main').App; firmware.load('boards.sim')\n"
        "assert sys.modules.pop('app') is foreign, 'the foreign module of the same name is back'\n"
        "assert firmware.load('app').App is app, 'one module, one object'\n"
        "assert sys.path == path\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    assert not OURS & set(eval(done.stdout))
    assert {"barcore", "barhold"} <= set(eval(done.stdout))


def test_a_module_that_is_not_there_is_an_error_and_leaves_no_trace() -> None:
    path = list(sys.path)
    with pytest.raises(ModuleNotFoundError, match="nosuch"):
        firmware_files.load("nosuch")
    assert sys.path == path


def test_a_board_gets_the_firmware_and_barcore_but_no_simulator() -> None:
    files = firmware_files.files()
    assert {"boot.py", "main.py", "app.py", "recordlog.py", "link/answer.py", "barcore/protocol.py"} <= set(files)
    assert "boards/sim.py" not in files
    assert list(files) == sorted(files)
    assert all(path.is_file() for path in files.values())
    assert {name.partition("/")[0].removesuffix(".py") for name in files} >= OURS


def test_firmware_and_package_are_one_version() -> None:
    project = tomllib.loads((firmware_files.folder().parent / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["version"] == ".".join(map(str, firmware_files.load("keeping").FIRMWARE_VERSION))


def test_an_installation_without_its_firmware_says_so(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(firmware_files, "__file__", str(tmp_path / "a" / "b" / "firmware.py"))
    with pytest.raises(InputError, match="no firmware beside"):
        firmware_files.folder()
