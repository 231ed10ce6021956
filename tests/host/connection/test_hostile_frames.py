"""Whatever arrives, the host does not crash, does not grow and stores nothing that the sensor does not hold."""

import asyncio
import gc
import random
import struct
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

import pytest

from barcore import frame, protocol, record
from barhold.connection import Connection, Control
from barhold.connection.batch import Batch, gaps
from barhold.connection.handshake import read_info
from barhold.errors import BarholdError, LinkError
from barhold.link import ble
from barhold.link.cobs_packets import PacketDecoder, encode_packet
from barhold.live.view_state import LiveView
from barhold.model import Anchor
from barhold.store import Added, Device
from fake_sensor import DEVICE, LOG, FakeLog, ModernSensor, make

QUICK, LONG = 100_000, 1_000_000
PIECES_QUICK, PIECES_LONG = 30_000, 200_000
both_frames = pytest.mark.parametrize("count", [QUICK, pytest.param(LONG, marks=pytest.mark.long)])
both_pieces = pytest.mark.parametrize("count", [PIECES_QUICK, pytest.param(PIECES_LONG, marks=pytest.mark.long)])
HELD = {seq: make(seq) for seq in range(30)}
KINDS = [*range(1, 11), *range(64, 75)]
Take = Callable[[bytes], object]


def random_frames(rng: random.Random) -> Iterator[bytes]:
    """Bytes of any length, some of them near to frames."""
    real = frame.pack(protocol.DATA, 7, make(1) + make(2))
    while True:
        choice = rng.random()
        if choice < 0.6:
            yield rng.randbytes(rng.randrange(0, 80))
        elif choice < 0.65:
            yield rng.randbytes(rng.randrange(0, 700))
        else:
            at = rng.randrange(len(real))
            yield real[:at] + rng.randbytes(rng.randrange(0, 3)) + real[at + rng.randrange(0, 3) :]


def repaired_frames(rng: random.Random, nonce: Callable[[], int] = lambda: 7) -> Iterator[bytes]:
    """Frames whose CRC is right and whose content is not: any type, any body, sometimes near to a real one."""
    bodies = (
        make(1) + make(2),
        struct.pack(protocol.END_FORMAT, 5, 5, 0, 0),
        struct.pack(protocol.END_FORMAT, 30, 0, 0, 0),
        frame.pack_info(
            ((protocol.INFO_PROTOCOL, b"\1\1"), (protocol.INFO_DEVICE, DEVICE), (protocol.INFO_NAME, b"x"))
        ),
        struct.pack(protocol.TIME_IS_FORMAT, 1, 2, 3),
        struct.pack(protocol.CALIBRATION_FORMAT, 1, 2, 3, 4, 5, 6),
        struct.pack(protocol.ACK_FORMAT, LOG, 5),
    )
    while True:
        body = rng.choice(bodies) if rng.random() < 0.5 else rng.randbytes(rng.randrange(0, 70))
        if body and rng.random() < 0.7:
            at = rng.randrange(len(body))
            body = body[:at] + rng.randbytes(rng.randrange(0, 3)) + body[at + rng.randrange(0, 3) :]
        kind = rng.choice(KINDS) if rng.random() < 0.8 else rng.randrange(256)
        major = protocol.MAJOR if rng.random() < 0.95 else rng.randrange(256)
        length = len(body) if rng.random() < 0.95 else rng.randrange(65536)
        raw = struct.pack("<BBHI", major, kind, length, nonce() if rng.random() < 0.8 else rng.getrandbits(32)) + body
        yield raw + struct.pack("<I", frame.binascii.crc32(raw))


def take_frame(raw: bytes) -> int:
    """Every pure parser of the host on one frame; returns how many records it would take for real."""
    try:
        body = frame.parse(raw)[2]
    except frame.FrameError:
        return 0
    with suppress(LinkError):
        read_info(body)
    batch = Batch(0, protocol.PULL_MAX, protocol.PULL_MAX)
    batch.add(body)
    gaps(batch.raw_records, 0)
    ble.read_advert({protocol.ADVERT_COMPANY: body}, {})
    view = LiveView()
    for at in range(0, len(body) - 31, 32):
        if record.is_valid(body[at : at + 32]):
            view.feed(body[at : at + 32], 0.0)
    return len([one for one in batch.raw_records if one not in (make(1), make(2))])


def grown_bytes(take: Take, frames: Iterator[bytes]) -> int:
    """Return how much memory is kept by 20,000 more frames, once 5,000 have warmed it up."""
    for raw in islice(frames, 5_000):
        take(raw)
    gc.collect()
    tracemalloc.start()
    for raw in islice(frames, 1_000):
        take(raw)
    before = tracemalloc.get_traced_memory()[0]
    for raw in islice(frames, 20_000):
        take(raw)
    gc.collect()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return after - before


@both_frames
@pytest.mark.parametrize("make_frames", [random_frames, repaired_frames])
def test_every_parser_survives_any_frame(
    make_frames: Callable[[random.Random], Iterator[bytes]], count: int, tell: Callable[[str], None]
) -> None:
    frames = make_frames(random.Random(1))
    taken = sum(take_frame(raw) for raw in islice(frames, count))
    assert taken == 0
    assert grown_bytes(take_frame, frames) < 20_000
    tell(f"{count} {make_frames.__name__.replace('_', ' ')} through every parser of the host")


@both_pieces
def test_a_byte_stream_of_anything_gives_frames_or_nothing(count: int, tell: Callable[[str], None]) -> None:
    rng = random.Random(2)
    packets, frames = PacketDecoder(), random_frames(rng)

    def take(raw: bytes) -> None:
        packets.feed(raw if rng.random() < 0.5 else encode_packet(raw))
        while (got := packets.pop()) is not None:
            assert len(got) <= 600

    for raw in islice(frames, count):
        take(raw)
    assert grown_bytes(take, frames) < 20_000
    assert not packets
    tell(f"{count} pieces of a byte stream through the host's packets")


class NullStore:
    """Keeps nothing, and fails at any record that the sensor does not hold."""

    def __init__(self) -> None:
        self.records = 0

    def next_seq(self, device_id: str, log_id: int) -> int:
        return 0

    def missing(self, device_id: str, log_id: int, first_seq: int, end_seq: int) -> list[tuple[int, int]]:
        return [(first_seq, end_seq)]

    def key_of(self, device_id: str) -> None:
        return None

    def add_device(self, device: Device) -> None:
        assert device.device_id == DEVICE.hex()

    def add_anchor(self, anchor: Anchor) -> None:
        pass

    def quarantine(self, *_: Any) -> None:
        pass

    def add_records(self, device_id: str, log_id: int, raws: list[bytes], received_utc_ms: int) -> Added:
        assert all(HELD[record.header(raw)[3]] == raw for raw in raws)
        self.records += len(raws)
        return Added(len(raws), 0, 0)


class Liar(ModernSensor):
    """Answers as it should and says anything at all in between, in the very session; counts what it made up."""

    frames: Iterator[bytes]
    lies = 0
    most_lies = 40

    async def receive(self, timeout_s: float) -> bytes:
        self._operate()
        if self.chance.random() < 0.7 and self.lies < self.most_lies:
            self.lies += 1
            return next(self.frames)
        if not self.inbox and self.modern.streaming:
            self._speak_samples()
        if not self.inbox:
            raise TimeoutError
        return self.inbox.popleft()


async def one_session(rng: random.Random, store: NullStore) -> int:
    sensor = Liar(FakeLog(HELD), samples=bytes(160), cable=True)
    sensor.chance = rng
    maker = repaired_frames if rng.random() < 0.7 else lambda rng, _: random_frames(rng)
    sensor.frames = maker(rng, lambda: sensor.modern.answer._nonce)
    with suppress(BarholdError):
        if rng.random() < 0.6:
            await Connection(sensor, store, lambda: 5, lambda _: None).run()  # type: ignore[arg-type]
        else:
            control = await Control.open(sensor, lambda _: None)
            await control.set(name="x")
            await control.set_key(b"k" * 32)
            await control.calibrate(0)
            async for _ in control.stream():
                break
    return sensor.lies


async def many_sessions(count: int, seed: int, store: NullStore) -> tuple[int, int]:
    rng, lies, sessions = random.Random(seed), 0, 0
    while lies < count:
        lies += await one_session(rng, store)
        sessions += 1
    return lies, sessions


@both_frames
def test_a_session_with_a_liar_stores_only_what_is_true(count: int, tell: Callable[[str], None]) -> None:
    store = NullStore()
    lies, sessions = asyncio.run(many_sessions(count, 3, store))
    assert store.records > 1000
    gc.collect()
    objects = len(gc.get_objects())
    asyncio.run(many_sessions(5_000, 4, store))
    gc.collect()
    assert len(gc.get_objects()) - objects < 500
    tell(f"{lies} false frames in {sessions} sessions of the host, {store.records} true records taken")
