"""The queue of frames to the radio: sent in order, a window at a time, as fast as the radio accepts them."""

OUTBOX_BYTES = 6144
"""Room for the longest answer to a PULL, what is left of the one before, and some LIVE frames."""
WINDOW = 8
"""How many notifications are handed over at a time, so that a busy host delays no sample."""
BACKOFF_MS, MOST_BACKOFF_MS = 10, 160


class Outbox:
    """Hands frames to `notify(raw)`, which raises OSError when the radio takes none now, or never again.

    Which of the two it is no error number tells (they differ by port), so `failing_ms` tells for how long.
    """

    def __init__(self, notify) -> None:
        self._notify = notify
        self._pieces = []
        self.waiting_bytes = 0
        self.unsent_frames = 0
        self.refusals = 0
        self.clear()

    def clear(self) -> None:
        """Forget all frames and failures."""
        self._pieces.clear()
        self.waiting_bytes = 0
        self._backoff_ms = 0
        self._retry_from_ms = 0
        self._failed_from_ms = -1

    @property
    def room(self) -> int:
        """How many bytes of frames it takes now without dropping one."""
        return OUTBOX_BYTES - self.waiting_bytes

    def __bool__(self) -> bool:
        return bool(self._pieces)

    def put(self, raw: bytes, piece_bytes: int) -> None:
        """Queue one frame, in pieces when it is longer than one; one that finds no room is dropped and counted."""
        size = len(raw)
        if size > self.room:
            self.unsent_frames += 1
            return
        for at in range(0, size, piece_bytes):
            self._pieces.append(raw[at : at + piece_bytes] if size > piece_bytes else raw)
        self.waiting_bytes += size

    def push(self, now_ms: int) -> None:
        """Hand over a window of pieces, oldest first; after a refusal wait, twice as long each time."""
        if now_ms < self._retry_from_ms:
            return
        handed = 0
        while self._pieces and handed < WINDOW and self.try_one(self._pieces[0], now_ms):
            self.waiting_bytes -= len(self._pieces.pop(0))
            handed += 1
        if handed or not self._pieces:
            self._backoff_ms = 0
            return
        self._backoff_ms = min(2 * self._backoff_ms or BACKOFF_MS, MOST_BACKOFF_MS)
        self._retry_from_ms = now_ms + self._backoff_ms

    def try_one(self, raw, now_ms: int) -> bool:
        """Tell whether the radio took `raw`; no delivery is promised by that."""
        try:
            self._notify(raw)
        except OSError:
            self.refusals += 1
            if self._failed_from_ms < 0:
                self._failed_from_ms = now_ms
            return False
        self._failed_from_ms = -1
        return True

    def failing_ms(self, now_ms: int) -> int:
        """Return for how long the radio has taken nothing, 0 when it took the last one."""
        return now_ms - self._failed_from_ms if self._failed_from_ms >= 0 else 0
