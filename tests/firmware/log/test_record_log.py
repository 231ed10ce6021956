"""The record log: nothing flushed is lost, nothing is invented, nothing unacknowledged goes in silence."""

import contextlib
from types import SimpleNamespace

import pytest

from barcore import loglayout, protocol, record
from barsensor.boards.storage import MemoryStorage
from barsensor.storage.record_log import RecordLog
from memory_nvs import MemoryNvs

LOG_ID = 0xCAFE0001


def make_storage():
    return MemoryStorage(lambda: LOG_ID)


def append(log, count: int) -> list[int]:
    return [log.append(protocol.CORRECTION, 0, 1000 + i, (i & 255, 0, 0, 0)) for i in range(count)]


def held(log) -> dict[int, bytes]:
    """Every record that can be read, by seq."""
    found = {}
    buf = bytearray(32)
    for seq in range(log.next_seq + log.pending):
        if log.read_into(seq, buf):
            found[seq] = bytes(buf)
    return found


def gaps(log) -> list[tuple[int, ...]]:
    return [record.payload(raw) for raw in held(log).values() if record.header(raw)[0] == protocol.GAP]


def test_a_new_log_is_empty_and_gets_its_id_from_storage() -> None:
    log = RecordLog(make_storage())
    assert (log.first_seq, log.next_seq, log.acked, log.boot, log.log_id) == (0, 0, 0, 1, LOG_ID)
    assert not log.dirty
    assert held(log) == {}


def test_a_record_can_be_read_at_once_but_counts_as_kept_only_after_flush() -> None:
    storage = make_storage()
    log = RecordLog(storage)
    assert append(log, 3) == [0, 1, 2]
    assert (log.next_seq, log.pending, len(held(log)), storage.names()) == (0, 3, 3, [])
    log.flush()
    assert (log.next_seq, log.pending, len(held(log)), log.dirty) == (3, 0, 3, False)
    assert record.header(held(log)[2]) == (protocol.CORRECTION, 0, 1, 2, 1002)


def test_segments_fill_one_sector_each_and_the_rest_lies_in_slots() -> None:
    storage = make_storage()
    log = RecordLog(storage)
    for _ in range(6):
        append(log, 50)
        log.flush()
    sizes = {name: storage.size(name) for name in storage.names()}
    assert {name: size for name, size in sizes.items() if name.endswith(".seg")} == {
        "00000000.seg": 4096,
        "0000007f.seg": 4096,
    }
    assert max(size for name, size in sizes.items() if ".s" in name and not name.endswith(".seg")) == 128
    assert loglayout.parse_header(storage.files["0000007f.seg"]) == (LOG_ID, 127)
    assert list(held(log)) == list(held(RecordLog(storage))) == list(range(300))


def test_a_record_that_joins_a_slot_leaves_the_others_of_it() -> None:
    storage = make_storage()
    log = RecordLog(storage)
    for _ in range(9):
        append(log, 1)
        log.flush()
    assert [storage.size(f"cafe0001.s0{i}") for i in range(3)] == [128, 128, 32]
    assert list(held(RecordLog(storage))) == list(range(9))


def test_a_segment_is_written_before_its_slots_are_used_again() -> None:
    storage = make_storage()
    changed: list[str] = []
    replace = storage.replace
    storage.replace = lambda name, data: (changed.append(name), replace(name, data))
    log = RecordLog(storage)
    append(log, 126)
    log.flush()
    append(log, 3)
    log.flush()
    assert changed[-2:] == ["00000000.seg", "cafe0001.s00"]


def test_a_full_memory_flushes_by_itself_rather_than_lose() -> None:
    log = RecordLog(make_storage())
    append(log, 127 + 64 + 1)
    assert (log.next_seq, log.pending) == (127 + 64, 1)


def test_after_a_start_seq_goes_on_and_boot_counts() -> None:
    storage = make_storage()
    first = RecordLog(storage)
    append(first, 130)
    first.flush()
    again = RecordLog(storage)
    assert (again.next_seq, again.boot, again.log_id) == (130, 2, LOG_ID)
    assert held(again) == held(first)
    append(again, 1)
    again.flush()
    assert list(held(RecordLog(storage))) == list(range(131))
    assert RecordLog(storage).boot == 3


def test_boot_wraps_in_its_16_bits() -> None:
    storage = make_storage()
    log = RecordLog(storage)
    log.boot = 0xFFFF
    append(log, 1)
    log.flush()
    assert RecordLog(storage).boot == 0


def test_an_ack_is_kept_never_goes_back_and_never_erases() -> None:
    storage = make_storage()
    log = RecordLog(storage)
    append(log, 10)
    log.flush()
    assert log.ack(LOG_ID, 7) == 0
    assert log.dirty
    log.flush()
    assert log.ack(LOG_ID, 3) == 0
    assert (log.acked, log.dirty, len(held(log))) == (7, False, 10)
    assert RecordLog(storage).acked == 7


def test_an_ack_of_another_log_or_of_what_is_not_durable_is_refused() -> None:
    log = RecordLog(make_storage())
    append(log, 2)
    log.flush()
    append(log, 1)
    assert log.ack(LOG_ID + 1, 1) == protocol.WRONG_LOG
    assert log.ack(LOG_ID, 3) == protocol.BAD_BODY
    assert (log.acked, log.dirty) == (0, True)


def test_a_damaged_cursor_costs_only_the_cursor() -> None:
    storage = make_storage()
    log = RecordLog(storage)
    append(log, 4)
    log.ack(LOG_ID, 0)
    log.flush()
    log.ack(LOG_ID, 4)
    log.flush()
    storage.files["cursor"] = b"\0" * 12
    again = RecordLog(storage)
    assert (again.acked, again.next_seq, again.log_id) == (0, 4, LOG_ID)


def test_the_ring_reuses_acknowledged_segments_in_silence() -> None:
    storage = make_storage()
    log = RecordLog(storage, 3)
    for _ in range(12):
        append(log, 64)
        log.flush()
        log.ack(LOG_ID, log.next_seq)
    assert len([name for name in storage.names() if name.endswith(".seg")]) == 3
    assert gaps(log) == []
    assert (log.first_seq, log.next_seq) == (3 * 127, 12 * 64)


def test_the_ring_tells_what_it_overwrites_unacknowledged() -> None:
    log = RecordLog(make_storage(), 3)
    append(log, 10)
    log.flush()
    log.ack(LOG_ID, 5)
    for _ in range(11):
        append(log, 64)
        log.flush()
    assert gaps(log) == [(5, 126), (127, 253)]
    assert log.first_seq == 254


def test_a_gap_that_is_overwritten_itself_is_told_again() -> None:
    log = RecordLog(make_storage(), 2)
    append(log, 10)
    log.flush()
    log.ack(LOG_ID, 5)
    for _ in range(60):
        append(log, 20)
        log.flush()
    told = {seq for first, last in gaps(log) for seq in range(first, last + 1)}
    assert set(range(5, log.first_seq)) <= told


def test_the_limit_of_segments_has_a_floor() -> None:
    with pytest.raises(ValueError, match="segment_limit is 1, must be at least 2"):
        RecordLog(make_storage(), 1)


def test_a_bad_record_in_a_slot_costs_itself_only() -> None:
    storage = make_storage()
    log = RecordLog(storage)
    append(log, 10)
    log.flush()
    damaged = bytearray(storage.files["cafe0001.s01"])
    damaged[32 * 2 + 20] ^= 1
    storage.files["cafe0001.s01"] = bytes(damaged)
    again = RecordLog(storage)
    assert (again.next_seq, again.boot, list(held(again))) == (10, 2, [0, 1, 2, 3, 4, 5, 7, 8, 9])
    append(again, 200)
    again.flush()
    assert set(range(210)) - set(held(RecordLog(storage))) == {6}


def test_slots_of_another_log_are_none_of_this_one() -> None:
    storage = make_storage()
    log = RecordLog(storage)
    append(log, 10)
    log.ack(LOG_ID, 0)
    log.flush()
    storage.files["cursor"] = loglayout.pack_cursor(LOG_ID + 1, 0)
    other = RecordLog(storage)
    assert (other.log_id, other.next_seq, held(other)) == (LOG_ID + 1, 0, {})


@pytest.mark.parametrize("size", [0, 31, 32, 40, 100])
def test_a_segment_cut_short_by_something_else_holds_what_it_holds(size: int) -> None:
    storage = make_storage()
    log = RecordLog(storage)
    append(log, 127)
    log.flush()
    storage.files = {"00000000.seg": storage.files["00000000.seg"][:size]}
    again = RecordLog(storage)
    assert list(held(again)) == list(range(max(0, size - 32) // 32))
    assert again.next_seq == max(0, size - 32) // 32


def test_a_bad_record_in_an_old_segment_is_left_out() -> None:
    storage = make_storage()
    log = RecordLog(storage)
    append(log, 191)
    log.flush()
    append(log, 1)
    log.flush()
    damaged = bytearray(storage.files["00000000.seg"])
    damaged[32 + 32 * 3] ^= 0x80
    storage.files["00000000.seg"] = bytes(damaged)
    assert set(range(192)) - set(held(RecordLog(storage))) == {3}


@pytest.mark.parametrize("left", ["00000000.seg", "0000007f.seg", "cursor", "cafe0001.s00"])
def test_any_file_alone_names_the_log(left: str) -> None:
    storage = make_storage()
    log = RecordLog(storage)
    for _ in range(5):
        append(log, 64)
        log.ack(LOG_ID, 1)
        log.flush()
    storage.new_log_id = lambda: 999
    storage.files = {left: storage.files[left]}
    assert RecordLog(storage).log_id == LOG_ID
    storage.files[left] = bytes(32) + storage.files[left][32:]
    assert RecordLog(storage).log_id == (LOG_ID if ".s0" in left else 999)


def test_an_empty_log_that_was_acknowledged_never_uses_those_seqs_again() -> None:
    storage = make_storage()
    storage.files["cursor"] = loglayout.pack_cursor(LOG_ID, 40)
    log = RecordLog(storage)
    assert (log.log_id, log.acked, log.first_seq, log.next_seq) == (LOG_ID, 40, 40, 40)


def test_slots_below_what_a_store_has_are_passed_over() -> None:
    storage = make_storage()
    log = RecordLog(storage)
    append(log, 20)
    log.ack(LOG_ID, 0)
    log.flush()
    log.ack(LOG_ID, 20)
    log.flush()
    for index in (2, 3, 4):
        storage.remove(f"cafe0001.s0{index}")
    again = RecordLog(storage)
    assert (again.first_seq, again.next_seq, again.acked) == (20, 20, 20)
    append(again, 2)
    again.flush()
    assert list(held(RecordLog(storage))) == [20, 21]


class FailingStorage(MemoryStorage):
    """Dies, or just fails, at the n-th change, which has then happened (`done`) or not."""

    def __init__(self, fail_at: int, done: bool) -> None:
        super().__init__(lambda: LOG_ID)
        self.changes = 0
        self.fail_at = fail_at
        self.done = done

    def replace(self, name, data):
        self._change(lambda: MemoryStorage.replace(self, name, data))

    def remove(self, name):
        self._change(lambda: MemoryStorage.remove(self, name))

    def _change(self, change) -> None:
        self.changes += 1
        if self.changes != self.fail_at or self.done:
            change()
        if self.changes == self.fail_at:
            raise OSError(5)


def work(storage, told: SimpleNamespace) -> None:
    """A life of the sensor: 600 records in a ring of 3, three starts, acknowledged now and then."""
    for start in range(3):
        log = RecordLog(storage, 3)
        for turn in range(10):
            append(log, 20)
            told.appended.update(held(log))
            log.flush()
            told.appended.update(held(log))
            told.durable = log.next_seq
            if turn % 4 == start:
                log.ack(LOG_ID, log.next_seq - 30)
                told.acked = log.acked


def count_changes() -> int:
    storage = FailingStorage(0, False)
    work(storage, SimpleNamespace(appended={}, durable=0, acked=0))
    return storage.changes


@pytest.mark.parametrize("done", [False, True])
def test_power_cut_at_every_change(done: bool) -> None:
    for cut in range(1, count_changes() + 1):
        storage = FailingStorage(cut, done)
        told = SimpleNamespace(appended={}, durable=0, acked=0)
        with pytest.raises(OSError, match="5"):
            work(storage, told)
        log = RecordLog(storage, 3)
        assert log.next_seq >= told.durable, cut
        now = held(log)
        invented = [seq for seq, raw in now.items() if told.appended.get(seq, raw) != raw]
        unknown = [raw for seq, raw in now.items() if seq not in told.appended]
        assert invented == [], cut
        assert all(record.header(raw)[0] == protocol.GAP for raw in unknown), cut
        lost = {seq for first, last in gaps(log) for seq in range(first, last + 1)}
        missing = set(range(log.acked, told.durable)) - set(now) - lost
        assert missing == set(), cut


@pytest.mark.parametrize("done", [False, True])
def test_a_change_that_fails_once_loses_nothing_when_flushed_again(done: bool) -> None:
    for fail_at in range(1, 120):
        storage = FailingStorage(fail_at, done)
        log = RecordLog(storage, 4)
        wanted = {}
        for _ in range(8):
            append(log, 50)
            wanted.update(held(log))
            while log.dirty:
                with contextlib.suppress(OSError):
                    log.flush()
            log.ack(LOG_ID, 1)
        assert held(log) == wanted
        assert held(RecordLog(storage, 4)) == wanted


class FullStorage(MemoryStorage):
    """Takes `room` files and no more, as a full flash does."""

    def __init__(self, room: int) -> None:
        super().__init__(lambda: LOG_ID)
        self.room = room

    def replace(self, name, data):
        if name not in self.files and len(self.files) >= self.room:
            raise OSError(28)
        super().replace(name, data)


def fill(log, count: int) -> int:
    """Append and flush as the application does; return how many records found no room."""
    refused = 0
    for _ in range(count):
        try:
            append(log, 1)
            log.flush()
        except OSError:
            refused += log.pending == 64
    return refused


def test_a_full_flash_reuses_what_is_acknowledged() -> None:
    storage = FullStorage(32 + 1 + 3)
    log = RecordLog(storage)
    for _ in range(1000):
        append(log, 1)
        log.flush()
        log.ack(LOG_ID, log.next_seq)
    assert gaps(log) == []
    assert log.next_seq == 1000
    assert log.first_seq > 500


def test_a_full_flash_costs_the_newest_records_only_and_says_so_once_there_is_room() -> None:
    storage = FullStorage(32 + 2)
    log = RecordLog(storage)
    for _ in range(3 * 127 + 64):
        with contextlib.suppress(OSError):
            append(log, 1)
            log.flush()
    kept = held(log)
    assert list(kept) == list(range(3 * 127 + 64)), "two segments, one in slots, the rest in memory"
    for _ in range(30):
        with pytest.raises(OSError, match="28"):
            append(log, 1)
    assert (held(log), log.lost) == (kept, 30)
    storage.room = 100
    append(log, 1)
    log.flush()
    lost = (3 * 127 + 64, 3 * 127 + 64 + 29)
    assert gaps(log) == gaps(RecordLog(storage)) == [lost]
    assert set(range(log.next_seq)) - set(held(RecordLog(storage))) == set(range(lost[0], lost[1] + 1))


def test_twenty_thousand_reps_fit() -> None:
    log = RecordLog(make_storage())
    sets = 20_000 // 8
    for at in range(sets):
        append(log, 8 + 2 + (at % 3 == 0) * 2)  # reps, the set's two records; a start and its health per session
        log.flush()
    assert gaps(log) == []
    assert (log.first_seq, len(held(log))) == (0, log.next_seq)


# --- the mirror ---------------------------------------------------------------------------------------------------


def mirrored(records: int) -> tuple[MemoryStorage, MemoryNvs, RecordLog]:
    storage, nvs = make_storage(), MemoryNvs()
    log = RecordLog(storage, nvs=nvs)
    for _ in range(records // 5):
        append(log, 5)
        log.flush()
    log.ack(LOG_ID, 7)
    log.flush()
    return storage, nvs, log


@pytest.mark.parametrize("records", [20, 125, 130, 300])
@pytest.mark.parametrize("kept", [0, 10])
def test_a_folder_that_was_set_back_shows_as_a_hole(records: int, kept: int) -> None:
    """Of the log's folder only its state after `kept` records is there; of the mirror, the newest."""
    storage, nvs, log = mirrored(records)
    older = mirrored(kept)[0]
    storage.new_log_id = lambda: 999
    storage.files = older.files if kept else {}
    again = RecordLog(storage, nvs=nvs)
    assert (again.log_id, again.next_seq, again.acked, again.boot) == (LOG_ID, records, log.acked, 2)
    assert set(held(again)) <= set(range(kept))
    [seq] = append(again, 1)
    again.flush()
    assert seq == records, "no seq is given twice"
    last = RecordLog(storage, nvs=nvs)
    assert (last.log_id, last.next_seq, last.boot) == (LOG_ID, records + 1, 3)
    assert set(held(last)) == set(held(again))
    assert records in held(last)


def test_a_mirror_that_was_set_back_is_written_anew() -> None:
    storage, nvs, _ = mirrored(20)
    nvs.values = mirrored(10)[1].values
    log = RecordLog(storage, nvs=nvs)
    assert (log.log_id, log.next_seq, list(held(log))) == (LOG_ID, 20, list(range(20)))
    append(log, 1)
    log.flush()
    assert loglayout.parse_mirror(nvs.values["log_mirror"]) == (LOG_ID, 7, 21, 2)


def test_any_flipped_bit_of_the_mirror_is_noticed() -> None:
    storage, nvs, _ = mirrored(20)
    good = nvs.values["log_mirror"]
    for bit in range(8 * len(good)):
        flipped = bytearray(good)
        flipped[bit // 8] ^= 1 << bit % 8
        nvs.values["log_mirror"] = bytes(flipped)
        assert RecordLog(storage, nvs=nvs).next_seq == 20
    nvs.values["log_mirror"] = good[:-1]
    assert RecordLog(storage, nvs=nvs).next_seq == 20


def test_a_mirror_of_another_log_is_not_believed() -> None:
    storage, nvs, _ = mirrored(20)
    nvs.values["log_mirror"] = loglayout.pack_mirror(LOG_ID + 1, 500, 900, 9)
    log = RecordLog(storage, nvs=nvs)
    assert (log.log_id, log.next_seq, log.acked, log.boot) == (LOG_ID, 20, 7, 2)


def test_after_an_erase_the_mirror_tells_of_the_new_log() -> None:
    storage, nvs, log = mirrored(20)
    storage.new_log_id = lambda: 55
    log.erase()
    append(log, 1)
    log.flush()
    assert loglayout.parse_mirror(nvs.values["log_mirror"]) == (55, 0, 1, 1)
    storage.files = {}
    assert RecordLog(storage, nvs=nvs).log_id == 55


def test_a_mirror_is_written_once_a_change(monkeypatch: pytest.MonkeyPatch) -> None:
    _, nvs, log = mirrored(20)
    writes: list[str] = []
    monkeypatch.setattr(nvs, "write", lambda name, _: writes.append(name))
    log.flush()
    assert writes == []
    append(log, 9)
    log.flush()
    log.flush()
    assert writes == ["log_mirror"]


# --- notes --------------------------------------------------------------------------------------------------------


def note_all(log: RecordLog) -> int:
    count = 0
    while log.unnoted:
        log.note()
        count += 1
    return count


@pytest.mark.parametrize("flushed", [0, 3, 120, 126, 127, 300])
@pytest.mark.parametrize("pending", [1, 20, loglayout.NOTES])
def test_what_was_noted_survives_a_power_cut(flushed: int, pending: int) -> None:
    storage, nvs = make_storage(), MemoryNvs()
    log = RecordLog(storage, nvs=nvs)
    append(log, flushed)
    log.flush()
    append(log, pending)
    assert note_all(log) == pending
    made = held(log)
    after = RecordLog(storage, nvs=nvs)
    assert held(after) == made
    assert (after.next_seq, after.pending, after.boot) == (flushed, pending, 2)
    assert not after.unnoted, "they are noted still"
    append(after, 1)
    after.flush()
    last = RecordLog(storage, nvs=nvs)
    assert held(last) == held(after)
    assert (last.next_seq, last.pending) == (flushed + pending + 1, 0)


def test_no_more_is_noted_than_there_are_notes_and_a_flush_makes_room() -> None:
    log = RecordLog(make_storage(), nvs=MemoryNvs())
    append(log, loglayout.NOTES + 5)
    assert note_all(log) == loglayout.NOTES
    log.flush()
    append(log, 3)
    assert note_all(log) == 3


def test_a_log_without_the_chips_own_store_notes_nothing() -> None:
    log = RecordLog(make_storage())
    append(log, 3)
    assert not log.unnoted


@pytest.mark.parametrize("spoil", ["erase", "flip", "cut"])
def test_a_note_of_another_log_or_a_damaged_one_is_no_record(spoil: str) -> None:
    storage, nvs = make_storage(), MemoryNvs()
    log = RecordLog(storage, nvs=nvs)
    append(log, 5)
    note_all(log)
    if spoil == "erase":
        storage.new_log_id = lambda: 55
        log.erase()
        append(log, 2)
        log.flush()
        assert held(RecordLog(storage, nvs=nvs)) == held(log)
        return
    note = nvs.values["note02"]
    nvs.values["note02"] = note[:-1] if spoil == "cut" else note[:20] + bytes([note[20] ^ 4]) + note[21:]
    assert list(held(RecordLog(storage, nvs=nvs))) == [0, 1], "what follows a hole stays untaken"


def test_a_locked_log_notes_nothing() -> None:
    nvs = MemoryNvs()
    log = RecordLog(make_storage(), nvs=nvs)
    append(log, 1)
    log.locked = True
    with pytest.raises(OSError, match="30"):
        log.note()
    assert not nvs.values


def test_a_full_flash_with_two_segments_frees_the_acknowledged_one() -> None:
    """The least that leaves one segment: with the bound one off, such a flash refuses for ever."""
    storage = make_storage()
    log = RecordLog(storage)
    append(log, 127)
    log.flush()
    append(log, 127)
    log.flush()
    log.ack(LOG_ID, 127)
    replace, full = storage.replace, [True]

    def refuse(name: str, data: bytes) -> None:
        if full[0] and "00000000.seg" in storage.files:
            raise OSError(28)
        replace(name, data)

    storage.replace = refuse
    append(log, 1)
    log.flush()
    assert log.first_seq == 127
    assert log.next_seq == 255
