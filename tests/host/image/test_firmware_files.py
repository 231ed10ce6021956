"""The firmware on the host: packages like any other, and listed for flashing."""

import subprocess
import sys
import tomllib

from barhold.image import firmware_files
from barsensor.recorder import FIRMWARE_VERSION


def test_the_application_is_imported_without_a_boards_modules() -> None:
    """`machine`, `bluetooth` and `esp32` exist on a board only; what a host imports needs none of them."""
    code = (
        "import sys; sys.modules.update(dict.fromkeys(('machine', 'bluetooth', 'esp32')))\n"
        "import barcore.protocol, barloader.slots, barsensor.main, barsensor.boards.sim, barsensor.update.receive"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_board_gets_loader_core_and_application_but_no_simulator() -> None:
    files = firmware_files.files()
    for name in ("barloader/boot.py", "barcore/protocol.py", "barsensor/main.py", "barsensor/link/session_protocol.py"):
        assert name in files
    assert "barsensor/boards/sim.py" not in files
    assert list(files) == sorted(files)
    assert all(path == firmware_files.folder() / name and path.is_file() for name, path in files.items())


def test_firmware_and_package_are_one_version() -> None:
    project = tomllib.loads((firmware_files.folder().parent / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["version"] == ".".join(map(str, FIRMWARE_VERSION))
