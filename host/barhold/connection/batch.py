"""One answer to a PULL, put together from its DATA frames. Pure."""

import binascii
import struct

from barcore import protocol, record
from barcore.protocol import NO_SEQ, RECORD_BYTES


class Batch:
    """Records in the order of their seqs, from `first_seq` on, at most `limit`; keeps the first bad one apart."""

    def __init__(self, first_seq: int, limit: int) -> None:
        self.first_seq = first_seq
        self.limit = limit
        self.raws: list[bytes] = []
        self.bad: bytes | None = None
        self._least_seq = first_seq

    def add(self, body: bytes) -> bool:
        """Take a DATA body; False when (the rest of) it is of no use: doubled, out of order, or after a bad record."""
        if not body or len(body) % RECORD_BYTES:
            return False
        for at in range(0, len(body), RECORD_BYTES):
            raw = body[at : at + RECORD_BYTES]
            if self.bad is not None or len(self.raws) == self.limit:
                return False
            if not record.is_valid(raw):
                self.bad = raw
                continue
            seq = record.header(raw)[3]
            if seq < self._least_seq or seq == NO_SEQ:
                return False
            self.raws.append(raw)
            self._least_seq = seq + 1
        return True

    def is_whole(self, next_seq: int, count: int, crc: int) -> bool:
        """Tell whether END speaks of exactly these records; holes among their seqs are then the log's own."""
        seqs = b"".join(struct.pack("<I", record.header(raw)[3]) for raw in self.raws)
        counted = count == len(self.raws) and crc == binascii.crc32(seqs)
        return self.bad is None and counted and next_seq >= self._least_seq

    def certain(self) -> list[bytes]:
        """Return what is sure without END: the records that follow `first_seq` without a hole."""
        return [raw for at, raw in enumerate(self.raws) if record.header(raw)[3] == self.first_seq + at]


def gaps(raws: list[bytes], from_seq: int) -> list[tuple[int, ...]]:
    """Return (first lost seq, last lost seq) of the GAP records from `from_seq` on."""
    new = [raw for raw in raws if record.header(raw)[3] >= from_seq]
    return [record.payload(raw) for raw in new if record.header(raw)[0] == protocol.GAP]


def lost_records(told: list[tuple[int, ...]]) -> int:
    """Return how many records the gaps tell of, each once: a later GAP repeats those whose GAP was overwritten too."""
    count, counted_to = 0, 0
    for first, last in sorted(told):
        count += max(0, last + 1 - max(first, counted_to))
        counted_to = max(counted_to, last + 1)
    return count
