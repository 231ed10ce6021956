"""A paired sensor on the radio: the firmware in real MicroPython, the real host, a stranger, and what it costs."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from barcore import frame, protocol
from barhold.connection import LockedError
from barhold.store import Store
from radio import rig, simulated_time
from radio.transport import BleakTransport

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the virtual radio needs POSIX sockets and terminals")
KEY = bytes(range(32))
ID = f"{1:016x}"


def give_key(path: Path) -> None:
    with Store.open(path) as store:
        store.keep_key(ID, KEY, 0)


def test_the_owner_syncs_and_a_stranger_gets_nothing(tmp_path: Path) -> None:
    async def test() -> None:
        async with rig.radio(rig.told(records=100, key=KEY.hex())):
            with pytest.raises(LockedError, match=rf"sensor {ID} \(rack 1\) answers only to its owner"):
                await rig.synced(tmp_path / "stranger.db")
            assert rig.stored(tmp_path / "stranger.db") == []
            give_key(tmp_path / "owner.db")
            first = await rig.synced(tmp_path / "owner.db")
            again = await rig.synced(tmp_path / "owner.db")
            assert (first.new, first.quarantined, first.name, again.new) == (101, 0, "rack 1", 0)

    rig.run(test())


def test_a_stranger_that_says_hello_and_stays_is_disconnected_and_the_owner_gets_in(tmp_path: Path) -> None:
    """The sensor's clock runs ten times as fast as the test's."""

    async def test() -> None:
        async with rig.radio(rig.told(records=20, key=KEY.hex(), clock_ms=50)) as (board,):
            stranger = await BleakTransport.open("rack 1")
            await stranger.send(rig.HELLO)
            kind, _, body = frame.parse(await stranger.receive(5.0))
            assert kind == protocol.INFO
            assert protocol.INFO_LOG not in frame.parse_info(body)
            while stranger.client.is_connected:
                await asyncio.sleep(0.05)
            assert board.radio.connects == 1
            give_key(tmp_path / "owner.db")
            assert (await rig.synced(tmp_path / "owner.db")).new == 21

    rig.run(test())


def test_a_key_costs_a_sync_under_5_percent_of_what_goes_through_the_air(
    tmp_path: Path, tell: Callable[[str], None]
) -> None:
    """A sealed frame of seven records still fits one notification and one packet of the radio. Time is simulated."""

    async def sent(key: bytes) -> tuple[int, int, float]:
        path = tmp_path / f"{len(key)}.db"
        if key:
            give_key(path)
        async with rig.radio(rig.told(records=1400, key=key.hex()), interval_ms=15) as (board,):
            heard: list[int] = []
            transport = await BleakTransport.open("rack 1", on_frame=lambda raw: heard.append(len(raw)))

            async def connect(_: str) -> BleakTransport:
                return transport

            begun_s = asyncio.get_running_loop().time()
            assert (await rig.synced(path, connect=connect)).new == 1401
            assert board.radio.connects == 1
            return len(heard), sum(heard), asyncio.get_running_loop().time() - begun_s

    frames, size, plain_s = simulated_time.run(sent(b""))
    sealed_frames, sealed_size, sealed_s = simulated_time.run(sent(KEY))
    assert sealed_s <= 1.05 * plain_s
    assert sealed_frames <= frames + 2, "one INFO more"
    assert sealed_size <= 1.05 * size
    added = f"{sealed_frames - frames} of {frames} frames and {sealed_size / size - 1:.1%} of the bytes"
    tell(f"a key adds {added}, {sealed_s / plain_s - 1:.1%} of the time")
