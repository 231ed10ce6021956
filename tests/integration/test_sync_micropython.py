"""The same session against the same firmware in real MicroPython, over the pipes of a process."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from barhold.connection import SyncResult
from barhold.errors import LinkError
from barhold.link.pipe import PipeTransport
from barhold.link.virtual import VirtualSensor
from barhold.store import Store
from barhold.sync.one_sensor import sync, utc_clock
from chatty import log_of
from mpy import rig

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="asyncio cannot wait on these pipes on Windows")


def sync_over_pipe(samples: bytes, path: Path) -> SyncResult:
    async def run(process: "subprocess.Popen[bytes]") -> SyncResult:
        assert process.stdin
        assert process.stdout
        transport = await PipeTransport.open(process.stdin, process.stdout)
        try:
            with Store.open(path) as store:
                return await sync(transport, store, utc_clock())
        finally:
            await transport.close()

    with rig.sensor(samples) as process:
        return asyncio.run(run(process))


def stored(path: Path) -> tuple[list[str], list[bytes]]:
    with Store.open(path) as store:
        return [d.device_id for d in store.devices()], [r.raw for r in store.records()]


@pytest.mark.parametrize("name", ["six-reps", "mixed-set"])
def test_micropython_gives_the_same_bytes_as_this_process(
    samples: Callable[[str], bytes], tmp_path: Path, name: str
) -> None:
    path = tmp_path / "barhold.db"
    result = sync_over_pipe(samples(name), path)
    here = VirtualSensor(samples(name))
    asyncio.run(here.play())
    assert stored(path) == ([here.board.device_id.hex()], log_of(here))
    assert (result.new, result.quarantined) == (len(log_of(here)), 0)
    again = sync_over_pipe(samples(name), path)
    assert (again.new, again.quarantined) == (0, 0)
    assert stored(path)[1] == log_of(here)


def test_a_process_that_ends_is_a_link_error() -> None:
    async def talk(process: "subprocess.Popen[bytes]") -> None:
        assert process.stdin
        assert process.stdout
        transport = await PipeTransport.open(process.stdin, process.stdout)
        try:
            await transport.receive(30.0)
        finally:
            await transport.close()

    command = [sys.executable, "-c", "print('no frame')"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        with pytest.raises(LinkError, match="closed its pipe: start it again"):
            asyncio.run(talk(process))
        process.wait(30)


def test_a_process_that_says_nothing_is_a_timeout() -> None:
    async def talk(process: "subprocess.Popen[bytes]") -> None:
        assert process.stdin
        assert process.stdout
        transport = await PipeTransport.open(process.stdin, process.stdout)
        try:
            with pytest.raises(TimeoutError):
                await transport.receive(0.05)
        finally:
            await transport.close()

    command = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        asyncio.run(talk(process))
        assert process.wait(30) == 0
