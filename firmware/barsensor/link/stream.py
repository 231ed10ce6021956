"""Frames over a byte stream such as USB serial: COBS, and whatever else the stream carries is dropped."""

from barcore import cobs, frame, protocol

CHUNK_BYTES = 256
READS_MOST = 3
"""Chunks in one poll: more than a receive ring holds, and so few that a flood delays no sample."""
BACKLOG_BYTES = 4096
"""Room for the longest answer to a PULL and some LIVE frames."""
STALL_MS = 2000
"""A host that takes nothing for so long is gone."""
PACKET_OVERHEAD = 2


class FrameStream:
    """Frames over `port`: `read_into(buf) -> n` and `write(buf, n) -> n`, neither of which waits.

    A link (see `session_port`). A byte stream does not tell whether anybody is at its other end: a host is there from
    its first valid frame on, and until it takes nothing for STALL_MS.
    """

    is_cable = up = True
    spoke_ms = -1  # who is at the cable has all the time in the world
    faults = 0
    max_frame_bytes = protocol.MAX_FRAME

    def __init__(self, port) -> None:
        self._port = port
        self._splitter = cobs.Splitter(cobs.encoded_bytes(self.max_frame_bytes))
        self._chunk = bytearray(CHUNK_BYTES)
        self._packets = []
        self._partial = False
        self._backlog = b""
        self._moved_ms = self._came_ms = 0
        self.connected = False
        self.bad_frames = 0
        self.unsent_frames = 0

    @property
    def busy(self) -> bool:
        """Whether frames wait or one is under way, so that a loop should come back soon.

        A UART's receive ring holds 22 ms of what comes, and drops the rest.
        """
        return bool(self._backlog or self._packets or self._partial)

    @property
    def room(self) -> int:
        """How many bytes of frames it takes now without dropping one."""
        free = BACKLOG_BYTES - len(self._backlog) - PACKET_OVERHEAD
        return max(0, free - cobs.encoded_bytes(free) + free)

    def poll(self, now_ms: int = 0) -> "tuple | None":
        """Return the next (type, nonce, body) that came in whole and valid, or None."""
        before = len(self._backlog)
        self._push()
        if not self._backlog or len(self._backlog) < before:
            self._moved_ms = now_ms
        elif now_ms - self._moved_ms >= STALL_MS:
            self._backlog = b""
            self.connected = False
        # A host that asks and does not read gets no further answer, so the backlog stays bounded.
        if self._backlog:
            return None
        if not self._packets:
            self._read(now_ms)
        while self._packets:
            try:
                found = frame.parse(cobs.decode(self._packets.pop(0)))
            except (cobs.CobsError, frame.FrameError):
                self.bad_frames += 1
            else:
                self.connected = True
                return found
        return None

    def _read(self, now_ms: int) -> None:
        """Take what has come, up to the first whole packet."""
        for _ in range(READS_MOST):
            count = self._port.read_into(self._chunk)
            if not count:  # a step at which nothing came makes no garbage
                break
            self._came_ms = now_ms
            self._packets = self._splitter.feed(self._chunk, count)
            self._partial = self._chunk[count - 1] != 0
            if self._packets or count < CHUNK_BYTES:
                break
        if self._partial and now_ms - self._came_ms >= STALL_MS:
            self._partial = False  # its rest is lost

    def send(self, raw: bytes) -> None:
        """Queue one frame; one that finds the queue full is dropped and counted."""
        # The zero in front ends any text that a console wrote before.
        packet = b"\0" + cobs.encode(raw) + b"\0"
        if len(self._backlog) + len(packet) > BACKLOG_BYTES:
            self.unsent_frames += 1
            return
        self._backlog += packet
        self._push()

    def drop(self, _now_ms: int) -> None:
        """Take it that the host has gone; it is there again with its next valid frame."""
        self._backlog = b""
        self.connected = False

    def _push(self) -> None:
        if self._backlog:
            count = self._port.write(self._backlog, len(self._backlog))
            self._backlog = self._backlog[count:]
