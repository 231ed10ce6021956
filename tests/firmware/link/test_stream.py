"""The sensor's frames on a byte stream: whatever else the stream carries, and however slow it is."""

import pytest

from barcore import cobs, frame, protocol
from barhold.update import uploader
from barsensor import app
from barsensor.boards import known
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


LONGEST_MS = 150
"""More than any packet takes over the wire, and the loop to read it."""


class Line(Port):
    """A UART as the registry describes the board's: what comes is kept in a ring until it is read, else lost."""

    def __init__(self, board: known.Known) -> None:
        super().__init__()
        self.bytes_per_ms = board.console_baud / 10_000
        self.ring_bytes = board.console_ring_bytes
        self.lost = 0

    def arrives(self, data: bytes) -> None:
        room = self.ring_bytes - len(self.incoming)
        self.incoming += data[:room]
        self.lost += max(0, len(data) - room)


def lost_of(raw: bytes, phase_ms: int, loop_ms: int) -> int:
    """Send one packet to a sensor whose loop takes `loop_ms` beside its waits; return how many bytes were lost."""
    line = Line(known.named("m5stickc_plus2"))
    link = stream.FrameStream(line)
    sent, due_ms = 0, phase_ms
    for now_ms in range(1, LONGEST_MS):
        count = min(len(raw), int(now_ms * line.bytes_per_ms)) - sent
        line.arrives(raw[sent : sent + count])
        sent += count
        if now_ms >= due_ms:
            link.poll(now_ms)
            due_ms = now_ms + loop_ms + (app.HURRY_MS if link.busy else app.STEP_MS)
    return line.lost


@pytest.mark.parametrize("loop_ms", [4, 15])
def test_a_packet_of_200_bytes_always_fits_the_uart_of_the_plus2_and_one_of_530_does_not(loop_ms: int) -> None:
    """4 ms is what two samples take on an emulated ESP32, 15 ms the longest that one took."""
    small, large = packet(protocol.UPDATE, bytes(range(1, 181))), packet(protocol.UPDATE, bytes([7]) * 512)
    assert len(small) <= uploader.LINE_BYTES
    assert not any(lost_of(small, phase_ms, loop_ms) for phase_ms in range(1, 36))
    if loop_ms > 4:
        assert any(lost_of(large, phase_ms, loop_ms) for phase_ms in range(1, 36))


def test_a_poll_takes_all_that_the_ring_of_the_plus2_holds() -> None:
    ring_bytes = known.named("m5stickc_plus2").console_ring_bytes
    port = Port()
    port.incoming = bytes([7]) * ring_bytes
    stream.FrameStream(port).poll(0)
    assert port.incoming == b"", "while any is left, so much less of what comes finds room"


def test_a_frame_under_way_keeps_the_loop_busy_until_it_is_whole_or_given_up() -> None:
    port = Port()
    link = stream.FrameStream(port)
    raw = packet(protocol.UPDATE, bytes([7]) * 300)
    port.incoming = raw[:100]
    assert link.poll(0) is None
    assert link.busy
    port.incoming = raw[100:]
    assert link.poll(20) is not None
    assert not link.busy
    port.incoming = raw[:100]
    link.poll(40)
    link.poll(40 + stream.STALL_MS)
    assert not link.busy, "its rest will not come"
