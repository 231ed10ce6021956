"""Records: the wire is pinned by literal lines, which no flag updates."""

import binascii
import struct
from array import array

import pytest

from barcore import event, protocol, record

# type, payload values, the 32 bytes. A line here never changes; a new record type adds one.
GOLDEN = [
    (
        protocol.REP,
        (1, 2, 800, 2500, 1200, 600, 412, 950, 45),
        "21040700e903000040e2010001022003c409b00458029c01b6032d00b73a5d30",
    ),
    (protocol.SET_START, (1, 2, 2000), "22000700ea03000040e201000102d007000000000000000000000000313d6105"),
    (protocol.SET_END, (1, 8, 415, 61000), "23000700eb03000040e2010001089f0148ee00000000000000000000680d1a16"),
    (protocol.TIME_ANCHOR, (1760000000123, 34), "24000700ec03000040e201007bc02cc899010000220000000000000028fc1a45"),
    (protocol.BOOT, (3, 0, 1, 0, 7), "25000700ed03000040e20100030001000700000000000000000000003947ca2f"),
    (protocol.HEALTH, (3912, 180, 61440, 20480), "26000700ee03000040e20100480fb40000f0000000500000000000008355af27"),
    (protocol.GAP, (5, 131), "27000700ef03000040e201000500000083000000000000000000000001adc558"),
    (protocol.CORRECTION, (1, 4, 1, 0), "28000700f003000040e2010001040100000000000000000000000000ccb70619"),
    (protocol.TEXT, (0, 2, b"Traceback: x  "), "29000700f103000040e20100000254726163656261636b3a20782020bd8b1928"),
    (protocol.TURN, (0x098946A1, b"MIA    "), "2a000700f203000040e20100a14689094d49412020202000000000001507711c"),
    (protocol.RISE, (1, 3, 90, 0), "30000700ffffffff40e2010001035a00000000000000000000000000e4f3c73c"),
    (protocol.TOP, (1, 3, 410, 0), "31000700ffffffff40e2010001039a010000000000000000000000006fcf2e22"),
    (protocol.TARGET, (1, 3, 411, 2000), "32000700ffffffff40e2010001039b01d00700000000000000000000510978c8"),
    (protocol.HOLD_END, (1, 3, 409, 2480), "33000700ffffffff40e2010001039901b00900000000000000000000ef778752"),
]
BOOT, T_MS = 7, 123456


def header_of(kind: int) -> tuple[int, int, int, int, int]:
    seq = protocol.NO_SEQ if kind >= protocol.FIRST_PROVISIONAL else 1000 + kind
    return kind, protocol.CLIPPED if kind == protocol.REP else 0, BOOT, seq, T_MS


@pytest.mark.parametrize(("kind", "values", "line"), GOLDEN)
def test_a_record_is_these_bytes_and_back(kind: int, values: tuple[int, ...], line: str) -> None:
    _, flags, boot, seq, t_ms = header_of(kind)
    buf = bytearray(b"\xff" * 40)
    record.pack_into(buf, 4, kind, flags, boot, seq, t_ms, values)
    assert buf[4:36].hex() == line
    assert buf[:4] == buf[36:] == b"\xff" * 4
    assert record.header(buf, 4) == header_of(kind)
    assert record.payload(buf, 4) == values


def test_every_record_type_is_pinned() -> None:
    assert sorted(kind for kind, _, _ in GOLDEN) == sorted(protocol.PAYLOAD_FORMATS)
    assert all(struct.calcsize(form) <= protocol.PAYLOAD_BYTES for form in protocol.PAYLOAD_FORMATS.values())


def test_an_event_becomes_the_same_record() -> None:
    kind, values, line = GOLDEN[0]
    ev = array("i", [kind, protocol.CLIPPED, 999, *values])
    assert len(ev) == event.EVENT_INTS
    buf = bytearray(32)
    record.pack_event(buf, 0, ev, BOOT, 1001, T_MS)
    assert buf.hex() == line


def test_any_flipped_bit_is_noticed() -> None:
    for bit in range(256):
        raw = bytearray.fromhex(GOLDEN[0][2])
        record.check(raw)
        raw[bit // 8] ^= 1 << bit % 8
        assert not record.is_valid(raw)
        with pytest.raises(record.RecordError, match="CRC"):
            record.check(raw)


def test_a_short_record_is_refused_with_its_size() -> None:
    with pytest.raises(record.RecordError, match="31 bytes, needs 32"):
        record.check(bytes(31))


def test_an_unknown_type_is_valid_and_has_no_values() -> None:
    raw = bytearray.fromhex(GOLDEN[6][2])
    raw[0] = protocol.RECORD_VERSION << 5 | 31
    struct.pack_into("<I", raw, 28, binascii.crc32(raw[:28]))
    record.check(raw)
    assert record.payload(raw) == ()
