"""Adapters for hosts: in this process, or for others by a socket, as a computer's adapter is by USB."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable

from bumble.device import Device
from bumble.hci import Address
from bumble.host import Host
from bumble.transport import open_transport
from bumble.transport.common import PacketParser

from radio.paced_link import Air, AirController


def here(air: Air) -> Callable[[], Awaitable[Device]]:
    """Return what opens an adapter on `air`, for `bleak_backend.install`."""

    async def opener() -> Device:
        host = Host()
        host.controller = AirController("host", air)
        return await _powered(Device(name="host", address=Address(air.new_address()), host=host))

    return opener


def at(path: str) -> Callable[[], Awaitable[Device]]:
    """Return what opens an adapter that another process serves at `path`."""

    async def opener() -> Device:
        transport = await open_transport(f"unix:{path}")
        # Unlike that of any other host that lives now.
        address = Address(
            f"C1:00:{os.getpid() >> 16 & 255:02X}:{os.getpid() >> 8 & 255:02X}:{os.getpid() & 255:02X}:01"
        )
        return await _powered(Device.with_hci("host", address, transport.source, transport.sink))

    return opener


@contextlib.asynccontextmanager
async def served(air: Air, path: str) -> AsyncIterator[None]:
    """Give every process that connects to `path` an adapter of its own, which is gone once that process is."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        controller = AirController("host", air, host_sink=_Sink(writer))
        parser = PacketParser(controller)
        try:
            while data := await reader.read(4096):
                parser.feed_data(data)
        except ConnectionError:
            pass  # a process that was killed
        finally:
            controller.hci_sink = None
            controller.vanish()
            writer.close()

    server = await asyncio.start_unix_server(serve, path)
    try:
        yield
    finally:
        server.close()


class _Sink:
    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    def on_packet(self, packet: bytes) -> None:
        if not self._writer.is_closing():
            self._writer.write(packet)


async def _powered(device: Device) -> Device:
    await device.power_on()
    return device
