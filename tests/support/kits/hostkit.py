"""Helpers of the host's tests: the command in this process and in its own, and records made by hand."""

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

from typer.main import get_command
from typer.testing import CliRunner

from barcore import protocol, record
from barhold.cli import app
from barhold.model import StoredRecord

ROOT = Path(__file__).parents[3]
SUPPORT = ROOT / "tests" / "support"
DATA = SUPPORT / "data"
TEST_PATHS = ("host", "firmware", "tests", "tests/support", "tests/support/kits", "tests/support/twin")
"""What a process of the tests needs on its PYTHONPATH, below ROOT."""
DEVICE = "00112233aabbccdd"
COLUMNS = "100"


@cache
def root_command():
    """Return the root command with every other one loaded below it."""
    root = get_command(app)
    for name in root.list_commands(None):
        root.get_command(None, name)
    return root


def barhold(*args, db=None):
    """Run the command in this process; the result has exit_code, stdout and stderr."""
    env = {"BARHOLD_DB": str(db) if db else "", "NO_COLOR": "1", "COLUMNS": COLUMNS}
    return CliRunner().invoke(app, [str(arg) for arg in args], env=env)


def barhold_process(*args, text=True, **env):
    """Run the command as a process of its own, as a user's shell does."""
    return subprocess.run(
        [sys.executable, "-m", "barhold", *map(str, args)],
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "host"), str(ROOT / "firmware")]), **env},
        capture_output=True,
        text=text,
        timeout=60,
    )


def raw(kind, t_ms, values, flags=0, boot=1, seq=0):
    """Return one record's 32 bytes."""
    buf = bytearray(protocol.RECORD_BYTES)
    record.pack_into(buf, 0, kind, flags, boot, seq, t_ms, values)
    return bytes(buf)


def rep(start_ms, set_number=1, number=1, hold_ms=2500, hold_err_ms=50, flags=0, boot=1):
    """Return a REP of 0.9 s up, 1.1 s down, 30 cm."""
    values = (set_number, number, 900, hold_ms, 1100, 800, 300, 700, hold_err_ms)
    return raw(protocol.REP, start_ms, values, flags, boot)


def reps(count, start_ms=10_000, step_ms=6_000, **kwargs):
    """Return `count` REPs of one set."""
    return [rep(start_ms + i * step_ms, number=i + 1, **kwargs) for i in range(count)]


def stored(raws, device_id=DEVICE, log_id=1):
    """Number records as the log does and give them their keys."""
    out = []
    for seq, one in enumerate(raws):
        kind, flags, boot, _, t_ms = record.header(one)
        out.append(StoredRecord(device_id, log_id, seq, raw(kind, t_ms, record.payload(one), flags, boot, seq)))
    return out
