"""A sensor that runs in another process and speaks on its standard input and output."""

import asyncio
from asyncio.subprocess import PIPE, Process

from barhold.errors import LinkError
from barhold.link.packets import Packets, packet

_CHUNK_BYTES = 4096
_CLOSE_S = 5.0


class PipeTransport:
    """A Transport to a process started by `open`, which `close` ends."""

    def __init__(self, process: Process) -> None:
        if process.stdin is None or process.stdout is None:
            raise ValueError(f"process {process.pid} has no pipe for stdin and stdout")
        self._process = process
        self._stdin, self._stdout = process.stdin, process.stdout
        self._packets = Packets()

    @classmethod
    async def open(cls, *command: str) -> "PipeTransport":
        """Start `command`; what it writes to its stderr goes to ours."""
        return cls(await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE))

    @property
    def dropped(self) -> int:
        """What came out of the process and was no packet."""
        return self._packets.dropped

    async def send(self, frame: bytes) -> None:
        """Write one frame to the process."""
        try:
            self._stdin.write(packet(frame))
            await self._stdin.drain()
        except ConnectionError as err:
            raise self._ended() from err

    async def receive(self, timeout_s: float) -> bytes:
        """Return the next frame that the process writes."""
        async with asyncio.timeout(timeout_s):
            while (frame := self._packets.pop()) is None:
                data = await self._stdout.read(_CHUNK_BYTES)
                if not data:
                    raise self._ended()
                self._packets.feed(data)
        return frame

    async def close(self) -> None:
        """Close the process's input, and kill it when that does not end it."""
        self._stdin.close()
        try:
            async with asyncio.timeout(_CLOSE_S):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    def _ended(self) -> LinkError:
        return LinkError(f"the sensor's process {self._process.pid} closed its pipe: start it again")
