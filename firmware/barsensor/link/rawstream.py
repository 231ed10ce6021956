"""The stream of raw samples to a host: a fixed ring, and an index that reveals samples that did not fit."""

import struct

from barcore.protocol import SAMPLES_FORMAT
from barcore.sample import SAMPLE_BYTES, SAMPLE_FORMAT

CAPACITY = 128
"""1.2 s at 104 Hz."""
LEAST = 8
"""Fewer samples than this wait for others, so that a frame is worth its overhead."""


class RawStream:
    """On for one host at a time; `index` counts samples since `start`, those that found no room included."""

    def __init__(self) -> None:
        self._ring = bytearray(CAPACITY * SAMPLE_BYTES)
        self.owner = None
        self._count = 0
        self._index = 0

    def start(self, owner) -> None:
        """Begin a stream for `owner`, at index 0."""
        self.owner = owner
        self._count = self._index = 0

    def stop(self) -> None:
        """End it."""
        self.owner = None

    def see(self, samples, count: int) -> None:
        """Take the newest `count` samples, 7 ints each; a full ring is given up, so that the hole is one."""
        for at in range(0, count * 7, 7):
            if self._count == CAPACITY:
                self._index += self._count + 1
                self._count = 0
                continue
            struct.pack_into(
                SAMPLE_FORMAT,
                self._ring,
                self._count * SAMPLE_BYTES,
                samples[at],
                samples[at + 1],
                samples[at + 2],
                samples[at + 3],
                samples[at + 4],
                samples[at + 5],
                samples[at + 6],
            )
            self._count += 1

    def take(self, body_bytes: int) -> bytes:
        """Return the body of a SAMPLES frame of at most `body_bytes`; empty while too few samples wait."""
        count = min(self._count, (body_bytes - 4) // SAMPLE_BYTES)
        if count < min(LEAST, (body_bytes - 4) // SAMPLE_BYTES):
            return b""
        used = count * SAMPLE_BYTES
        body = struct.pack(SAMPLES_FORMAT, self._index) + self._ring[:used]
        left = self._count * SAMPLE_BYTES - used
        self._ring[:left] = self._ring[used : used + left]
        self._count -= count
        self._index += count
        return body
