"""A virtual sensor with much to say: a detector that leaves one rep per sample. As a script: syncs it, to be killed.

usage: python chatty.py DATABASE; writes "ack N" on stdout right before each acknowledgement leaves the host
       python chatty.py; does the same in a process of its own for every DATABASE that it reads on stdin, one after the
       other, and writes "child PID" before and "gone" after each: a start that costs milliseconds, to be killed often
"""

import asyncio
import os
import struct
import sys
from array import array

from barcore import frame, protocol, sample
from barcore.event import EVENT_INTS, EventRing
from barhold.link.virtual import VirtualSensor
from barhold.store import Store
from barhold.sync.one_sensor import sync, utc_clock
from barsensor import main


class ChattyDetector:
    """One REP per sample, and a SET_END when it is told that no more come."""

    busy = set_open = False

    def __init__(self, settings: object = None) -> None:
        self.events = EventRing(64)
        self._event = array("i", [0] * EVENT_INTS)

    def feed(self, t_ms: int, *axes: int) -> None:
        self._event[0], self._event[2], self._event[3], self._event[5] = protocol.REP, t_ms, 1, t_ms & 0xFFFF
        self.events.push(self._event)

    def finish(self) -> None:
        self._event[0] = protocol.SET_END
        self.events.push(self._event)


def still(count: int, spacing_ms: int = 10) -> bytes:
    """Return the packed samples of a bar at rest."""
    return b"".join(struct.pack(sample.SAMPLE_FORMAT, i * spacing_ms, 0, 0, 4096, 0, 0, 0) for i in range(count))


def chatty_sensor(count: int, **options: object) -> VirtualSensor:
    """Return a sensor that will have logged `count` reps and one end once it has played."""
    real, main.Detector = main.Detector, ChattyDetector
    try:
        return VirtualSensor(still(count), **options)  # type: ignore[arg-type]
    finally:
        main.Detector = real


def log_of(sensor: VirtualSensor) -> list[bytes]:
    """Return every record that the sensor holds, byte for byte."""
    log, buf = sensor.app.log, bytearray(protocol.RECORD_BYTES)
    raws = []
    for seq in range(log.first_seq, log.next_seq):
        assert log.read_into(seq, buf)
        raws.append(bytes(buf))
    return raws


class Tattler(VirtualSensor):
    """Tells of every ACK before it sends it."""

    async def send(self, raw: bytes) -> None:
        kind, _, body = frame.parse(raw)
        if kind == protocol.ACK:
            os.write(sys.stdout.fileno(), b"ack %d\n" % struct.unpack(protocol.ACK_FORMAT, body)[1])
        await super().send(raw)


def played(count: int = 1000) -> Tattler:
    """Return a sensor that has played `count` samples."""
    main.Detector = ChattyDetector
    sensor = Tattler(still(count))
    asyncio.run(sensor.play())
    return sensor


def catch_up(sensor: Tattler, database: str) -> None:
    with Store.open(database) as store:
        asyncio.run(sync(sensor, store, utc_clock()))


def serve(sensor: Tattler) -> None:
    """Fork for every database named; this process has one thread and no loop, so a fork is whole."""
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            os.write(sys.stdout.fileno(), b"child %d\n" % os.getpid())
            catch_up(sensor, line.strip())
            os._exit(0)
        os.waitpid(pid, 0)
        os.write(sys.stdout.fileno(), b"gone\n")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        catch_up(played(), sys.argv[1])
    else:
        serve(played())
