"""The record log: every record a sensor keeps, in a ring of segments on its storage (layout in `barcore.loglayout`).

The storage port, seven functions. `append` and `replace` are durable once they return; a power cut inside `replace`
leaves the old or the new content; one inside `append` may leave a part of it.

    names() -> list of str        size(name) -> bytes           read_into(name, at, buf) -> bytes read
    append(name, data)            replace(name, data)           remove(name)
    new_id() -> u32 for a new log, never the same twice on one sensor

A record is appended to memory and gets its seq at once; it is durable, and may be pulled, only after `flush`.
"""

from barcore import loglayout, protocol, record
from barcore.loglayout import NONE
from barcore.protocol import RECORD_BYTES

PENDING_RECORDS = 64
SEGMENT_LIMIT = 128
"""512 KiB, 16,256 records."""


class RecordLog:
    """One sensor's log. Opening it recovers what a power cut left; seq goes on at the highest valid one + 1."""

    def __init__(self, storage, segment_limit: int = SEGMENT_LIMIT) -> None:
        if segment_limit < 2:
            raise ValueError("segment_limit is %d, must be at least 2" % segment_limit)
        self._storage = storage
        self._limit = segment_limit
        self._first_seqs = []
        self._pending = bytearray(PENDING_RECORDS * RECORD_BYTES)
        self._pending_count = 0
        self._tail_torn = False
        self._cursor_dirty = False
        self._last_t_ms = 0
        self.next_seq = 0
        self.acked = 0
        self.boot = 1
        self.log_id = 0
        self._recover()

    @property
    def first_seq(self) -> int:
        """The oldest seq held; next_seq when the log is empty."""
        return self._first_seqs[0] if self._first_seqs else self.next_seq

    @property
    def pending(self) -> int:
        """How many appended records `flush` would make durable."""
        return self._pending_count

    @property
    def dirty(self) -> bool:
        """Whether `flush` has anything to write."""
        return self._pending_count > 0 or self._cursor_dirty

    def append(self, kind: int, flags: int, t_ms: int, values: tuple) -> int:
        """Append one record of this boot and return its seq. Flushes by itself only when its memory is full."""
        at, seq = self._next_slot()
        record.pack_into(self._pending, at, kind, flags, self.boot, seq, t_ms, values)
        return self._keep(seq, t_ms)

    def append_event(self, ev, t_ms: int) -> int:
        """Append the detector's event `ev` (see `barcore.event`) and return its seq."""
        at, seq = self._next_slot()
        record.pack_event(self._pending, at, ev, self.boot, seq, t_ms)
        return self._keep(seq, t_ms)

    def read_into(self, seq: int, buf: bytearray, at: int = 0) -> bool:
        """Copy record `seq`, pending ones included, to `buf` at `at`; False when it is not held or not valid."""
        slot = seq - self.next_seq
        if slot >= 0:
            if slot >= self._pending_count:
                return False
            buf[at : at + RECORD_BYTES] = self._pending[slot * RECORD_BYTES : (slot + 1) * RECORD_BYTES]
            return True
        i = loglayout.segment_index(self._first_seqs, seq)
        if i == NONE or seq - self._first_seqs[i] >= loglayout.RECORDS:
            return False
        offset = loglayout.offset_of(seq, self._first_seqs[i])
        target = memoryview(buf)[at : at + RECORD_BYTES]
        count = self._storage.read_into(loglayout.name_of(self._first_seqs[i]), offset, target)
        return count == RECORD_BYTES and loglayout.holds(buf, at, seq)

    def ack(self, log_id: int, next_seq: int) -> int:
        """Note that all below `next_seq` are in a store. Never erases, never goes back. Return 0 or a status code."""
        if log_id != self.log_id:
            return protocol.WRONG_LOG
        if next_seq > self.next_seq:
            return protocol.BAD_BODY
        if next_seq > self.acked:
            self.acked = next_seq
            self._cursor_dirty = True
        return 0

    def flush(self) -> None:
        """Make every appended record and the cursor durable; reuse the oldest segments beyond the limit."""
        self._write_pending()
        while len(self._first_seqs) > self._limit:
            self._retire_oldest()
        if self._cursor_dirty:
            self._storage.replace(loglayout.CURSOR_NAME, loglayout.pack_cursor(self.log_id, self.acked))
            self._cursor_dirty = False

    # --- appending ---

    def _next_slot(self) -> tuple:
        if self._pending_count == PENDING_RECORDS:
            self.flush()  # rather a late sample than a lost record
        return self._pending_count * RECORD_BYTES, self.next_seq + self._pending_count

    def _keep(self, seq: int, t_ms: int) -> int:
        self._pending_count += 1
        self._last_t_ms = t_ms
        return seq

    def _write_pending(self) -> None:
        while self._pending_count:
            head = b"" if self._tail_room() else loglayout.pack_header(self.log_id, self.next_seq)
            if head:
                self._open_segment()
            count = min(self._pending_count, self._tail_room())
            data = head + bytes(self._pending[: count * RECORD_BYTES])
            try:
                self._storage.append(loglayout.name_of(self._first_seqs[-1]), data)
            except OSError:
                self._tail_torn = True
                raise
            self._drop_pending(count)

    def _tail_room(self) -> int:
        if not self._first_seqs or self._tail_torn:
            return 0
        return loglayout.RECORDS - (self.next_seq - self._first_seqs[-1])

    def _open_segment(self) -> None:
        name = loglayout.name_of(self.next_seq)
        if name in self._storage.names():
            self._storage.remove(name)  # torn at its very first write: nothing in it was ever durable
        if not self._first_seqs or self._first_seqs[-1] != self.next_seq:
            self._first_seqs.append(self.next_seq)
        self._tail_torn = False

    def _drop_pending(self, count: int) -> None:
        left = (self._pending_count - count) * RECORD_BYTES
        self._pending[:left] = self._pending[count * RECORD_BYTES : count * RECORD_BYTES + left]
        self._pending_count -= count
        self.next_seq += count

    def _retire_oldest(self) -> None:
        lost_from, lost_to = max(self._first_seqs[0], self.acked), self._first_seqs[1] - 1
        if lost_from <= lost_to:
            # Told before it is gone: a cut in between tells it twice, which is no lie.
            self.append(protocol.GAP, 0, self._last_t_ms, (lost_from, lost_to))
            self._write_pending()
        self._storage.remove(loglayout.name_of(self._first_seqs[0]))
        self._first_seqs.pop(0)

    # --- recovery ---

    def _recover(self) -> None:
        names = self._storage.names()
        self._first_seqs = sorted(loglayout.first_of(name) for name in names if loglayout.first_of(name) != NONE)
        cursor_id, acked = self._read_cursor(names)
        believed, highest = self._recover_tail()
        self.log_id = self._find_log_id(cursor_id)
        self.acked = acked if cursor_id == self.log_id else 0
        self.next_seq = max(highest + 1, self.acked)
        # Only a clean tail may be appended to; else a later scan would stop before the new records.
        self._tail_torn = self._tail_torn or self.next_seq != believed
        if believed <= highest:
            self.append(protocol.GAP, 0, 0, (believed, highest))

    def _recover_tail(self) -> tuple:
        """Return (first seq not believed, highest valid seq) and learn the boot; drop segments that hold nothing."""
        segment = bytearray(loglayout.SEGMENT_BYTES)
        while self._first_seqs:
            first_seq = self._first_seqs[-1]
            name = loglayout.name_of(first_seq)
            size = min(self._storage.read_into(name, 0, segment), self._storage.size(name))
            count, highest = loglayout.scan(segment, size, first_seq)
            if highest != NONE:
                boot = record.header(segment, loglayout.offset_of(highest, first_seq))[2]
                self.boot = boot + 1 & 0xFFFF
                self._tail_torn = self._storage.size(name) != loglayout.HEADER_BYTES + count * RECORD_BYTES
                return first_seq + count, highest
            self._storage.remove(name)
            self._first_seqs.pop()
        return 0, NONE

    def _find_log_id(self, cursor_id: int) -> int:
        header = bytearray(loglayout.HEADER_BYTES)
        for first_seq in reversed(self._first_seqs):
            self._storage.read_into(loglayout.name_of(first_seq), 0, header)
            try:
                return loglayout.parse_header(header)[0]
            except loglayout.LayoutError:
                continue  # a damaged header costs nothing while another segment names the log
        return self._storage.new_id() if cursor_id == NONE else cursor_id

    def _read_cursor(self, names: list) -> tuple:
        if loglayout.CURSOR_NAME not in names:
            return NONE, 0
        raw = bytearray(self._storage.size(loglayout.CURSOR_NAME))
        self._storage.read_into(loglayout.CURSOR_NAME, 0, raw)
        try:
            return loglayout.parse_cursor(raw)
        except loglayout.LayoutError:
            return NONE, 0  # the host acknowledges again; nothing is lost by not knowing
