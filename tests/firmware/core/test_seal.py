"""Sealed frames: the standard HMAC, pinned bytes, the same under MicroPython, nothing forged or old gets through."""

import binascii
import hmac
import random
import struct

import pytest

from barcore import frame, protocol, seal
from mpy import rig

KEY = bytes(range(32))
HOST, SENSOR, DEVICE = b"hostnonc", b"sensornc", b"sensor01"


def towards(direction: bytes) -> bytes:
    return seal.connection_key(KEY, HOST, SENSOR, DEVICE, direction)


def opened(opener: seal.Opener, raw: bytes) -> bytes | None:
    kind, counter, body = frame.parse(raw)
    assert kind & protocol.SEALED
    return opener.open(kind ^ protocol.SEALED, counter, body)


@pytest.mark.parametrize("key", [b"", b"k", KEY, bytes(64)])
@pytest.mark.parametrize("message", [b"", b"m", bytes(55), bytes(56), bytes(64), bytes(520)])
def test_it_is_the_standard_hmac_for_keys_up_to_a_block(key: bytes, message: bytes) -> None:
    assert seal.Hmac(key).digest(message) == hmac.digest(key, message, "sha256")


def test_the_proof_is_pinned() -> None:
    wanted = hmac.digest(KEY, HOST + struct.pack("<I", 0x01020304) + DEVICE, "sha256")[: protocol.PROOF_BYTES]
    assert seal.proof(KEY, HOST, 0x01020304, DEVICE) == wanted
    assert wanted.hex() == "904ceb4efcc340c363dd97ac3b291846"


def test_the_keys_of_a_connection_are_pinned() -> None:
    for direction, pinned in (
        (seal.TO_SENSOR, "2ec963e6177d303c3a7f13bd754e67c4e34c4127a82da537e779927059d315ee"),
        (seal.TO_HOST, "634e8f56f7fa3c475248d68355c4060ff2ea46bc2d4d17982ffac5749ab38309"),
    ):
        assert towards(direction) == hmac.digest(KEY, direction + HOST + SENSOR + DEVICE, "sha256")
        assert towards(direction).hex() == pinned


def test_a_sealed_frame_is_these_bytes() -> None:
    sealer = seal.Sealer(towards(seal.TO_SENSOR))
    assert sealer.pack(protocol.BYE, b"").hex() == "018508000100000005d07eb2f62412191d83f5af"
    second = sealer.pack(protocol.TIME, bytes(8))
    assert second.hex() == "0184100002000000000000000000000008f49d8e73ced2b4186a563b"
    head = second[: protocol.FRAME_HEADER_BYTES]
    assert struct.unpack(protocol.FRAME_HEADER_FORMAT, head) == (1, protocol.TIME | protocol.SEALED, 16, 2)
    assert second[16:24] == hmac.digest(towards(seal.TO_SENSOR), second[:16], "sha256")[: protocol.MAC_BYTES]


def test_records_fill_the_same_notification_as_without_a_key() -> None:
    """244 bytes at the MTU of 247, and with their headers one packet of the radio, which carries 251."""
    raw = seal.Sealer(KEY).pack(protocol.DATA, bytes(7 * protocol.RECORD_BYTES))
    assert len(raw) == 244


def test_frames_come_out_as_they_went_in_also_when_some_are_lost() -> None:
    sealer, opener = seal.Sealer(KEY), seal.Opener(KEY)
    for number, size in enumerate([0, 1, 32, 224, protocol.MAX_BODY]):
        raw = sealer.pack(protocol.LIVE, bytes(size))
        if number != 2:
            assert opened(opener, raw) == bytes(size)


def test_the_records_of_a_sealed_frame_can_be_read_by_a_listener() -> None:
    """Authenticated, not encrypted: the page on security says so."""
    raw = seal.Sealer(KEY).pack(protocol.DATA, b"what was trained")
    assert b"what was trained" in raw


def test_a_frame_that_came_before_is_refused_however_often() -> None:
    sealer, opener = seal.Sealer(KEY), seal.Opener(KEY)
    first, second, third = (sealer.pack(protocol.ACK, bytes([number])) for number in range(3))
    assert opened(opener, first) == b"\0"
    assert opened(opener, first) is None
    assert opened(opener, third) == b"\2"
    assert [opened(opener, raw) for raw in (second, third, first)] == [None] * 3


def test_a_frame_of_the_other_direction_another_connection_or_another_sensor_is_refused() -> None:
    raw = seal.Sealer(towards(seal.TO_SENSOR)).pack(protocol.BYE, b"")
    others = [
        (HOST, SENSOR, DEVICE, seal.TO_HOST),
        (b"HOSTNONC", SENSOR, DEVICE, seal.TO_SENSOR),
        (HOST, b"SENSORNC", DEVICE, seal.TO_SENSOR),
        (HOST, SENSOR, b"sensor02", seal.TO_SENSOR),
    ]
    for other in others:
        assert opened(seal.Opener(seal.connection_key(KEY, *other)), raw) is None
    assert opened(seal.Opener(towards(seal.TO_SENSOR)), raw) == b""


def test_any_change_under_a_repaired_crc_is_refused() -> None:
    raw = seal.Sealer(KEY).pack(protocol.SET, b"\1\3bar")
    rng = random.Random(1)
    for bit in range(8 * (len(raw) - protocol.FRAME_CRC_BYTES)):
        forged = bytearray(raw[:-4])
        forged[bit // 8] ^= 1 << bit % 8
        forged += struct.pack("<I", binascii.crc32(forged))
        try:
            kind, counter, body = frame.parse(forged)
        except frame.FrameError:
            continue
        if kind & protocol.SEALED:
            assert seal.Opener(KEY).open(kind ^ protocol.SEALED, counter, body) is None
    for _ in range(1000):
        size = rng.randrange(40)
        assert seal.Opener(KEY).open(rng.randrange(128), rng.randrange(1, 1 << 32), rng.randbytes(size)) is None


def test_a_forged_frame_does_not_move_the_counter() -> None:
    sealer, opener = seal.Sealer(KEY), seal.Opener(KEY)
    assert opener.open(protocol.BYE, 0xFFFFFFFF, bytes(8)) is None
    assert opened(opener, sealer.pack(protocol.BYE, b"")) == b""


def test_what_cannot_be_sealed_is_refused_with_its_limit() -> None:
    sealer = seal.Sealer(KEY)
    with pytest.raises(ValueError, match="513 bytes, limit is 512"):
        sealer.pack(protocol.DATA, bytes(513))
    sealer.counter = seal.MOST_FRAMES
    with pytest.raises(ValueError, match="4294967295"):
        sealer.pack(protocol.DATA, b"")


def test_equal_compares_all_bytes() -> None:
    assert seal.equal(b"", b"")
    assert seal.equal(KEY, KEY)
    assert not seal.equal(KEY, KEY[:-1])
    assert not seal.equal(KEY[:-1], KEY)
    assert not any(seal.equal(KEY, KEY[:at] + b"\xff" + KEY[at + 1 :]) for at in range(32))


def test_micropython_seals_and_opens_the_same_bytes() -> None:
    sealer = seal.Sealer(towards(seal.TO_SENSOR))
    raws = [sealer.pack(protocol.LIVE, bytes([size % 256]) * size) for size in (0, 1, 47, 48, 224, 512)]
    lines = rig.run(rig.HERE / "sealing.py", stdin=b"".join(struct.pack("<H", len(raw)) + raw for raw in raws)).split(
        "\n"
    )
    assert lines[: len(raws)] == [raw.hex() for raw in raws]
    assert lines[len(raws) :] == ["opened 6", "again 0", ""]
