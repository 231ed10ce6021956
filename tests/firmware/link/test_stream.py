"""The sensor's frames on a byte stream: whatever else the stream carries, and however slow it is."""

from barcore import cobs, frame, protocol
from barsensor.link import stream


class Port:
    """A byte stream in memory that takes `room` bytes per write."""

    def __init__(self, room: int = 10_000) -> None:
        self.incoming = b""
        self.outgoing = b""
        self.room = room

    def read_into(self, buf: bytearray) -> int:
        data, self.incoming = self.incoming[: len(buf)], self.incoming[len(buf) :]
        buf[: len(data)] = data
        return len(data)

    def write(self, buf: bytes, n: int) -> int:
        n = min(n, self.room)
        self.outgoing += bytes(buf[:n])
        return n

    def frames(self) -> list[tuple[int, int, bytes]]:
        return [frame.parse(cobs.decode(packet)) for packet in self.outgoing.split(b"\0") if packet]


def packet(kind: int, body: bytes = b"") -> bytes:
    return cobs.encode(frame.pack(kind, 7, body)) + b"\0"


def polled(link, times: int) -> list[tuple[int, int, bytes]]:
    return [got for got in (link.poll() for _ in range(times)) if got]


def test_frames_come_one_per_poll_and_noise_between_them_is_dropped() -> None:
    port = Port()
    link = stream.FrameStream(port)
    noise = b"MicroPython v1.27\r\n>>> \0" + b"\xff" * 2000 + b"\0"
    port.incoming = packet(protocol.TIME, b"a" * 8) + noise + packet(protocol.BYE) + packet(protocol.PULL, b"b" * 500)
    assert polled(link, 20) == [(protocol.TIME, 7, b"a" * 8), (protocol.BYE, 7, b""), (protocol.PULL, 7, b"b" * 500)]
    assert link.bad_frames == 1


def test_a_corrupt_frame_is_counted_and_the_next_one_arrives() -> None:
    port = Port()
    link = stream.FrameStream(port)
    bad = bytearray(packet(protocol.TIME, b"a" * 8))
    bad[5] ^= 1
    port.incoming = bytes(bad) + packet(protocol.BYE)
    assert polled(link, 2) == [(protocol.BYE, 7, b"")]
    assert link.bad_frames == 1


def test_what_is_sent_ends_any_text_before_it() -> None:
    port = Port()
    port.outgoing = b"Traceback (most recent call last)\r\n"
    stream.FrameStream(port).send(frame.pack(protocol.END, 7, b"x"))
    assert port.outgoing.split(b"\0")[1:] == [cobs.encode(frame.pack(protocol.END, 7, b"x")), b""]


def test_a_slow_port_gets_every_byte_in_order() -> None:
    port = Port(room=5)
    link = stream.FrameStream(port)
    sent = [frame.pack(protocol.LIVE, 7, bytes([i]) * 32) for i in range(4)]
    for raw in sent:
        link.send(raw)
    polled(link, 100)
    assert port.frames() == [frame.parse(raw) for raw in sent]


def test_a_port_that_takes_nothing_bounds_the_queue_and_stops_the_reading() -> None:
    port = Port(room=0)
    link = stream.FrameStream(port)
    for _ in range(200):
        link.send(frame.pack(protocol.LIVE, 7, bytes(32)))
    assert link.unsent_frames > 0
    port.incoming = packet(protocol.BYE)
    assert link.poll() is None
    port.room = 10_000
    assert polled(link, 2) == [(protocol.BYE, 7, b"")]
    assert len(port.frames()) == 200 - link.unsent_frames
