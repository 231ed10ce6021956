"""A test's surroundings: an air, boards in it, and bleak on an adapter in this process."""

import asyncio
import contextlib
import json
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from barcore import frame, protocol
from barhold.connection import SyncResult
from barhold.errors import LinkError
from barhold.link import ble
from barhold.link.transport import Transport
from barhold.store import Store
from barhold.sync.one_sensor import sync, utc_clock
from radio import bleak_backend, hosts
from radio.board import HERE, Board
from radio.paced_link import Air
from radio.peripheral import Faults
from radio.transport import BleakTransport

LIMIT_S = 60.0
HELLO = frame.pack(protocol.HELLO, 0, struct.pack(protocol.HELLO_FORMAT, protocol.MAJOR, protocol.MINOR, b"a host.."))
T = TypeVar("T")


def run(test: Coroutine[Any, Any, T], limit_s: float = LIMIT_S) -> T:
    """Run a test that ends in `limit_s`, one way or the other."""

    async def limited() -> T:
        async with asyncio.timeout(limit_s):
            return await test

    return asyncio.run(limited())


def told(name: str = "rack 1", number: int = 1, **more: Any) -> str:
    """Return the argument of sensor.py."""
    usual = {"records": 100, "play": "before", "ble": True, "cable": False, "step_ms": 5, "clock_ms": 5, "live_ms": 0}
    usual["key"] = usual["press_at"] = ""
    return json.dumps({"device_id": f"{number:016x}", "log_id": 7 + number, "name": name, **usual, **more})


@contextlib.asynccontextmanager
async def radio(
    *arguments: str,
    samples: bytes = b"",
    interval_ms: float = 5.0,
    mtu: int = 517,
    faults: Faults | None = None,
    advert_ms: float = 10_240.0,
) -> AsyncIterator[list[Board]]:
    """Give one board per argument of sensor.py; bleak finds them."""
    air = Air(interval_ms, advert_ms=advert_ms)
    bleak_backend.install(hosts.here(air), mtu)
    async with contextlib.AsyncExitStack() as stack:
        boards = [sensor(air, one, samples, faults) for one in arguments]
        yield [await stack.enter_async_context(board) for board in boards]


def sensor(air: Air, argument: str, samples: bytes = b"", faults: Faults | None = None) -> Board:
    """Return a board with sensor.py on it."""
    return Board(air, HERE / "sensor.py", argument, files={"samples": samples}, faults=faults)


class Hasty:
    """The product's transport, which waits no longer than `patience_s` for an answer: the air is fast here."""

    patience_s = 60.0

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.send, self.close = transport.send, transport.close

    @property
    def dropped(self) -> int:
        return self._transport.dropped

    async def receive(self, timeout_s: float) -> bytes:
        return await self._transport.receive(min(timeout_s, self.patience_s))


async def found(name: str) -> Transport:
    """Look for the sensor and connect to it by the product's own `barhold.link.ble`."""
    seen = await ble.discover(10.0, lambda one: one.name == name)
    here = next((one for one in seen if one.name == name), None)
    if here is None:
        raise LinkError(f"no sensor {name} was seen")
    return Hasty(await ble.connect(here))


async def synced(
    path: Path, name: str = "rack 1", connect: Callable[[str], Awaitable[Transport]] = BleakTransport.open
) -> SyncResult:
    """Sync the sensor once, over bleak."""
    transport = await connect(name)
    try:
        with Store.open(path) as store:
            return await sync(transport, store, utc_clock())
    finally:
        await transport.close()


def stored(path: Path) -> list[bytes]:
    """Return what the store at `path` holds, in order."""
    with Store.open(path) as store:
        return [one.raw for one in store.records()]
