import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile

import pytest

from barhold.image import firmware_files
from hostkit import ROOT


def build(kind, folder):
    """Build by the project's own backend, without a network: the path of what was built."""
    code = f"import hatchling.build as b; print(b.build_{kind}({str(folder)!r}))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, env=clean_env()
    )
    return folder / done.stdout.splitlines()[-1]


def clean_env(**extra):
    return {**{k: v for k, v in os.environ.items() if k != "PYTHONPATH"}, **extra}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build("wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module", params=["wheel", "editable"])
def installed(request, tmp_path_factory):
    """Give the Python of a fresh virtual environment that has the project, and only borrows its dependencies."""
    folder = tmp_path_factory.mktemp("venv")
    built = build(request.param, folder)
    venv.create(folder / "venv", with_pip=False)
    python = folder / "venv" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-deps", "--no-index", built]
    subprocess.run(pip, check=True, capture_output=True, env=clean_env())

    def run(code):
        # PYTHONPATH, unlike a site folder, does not obey the .pth files of the environment it borrows from.
        env = clean_env(PYTHONPATH=sysconfig.get_path("purelib"))
        done = subprocess.run([python, "-c", code], cwd=folder, capture_output=True, text=True, check=False, env=env)
        return done.returncode, done.stdout.strip(), done.stderr.strip()

    return run


def test_the_wheel_holds_the_host_package_and_the_whole_firmware(wheel):
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    rooms = {
        ROOT / "host" / "barhold": "barhold",
        ROOT / "firmware" / "barcore": "barcore",
        ROOT / "firmware" / "barloader": "barloader",
        ROOT / "firmware" / "barsensor": "barsensor",
    }
    wanted = set()
    for room, goal in rooms.items():
        found = {path.relative_to(room).as_posix() for path in room.rglob("*") if path.is_file()}
        wanted |= {f"{goal}/{name}" for name in found if "__pycache__" not in name}
    assert names == wanted


def test_the_wheel_is_what_a_board_needs(wheel):
    assert set(firmware_files.files()) <= set(zipfile.ZipFile(wheel).namelist())


def test_the_sdist_builds_the_same_wheel(wheel, tmp_path):
    with tarfile.open(build("sdist", tmp_path)) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    for needed in (
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
        "firmware/barsensor/main.py",
        "tests/support/kits/hostkit.py",
    ):
        assert needed in names
    assert not [name for name in names if "__pycache__" in name or "node_modules" in name or name.startswith(".venv")]


def test_the_packages_are_importable_and_nothing_else_of_ours_is(installed):
    assert installed("import barhold.cli, barcore.protocol, barloader.slots, barsensor.main") == (0, "", "")
    for name in ("boot", "hardware", "launch", "main", "slots", "storage", "update"):
        code, _, stderr = installed(f"import {name}")
        assert code != 0, name
        assert "ModuleNotFoundError" in stderr


def test_an_install_can_run_the_virtual_sensor(installed):
    code = "from barhold.link.virtual import VirtualSensor as V; print(V(bytes(16)).board.imu.ended())"
    assert installed(code) == (0, "False", "")
