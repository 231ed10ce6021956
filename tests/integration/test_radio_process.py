"""`barhold` as a process of its own, as a user starts it, with firmware in real MicroPython: by radio and by cable.

What the database then holds is what the detector made of the same samples in this process, byte for byte.
"""

import asyncio
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from barhold.link.virtual import VirtualSensor
from chatty import log_of
from radio import rig
from radio.paced_link import Air
from radio.shell import shell

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the virtual radio needs POSIX sockets and terminals")


def detected(samples: bytes) -> list[bytes]:
    """Return the records that the same firmware makes of `samples` in this process."""
    here = VirtualSensor(samples)
    asyncio.run(here.play())
    return log_of(here)


def test_sync_and_live_by_radio(samples: Callable[[str], bytes], tmp_path: Path) -> None:
    """The first set is synced after it was trained, the second one watched as it is trained, ten times as fast."""
    (tmp_path / "live").mkdir()
    packed = samples("six-reps")
    expected = detected(packed)

    async def test() -> str:
        air = Air(interval_ms=5)
        before = rig.sensor(air, rig.told("bar-1", 1, records=0), packed)
        during = rig.sensor(air, rig.told("bar-2", 2, records=0, play="during", step_ms=2, clock_ms=20), packed)
        async with shell(tmp_path, air) as user, before:
            assert "bar-1" in await user.run("scan", "--seconds", "1", "--no-ask")
            assert "0 already stored" in await user.run("sync", "bar-1")
        async with shell(tmp_path / "live", air) as user, during:
            watching = await user.start("live", "--sensor", "bar-2")
            while len(rig.stored(user.database)) < len(expected):
                await during.pass_questions(100)
            watching.send_signal(signal.SIGINT)
            out, err = await watching.communicate()
            assert watching.returncode == 0, err.decode()
            return out.decode()

    said = rig.run(test())
    assert rig.stored(tmp_path / "db") == expected
    assert rig.stored(tmp_path / "live" / "db") == expected
    assert [line for line in said.splitlines() if "hold" in line][5].startswith("set 1 rep 6: hold 2.")
    assert "set 1 ended: 6 reps" in said


def test_sync_by_cable(samples: Callable[[str], bytes], tmp_path: Path) -> None:
    async def test() -> None:
        air = Air()
        on_cable = rig.told("bar-1", records=0, ble=False, cable=True)
        async with shell(tmp_path, air) as user, rig.sensor(air, on_cable, samples("mixed-set")) as board:
            await user.run("sync", "--serial-port", board.port)

    rig.run(test())
    assert rig.stored(tmp_path / "db") == detected(samples("mixed-set"))


def test_a_host_killed_in_the_middle_of_a_sync_leaves_a_sensor_for_the_next_one(tmp_path: Path) -> None:
    async def test() -> None:
        air = Air(interval_ms=5)
        async with shell(tmp_path, air) as user, rig.sensor(air, rig.told("bar-1", records=2000)) as board:
            process = await user.start("sync", "bar-1")
            while board.radio.notified < 100:
                await board.pass_questions(10)
            process.kill()
            await process.wait()
            await user.run("sync", "bar-1")
            assert board.radio.connects == 2

    rig.run(test())
    assert len(rig.stored(tmp_path / "db")) == 2001
