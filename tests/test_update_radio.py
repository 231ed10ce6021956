"""`barhold update` as a process over the virtual radio, to a board that `barhold flash` flashed: real MicroPython.

The link breaks every few blocks, the host is killed once, a set is trained in between. The board's clock runs four
times as fast as this computer's, so that its 30 s of health are not as long here.
"""

import asyncio
import struct
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from barcore import protocol
from barhold.build import bundle, keys
from bare.clone import VERSION, later_clone
from bare.rig import BareBoard
from radio import rig
from radio.air import Air
from radio.peripheral import Faults
from radio.shell import Shell, shell

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the virtual radio needs POSIX sockets and terminals")

LIMIT_S = 240
BREAKS = Faults(seed=6, break_after=(20, 44))
"""A block is two packets and its answer one: a connection carries some ten of them."""


@dataclass
class Gym:
    """A flashed board, a user, and two keys, the first of which the sensor trusts."""

    board: BareBoard
    user: Shell
    later: Path
    key: Path
    other_key: Path

    async def update(self, *args: object, pressed: bool = False) -> tuple[int, str]:
        """Run `barhold update`, the button held until the sensor takes blocks; return (status, all that it said)."""
        self.board.press(pressed)
        process = asyncio.create_task(self.user.ended("update", "bar-2", *args, code=self.later, limit_s=LIMIT_S))
        before = len(offsets(self.board))
        while pressed and not process.done() and len(offsets(self.board)) == before:
            await asyncio.sleep(0.01)
        self.board.press(False)
        done = await process
        return done.status, done.out + done.err


@asynccontextmanager
async def gym(folder: Path, samples: bytes = b"") -> AsyncIterator[Gym]:
    later, key, other_key = later_clone(folder / "later"), folder / "key.pem", folder / "other.pem"
    keys.make(key)
    keys.make(other_key)
    air = Air(interval_ms=5)
    async with (
        BareBoard(folder / "board", LIMIT_S, air, samples, times_as_fast=4) as board,
        shell(folder, air) as user,
    ):
        await user.run("flash", board.port, "--board", "xiao_s3", "--name", "bar-2", "--key", key)
        await board.on_air()
        yield Gym(board, user, later, key, other_key)


def offsets(board: BareBoard) -> list[int]:
    """Return the offset of every block that the board was sent, in order."""
    begins = bytes((protocol.MAJOR, protocol.UPDATE))
    blocks = [raw[9:13] for raw in board.radio.writes if raw[:2] == begins and raw[8] == protocol.UPDATE_BLOCK]
    return [struct.unpack(protocol.UPDATE_BLOCK_FORMAT, at)[0] for at in blocks]


def test_it_ends_in_the_new_version_however_often_the_link_breaks(tmp_path, samples, tell) -> None:
    async def test() -> None:
        async with gym(tmp_path, samples("six-reps")) as here:
            board = here.board
            board.radio.faults = BREAKS
            status, said = await here.update("--key", here.key, pressed=True)
            assert status == 0, said
            assert f"it runs {VERSION} now, was 0.1.0" in said
            sent, total = offsets(board), len(bundle.make().raw)
            assert sent == sorted(sent), "a block came again that the sensor had taken"
            again = len(sent) - len(set(sent))
            assert again <= board.radio.broken
            tell(f"{total} bytes over {board.radio.connects} connections, {len(sent)} blocks, {again} of them twice")

    rig.run(test(), LIMIT_S)
