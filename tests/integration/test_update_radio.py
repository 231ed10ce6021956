"""`barhold update` as a process over the virtual radio, to a board that `barhold flash` flashed: real MicroPython.

The link breaks every few blocks, the host is killed once, a set is trained in between. The board's clock runs four
times as fast as this computer's, so that its 30 s of health are not as long here.
"""

import asyncio
import hashlib
import itertools
import struct
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from barcore import bundle as layout
from barcore import protocol, record
from bare.clone import VERSION, later_clone
from bare.rig import BareBoard
from barhold.connection import Control
from barhold.connection.update_state import UpdateState
from barhold.generate import scenarios
from barhold.image import bundle, signing_keys
from barhold.store import Store
from barhold.update.uploader import WINDOW
from barloader.slots import Slots
from radio import bleak_backend, hosts, rig
from radio.paced_link import Air
from radio.peripheral import Faults
from radio.shell import Shell, shell

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the virtual radio needs POSIX sockets and terminals")

LIMIT_S = 240
SENSOR = "1020304050600000"
BREAKS = Faults(seed=6, break_after=(20, 44))
"""A block is two packets and its answer one: a connection carries some ten of them."""


@dataclass
class Gym:
    """A flashed board, a user, and two keys, the first of which the sensor trusts."""

    air: Air
    board: BareBoard
    user: Shell
    later: Path
    key: Path
    other_key: Path

    async def update(self, *args: object, pressed: bool = False) -> tuple[int, str]:
        """Run `barhold update`, the button held until the sensor takes blocks; return (status, all that it said)."""
        self.board.press(pressed)
        process = asyncio.create_task(self.user.ended("update", SENSOR, *args, code=self.later, limit_s=LIMIT_S))
        before = len(offsets(self.board))
        while pressed and not process.done() and len(offsets(self.board)) == before:
            await asyncio.sleep(0.01)
        self.board.press(False)
        done = await process
        return done.status, done.out + done.err


@asynccontextmanager
async def gym(folder: Path, samples: bytes = b"") -> AsyncIterator[Gym]:
    later, key, other_key = later_clone(folder / "later"), folder / "key.pem", folder / "other.pem"
    signing_keys.make(key)
    signing_keys.make(other_key)
    air = Air(interval_ms=5)
    async with (
        BareBoard(folder / "board", LIMIT_S, air, samples, times_as_fast=4) as board,
        shell(folder, air) as user,
    ):
        await user.run("flash", board.port, "--board", "xiao_s3", "--name", "bar-2", "--key", key)
        await board.on_air()
        await user.run("sync", "bar-2")  # from now on its id is known, and looking for it takes no whole scan
        yield Gym(air, board, user, later, key, other_key)


def offsets(board: BareBoard) -> list[int]:
    """Return the offset of every block that the board was sent, in order."""
    begins = bytes((protocol.MAJOR, protocol.UPDATE | protocol.SEALED))  # flashing has paired it
    blocks = [raw[9:13] for raw in board.radio.writes if raw[:2] == begins and raw[8] == protocol.UPDATE_BLOCK]
    return [struct.unpack(protocol.UPDATE_BLOCK_FORMAT, at)[0] for at in blocks]


def test_it_ends_in_the_new_version_however_often_the_link_breaks(tmp_path, samples, tell) -> None:
    async def test() -> None:
        async with gym(tmp_path, samples("six-reps")) as here:
            board = here.board
            board.radio.faults = BREAKS
            status, said = await here.update("--key", here.key, pressed=True)
            assert status == 0, said
            assert f"the sensor now runs {VERSION}; before, it ran 0.2.0" in said
            sent, total = offsets(board), len(bundle.make().raw)
            steps_back = sum(later < earlier for earlier, later in pairwise(sent))
            assert steps_back <= board.radio.broken, "only after a break does a block come again"
            again = len(sent) - len(set(sent))
            assert again <= WINDOW * board.radio.broken
            tell(f"{total} bytes over {board.radio.connects} connections, {len(sent)} blocks, {again} of them twice")

    rig.run(test(), LIMIT_S)


async def offered(user: Shell, raw: bytes) -> UpdateState:
    """Offer a bundle by a host that has the key and judges nothing itself; return the sensor's answer."""
    head = raw[: layout.head_bytes(raw)]
    transport = await rig.found("bar-2")
    with Store.open(user.database) as store:
        control = await Control.open(transport, store.key_of)
    state = await control.update(protocol.UPDATE_BEGIN, b"\0" + hashlib.sha256(head).digest())
    while not state.reason and state.state == protocol.UPDATE_HEAD:
        at = state.next_offset
        state = await control.update(protocol.UPDATE_BLOCK, struct.pack("<I", at) + head[at : at + 507])
    await transport.close()
    return state


def test_what_may_not_come_by_radio_is_refused_by_host_and_sensor(tmp_path) -> None:
    async def test() -> None:
        async with gym(tmp_path) as here:
            board = here.board
            right, unsigned, foreign = (tmp_path / f"{name}.bhf" for name in ("right", "unsigned", "foreign"))
            await here.user.run("bundle", right, "--key", here.key, code=here.later)
            await here.user.run("bundle", unsigned, code=here.later)
            await here.user.run("bundle", foreign, "--key", here.other_key, code=here.later)
            for said_by_host, args in (
                ("only with the sensor's button held: hold the button and repeat", ("--key", here.key)),
                ("only with a signature", ("--bundle", unsigned)),
                ("the signature is not of the sensor's key", ("--key", here.other_key)),
            ):
                status, said = await here.update(*args)
                assert (status, said_by_host in said) == (2, True), said
            bleak_backend.install(hosts.here(here.air))
            assert (await offered(here.user, right.read_bytes())).reason == protocol.UPDATE_BUTTON
            board.press(True)
            assert (await offered(here.user, unsigned.read_bytes())).reason == protocol.UPDATE_UNSIGNED
            assert (await offered(here.user, foreign.read_bytes())).reason == protocol.UPDATE_SIGNATURE
            await board.stopped()
            assert not (tmp_path / "board" / "b").exists()
            assert board.boots == 4  # bare, twice for `flash`, and its own: never again

    rig.run(test(), LIMIT_S)


def test_a_host_killed_and_a_set_in_between_cost_neither_reps_nor_blocks(tmp_path) -> None:
    """The sensor counts while an update is half there, refuses it during the set, and goes on with it after.

    The lifter rests at the bottom of every rep, so that what came so far can be synced long before the set ends.
    """
    made = scenarios.make("bottom-pause", 3)
    reps = len(made.sets[0])

    async def test() -> None:
        async with gym(tmp_path, made.samples) as here:
            board, user = here.board, here.user
            board.press(True)
            process = await user.start("update", SENSOR, "--key", here.key, code=here.later)
            while len(offsets(board)) < 60:
                await board.pass_questions(20)
            process.kill()
            await process.wait()
            board.press(False)
            board.train()
            while protocol.SET_START not in kinds(user):
                await user.run("sync", SENSOR)
            status, said = await here.update("--key", here.key)
            assert (status, "a set is under way: repeat when the set has ended" in said) == (2, True), said
            while protocol.SET_END not in kinds(user):
                await user.run("sync", SENSOR)
            assert kinds(user).count(protocol.REP) == reps
            status, said = await here.update("--key", here.key)  # the button need not be held again
            assert f"the sensor now runs {VERSION}; before, it ran 0.2.0" in said
            assert "resuming at byte " in said
            sent = offsets(board)
            steps = sorted(set(sent))
            assert {later - sooner for sooner, later in itertools.pairwise(steps)} == {steps[1]}, "a block is missing"
            # What was under way when the host was killed, and when the set began, comes twice: a window each time.
            assert len(sent) - len(steps) <= 2 * WINDOW
            await user.run("sync", SENSOR)
            assert kinds(user).count(protocol.REP) == reps
            await board.stopped()

    rig.run(test(), LIMIT_S)
    store = Slots(str(tmp_path / "board"))
    assert store.read() == (1, 0, 0, 0), "slot b, confirmed"
    assert store.is_whole(1)


def kinds(user: Shell) -> list[int]:
    """Return the types of the records that the user's database holds."""
    return [record.header(raw)[0] for raw in rig.stored(user.database)]
