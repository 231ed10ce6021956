"""Records to and from their 32 bytes."""

import binascii
import struct
from array import array

from barcore import event, protocol


class RecordError(ValueError):
    """32 bytes that are no valid record; the text says why."""


def pack_into(
    buf: bytearray, at: int, kind: int, flags: int, boot: int, seq: int, t_ms: int, values: "tuple[int, ...]"
) -> None:
    """Write one record at `buf[at:at + 32]`; `values` in the order of the type's payload format."""
    struct.pack_into(
        protocol.HEADER_FORMAT, buf, at, protocol.RECORD_VERSION << 5 | kind, flags, boot, seq, t_ms & 0xFFFFFFFF
    )
    end = at + protocol.CRC_AT
    for i in range(at + protocol.PAYLOAD_AT, end):
        buf[i] = 0
    struct.pack_into(protocol.PAYLOAD_FORMATS[kind], buf, at + protocol.PAYLOAD_AT, *values)
    struct.pack_into("<I", buf, end, binascii.crc32(memoryview(buf)[at:end]))


def pack_event(buf: bytearray, at: int, ev: "array[int]", boot: int, seq: int, t_ms: int) -> None:
    """Write the event `ev` as a record; `t_ms` is its time in full ms since boot."""
    kind = ev[event.TYPE]
    count = FIELD_COUNTS[kind]
    values = tuple(ev[event.VALUES + i] for i in range(count))
    pack_into(buf, at, kind, ev[event.FLAGS], boot, seq, t_ms, values)


def is_valid(buf: "bytes | bytearray | memoryview", at: int = 0) -> bool:
    """Tell whether `buf[at:at + 32]` carries a matching CRC and a known record version."""
    end = at + protocol.CRC_AT
    if len(buf) < at + protocol.RECORD_BYTES or buf[at] >> 5 != protocol.RECORD_VERSION:
        return False
    return bool(struct.unpack_from("<I", buf, end)[0] == binascii.crc32(memoryview(buf)[at:end]))


def header(buf: "bytes | bytearray | memoryview", at: int = 0) -> "tuple[int, int, int, int, int]":
    """Return (type, flags, boot, seq, t_ms) of the record at `at`, unchecked."""
    ver_type, flags, boot, seq, t_ms = struct.unpack_from(protocol.HEADER_FORMAT, buf, at)
    return ver_type & 31, flags, boot, seq, t_ms


def payload(buf: "bytes | bytearray | memoryview", at: int = 0) -> "tuple[int, ...]":
    """Return the payload's values; an empty tuple for a type this version does not know."""
    form = protocol.PAYLOAD_FORMATS.get(buf[at] & 31)
    return struct.unpack_from(form, buf, at + protocol.PAYLOAD_AT) if form else ()


def check(buf: "bytes | bytearray | memoryview", at: int = 0) -> None:
    """Raise RecordError unless `buf[at:at + 32]` is a valid record."""
    if len(buf) < at + protocol.RECORD_BYTES:
        raise RecordError("record has %d bytes, needs %d" % (len(buf) - at, protocol.RECORD_BYTES))
    if not is_valid(buf, at):
        raise RecordError("record version %d or its CRC is wrong" % (buf[at] >> 5))


FIELD_COUNTS = {
    kind: len(struct.unpack(form, bytes(struct.calcsize(form)))) for kind, form in protocol.PAYLOAD_FORMATS.items()
}
