"""The answer to one PULL, assembled from its DATA frames. Pure."""

import binascii
import struct

from barcore import protocol, record
from barcore.protocol import RECORD_BYTES


class Batch:
    """The records from `first_seq` up to `end_seq` (exclusive), at most `limit`, in whatever order they come.

    A record outside that range is refused: nobody asked for it. The first bad record is kept apart in `bad`.
    """

    def __init__(self, first_seq: int, end_seq: int, limit: int) -> None:
        self.first_seq = first_seq
        self.end_seq = end_seq
        self.limit = limit
        self.bad: bytes | None = None
        self._by_seq: dict[int, bytes] = {}

    @property
    def raw_records(self) -> list[bytes]:
        """The records taken so far, in the order of their seqs."""
        return [self._by_seq[seq] for seq in sorted(self._by_seq)]

    def add(self, body: bytes) -> bool:
        """Add a DATA body; return False if part of it is malformed, bad, repeated or not asked for."""
        if not body or len(body) % RECORD_BYTES:
            return False
        taken = [self._take(body[at : at + RECORD_BYTES]) for at in range(0, len(body), RECORD_BYTES)]
        return all(taken)

    def _take(self, raw: bytes) -> bool:
        if not record.is_valid(raw):
            self.bad = self.bad or raw
            return True
        seq = record.header(raw)[3]
        wanted = self.first_seq <= seq < self.end_seq and seq not in self._by_seq and len(self._by_seq) < self.limit
        if wanted:
            self._by_seq[seq] = raw
        return wanted

    def is_whole(self, count: int, crc: int) -> bool:
        """Return whether END's count and CRC are those of exactly these records; a missing seq is then a real hole."""
        seqs = b"".join(struct.pack("<I", seq) for seq in sorted(self._by_seq))
        return self.bad is None and count == len(self._by_seq) and crc == binascii.crc32(seqs)

    def contiguous(self) -> list[bytes]:
        """Return the records that are complete even without END: those that follow `first_seq` without a hole."""
        end_seq = self.first_seq
        while end_seq in self._by_seq:
            end_seq += 1
        return [self._by_seq[seq] for seq in range(self.first_seq, end_seq)]

    def holes(self, end_seq: int) -> list[int]:
        """Return the seqs below `end_seq` that did not arrive."""
        return [seq for seq in range(self.first_seq, end_seq) if seq not in self._by_seq]


def gaps(raws: list[bytes], from_seq: int) -> list[tuple[int, ...]]:
    """Return (first lost seq, last lost seq) of the GAP records whose own seq is `from_seq` or later."""
    new = [raw for raw in raws if record.header(raw)[3] >= from_seq]
    return [record.payload(raw) for raw in new if record.header(raw)[0] == protocol.GAP]


def lost_records(ranges: list[tuple[int, ...]]) -> int:
    """Return how many records the (first, last) ranges cover, counting each record once."""
    count, counted_to = 0, 0
    for first, last in sorted(ranges):
        count += max(0, last + 1 - max(first, counted_to))
        counted_to = max(counted_to, last + 1)
    return count
