"""Frames on a byte stream (USB, a pipe, the virtual sensor): COBS with a zero byte between packets."""

from collections import deque

from barcore import cobs, protocol

MAX_FRAME_BYTES = protocol.MAX_FRAME


def encode_packet(frame: bytes) -> bytes:
    """Return `frame` as it goes on a byte stream."""
    # The zero in front ends any text that was sent to the other side's console before.
    return b"\0" + cobs.encode(frame) + b"\0"


class PacketDecoder:
    """Splits a byte stream into frames; text and broken packets are dropped and counted."""

    def __init__(self) -> None:
        self._splitter = cobs.Splitter(cobs.encoded_bytes(MAX_FRAME_BYTES))
        self._frames: deque[bytes] = deque()
        self._bad = 0

    @property
    def dropped(self) -> int:
        """How many packets were not COBS or too long for a frame."""
        return self._bad + self._splitter.oversize

    def __bool__(self) -> bool:
        return bool(self._frames)

    def feed(self, data: bytes) -> None:
        """Add received bytes."""
        for piece in self._splitter.feed(data, len(data)):
            try:
                self._frames.append(cobs.decode(piece))
            except cobs.CobsError:
                self._bad += 1

    def pop(self) -> bytes | None:
        """Return the oldest whole frame, or None."""
        return self._frames.popleft() if self._frames else None
