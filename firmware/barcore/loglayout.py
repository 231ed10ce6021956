"""The record log's layout on flash: where each record lies, and what may be believed of it after a power cut.

The log is a row of segments, one file each, named by the seq of its first record, and written whole, in one piece:

    0   4s   magic
    4   u32  layout version
    8   u32  log id
    12  u32  first seq
    16       12 zero bytes
    28  u32  CRC-32 of bytes 0..27
    32       up to 127 records, seq ascending by one

Records that fill no segment yet lie in slots, small files of up to 4 records: slot i holds the records i*4 .. i*4+3 of
the segment to come, so a record's seq and its place tell which segment that is. littlefs keeps so small a file within
its directory, where writing it anew erases nothing, while every longer write costs an erased block of flash.

Beside them one file, the cursor: u32 log id, u32 acknowledged up to (exclusive), CRC-32 of both.

One flipped bit can set a folder of littlefs, or all of it, back to an earlier state, valid in itself. What shows that
lies apart from the file system, in the chip's own store: the mirror, u32 log id, u32 acknowledged up to, u32 next seq,
u32 boot, CRC-32 of all four.

In that store, too, lie up to NOTES records that are not in the log yet, each under a name of its own: u32 log id, then
the record. Writing there never takes long, so it is done while a set is under way. A note counts while its seq is the
log's next.
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
MIRROR_NAME = "log_mirror"
MIRROR_BYTES = 20
NOTES = 64
NOTE_BYTES = 4 + RECORD_BYTES
SUFFIX = ".seg"
SLOT_RECORDS = 4
SLOT_BYTES = SLOT_RECORDS * RECORD_BYTES
"""128: the most that littlefs keeps inline with the cache of 128 bytes that MicroPython gives it."""
SLOTS = -(-RECORDS // SLOT_RECORDS)
HEX = "0123456789abcdef"
NONE = -1


class LayoutError(ValueError):
    """A segment header, cursor or mirror that cannot be believed; the text says why."""


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


def pack_mirror(log_id: int, acked: int, next_seq: int, boot: int) -> bytes:
    """Return the mirror file's content."""
    raw = struct.pack("<IIII", log_id, acked, next_seq, boot)
    return raw + struct.pack("<I", binascii.crc32(raw))


def parse_mirror(raw: "bytes | bytearray") -> "tuple[int, int, int, int]":
    """Return (log id, acknowledged up to, next seq, boot) of the mirror file's content."""
    end = MIRROR_BYTES - 4
    if len(raw) != MIRROR_BYTES or struct.unpack_from("<I", raw, end)[0] != binascii.crc32(bytes(raw[:end])):
        raise LayoutError("mirror of %d bytes has a wrong size or CRC" % len(raw))
    log_id, acked, next_seq, boot = struct.unpack_from("<IIII", raw)
    return log_id, acked, next_seq, boot


def note_name(seq: int) -> str:
    """Return the name under which record `seq` is noted."""
    return "note%02d" % (seq % NOTES)


def pack_note(log_id: int, raw: "bytes | bytearray") -> bytes:
    """Return the content of the note of the record `raw`."""
    return struct.pack("<I", log_id) + bytes(raw)


def parse_note(note: bytes, log_id: int, seq: int) -> bytes:
    """Return the record `seq` of this log that a note holds, or nothing when it is another one's, or damaged."""
    if len(note) != NOTE_BYTES or struct.unpack_from("<I", note)[0] != log_id or not holds(note, 4, seq):
        return b""
    return note[4:]


def name_of(first_seq: int) -> str:
    """Return the file name of the segment that starts at `first_seq`."""
    return "%08x%s" % (first_seq, SUFFIX)


def first_of(name: str) -> int:
    """Return the first seq that a segment's file name gives, or NONE for another file."""
    digits = name[: -len(SUFFIX)]
    if not name.endswith(SUFFIX) or len(digits) != 8 or not _is_made_of(digits, HEX):
        return NONE
    return int(digits, 16)


def slot_name(log_id: int, index: int) -> str:
    """Return the file name of slot `index`; it carries the log id, so that no slot is ever taken for another log's."""
    return "%08x.s%02d" % (log_id, index)


def slot_of(name: str) -> "tuple[int, int]":
    """Return (log id, index) that a slot's file name gives, or (NONE, NONE) for another file."""
    if len(name) != 12 or name[8:10] != ".s" or not _is_made_of(name[10:], "0123456789"):
        return NONE, NONE
    if not _is_made_of(name[:8], HEX) or int(name[10:]) >= SLOTS:
        return NONE, NONE
    return int(name[:8], 16), int(name[10:])


def _is_made_of(text: str, alphabet: str) -> bool:
    return all(letter in alphabet for letter in text)


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


def highest(segment: "bytes | bytearray", size: int, first_seq: int) -> int:
    """Return the highest valid seq in a segment's first `size` bytes, or NONE."""
    for i in range(min((size - HEADER_BYTES) // RECORD_BYTES, RECORDS) - 1, -1, -1):
        if holds(segment, HEADER_BYTES + i * RECORD_BYTES, first_seq + i):
            return first_seq + i
    return NONE
