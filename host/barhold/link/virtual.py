"""The virtual sensor: the firmware's own application in this process, on the board that plays samples."""

import asyncio

from barcore.settings import Settings
from barhold.link.cobs_packets import PacketDecoder, encode_packet
from barsensor import app, main
from barsensor.boards import sim


class VirtualSensor:
    """A Transport to a sensor that plays packed `samples`; it lives only while it is played or waited for.

    In simulated time a recording plays as fast as it can be computed; in real time as it was taken. Its log is kept
    in `folder`, or else in memory, where the same samples always give the same records under the same keys unless a
    `log_id` is given. `speed` is how many times as fast real time passes on it.
    """

    def __init__(
        self,
        samples: bytes,
        *,
        real_time: bool = False,
        folder: str = "",
        settings: Settings | None = None,
        log_id: int = 0,
        speed: int = 1,
        has_screen: bool = False,
    ) -> None:
        self.board = sim.open_board(
            samples, real_time, folder=folder, log_id=log_id, speed=speed, has_screen=has_screen
        )
        self._wires = _Wires()
        self.app = main.compose_on(self.board, self._wires, settings)
        self._step_ms: int = app.STEP_MS
        self._real_time = real_time
        self._speed = speed
        self._packets = PacketDecoder()

    @property
    def dropped(self) -> int:
        """How many packets from the sensor were not frames."""
        return self._packets.dropped

    async def play(self) -> None:
        """Play the samples to their end; a set that is still open is closed."""
        while not self.board.imu.ended():
            self._step()
            await self._pass_step()
        self._step()
        self.app.finish()

    async def send(self, frame: bytes) -> None:
        """Put one frame on the wire."""
        self._wires.to_sensor += encode_packet(frame)

    async def receive(self, timeout_s: float) -> bytes:
        """Step the sensor until it has sent a frame; TimeoutError after `timeout_s` of its time."""
        left_ms = timeout_s * 1000
        while True:
            frame = self._packets.pop()
            if frame is not None:
                return frame
            self._step()
            if self._packets:
                continue
            if left_ms <= 0:
                raise TimeoutError(f"the virtual sensor sent nothing for {timeout_s} s")
            await self._pass_step()
            left_ms -= self._step_ms

    async def close(self) -> None:
        """Do nothing: there is nothing to release."""

    def _step(self) -> None:
        self.app.step()
        self._packets.feed(bytes(self._wires.to_host))
        self._wires.to_host.clear()

    async def _pass_step(self) -> None:
        if self._real_time:
            await asyncio.sleep(self._step_ms / 1000 / self._speed)
        else:
            self.board.clock.wait_ms(self._step_ms)


class _Wires:
    """The sensor's byte port: it reads what the host wrote, and vice versa."""

    def __init__(self) -> None:
        self.to_sensor = bytearray()
        self.to_host = bytearray()

    def read_into(self, buf: bytearray) -> int:
        count = min(len(buf), len(self.to_sensor))
        buf[:count] = self.to_sensor[:count]
        del self.to_sensor[:count]
        return count

    def write(self, buf: bytes, count: int) -> int:
        self.to_host += buf[:count]
        return count
