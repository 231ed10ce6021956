"""What the radio path carries and how late it is, over a paced link with real MicroPython at its other end.

`throughput` and `latency` are for `poe bench sync`, from a checkout: run each with asyncio.run.
"""

import asyncio
import contextlib
import json
import resource
import statistics
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from barcore import frame, protocol, record
from radio import bleak_backend, hosts, rig
from radio.board import HERE, Board
from radio.paced_link import Air
from radio.transport import BleakTransport

RECORDS = 20_000
RECORDS_A_FRAME = 7
INTERVAL_MS = 15.0
NAME = "bench"
Puller = Callable[[BleakTransport, int], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Throughput:
    """A log of `records` over the link, and as many bytes over the same link as bare notifications of the same size."""

    records: int
    synced_s: float
    bare_s: float
    enomem: int
    grown_kib: int

    @property
    def share(self) -> float:
        """What the sync reached of what the link carries."""
        return self.bare_s / self.synced_s


@dataclass(frozen=True, slots=True)
class Latency:
    """From the sensor's event to the host's callback; the clock is read in whole ms, so each may be 1 ms too long."""

    events: int
    interval_ms: float
    median_ms: float
    p95_ms: float
    worst_ms: float


async def throughput(
    pull: Puller | None = None, records: int = RECORDS, interval_ms: float = INTERVAL_MS, key: bytes = b""
) -> Throughput:
    """Measure. `pull(transport, count)` fetches all and returns how many records came; without it `pull_ahead` does.

    With `key` the sensor is paired, and `pull` must prove it at once: the bare link is not measured then.
    """
    async with _sensor(records, interval_ms, key=key.hex()) as board:
        transport = await BleakTransport.open(NAME)
        bare_s = 0.0 if key else await _opened_bare(board, transport, records)
        before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        begun = asyncio.get_running_loop().time()
        got = await (pull or pull_ahead)(transport, records)
        synced_s = asyncio.get_running_loop().time() - begun
        grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib
        await transport.close()
        if got < records:
            raise RuntimeError(f"{got} of {records} records came")
        return Throughput(records, synced_s, bare_s, board.radio.enomem, grown_kib)


async def latency(events: int = 200, every_ms: int = 50, interval_ms: float = INTERVAL_MS) -> Latency:
    """Measure, with the steps that a board makes."""
    late_ms: list[float] = []

    def on_frame(raw: bytes) -> None:
        now_ms = time.time_ns() / 1e6
        kind, _, body = frame.parse(raw)
        if kind == protocol.LIVE:
            late_ms.append(now_ms - record.payload(body)[0])

    async with _sensor(0, interval_ms, live_ms=every_ms, step_ms=20, clock_ms=20):
        transport = await BleakTransport.open(NAME, on_frame=on_frame)
        await transport.send(rig.HELLO)
        while len(late_ms) < events:
            await transport.receive(5.0)
        await transport.close()
    late_ms.sort()
    p95_ms = late_ms[int(len(late_ms) * 0.95)]
    return Latency(len(late_ms), interval_ms, statistics.median(late_ms), p95_ms, late_ms[-1])


async def pull_ahead(transport: BleakTransport, records: int, ahead: int = 4) -> int:
    """Fetch with `ahead` questions on the way, so that the radio never waits for one; return how many records came."""
    await transport.send(rig.HELLO)
    _, nonce, _ = frame.parse(await transport.receive(5.0))
    asked = got = 0
    on_way = 0
    while got < records:
        while on_way < ahead and asked < records:
            await transport.send(
                frame.pack(
                    protocol.PULL,
                    nonce,
                    struct.pack(protocol.PULL_FORMAT, asked, min(protocol.PULL_MAX, records - asked), 8),
                )
            )
            asked += protocol.PULL_MAX
            on_way += 1
        kind, _, body = frame.parse(await transport.receive(5.0))
        if kind == protocol.DATA:
            got += len(body) // protocol.RECORD_BYTES
        on_way -= kind == protocol.END
    return got


async def _opened_bare(board: Board, transport: BleakTransport, records: int) -> float:
    await transport.send(rig.HELLO)  # a host that says nothing is disconnected after 10 s
    await transport.receive(5.0)
    return await _bare(board, transport, -(-records // RECORDS_A_FRAME))


async def _bare(board: Board, transport: BleakTransport, count: int) -> float:
    """Return the seconds that `count` notifications of a full DATA frame take when only the radio holds them up."""
    size = protocol.FRAME_OVERHEAD + RECORDS_A_FRAME * protocol.RECORD_BYTES
    done = asyncio.Event()
    heard = 0

    def on_notification(_: object, __: bytearray) -> None:
        nonlocal heard
        heard += 1
        if heard == count:
            done.set()

    await transport.client.stop_notify(protocol.TX_UUID)
    await transport.client.start_notify(protocol.TX_UUID, on_notification)
    begun = asyncio.get_running_loop().time()
    await board.radio.flood(bytes(size), count)
    await done.wait()
    taken_s = asyncio.get_running_loop().time() - begun
    await transport.client.stop_notify(protocol.TX_UUID)
    await transport.client.start_notify(protocol.TX_UUID, transport._on_notification)
    return taken_s


@contextlib.asynccontextmanager
async def _sensor(records: int, interval_ms: float, **more: int | str) -> AsyncIterator[Board]:
    air = Air(interval_ms)
    bleak_backend.install(hosts.here(air))
    told = json.loads(rig.told(NAME, records=records, **more))
    async with Board(air, HERE / "sensor.py", json.dumps(told), files={"samples": b""}) as board:
        yield board
