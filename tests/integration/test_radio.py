"""The sensor's firmware in real MicroPython, on a virtual radio, and a host that knows nothing but bleak."""

import asyncio
import struct
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from bleak import BleakClient, BleakScanner

from barcore import frame, protocol, record
from barhold.errors import LinkError, RefusedError
from radio import rig
from radio.peripheral import Faults
from radio.transport import BleakTransport

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the virtual radio needs POSIX sockets and terminals")


def seqs(raws: list[bytes]) -> list[int]:
    return [record.header(raw)[3] for raw in raws]


def test_a_sync_over_the_radio_brings_every_record_once(tmp_path: Path) -> None:
    async def test() -> None:
        async with rig.radio(rig.told(records=300)) as (board,):
            first = await rig.synced(tmp_path / "db")
            again = await rig.synced(tmp_path / "db")
            assert (first.new, first.quarantined, first.name) == (301, 0, "rack 1")
            assert (again.new, again.already_stored) == (0, 1)
            assert board.radio.connects == 2

    rig.run(test())
    assert seqs(rig.stored(tmp_path / "db")) == list(range(301))


def test_what_a_host_sees_is_frozen(golden: Callable[[str, str], None]) -> None:
    """UUIDs, handles and properties: hosts cache them, so that a change breaks every one that was there before."""

    async def test() -> str:
        async with rig.radio(rig.told()):
            transport = await BleakTransport.open("rack 1")
            lines = [
                f"{one.handle} {one.uuid} {' '.join(sorted(one.properties))}"
                for service in transport.client.services
                for one in service.characteristics
                if not service.uuid.startswith(("00001800", "00001801"))
            ]
            await transport.close()
            return "\n".join(lines) + "\n"

    golden("gatt.txt", rig.run(test()))


def test_the_advertisement_tells_what_scan_shows() -> None:
    async def test() -> None:
        async with rig.radio(rig.told(name="Grüße aus Raum 7")):
            _, told = await _seen("Grüße aus Raum 7")
            assert told.service_uuids == [protocol.SERVICE_UUID]
            assert told.manufacturer_data == {protocol.ADVERT_COMPANY: struct.pack(protocol.ADVERT_FORMAT, 255, 0)}

    rig.run(test())


@pytest.mark.parametrize("mtu", [23, 46])
def test_a_small_mtu_is_refused_in_words_at_once(tmp_path: Path, mtu: int) -> None:
    async def test() -> None:
        async with rig.radio(rig.told(), mtu=mtu) as (board,):
            with pytest.raises(RefusedError, match=r"less than a record at once\): use the cable \(--usb\)"):
                await rig.synced(tmp_path / "db", connect=rig.found)
            assert board.radio.notified == 1

    rig.run(test())


@pytest.mark.parametrize("mtu", [47, 100, 185, 517])
def test_every_mtu_from_47_on_carries_every_record(tmp_path: Path, mtu: int) -> None:
    async def test() -> None:
        async with rig.radio(rig.told(records=100), mtu=mtu, interval_ms=1):
            assert (await rig.synced(tmp_path / "db")).new == 101

    rig.run(test())
    assert seqs(rig.stored(tmp_path / "db")) == list(range(101))


@pytest.mark.parametrize("lost", [0.0, 0.05])
def test_the_product_puts_frames_together_that_a_small_mtu_cuts(
    tmp_path: Path, lost: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At MTU 47 a full DATA is six notifications; what is lost of them costs time and no record."""
    if lost:
        monkeypatch.setattr(rig.Hasty, "patience_s", 0.05)
    faults = Faults(seed=3, notifications_lost=lost)

    async def test() -> None:
        async with rig.radio(rig.told(records=300), mtu=47, interval_ms=1, faults=faults) as (board,):
            result = await rig.synced(tmp_path / "db", connect=rig.found)
            assert result.new == 301
            assert board.radio.notified > 6 * 301 // 7
            if lost:
                assert board.radio.lost_notifications > 10
                assert result.dropped_frames > 0
            else:
                assert (result.re_requests, result.dropped_frames) == (0, 0)

    rig.run(test())
    assert seqs(rig.stored(tmp_path / "db")) == list(range(301))


def test_a_flood_meets_a_full_queue_and_arrives_whole_and_in_order() -> None:
    async def test() -> None:
        async with rig.radio(rig.told(records=600), interval_ms=15) as (board,):
            transport = await BleakTransport.open("rack 1")
            await transport.send(rig.HELLO)
            _, nonce, _ = frame.parse(await transport.receive(5))
            for first in range(0, 560, 28):  # twenty questions at once
                await transport.send(frame.pack(protocol.PULL, nonce, struct.pack(protocol.PULL_FORMAT, first, 28, 8)))
            got: list[bytes] = []
            while len(got) < 560:
                kind, _, body = frame.parse(await transport.receive(5))
                if kind == protocol.DATA:
                    got += [body[at : at + 32] for at in range(0, len(body), 32)]
            assert seqs(got) == list(range(560))
            assert all(record.is_valid(raw) for raw in got)
            assert board.radio.enomem > 0
            await transport.close()

    rig.run(test())


def test_it_is_silent_until_hello() -> None:
    async def test() -> None:
        async with rig.radio(rig.told(live_ms=20)):
            heard: list[bytes] = []
            transport = await BleakTransport.open("rack 1", on_frame=heard.append)
            with pytest.raises(TimeoutError):
                await transport.receive(0.5)
            await transport.send(rig.HELLO)
            kinds = {frame.parse(await transport.receive(5))[0] for _ in range(3)}
            assert kinds == {protocol.INFO, protocol.LIVE}
            await transport.close()

    rig.run(test())


def test_several_hosts_one_after_the_other(tmp_path: Path) -> None:
    async def test() -> None:
        async with rig.radio(rig.told(records=30), interval_ms=1) as (board,):
            for host in range(5):
                assert (await rig.synced(tmp_path / f"{host}.db")).new == 31
            assert board.radio.connects == 5

    rig.run(test())


def test_a_host_that_vanishes_at_any_point_leaves_a_sensor_that_can_be_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sixty connections break after 1..80 packets, 30 % of all packets are lost; then a sync finds all the rest."""
    monkeypatch.setattr(rig.Hasty, "patience_s", 0.02)
    faults = Faults(seed=5, notifications_lost=0.3, writes_lost=0.3, break_after=(1, 80))

    async def test() -> None:
        async with rig.radio(rig.told(records=2000, step_ms=1), interval_ms=1, faults=faults, advert_ms=5) as (board,):
            while board.radio.broken < 60:
                try:
                    await rig.synced(tmp_path / "db", connect=rig.found)
                except LinkError:
                    continue
            board.radio.faults = Faults()
            await rig.synced(tmp_path / "db", connect=rig.found)

    rig.run(test())
    assert seqs(rig.stored(tmp_path / "db")) == list(range(2001))


async def _seen(name: str):
    async with asyncio.timeout(10), BleakScanner(service_uuids=[protocol.SERVICE_UUID]) as scanner:
        async for device, told in scanner.advertisement_data():
            if told.local_name == name:
                return device, told
    return None


def test_a_client_that_is_not_ours_reads_model_firmware_and_battery() -> None:
    async def test() -> None:
        async with rig.radio(rig.told()):
            device, _ = await _seen("rack 1")
            async with BleakClient(device) as client:
                read = [await client.read_gatt_char(f"0000{short}-0000-1000-8000-00805f9b34fb") for short in SHORT]
            assert read == [b"sim", b"0.1.0", b"\x64"]

    rig.run(test())


SHORT = ("2a24", "2a26", "2a19")
