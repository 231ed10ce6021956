"""Bytes from the radio's interrupt to the loop, cut into frames: one side only puts, the other only takes."""

from barcore import frame, protocol

INBOX_BYTES = 4096
"""A host's window of update blocks, six of the longest frames, and some shorter ones."""
STALE_MS = 500
SKIP_BYTES = 64
"""How many bytes of noise are skipped at a time, so that a flood delays no sample."""
HEADER_BYTES = protocol.FRAME_HEADER_BYTES


class Inbox:
    """A ring of bytes. A frame may come in several pieces, and several frames in one piece.

    What is no frame is passed over byte by byte; a frame whose end does not come within STALE_MS is dropped.
    """

    def __init__(self) -> None:
        self._ring = bytearray(INBOX_BYTES)
        self._frame = bytearray(protocol.MAX_FRAME)
        self._head = self._tail = 0
        self._waited_bytes = 0
        self._waited_ms = 0
        self.lost = 0
        self.bad_frames = 0

    def put(self, data: bytes) -> None:
        """Append `data`, or drop and count it. The interrupt calls nothing else; this moves only `_head`."""
        head, count = self._head, len(data)
        if count > INBOX_BYTES - 1 - self._used():
            self.lost += 1
            return
        first = INBOX_BYTES - head
        if count <= first:
            self._ring[head : head + count] = data
        else:
            self._ring[head:] = data[:first]
            self._ring[: count - first] = data[first:]
        self._head = (head + count) % INBOX_BYTES

    def clear(self) -> None:
        """Forget what is in it, as when the link went down."""
        self._tail = self._head
        self._waited_bytes = 0

    def __bool__(self) -> bool:
        return self._head != self._tail

    def take(self, now_ms: int) -> "tuple | None":
        """Return the next whole and valid (type, nonce, body), or None; at most one CRC is computed."""
        for _ in range(SKIP_BYTES):
            used = self._used()
            size = self._size_of_first() if used >= HEADER_BYTES else 0
            if size < 0:
                self._skip(1)
            elif not size or used < size:
                self._wait(used, now_ms)
                return None
            else:
                return self._parse(size)
        return None

    def _used(self) -> int:
        used = self._head - self._tail
        return used if used >= 0 else used + INBOX_BYTES

    def _size_of_first(self) -> int:
        """Return the bytes of the frame that seems to begin here, -1 when none can."""
        length = self._peek(2) | self._peek(3) << 8
        ours = self._peek(0) == protocol.MAJOR or self._peek(1) in protocol.EVERY_MAJOR
        most = protocol.MAX_BODY + (protocol.MAC_BYTES if self._peek(1) & protocol.SEALED else 0)
        return protocol.FRAME_OVERHEAD + length if ours and length <= most else -1

    def _parse(self, size: int) -> "tuple | None":
        self._copy(size)
        try:
            found = frame.parse(memoryview(self._frame)[:size])
        except frame.FrameError:
            self.bad_frames += 1
            self._skip(1)
            return None
        self._skip(size)
        return found

    def _wait(self, used: int, now_ms: int) -> None:
        """Drop the beginning of a frame once nothing has come after it for too long."""
        if used != self._waited_bytes:
            self._waited_bytes = used
            self._waited_ms = now_ms
        elif used and now_ms - self._waited_ms >= STALE_MS:
            self.bad_frames += 1
            self._skip(used)

    def _peek(self, i: int) -> int:
        return self._ring[(self._tail + i) % INBOX_BYTES]

    def _copy(self, size: int) -> None:
        first = min(size, INBOX_BYTES - self._tail)
        self._frame[:first] = self._ring[self._tail : self._tail + first]
        if first < size:
            self._frame[first:size] = self._ring[: size - first]

    def _skip(self, count: int) -> None:
        self._tail = (self._tail + count) % INBOX_BYTES
        self._waited_bytes = 0
