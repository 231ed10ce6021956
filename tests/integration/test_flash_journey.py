"""A bare board, flashed, synced and updated by the command as a process; the board is real MicroPython all along.

What runs on it is the compiled firmware that flash put there, started by the loader, in real time.
"""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from bare.clone import later_clone
from bare.rig import BareBoard
from barloader import slots
from hostkit import ROOT
from radio import rig

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals on Windows")

LIMIT_S = 150


async def barhold(code: Path, *args: object) -> str:
    """Run the command of the clone `code`; return all that it said."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(code / "host"), str(code / "firmware")])}
    command = (sys.executable, "-m", "barhold", *map(str, args))
    pipe, both = asyncio.subprocess.PIPE, asyncio.subprocess.STDOUT
    process = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=both, env=environment)
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()


def test_a_bare_board_is_flashed_synced_and_updated(tmp_path) -> None:
    board_files, later = tmp_path / "board", later_clone(tmp_path / "later", 2000)

    async def journey() -> None:
        async with BareBoard(board_files, LIMIT_S) as board:
            db = ("--db", tmp_path / "b.db")
            at = ("--serial-port", board.port, *db)
            said = await barhold(ROOT, "flash", board.port, "--board", "xiao_s3", "--name", "bar-2", *db)
            assert "xiao_s3 runs Barhold 0.2.0" in said
            said = await barhold(ROOT, "sync", *at)
            assert "bar-2: " in said
            said = await barhold(later, "update", *at)
            assert "the sensor restarts into it" in said
            assert "the sensor now runs 0.3.0; before, it ran 0.2.0" in said
            said = await barhold(later, "update", *at)
            assert "the sensor runs 0.3.0 already" in said
            said = await barhold(ROOT, "flash", board.port, "--board", "xiao_s3", *db)  # and back, over the cable
            assert "xiao_s3 runs Barhold 0.2.0" in said
            assert "0 files copied" not in said
            await asyncio.sleep(1)  # its folder shows the last of it when it restarts

    rig.run(journey(), LIMIT_S)
    store = slots.Slots(str(board_files))
    assert (store.is_whole(0), store.is_whole(1)) == (True, True)
    assert '"name": "bar-2"' in (board_files / "config" / "settings").read_text()
