"""The record log: every record a sensor keeps, in a ring of segments on its storage (layout in `barcore.loglayout`).

The storage port, six functions. `replace` is durable once it returns; a power cut inside it leaves the old content or
the new one.

    names() -> list of str        size(name) -> bytes           read_into(name, at, buf) -> bytes read
    replace(name, data)           remove(name)
    new_log_id() -> u32 for a new log, never the same twice on one sensor

Beside it the chip's own store, the port `nvs`, which no fault of the file system reaches and where no write takes long:

    read(name) -> bytes, none when there is nothing        write(name, data), durable once it returns

A record is appended to memory and gets its seq at once; it may be pulled only after `flush`. That writes it to a slot;
a full segment of records is written whole, and only after that are its slots used again. A flush may take seconds, so
within a set `note` keeps a record safe from a power cut in the meantime.
"""

from barcore import loglayout, protocol, record
from barcore.loglayout import HEADER_BYTES, NONE, NOTES, RECORDS, SLOT_RECORDS
from barcore.protocol import RECORD_BYTES
from barsensor.storage.log_recovery import Recovery

SPARE_RECORDS = 64
"""Room in memory beyond a segment, for a long set during which nothing may be flushed."""
SEGMENT_LIMIT = 256
"""1 MiB, 32,512 records: over 24,000 reps with their sets and starts."""
AHEAD_RECORDS = 8
"""Read from a segment at once: a host asks for records in their order, and opening a file costs more than reading."""
ENOSPC, EROFS = 28, 30


class RecordLog:
    """One sensor's log. Opening it recovers what a power cut left; no seq is ever given twice.

    `nvs` keeps a second copy of the log id and the counters, and the notes; without one there is neither.
    """

    def __init__(self, storage, segment_limit: int = SEGMENT_LIMIT, nvs=None) -> None:
        if segment_limit < 2:
            raise ValueError("segment_limit is %d, must be at least 2" % segment_limit)
        self._storage = storage
        self._limit = segment_limit
        self._image = bytearray(HEADER_BYTES + (RECORDS + SPARE_RECORDS) * RECORD_BYTES)
        self._nvs = nvs
        self._mirrored = b""
        found = Recovery(storage, self._image, nvs)
        self._first_seqs = found.first_seqs
        self._first = found.first
        self._count = self._durable = found.count
        self._cursor_dirty = False
        self._ahead = bytearray(AHEAD_RECORDS * RECORD_BYTES)
        self._ahead_from = self._ahead_count = 0
        self._last_t_ms = 0
        self.log_id = found.log_id
        self.acked = found.acked
        self.boot = found.boot + 1 & 0xFFFF if found.boot != NONE else 1
        self.lost = 0
        """Records that found no room while flash failed; a GAP tells of them once it works again."""
        self.locked = False
        """While true nothing is written or removed: what would, raises OSError."""
        if found.set_back_to != NONE:
            self._pass_over(found.set_back_to)
        self._noted_to = self._take_notes()

    @property
    def segment_limit(self) -> int:
        """How many segments are kept."""
        return self._limit

    @property
    def first_seq(self) -> int:
        """The oldest seq held; next_seq when the log is empty."""
        return self._first_seqs[0] if self._first_seqs else self._first

    @property
    def next_seq(self) -> int:
        """The seq after the newest durable record."""
        return self._first + self._durable

    @property
    def pending(self) -> int:
        """How many appended records `flush` would make durable."""
        return self._count - self._durable

    @property
    def dirty(self) -> bool:
        """Whether `flush` has anything to write."""
        return self._count > self._durable or self._cursor_dirty or self.lost > 0

    def append(self, kind: int, flags: int, t_ms: int, values: tuple) -> int:
        """Append one record of this boot and return its seq. Flushes by itself only when its memory is full."""
        at, seq = self._next_place()
        record.pack_into(self._image, at, kind, flags, self.boot, seq, t_ms, values)
        return self._keep(seq, t_ms)

    def append_event(self, ev, t_ms: int) -> int:
        """Append the detector's event `ev` (see `barcore.event`) and return its seq."""
        at, seq = self._next_place()
        record.pack_event(self._image, at, ev, self.boot, seq, t_ms)
        return self._keep(seq, t_ms)

    def read_into(self, seq: int, buf: bytearray, at: int = 0) -> bool:
        """Copy record `seq`, pending ones included, to `buf` at `at`; False when it is not held or not valid."""
        place = seq - self._first
        if place >= 0:
            start = self._place(seq)
            buf[at : at + RECORD_BYTES] = self._image[start : start + RECORD_BYTES]
            return place < self._count and loglayout.holds(buf, at, seq)
        i = loglayout.segment_index(self._first_seqs, seq)
        if i == NONE or seq - self._first_seqs[i] >= RECORDS:
            return False
        if not 0 <= seq - self._ahead_from < self._ahead_count:
            self._read_ahead(seq, self._first_seqs[i])
        start = (seq - self._ahead_from) * RECORD_BYTES
        buf[at : at + RECORD_BYTES] = self._ahead[start : start + RECORD_BYTES]
        return self._ahead_count > 0 and loglayout.holds(buf, at, seq)

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
        self._check_lock()
        self._write_records()
        if self.lost:
            self._tell_lost()
        while len(self._first_seqs) > self._limit:
            self._retire_oldest()
        if self._cursor_dirty:
            self._write(loglayout.CURSOR_NAME, loglayout.pack_cursor(self.log_id, self.acked))
            self._cursor_dirty = False
        self._write_mirror()

    @property
    def unnoted(self) -> bool:
        """Whether `note` has a record to write."""
        seq = max(self._noted_to, self.next_seq)
        return self._nvs is not None and seq < min(self._first + self._count, self.next_seq + NOTES)

    def note(self) -> None:
        """Keep the oldest pending record that is not noted yet safe from a power cut, until a flush writes it."""
        self._check_lock()
        if self.unnoted:
            seq = max(self._noted_to, self.next_seq)
            raw = memoryview(self._image)[self._place(seq) :][:RECORD_BYTES]
            self._nvs.write(loglayout.note_name(seq), loglayout.pack_note(self.log_id, raw))
            self._noted_to = seq + 1

    def erase(self) -> None:
        """Begin a new, empty log with an id of its own. A cut in between leaves the newest part of the old one."""
        self._check_lock()
        log_id = self._storage.new_log_id()
        # First of all the new id: once the last segment is gone nothing names the old one, whose seqs would come again.
        self._cursor_dirty = True  # where a removal fails, the next flush writes the old log's cursor again
        self._write(loglayout.CURSOR_NAME, loglayout.pack_cursor(log_id, 0))
        while self._first_seqs:
            self._remove_oldest()
        self.log_id = log_id
        self._first = self._count = self._durable = self.acked = self.lost = self._noted_to = 0
        self._cursor_dirty = False
        for name in self._storage.names():
            if loglayout.slot_of(name)[0] not in (loglayout.NONE, log_id):
                self._storage.remove(name)

    def _read_ahead(self, seq: int, first_seq: int) -> None:
        """Keep `seq` and what follows it in its segment, which never changes while it is there."""
        self._ahead_count = 0
        count = self._storage.read_into(loglayout.name_of(first_seq), loglayout.offset_of(seq, first_seq), self._ahead)
        self._ahead_from, self._ahead_count = seq, count // RECORD_BYTES

    # --- appending ---

    def _next_place(self) -> tuple:
        if self._count == RECORDS + SPARE_RECORDS:
            try:
                self.flush()  # a late sample is better than a lost record
            except OSError:
                self.lost += 1
                raise
        seq = self._first + self._count
        return self._place(seq), seq

    def _place(self, seq: int) -> int:
        """Return where `seq` lies in the image."""
        return HEADER_BYTES + (seq - self._first) * RECORD_BYTES

    def _keep(self, seq: int, t_ms: int) -> int:
        self._count += 1
        self._last_t_ms = t_ms
        return seq

    # --- flushing ---

    def _check_lock(self) -> None:
        if self.locked:
            raise OSError(EROFS)

    def _write_records(self) -> None:
        try:
            while self._count >= RECORDS:
                self._seal(RECORDS)
        finally:
            self._write_slots()  # where a full flash takes no new segment, slots may still be written anew

    def _seal(self, count: int) -> None:
        """Write the image's first `count` records as a segment; only then may their slots be used again."""
        end = HEADER_BYTES + count * RECORD_BYTES
        self._image[:HEADER_BYTES] = loglayout.pack_header(self.log_id, self._first)
        self._write(loglayout.name_of(self._first), memoryview(self._image)[:end])
        self._first_seqs.append(self._first)
        left = (self._count - count) * RECORD_BYTES
        self._image[HEADER_BYTES : HEADER_BYTES + left] = self._image[end : end + left]
        self._first += count
        self._count -= count
        self._durable = 0

    def _write_slots(self) -> None:
        count = min(self._count, RECORDS)
        while self._durable < count:
            index = self._durable // SLOT_RECORDS
            start = HEADER_BYTES + index * loglayout.SLOT_BYTES
            end = min(count, (index + 1) * SLOT_RECORDS)
            data = memoryview(self._image)[start : HEADER_BYTES + end * RECORD_BYTES]
            self._write(loglayout.slot_name(self.log_id, index), data)
            self._durable = end

    def _write_mirror(self) -> None:
        """Keep the log id and the counters a second time: only ever after what they speak of."""
        told = loglayout.pack_mirror(self.log_id, self.acked, self.next_seq, self.boot)
        if self._nvs and told != self._mirrored:
            self._nvs.write(loglayout.MIRROR_NAME, told)
            self._mirrored = told

    def _take_notes(self) -> int:
        """Append the records that were noted and never written; return the seq after them."""
        while self._nvs and self._count < RECORDS + SPARE_RECORDS:
            seq = self._first + self._count
            raw = loglayout.parse_note(self._nvs.read(loglayout.note_name(seq)), self.log_id, seq)
            if not raw:
                break
            start = self._place(seq)
            self._image[start : start + RECORD_BYTES] = raw
            self._count += 1
            self.boot = record.header(raw)[2] + 1 & 0xFFFF
        return self._first + self._count

    def _pass_over(self, next_seq: int) -> None:
        """Go on at `next_seq`: the records below it were durable once and are gone, which leaves a hole in the log."""
        if next_seq - self._first > RECORDS:
            if self._count:
                self._seal(self._count)
            self._first = next_seq
        self._count = self._durable = next_seq - self._first

    def _tell_lost(self) -> None:
        """Pass over the seqs of the lost records, and say so in a GAP."""
        if self._count:
            self._seal(self._count)
        first_lost = self._first
        self._first += self.lost
        self.lost = 0
        self.append(protocol.GAP, 0, self._last_t_ms, (first_lost, self._first - 1))
        self._write_slots()

    def _retire_oldest(self) -> None:
        lost_from, lost_to = self._lost_since(), self._first_seqs[1] - 1
        if lost_from <= lost_to:
            # Logged before the segment is removed: a cut in between logs it twice, which is harmless.
            self.append(protocol.GAP, 0, self._last_t_ms, (lost_from, lost_to))
            self._write_records()
        self._remove_oldest()

    def _lost_since(self) -> int:
        """Return the first seq that goes with the oldest segment untold: in it, or told of only by a GAP in it."""
        first = max(self._first_seqs[0], self.acked)
        lost_from, buf = first, bytearray(RECORD_BYTES)
        for seq in range(first, self._first_seqs[1]):
            if self.read_into(seq, buf) and record.header(buf)[0] == protocol.GAP:
                lost_from = min(lost_from, max(record.payload(buf)[0], self.acked))
        return lost_from

    def _remove_oldest(self) -> None:
        self._storage.remove(loglayout.name_of(self._first_seqs[0]))
        self._first_seqs.pop(0)
        self._ahead_count = 0

    def _write(self, name: str, data) -> None:
        """Replace a file; on a full flash at the cost of the oldest acknowledged segments, never of others."""
        while True:
            try:
                return self._storage.replace(name, data)
            except OSError as fault:
                if fault.args[0] != ENOSPC or len(self._first_seqs) < 2 or self._first_seqs[1] > self.acked:
                    raise
                self._remove_oldest()
