"""COBS and the splitter: any bytes survive, any stream is bounded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barcore import cobs

GOLDEN = [
    (b"", "01"),
    (b"\0", "0101"),
    (b"\0\0", "010101"),
    (b"\x11\x22\0\x33", "0311220233"),
    (b"\x11\0\0\0", "0211010101"),
    (bytes(range(1, 255)), "ff" + bytes(range(1, 255)).hex() + "01"),
    (bytes(range(256)), "01ff" + bytes(range(1, 255)).hex() + "02ff"),
]


@pytest.mark.parametrize(("data", "line"), GOLDEN)
def test_known_packets(data: bytes, line: str) -> None:
    assert cobs.encode(data).hex() == line
    assert cobs.decode(bytes.fromhex(line)) == data


def test_a_full_last_run_may_come_without_its_closing_code() -> None:
    assert cobs.decode(b"\xff" + bytes(range(1, 255))) == bytes(range(1, 255))


@given(st.lists(st.sampled_from([b"\0", b"x", b"ab" * 127, b"q" * 253, b"z" * 255])).map(b"".join) | st.binary())
def test_round_trip_without_zero_and_within_the_promised_size(data: bytes) -> None:
    packet = cobs.encode(data)
    assert 0 not in packet
    assert len(packet) <= cobs.encoded_bytes(len(data))
    assert cobs.decode(packet) == data


@pytest.mark.parametrize(
    ("packet", "text"), [(b"\x02a\0", "zero byte at 2"), (b"\x05ab", "code 5 at byte 0 runs past")]
)
def test_a_broken_packet_is_refused(packet: bytes, text: str) -> None:
    with pytest.raises(cobs.CobsError, match=text):
        cobs.decode(packet)


@given(st.binary())
def test_any_packet_ends_in_bytes_or_in_a_cobs_error(packet: bytes) -> None:
    try:
        data = cobs.decode(packet)
    except cobs.CobsError:
        return
    assert len(data) <= len(packet)


@given(st.lists(st.binary(min_size=1, max_size=30)), st.integers(1, 9))
def test_the_splitter_gives_the_packets_whatever_the_chunks(frames: list[bytes], chunk: int) -> None:
    stream = b"".join(b"\0" + cobs.encode(raw) + b"\0" for raw in frames)
    splitter = cobs.Splitter(32)
    got = []
    for at in range(0, len(stream), chunk):
        piece = stream[at : at + chunk]
        got += splitter.feed(piece + b"junk behind the count", len(piece))
    assert [cobs.decode(packet) for packet in got] == frames
    assert splitter.oversize == 0


def test_an_oversize_packet_is_dropped_whole_and_counted_once() -> None:
    splitter = cobs.Splitter(4)
    stream = b"1234\0" + b"12345\0" + b"1" * 1000 + b"\0" + b"ok\0"
    assert splitter.feed(stream, len(stream)) == [b"1234", b"ok"]
    assert splitter.oversize == 2
