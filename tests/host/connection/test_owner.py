"""A sensor's owner and those who are not: nothing that the sensor did not seal is stored, shown or acknowledged."""

import asyncio
import binascii
import random
import struct
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import pytest

from barcore import frame, protocol, seal
from barhold.connection import Connection, Control, LockedError
from barhold.errors import LinkError, RefusedError
from barhold.store import Store
from barhold.sync.one_sensor import sync
from fake_sensor import DEVICE, FakeLog, ModernSensor, make, spoilt, stored

NOW_MS = 1_900_000_000_000
KEY = bytes(range(32))
ID = DEVICE.hex()
RECORDS = {seq: make(seq) for seq in range(100)}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "barhold.db") as opened:
        opened.keep_key(ID, KEY, NOW_MS)
        yield opened


def owned(*args, **options) -> ModernSensor:
    sensor = ModernSensor(FakeLog(dict(RECORDS)), *args, **options)
    sensor.modern.key = KEY
    return sensor


class Relay:
    """Between a host and the real sensor: hands on HELLO and INFO, and says the rest itself as an open sensor would."""

    def __init__(self, real: ModernSensor) -> None:
        self.real, self.dropped = real, 0
        log = FakeLog({seq: make(seq, values=(9, 9, 9)) for seq in range(150)})
        self.own = ModernSensor(log, name="evil")
        self.to_host: deque[bytes] = deque()
        self.asked: list[int] = []

    async def send(self, raw: bytes) -> None:
        kind, _, body = frame.parse(raw)
        self.asked.append(kind)
        if kind & ~protocol.SEALED == protocol.HELLO:
            await self.real.send(raw)
            self.to_host.extend(self.real.inbox)
            self.real.inbox.clear()
            self.own.modern.update(protocol.HELLO, 0, body[:10], 0)
            return
        # Whatever it was: every answer that an open sensor would give, with the nonce of the INFO that was relayed.
        nonce = self.real.modern.answer._nonce
        for asked in (protocol.PULL, protocol.TIME, protocol.ACK, protocol.SET):
            for answer in self.own.modern.update(asked, self.own.modern.answer._nonce, bytes(16), 0):
                said, _, told = frame.parse(answer)
                self.to_host.append(frame.pack(said, nonce, told))
        self.to_host.append(frame.pack(protocol.LIVE, nonce, make(149)))

    async def receive(self, timeout_s: float) -> bytes:
        await asyncio.sleep(0)
        if not self.to_host:
            raise TimeoutError
        return self.to_host.popleft()

    async def close(self) -> None:
        self.to_host.clear()


def test_a_relay_that_hands_on_hello_gets_nothing_stored_or_shown(store: Store) -> None:
    relay, shown = Relay(owned()), []
    with pytest.raises(LinkError, match="did not answer TIME"):
        asyncio.run(Connection(relay, store, lambda: NOW_MS, on_live=shown.append).run())
    assert stored(store) == {}
    assert shown == []
    assert [device.name for device in store.devices()] == ["bar"], "the name that the sensor itself sealed"
    assert protocol.ACK | protocol.SEALED not in relay.asked


def test_a_relay_cannot_change_the_name_in_info(store: Store) -> None:
    """The first INFO is not sealed; the one that counts is."""

    def renamed(_: int, raw: bytes) -> list[bytes]:
        kind, nonce, body = frame.parse(raw)
        if kind != protocol.INFO:
            return [raw]
        entries = frame.parse_info(body) | {protocol.INFO_NAME: b"evil"}
        return [frame.pack(kind, nonce, frame.pack_info(tuple(entries.items())))]

    assert asyncio.run(sync(owned(renamed), store, lambda: NOW_MS)).name == "bar"


def test_forged_frames_with_a_right_crc_are_dropped_and_counted(store: Store) -> None:
    """Between the true frames come forged ones: plain, under another key, and with a bit changed."""
    rng, forger = random.Random(5), seal.Sealer(bytes(32))
    shown: list[bytes] = []
    sensor = owned()
    evil = make(3, values=(9, 9, 9))
    bodies = {
        protocol.DATA: evil,
        protocol.LIVE: evil,
        protocol.END: bytes(14),
        protocol.ACKED: b"\xff" * 8,
        protocol.STATUS: bytes((protocol.PULL, protocol.NEEDS_KEY)),
        protocol.INFO: b"",
    }

    def forging(_: int, raw: bytes) -> list[bytes]:
        kind, body = rng.choice(list(bodies.items()))
        if not raw[1] & protocol.SEALED:
            return [raw]
        plain = frame.pack(kind, sensor.modern.answer._nonce, body)
        flipped = bytearray(raw[:-4])
        flipped[rng.randrange(8, len(flipped))] ^= 1 << rng.randrange(8)
        repaired = bytes(flipped) + struct.pack("<I", binascii.crc32(flipped))
        return [plain, forger.pack(kind, body), repaired, raw, raw]

    sensor._to_host = forging
    result = asyncio.run(Connection(sensor, store, lambda: NOW_MS, on_live=shown.append).run())
    assert stored(store) == RECORDS
    assert (result.new, result.quarantined, shown) == (100, 0, [])
    assert result.dropped_frames >= 100
    assert sensor.log.acked == 100


def test_frames_of_an_older_connection_are_worth_nothing_in_another(store: Store) -> None:
    heard: list[bytes] = []
    sensor = owned(lambda _, raw: heard.append(raw) or [raw])
    asyncio.run(sync(sensor, store, lambda: NOW_MS))
    replays = deque(raw for raw in heard if raw[1] & protocol.SEALED)
    assert len(replays) > 15
    sensor.log.raws |= {seq: make(seq) for seq in range(100, 120)}
    sensor.log.next_seq = 120
    sensor._to_host = lambda _, raw: [*(replays.popleft() for _ in range(min(3, len(replays)))), raw]
    result = asyncio.run(sync(sensor, store, lambda: NOW_MS))
    assert stored(store) == RECORDS | {seq: make(seq) for seq in range(100, 120)}
    assert result.new == 20


def test_requests_of_an_older_connection_change_nothing_on_the_sensor(store: Store) -> None:
    sensor = owned()
    raws: list[bytes] = []
    sensor._to_sensor = lambda _, raw: raws.append(raw) or [raw]

    async def rename(name: str) -> None:
        control = await Control.open(sensor, store.key_of)
        await control.set(name=name)
        await control.close()

    asyncio.run(rename("first"))
    asyncio.run(rename("second"))
    for raw in raws:
        sensor.modern.update(*frame.parse(raw), 0)
    assert sensor.modern.name == "second"


def test_everything_goes_through_with_losses_doubles_and_corruption_on_the_way(store: Store) -> None:
    rng = random.Random(11)

    def trouble(_: int, raw: bytes) -> list[bytes]:
        how = rng.randrange(10)
        return [] if how == 0 else [raw, raw] if how == 1 else [spoilt(raw, len(raw) // 2)] if how == 2 else [raw]

    def lost_or_doubled(_: int, raw: bytes) -> list[bytes]:
        return [raw] * rng.choice((0, 1, 1, 1, 1, 1, 1, 1, 1, 2))

    asyncio.run(sync(owned(trouble, lost_or_doubled), store, lambda: NOW_MS))
    assert stored(store) == RECORDS


def test_a_live_record_is_shown_only_if_the_sensor_sealed_it(store: Store) -> None:
    shown: list[bytes] = []
    sensor = owned()
    sensor.spoken.extend([make(protocol.NO_SEQ, protocol.TOP, (1, 1, 300, 0))] * 2)

    async def follow() -> None:
        connection = Connection(sensor, store, lambda: NOW_MS, on_live=shown.append, follow=True)
        await asyncio.wait_for(connection.run(), 0.5)

    with pytest.raises(TimeoutError):
        asyncio.run(follow())
    assert len(shown) == 2


def test_a_stranger_learns_id_and_name_and_is_told_the_next_step(tmp_path: Path) -> None:
    sensor = owned()
    with Store.open(tmp_path / "stranger.db") as stranger:
        with pytest.raises(LockedError, match=r"does not have its key: .*barhold pair --usb.*--show.*--code") as locked:
            asyncio.run(sync(sensor, stranger, lambda: NOW_MS))
        assert (stored(stranger), stranger.devices()) == ({}, [])
    info = locked.value.info
    assert (info.device_id, info.name, info.is_short, info.answers_everybody) == (ID, "bar", True, False)
    assert (info.log_id, info.next_seq, info.firmware, info.board, info.battery_mv) == (0, 0, "", "", 0)
    assert sensor.kinds() == [protocol.HELLO]


def test_a_broken_sensor_is_told_apart_from_an_unknown_key(store: Store) -> None:
    with pytest.raises(LinkError, match="did not answer HELLO in 8 tries") as silent:
        asyncio.run(sync(owned(lambda _, raw: []), store, lambda: NOW_MS))
    assert not isinstance(silent.value, RefusedError)
    store.keep_key(ID, bytes(32), NOW_MS)
    with pytest.raises(RefusedError, match="it has another key than the one stored here"):
        asyncio.run(sync(owned(), store, lambda: NOW_MS))


def test_a_stream_keeps_its_connection_alive(monkeypatch: pytest.MonkeyPatch, store: Store) -> None:
    """A stream asks for nothing, and the sensor ends a connection on which it hears nothing for 30 s."""
    sensor = owned(samples=bytes(16 * 1000))

    async def listen() -> None:
        loop = asyncio.get_running_loop()
        now_s = iter(range(0, 10_000, 4))
        monkeypatch.setattr(loop, "time", lambda: float(next(now_s)))
        control = await Control.open(sensor, store.key_of)
        stream = control.stream()
        for _ in range(20):
            await anext(stream)
        await stream.aclose()

    monkeypatch.setattr(asyncio, "sleep", _no_sleep)
    asyncio.run(listen())
    assert sensor.kinds().count(protocol.TIME) >= 5


async def _no_sleep(_: float) -> None:
    return None
