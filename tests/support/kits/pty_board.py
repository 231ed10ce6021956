"""A sensor behind a pseudo-terminal, whose console also prints; unescapes as the firmware does."""

import os
import pty
import select
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from barcore import cobs, frame, protocol
from fake_sensor import ModernSensor

CONSOLE = b"MicroPython v1.29\r\n>>> "


class Board:
    """`port` is what a program opens; `pump` moves what it wrote to the sensor, and the answers back."""

    def __init__(self, sensor: ModernSensor, noise: bytes = CONSOLE) -> None:
        self.sensor, self.noise = sensor, noise
        self.fd, self.child = pty.openpty()
        tty.setraw(self.child)
        self.port = os.ttyname(self.child)
        self.seen = bytearray()
        self._escape = 0
        self._splitter = cobs.Splitter(1024)

    def close(self) -> None:
        os.close(self.fd)
        os.close(self.child)

    def pump(self) -> None:
        data = os.read(self.fd, 4096)
        self.seen += data
        plain = bytearray()
        for byte in data:
            if byte == protocol.ESCAPE:
                self._escape = protocol.ESCAPE_XOR
                continue
            plain.append(byte ^ self._escape)
            self._escape = 0
        for packet in self._splitter.feed(bytes(plain), len(plain)):
            with suppress(cobs.CobsError, frame.FrameError):
                for raw in self.sensor.modern.update(*frame.parse(cobs.decode(packet)), 1000):
                    self.say(raw)

    def say(self, raw: bytes) -> None:
        os.write(self.fd, self.noise + b"\0" + cobs.encode(raw) + b"\0")

    def speak(self) -> None:
        """Send the next LIVE record, or the next piece of the stream."""
        sensor = self.sensor
        if sensor.modern.answer.state and sensor.spoken:
            for raw in sensor.modern.answer.live(sensor.spoken.popleft()):
                self.say(raw)
        if sensor.modern.streaming:
            sensor._speak_samples()
            while sensor.inbox:
                self.say(sensor.inbox.popleft())


@contextmanager
def running(board: Board) -> Iterator[Board]:
    """Serve `board` from a thread, for a program in another process."""
    ended = threading.Event()

    def serve() -> None:
        while not ended.is_set():
            if select.select([board.fd], [], [], 0.005)[0]:
                board.pump()
            board.speak()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield board
    finally:
        ended.set()
        thread.join()
        board.close()
