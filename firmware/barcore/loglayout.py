"""The record log's layout on flash: where each record lies, and what a scan after a power cut may believe.

The log is a row of segments, one file each, named by the seq of its first record. A segment:

    0   4s   magic
    4   u32  layout version
    8   u32  log id
    12  u32  first seq
    16       12 zero bytes
    28  u32  CRC-32 of bytes 0..27
    32       up to 127 records, seq ascending by one

Beside them one file, the cursor: u32 log id, u32 acknowledged up to (exclusive), CRC-32 of both.
"""

import binascii
import struct

from barcore import record
from barcore.protocol import RECORD_BYTES

SEGMENT_BYTES = 4096
HEADER_BYTES = 32
RECORDS = (SEGMENT_BYTES - HEADER_BYTES) // RECORD_BYTES
MAGIC = b"BHLG"
VERSION = 1
CURSOR_NAME = "cursor"
CURSOR_BYTES = 12
SUFFIX = ".seg"
NONE = -1


class LayoutError(ValueError):
    """A segment header or cursor that cannot be believed; the text says why."""


def pack_header(log_id: int, first_seq: int) -> bytes:
    """Return a segment's header."""
    head = struct.pack("<4sIII", MAGIC, VERSION, log_id, first_seq) + bytes(12)
    return head + struct.pack("<I", binascii.crc32(head))


def parse_header(raw: "bytes | bytearray") -> "tuple[int, int]":
    """Return (log id, first seq) of a segment's header."""
    if len(raw) < HEADER_BYTES:
        raise LayoutError("segment header has %d bytes, needs %d" % (len(raw), HEADER_BYTES))
    magic, version, log_id, first_seq = struct.unpack_from("<4sIII", raw)
    if magic != MAGIC or struct.unpack_from("<I", raw, 28)[0] != binascii.crc32(bytes(raw[:28])):
        raise LayoutError("segment header has a wrong magic or CRC")
    if version != VERSION:
        raise LayoutError("segment layout version is %d, this one reads %d" % (version, VERSION))
    return log_id, first_seq


def pack_cursor(log_id: int, acked: int) -> bytes:
    """Return the cursor file's content."""
    raw = struct.pack("<II", log_id, acked)
    return raw + struct.pack("<I", binascii.crc32(raw))


def parse_cursor(raw: "bytes | bytearray") -> "tuple[int, int]":
    """Return (log id, acknowledged up to) of the cursor file's content."""
    if len(raw) != CURSOR_BYTES or struct.unpack_from("<I", raw, 8)[0] != binascii.crc32(bytes(raw[:8])):
        raise LayoutError("cursor of %d bytes has a wrong size or CRC" % len(raw))
    log_id, acked = struct.unpack_from("<II", raw)
    return log_id, acked


def name_of(first_seq: int) -> str:
    """Return the file name of the segment that starts at `first_seq`."""
    return "%08x%s" % (first_seq, SUFFIX)


def first_of(name: str) -> int:
    """Return the first seq that a segment's file name gives, or NONE for another file."""
    digits = name[: -len(SUFFIX)]
    if not name.endswith(SUFFIX) or len(digits) != 8:
        return NONE
    for digit in digits:
        if digit not in "0123456789abcdef":
            return NONE
    return int(digits, 16)


def offset_of(seq: int, first_seq: int) -> int:
    """Return where record `seq` lies in the segment that starts at `first_seq`."""
    if not 0 <= seq - first_seq < RECORDS:
        raise LayoutError("seq %d lies outside the segment %d..%d" % (seq, first_seq, first_seq + RECORDS - 1))
    return HEADER_BYTES + (seq - first_seq) * RECORD_BYTES


def segment_index(first_seqs: "list[int]", seq: int) -> int:
    """Return the index of the segment that would hold `seq`, or NONE; `first_seqs` ascend."""
    low, high = 0, len(first_seqs)
    while low < high:
        middle = (low + high) // 2
        if first_seqs[middle] <= seq:
            low = middle + 1
        else:
            high = middle
    return low - 1


def holds(buf: "bytes | bytearray", at: int, seq: int) -> bool:
    """Tell whether `buf` at `at` carries the valid record `seq`."""
    return record.is_valid(buf, at) and record.header(buf, at)[3] == seq


def scan(segment: "bytes | bytearray", size: int, first_seq: int) -> "tuple[int, int]":
    """Return (records up to the first bad one, highest valid seq or NONE) of a segment's first `size` bytes."""
    count, highest = 0, NONE
    slots = min((size - HEADER_BYTES) // RECORD_BYTES, RECORDS)
    for i in range(slots):
        if holds(segment, HEADER_BYTES + i * RECORD_BYTES, first_seq + i):
            highest = first_seq + i
            if count == i:
                count += 1
    return count, highest
