"""A sensor in another process, which speaks on its standard input and output (POSIX: asyncio waits on the pipes)."""

import asyncio
from typing import IO

from barhold.errors import LinkError
from barhold.link.cobs_packets import PacketDecoder, encode_packet

_CHUNK_BYTES = 4096


class PipeTransport:
    """A Transport over two pipes; made by `open`. The caller must stop the process at their other end."""

    def __init__(
        self, to_sensor: asyncio.WriteTransport, from_sensor: asyncio.ReadTransport, reader: asyncio.StreamReader
    ) -> None:
        self._to_sensor = to_sensor
        self._from_sensor = from_sensor
        self._reader = reader
        self._packets = PacketDecoder()

    @classmethod
    async def open(cls, to_sensor: IO[bytes], from_sensor: IO[bytes]) -> "PipeTransport":
        """Take over a process's stdin and stdout; they are closed with this transport."""
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        incoming, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), from_sensor)
        outgoing, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, to_sensor)
        return cls(outgoing, incoming, reader)

    @property
    def dropped(self) -> int:
        """How much of the process's output was not a packet."""
        return self._packets.dropped

    async def send(self, frame: bytes) -> None:
        """Write one frame to the process."""
        if self._to_sensor.is_closing():
            raise _ended()
        self._to_sensor.write(encode_packet(frame))

    async def receive(self, timeout_s: float) -> bytes:
        """Return the next frame that the process writes."""
        async with asyncio.timeout(timeout_s):
            while (frame := self._packets.pop()) is None:
                data = await self._reader.read(_CHUNK_BYTES)
                if not data:
                    raise _ended()
                self._packets.feed(data)
        return frame

    async def close(self) -> None:
        """Close both pipes."""
        self._to_sensor.close()
        self._from_sensor.close()
        await asyncio.sleep(0)  # asyncio closes them in its next turn


def _ended() -> LinkError:
    return LinkError("the sensor's process closed its pipe: start it again")
