"""The console as a byte port: what crosses it, and that no other end, silent, chatty or dead, holds it up."""

import pytest

from barcore import cobs, frame, protocol
from barhold.link.cobs_packets import encode_packet
from barsensor.link import serial, stream
from radio.transport import escaped

ALL_BYTES = bytes(range(256))


class Clock:
    def __init__(self) -> None:
        self.now_ms = 0

    def ticks_ms(self) -> int:
        return self.now_ms & 0x3FFFFFFF


class Console:
    """A console whose line takes `ms_per_piece` for each write; with `held_up_ms` nobody reads it.

    `takes` is how many bytes of a write it takes before it gives up, None for all.
    """

    def __init__(self, ms_per_piece: int = 0) -> None:
        self.clock = Clock()
        self.ms_per_piece = ms_per_piece
        self.held_up_ms = 0
        self.takes: int | None = None
        self.incoming = b""
        self.outgoing = b""
        self.port = serial.ConsolePort(self, self, self, self.clock)

    def poll(self, timeout_ms: int) -> list[int]:
        assert timeout_ms == 0, "it waits"
        return [1] if self.incoming else []

    def readinto(self, buf: bytearray) -> int:
        assert len(buf) == 1, "a read of more than there is waits"
        buf[:], self.incoming = self.incoming[:1], self.incoming[1:]
        return 1

    def write(self, data: bytes) -> int:
        self.clock.now_ms += self.held_up_ms or self.ms_per_piece
        taken = bytes(data) if not self.held_up_ms else b""
        taken = taken[: self.takes]
        self.outgoing += taken
        return len(taken)


def read(console: Console, size: int = 600) -> bytes:
    buf = bytearray(size)
    return bytes(buf[: console.port.read_into(buf)])


def test_every_byte_crosses_and_ctrl_c_never_does() -> None:
    console = Console()
    console.incoming = escaped(ALL_BYTES)
    assert 3 not in console.incoming
    assert read(console) == ALL_BYTES


def test_an_escape_may_come_in_two_reads() -> None:
    console = Console()
    console.incoming = escaped(b"a\x03b")[:2]
    assert read(console) == b"a"
    console.incoming = escaped(b"a\x03b")[2:]
    assert read(console) == b"\x03b"


def test_a_read_takes_no_more_than_fits() -> None:
    console = Console()
    console.incoming = b"x" * 300
    assert [len(read(console, 256)), len(read(console, 256)), len(read(console, 256))] == [256, 44, 0]


def test_a_fast_line_takes_all_and_a_slow_one_no_more_than_a_few_ms() -> None:
    fast = Console()
    assert fast.port.write(ALL_BYTES * 4, 1000) == 1000
    assert fast.outgoing == (ALL_BYTES * 4)[:1000]
    slow = Console(ms_per_piece=6)
    assert slow.port.write(ALL_BYTES * 4, 1000) == serial.PIECE_BYTES
    assert slow.clock.now_ms == 6


def test_nobody_reading_holds_it_up_once() -> None:
    console = Console()
    console.held_up_ms = 200
    console.port.write(ALL_BYTES, 256)
    for _ in range(100):
        assert console.port.write(ALL_BYTES, 256) == 0
    assert console.clock.now_ms == 200
    console.held_up_ms = 0
    console.incoming = b"x"
    read(console)
    assert console.port.write(ALL_BYTES, 256) == 256


def test_what_the_port_did_not_take_comes_again() -> None:
    """USB gives a piece up after 500 ms, and says how much of it went."""
    console = Console()
    console.takes = 40
    sent = console.port.write(ALL_BYTES, 256)
    assert console.outgoing == ALL_BYTES[:sent]
    assert sent == 40
    console.takes = None
    console.incoming = b"x"
    read(console)
    assert console.port.write(ALL_BYTES[sent:], 256 - sent) == 256 - sent
    assert console.outgoing == ALL_BYTES


def test_the_tick_may_wrap_within_a_write() -> None:
    console = Console(ms_per_piece=2)
    console.clock.now_ms = 0x3FFFFFFF
    assert console.port.write(ALL_BYTES, 256) == 3 * serial.PIECE_BYTES


@pytest.mark.parametrize("noise", [b"", b"Traceback\r\n", b"\x01\x02\x04raw REPL; CTRL-B to exit\r\n>"])
def test_frames_cross_between_what_others_type(noise: bytes) -> None:
    console = Console()
    link = stream.FrameStream(console.port)
    raw = frame.pack(protocol.TIME, 7, ALL_BYTES)
    console.incoming = escaped(noise) + escaped(encode_packet(raw))
    got = [found for found in (link.poll(n * 20) for n in range(10)) if found]
    assert got == [(protocol.TIME, 7, ALL_BYTES)]
    link.send(raw)
    assert cobs.decode(console.outgoing.strip(b"\0")) == raw


def test_a_host_that_goes_is_noticed_and_the_next_one_served() -> None:
    console = Console()
    link = stream.FrameStream(console.port)
    assert (link.connected, link.is_cable) == (False, True)
    console.incoming = encode_packet(frame.pack(protocol.TIME, 7, b"one"))
    assert link.poll(0)
    assert link.connected
    console.held_up_ms = 200
    for n in range(200):
        link.send(frame.pack(protocol.LIVE, 7, bytes(32)))
        link.poll(n * 20)
    assert not link.connected
    assert console.clock.now_ms == 200, "held up once, however long nobody reads"
    console.held_up_ms = 0
    console.incoming = encode_packet(frame.pack(protocol.TIME, 7, b"two"))
    assert [found for found in (link.poll(9000 + n * 20) for n in range(200)) if found] == [(protocol.TIME, 7, b"two")]
    assert link.connected
