"""A session's Transport by bleak and nothing else, and one on a terminal: the least that a host does."""

import asyncio
import os
from collections.abc import Callable

from bleak import BleakClient, BleakScanner
from bleak.exc import BleakError

from barcore import protocol
from barhold.errors import LinkError
from barhold.link.cobs_packets import PacketDecoder, encode_packet
from barhold.link.fragments import FragmentAssembler


class BleakTransport:
    """Made by `open`; `on_frame` is called for each notification as it comes.

    It waits no longer than `patience_s` for an answer, whatever it is told: the air is fast here.
    """

    patience_s = 60.0

    def __init__(self, client: BleakClient, on_frame: Callable[[bytes], None] | None) -> None:
        self._client = client
        self._on_frame = on_frame
        self._pieces = FragmentAssembler()
        self._frames: asyncio.Queue[bytes | None] = asyncio.Queue()

    @property
    def dropped(self) -> int:
        return self._pieces.dropped

    @classmethod
    async def open(
        cls, name: str, limit_s: float = 10.0, on_frame: Callable[[bytes], None] | None = None
    ) -> "BleakTransport":
        try:
            found = await BleakScanner.find_device_by_filter(
                lambda _, told: told.local_name == name, limit_s, service_uuids=[protocol.SERVICE_UUID]
            )
            if found is None:
                raise LinkError(f"no sensor {name} was seen in {limit_s} s")
            client = BleakClient(found, disconnected_callback=lambda _: made._frames.put_nowait(None), timeout=limit_s)
            made = cls(client, on_frame)
            await client.connect()
            await client.start_notify(protocol.TX_UUID, made._on_notification)
        except BleakError as error:
            raise LinkError(f"bleak: {error}") from error
        return made

    def _on_notification(self, _: object, data: bytearray) -> None:
        if self._on_frame:
            self._on_frame(bytes(data))
        if frame := self._pieces.feed(bytes(data)):
            self._frames.put_nowait(frame)

    @property
    def client(self) -> BleakClient:
        return self._client

    async def send(self, frame: bytes) -> None:
        try:
            await self._client.write_gatt_char(protocol.RX_UUID, frame, response=False)
        except BleakError as error:
            raise LinkError(f"bleak: {error}") from error

    async def receive(self, timeout_s: float) -> bytes:
        async with asyncio.timeout(min(timeout_s, self.patience_s)):
            frame = await self._frames.get()
        if frame is None:
            self._frames.put_nowait(None)
            raise LinkError("the link went down")
        return frame

    async def close(self) -> None:
        try:
            await self._client.disconnect()
        except (BleakError, TimeoutError) as error:
            raise LinkError(f"bleak: {error}") from error


class CableTransport:
    """Frames on a terminal, its bytes to the sensor escaped."""

    def __init__(self, port: str) -> None:
        self._terminal = os.open(port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self._packets = PacketDecoder()
        self._came = asyncio.Event()
        asyncio.get_running_loop().add_reader(self._terminal, self._on_bytes)

    @property
    def dropped(self) -> int:
        return self._packets.dropped

    def _on_bytes(self) -> None:
        self._packets.feed(os.read(self._terminal, 4096))
        self._came.set()

    async def send(self, frame: bytes) -> None:
        os.write(self._terminal, escaped(encode_packet(frame)))

    async def receive(self, timeout_s: float) -> bytes:
        async with asyncio.timeout(timeout_s):
            while (frame := self._packets.pop()) is None:
                self._came.clear()
                await self._came.wait()
        return frame

    async def close(self) -> None:
        if self._terminal >= 0:
            asyncio.get_running_loop().remove_reader(self._terminal)
            os.close(self._terminal)
            self._terminal = -1


def escaped(data: bytes) -> bytes:
    """Return `data` as it goes to a sensor on serial."""
    out = bytearray()
    for byte in data:
        out += bytes((protocol.ESCAPE, byte ^ protocol.ESCAPE_XOR)) if byte in protocol.ESCAPED else bytes((byte,))
    return bytes(out)
