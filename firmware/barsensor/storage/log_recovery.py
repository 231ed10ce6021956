"""Recovers the record log after a power cut or a flipped bit (layout in `barcore.loglayout`).

A record is believed when its CRC is right and its seq is the one that belongs at its place; nothing else is. The log id
comes from the newest segment's header, else the cursor, else the mirror, else a slot's name. The counters are the
largest that cursor, mirror and records give. `nvs` is the chip's own store, where mirror and notes lie.
"""

from barcore import loglayout, record
from barcore.loglayout import NONE
from barcore.protocol import RECORD_BYTES


class Recovery:
    """Reads a log's files once. The records that lie in slots are copied to `image`, as a segment to come.

    first_seqs: those of the segments, ascending. first, count: first seq of the image and how many places it has;
    a place whose record is damaged stays zero. boot: that of the newest record, or NONE. set_back_to: the next seq
    that the mirror tells, where the files hold less; else NONE.
    """

    def __init__(self, storage, image: bytearray, nvs) -> None:
        self._storage = storage
        self.first_seqs = []
        self.first = self.count = self.acked = 0
        self.boot = self.set_back_to = NONE
        self._newest = NONE
        slots = self._list_files()
        cursor_id, acked = self._read_cursor()
        next_seq = self._read_tail(image)
        mirror_id, mirrored_acked, mirrored_next, mirrored_boot = _read_mirror(nvs)
        self.log_id = self._find_log_id(slots, cursor_id if cursor_id != NONE else mirror_id)
        if cursor_id == self.log_id:
            self.acked = acked
        self._read_slots([index for log_id, index in slots if log_id == self.log_id], image)
        if not self.count:
            self.first = next_seq
        if self.acked > self.first + self.count:
            # Seqs that a store has are never given twice, and what lies in slots below them is in that store.
            self.first, self.count = self.acked, 0
        if mirror_id == self.log_id:
            self.acked = max(self.acked, mirrored_acked)
            if mirrored_next > self.first + self.count:
                self.set_back_to, self.boot = mirrored_next, max(self.boot, mirrored_boot)

    def _list_files(self) -> list:
        slots = []
        self._has_cursor = False
        for name in self._storage.names():
            first_seq, slot = loglayout.first_of(name), loglayout.slot_of(name)
            if first_seq != NONE:
                self.first_seqs.append(first_seq)
            elif slot[0] != NONE:
                slots.append(slot)
            elif name == loglayout.CURSOR_NAME:
                self._has_cursor = True
        self.first_seqs.sort()
        return slots

    def _read_cursor(self) -> tuple:
        if not self._has_cursor:
            return NONE, 0
        raw = bytearray(self._storage.size(loglayout.CURSOR_NAME))
        self._storage.read_into(loglayout.CURSOR_NAME, 0, raw)
        try:
            return loglayout.parse_cursor(raw)
        except loglayout.LayoutError:
            return NONE, 0

    def _read_tail(self, image: bytearray) -> int:
        """Return the seq after the newest record in a segment; drop segments at the end that hold nothing."""
        while self.first_seqs:
            first_seq = self.first_seqs[-1]
            name = loglayout.name_of(first_seq)
            newest = loglayout.highest(image, self._storage.read_into(name, 0, image), first_seq)
            if newest != NONE:
                self._believe(image, loglayout.offset_of(newest, first_seq))
                return newest + 1
            self._storage.remove(name)
            self.first_seqs.pop()
        return 0

    def _find_log_id(self, slots: list, told_id: int) -> int:
        header = bytearray(loglayout.HEADER_BYTES)
        for first_seq in reversed(self.first_seqs):
            self._storage.read_into(loglayout.name_of(first_seq), 0, header)
            try:
                return loglayout.parse_header(header)[0]
            except loglayout.LayoutError:
                continue  # a damaged header costs nothing while anything else names the log
        if told_id != NONE:
            return told_id
        return slots[0][0] if slots else self._storage.new_log_id()

    def _read_slots(self, indexes: list, image: bytearray) -> None:
        """Find the newest segment to come that slots speak of, and copy its records to `image`."""
        for i in range(len(image)):
            image[i] = 0
        slot = bytearray(loglayout.SLOT_BYTES)
        newest = self.first_seqs[-1] if self.first_seqs else NONE  # its own slots may still be there
        for first, _, _ in self._slot_records(indexes, slot):
            if first > newest:
                self.first = newest = first
        for first, at, place in self._slot_records(indexes, slot):
            if first == newest and not (self.first_seqs and first == self.first_seqs[-1]):
                self._copy(slot, at, place, image)

    def _slot_records(self, indexes: list, slot: bytearray):
        """Yield (first seq of the segment to come, where in `slot`, place) of each valid record, slot by slot."""
        for index in indexes:
            size = self._storage.read_into(loglayout.slot_name(self.log_id, index), 0, slot)
            for at in range(0, size, RECORD_BYTES):
                if record.is_valid(slot, at) and at + RECORD_BYTES <= size:
                    place = index * loglayout.SLOT_RECORDS + at // RECORD_BYTES
                    yield record.header(slot, at)[3] - place, at, place

    def _copy(self, slot: bytearray, at: int, place: int, image: bytearray) -> None:
        target = loglayout.HEADER_BYTES + place * RECORD_BYTES
        for i in range(RECORD_BYTES):
            image[target + i] = slot[at + i]
        self.count = max(self.count, place + 1)
        self._believe(slot, at)

    def _believe(self, buf: bytearray, at: int) -> None:
        _, _, boot, seq, _ = record.header(buf, at)
        if seq > self._newest:
            self._newest, self.boot = seq, boot


def _read_mirror(nvs) -> tuple:
    """Return (log id, acknowledged up to, next seq, boot) of the mirror, the log id NONE when it cannot be believed."""
    try:
        return loglayout.parse_mirror(nvs.read(loglayout.MIRROR_NAME) if nvs else b"")
    except loglayout.LayoutError:
        return NONE, 0, 0, NONE  # the log has all of it too
