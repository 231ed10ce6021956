"""Frames to and from their bytes (layout in `protocol`)."""

import binascii
import struct

from barcore import protocol


class FrameError(ValueError):
    """Bytes that are no frame of this protocol; the text names the limit and the value."""


def pack(kind: int, nonce: int, body: "bytes | bytearray | memoryview" = b"") -> bytes:
    """Return the frame's bytes."""
    if len(body) > protocol.MAX_BODY:
        raise FrameError("frame body has %d bytes, limit is %d" % (len(body), protocol.MAX_BODY))
    head = struct.pack(protocol.FRAME_HEADER_FORMAT, protocol.MAJOR, kind, len(body), nonce)
    raw = head + bytes(body)
    return raw + struct.pack("<I", binascii.crc32(raw))


def parse(raw: "bytes | bytearray") -> "tuple[int, int, bytes]":
    """Return (type, nonce, body) of exactly one whole frame, or raise FrameError.

    Of a sealed frame: (type with SEALED, counter, body and MAC), for `seal.Opener` to check.
    """
    size = len(raw)
    if not protocol.FRAME_OVERHEAD <= size <= protocol.MAX_FRAME:
        raise FrameError("frame has %d bytes, must be 12..%d" % (size, protocol.MAX_FRAME))
    end = size - protocol.FRAME_CRC_BYTES
    if struct.unpack_from("<I", raw, end)[0] != binascii.crc32(raw[:end]):
        raise FrameError("frame of %d bytes has a wrong CRC" % size)
    major, kind, length, nonce = struct.unpack_from(protocol.FRAME_HEADER_FORMAT, raw)
    if length != end - protocol.FRAME_HEADER_BYTES:
        raise FrameError("frame names a body of %d bytes, carries %d" % (length, end - protocol.FRAME_HEADER_BYTES))
    if length > protocol.MAX_BODY and not kind & protocol.SEALED:
        raise FrameError("frame body has %d bytes, limit is %d" % (length, protocol.MAX_BODY))
    if major != protocol.MAJOR and kind not in protocol.EVERY_MAJOR:
        raise FrameError("frame of protocol major %d, this side speaks %d" % (major, protocol.MAJOR))
    return kind, nonce, bytes(raw[protocol.FRAME_HEADER_BYTES : end])


def pack_info(entries: "tuple[tuple[int, bytes], ...] | list[tuple[int, bytes]]") -> bytes:
    """Return the body of INFO from (tag, value) pairs."""
    body = b""
    for tag, value in entries:
        if len(value) > 255:
            raise FrameError("INFO tag %d has %d bytes, limit is 255" % (tag, len(value)))
        body += bytes((tag, len(value))) + value
    return body


def parse_info(body: bytes) -> "dict[int, bytes]":
    """Return tag -> value of an INFO body, unknown tags included; of a tag that repeats, the last."""
    values = {}
    at = 0
    while at < len(body):
        end = at + 2 + (body[at + 1] if at + 1 < len(body) else 0)
        if at + 2 > len(body) or end > len(body):
            raise FrameError("INFO entry at byte %d runs past the body's %d bytes" % (at, len(body)))
        values[body[at]] = body[at + 2 : end]
        at = end
    return values
