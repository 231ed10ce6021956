"""Frames: the wire is pinned by literal lines, and nothing that is damaged gets through."""

import binascii
import struct

import pytest

from barcore import frame, protocol
from barcore.frame import FrameError

NONCE = 0xA1B2C3D4
REP = "21040700e903000040e2010001022003c409b00458029c01b6032d00b73a5d30"
INFO = (
    "01020100020873656e736f72303103040100feca040c00000000ea030000e90300000506070040e20100060542617220310705302e312e30"
)
# type, body, the bytes around the body. A line here never changes; a new frame type adds one.
GOLDEN = [
    (protocol.HELLO, "0100686f73746e6f6e63", "01010a0000000000", "79a73d5c"),
    (protocol.PULL, "e90300001c000100feca", "01020a00d4c3b2a1", "c4da45d2"),
    (protocol.ACK, "0100fecaea030000", "01030800d4c3b2a1", "4ab0c985"),
    (protocol.TIME, "efcdab8967452301", "01040800d4c3b2a1", "f615c2c4"),
    (protocol.BYE, "", "01050000d4c3b2a1", "c3a94db6"),
    (protocol.SET, "01034261720202c409", "01060900d4c3b2a1", "633ea911"),
    (protocol.KEY, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "01072000d4c3b2a1", "b5358a4b"),
    (protocol.ERASE, "0100feca", "01080400d4c3b2a1", "6fb28d7f"),
    (protocol.CALIBRATE, "02", "01090100d4c3b2a1", "f94e0fcf"),
    (protocol.STREAM, "01", "010a0100d4c3b2a1", "a01889d8"),
    (protocol.UPDATE, "0101" + "ab" * 32, "010b2200d4c3b2a1", "07ab6d94"),
    (protocol.ACCESS, "02", "010c0100d4c3b2a1", "9d40ef87"),
    (protocol.DIAGNOSE, "", "010d0000d4c3b2a1", "a4e7a285"),
    (protocol.INFO, INFO + "0808686f73746e6f6e63", "01404200d4c3b2a1", "78df8ca2"),
    (protocol.DATA, REP, "01412000d4c3b2a1", "cc177549"),
    (protocol.END, "ea030000010044332211e9030000", "01420e00d4c3b2a1", "89c68563"),
    (protocol.ACKED, "0100fecaea030000", "01430800d4c3b2a1", "37cb324f"),
    (protocol.TIME_IS, "efcdab8967452301070040e20100", "01440e00d4c3b2a1", "6ad645d5"),
    (protocol.LIVE, REP, "01452000d4c3b2a1", "293f20a8"),
    (protocol.STATUS, "0203", "01460200d4c3b2a1", "f4300100"),
    (protocol.DONE, "07", "01470100d4c3b2a1", "a96a7283"),
    (protocol.SETTINGS, "01034261720202c4090302ac0d", "01480d00d4c3b2a1", "727a0d9b"),
    (protocol.CALIBRATION, "0200063fdc050000d0070000", "01490c00d4c3b2a1", "33fae107"),
    (protocol.SAMPLES, "07000000e80300000100feff001003000400fbff", "014a1400d4c3b2a1", "a3fa664d"),
    (protocol.UPDATE_STATE, "020500000002000040e20100ddccbbaa", "014b1000d4c3b2a1", "3b783750"),
    (protocol.ACCESS_IS, "00" + "ab" * 32, "014c2100d4c3b2a1", "fa1c7877"),
    (protocol.DIAGNOSIS, "0108e0fd1c0000f80100", "014d0a00d4c3b2a1", "14b26682"),
]


@pytest.mark.parametrize(("kind", "body", "head", "crc"), GOLDEN)
def test_a_frame_is_these_bytes_and_back(kind: int, body: str, head: str, crc: str) -> None:
    nonce = 0 if kind == protocol.HELLO else NONCE
    raw = frame.pack(kind, nonce, bytes.fromhex(body))
    assert raw.hex() == head + body + crc
    assert frame.parse(raw) == (kind, nonce, bytes.fromhex(body))


def test_every_frame_type_is_pinned() -> None:
    with open(protocol.__file__, encoding="utf-8") as file:
        text = file.read().split("# Frame types.")[1].split("HELLO_FORMAT =")[0]
    named = [
        line.split(" = ")[0] for line in text.splitlines() if line[:1].isupper() and line.split(" = ")[1][0].isdigit()
    ]
    named.remove("FIRST_FROM_SENSOR")
    assert sorted(getattr(protocol, name) for name in named) == [row[0] for row in GOLDEN]


def test_the_bodies_have_the_sizes_of_their_formats() -> None:
    formats = {
        protocol.HELLO: protocol.HELLO_FORMAT,
        protocol.PULL: protocol.PULL_FORMAT,
        protocol.ACK: protocol.ACK_FORMAT,
        protocol.TIME: protocol.TIME_FORMAT,
        protocol.END: protocol.END_FORMAT,
        protocol.ACKED: protocol.ACK_FORMAT,
        protocol.TIME_IS: protocol.TIME_IS_FORMAT,
        protocol.STATUS: protocol.STATUS_FORMAT,
        protocol.ERASE: protocol.ERASE_FORMAT,
        protocol.CALIBRATE: protocol.CALIBRATE_FORMAT,
        protocol.STREAM: protocol.STREAM_FORMAT,
        protocol.DONE: protocol.DONE_FORMAT,
        protocol.CALIBRATION: protocol.CALIBRATION_FORMAT,
        protocol.UPDATE_STATE: protocol.UPDATE_STATE_FORMAT,
        protocol.ACCESS: protocol.ACCESS_FORMAT,
    }
    sizes = {kind: len(body) // 2 for kind, body, _, _ in GOLDEN}
    assert {kind: struct.calcsize(form) for kind, form in formats.items()} == {kind: sizes[kind] for kind in formats}


def test_any_flipped_bit_is_noticed() -> None:
    for bit in range(8 * 18):
        raw = bytearray(frame.pack(protocol.PULL, NONCE, b"\xe9\x03\0\0\x1c\0"))
        raw[bit // 8] ^= 1 << bit % 8
        with pytest.raises(FrameError, match="frame of 18 bytes has a wrong CRC"):
            frame.parse(raw)


def with_crc(raw: bytes) -> bytes:
    return raw + struct.pack("<I", binascii.crc32(raw))


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"", "frame has 0 bytes, must be 12..532"),
        (bytes(11), "frame has 11 bytes"),
        (bytes(533), "frame has 533 bytes"),
        (with_crc(struct.pack("<BBHI", 1, 2, 513, NONCE) + bytes(513)), "frame body has 513 bytes, limit is 512"),
        (with_crc(struct.pack("<BBHI", 1, 2, 6, NONCE) + bytes(5)), "names a body of 6 bytes, carries 5"),
        (with_crc(struct.pack("<BBHI", 1, 2, 6, NONCE) + bytes(7)), "names a body of 6 bytes, carries 7"),
        (with_crc(struct.pack("<BBHI", 2, 2, 0, NONCE)), "protocol major 2, this side speaks 1"),
    ],
)
def test_a_bad_frame_is_refused_with_limit_and_value(raw: bytes, text: str) -> None:
    with pytest.raises(FrameError, match=text):
        frame.parse(raw)


@pytest.mark.parametrize("kind", protocol.EVERY_MAJOR)
def test_frames_that_settle_the_version_pass_in_every_major(kind: int) -> None:
    assert frame.parse(with_crc(struct.pack("<BBHI", 9, kind, 0, 0)))[0] == kind


def test_the_body_has_a_limit() -> None:
    assert len(frame.parse(frame.pack(protocol.DATA, 1, bytes(512)))[2]) == 512
    with pytest.raises(FrameError, match="513 bytes, limit is 512"):
        frame.pack(protocol.DATA, 1, bytes(513))


def test_info_keeps_tags_that_are_unknown() -> None:
    body = frame.pack_info(((protocol.INFO_NAME, b"Bar"), (200, b""), (201, bytes(255))))
    assert frame.parse_info(body) == {protocol.INFO_NAME: b"Bar", 200: b"", 201: bytes(255)}
    assert frame.parse_info(b"") == {}


@pytest.mark.parametrize("cut", range(1, 8))
def test_a_torn_info_is_refused(cut: int) -> None:
    body = frame.pack_info(((6, b"Barhold"), (7, b"0.1.0")))
    with pytest.raises(FrameError, match="INFO entry at byte 9 runs past"):
        frame.parse_info(body[: 9 + cut] if cut < 7 else body[:-1])


def test_an_info_value_has_a_limit() -> None:
    with pytest.raises(FrameError, match="256 bytes, limit is 255"):
        frame.pack_info(((6, bytes(256)),))
