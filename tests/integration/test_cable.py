"""The firmware in real MicroPython behind a terminal: frames and a REPL on one cable, and the real mpremote."""

import asyncio
import sys
from pathlib import Path

import pytest

from barcore import record
from barhold.store import Store
from barhold.sync.one_sensor import sync, utc_clock
from radio import rig
from radio.board import Board
from radio.transport import CableTransport

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals on Windows")

LIMIT_S = 30
ON_CABLE = {"ble": False, "cable": True}


async def synced(board: Board, path: Path):
    transport = CableTransport(board.port)
    try:
        with Store.open(path) as store:
            return await sync(transport, store, utc_clock())
    finally:
        await transport.close()


async def mpremote(board: Board, *args: str) -> str:
    """Run the real one on the board's port."""
    command = (sys.executable, "-m", "mpremote", "connect", board.port, *args)
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        async with asyncio.timeout(LIMIT_S):
            said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, said.decode()
    return said.decode()


def test_a_sync_over_the_cable_brings_every_record_once(tmp_path: Path) -> None:
    async def test() -> None:
        async with rig.radio(rig.told(records=300, **ON_CABLE)) as (board,):
            first = await synced(board, tmp_path / "db")
            again = await synced(board, tmp_path / "db")
            assert (first.new, first.quarantined, first.name) == (301, 0, "rack 1")
            assert (again.new, again.already_stored) == (0, 1)

    rig.run(test())
    assert [record.header(raw)[3] for raw in rig.stored(tmp_path / "db")] == list(range(301))


def test_the_console_is_quiet_while_no_host_asks() -> None:
    async def test() -> None:
        async with rig.radio(rig.told(live_ms=20, **ON_CABLE)) as (board,):
            await board.pass_questions(300)
            assert board.printed == b""

    rig.run(test())


def test_mpremote_interrupts_the_application_lists_files_and_starts_it_anew(tmp_path: Path) -> None:
    async def test() -> None:
        async with rig.radio(rig.told(records=100, **ON_CABLE)) as (board,):
            assert (await synced(board, tmp_path / "db")).new == 101
            # No soft reset first: it is the running application that Ctrl-C has to stop.
            listed = await mpremote(board, "resume", "fs", "ls")
            assert "barsensor/" in listed
            assert "barcore/" in listed
            assert b"KeyboardInterrupt" in board.printed
            assert (await mpremote(board, "resume", "eval", "told['name']")).strip() == "rack 1"
            assert "4" in await mpremote(board, "exec", "print(2 + 2)")  # with its usual soft reset
            await mpremote(board, "soft-reset")
            assert (await synced(board, tmp_path / "db2")).new == 101

    rig.run(test())


def test_mpremote_can_come_in_the_middle_of_a_session(tmp_path: Path) -> None:
    """And what it types is no frame to the sensor, nor what the sensor says to it one to a host."""

    async def test() -> None:
        async with rig.radio(rig.told(records=100, live_ms=20, **ON_CABLE)) as (board,):
            transport = CableTransport(board.port)
            await transport.send(rig.HELLO)
            await transport.receive(5)
            await transport.close()
            assert "barsensor/" in await mpremote(board, "resume", "fs", "ls")

    rig.run(test())


def test_a_console_that_nobody_reads_does_not_stall_the_application() -> None:
    async def test() -> None:
        async with rig.radio(rig.told(live_ms=5, step_ms=1, **ON_CABLE)) as (board,):
            transport = CableTransport(board.port)
            await transport.send(rig.HELLO)
            await transport.receive(5)
            await transport.close()  # and does not read on, while events go on happening
            await board.pass_questions(6000)
            assert board.held_up == 1
            again = CableTransport(board.port)
            for _ in range(20):
                await again.send(rig.HELLO)
                try:
                    await again.receive(1)
                    break
                except TimeoutError:
                    continue
            else:
                pytest.fail("it does not answer any more")
            await again.close()

    rig.run(test())
