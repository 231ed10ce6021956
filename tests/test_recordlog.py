"""The record log: nothing flushed is lost, nothing is invented, nothing unacknowledged goes in silence."""

import contextlib
from types import SimpleNamespace

import pytest

from barcore import loglayout, protocol, record
from barhold import firmware

RecordLog = firmware.load("recordlog").RecordLog
MemoryStorage = firmware.load("boards.storage").MemoryStorage
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


def test_segments_fill_one_sector_each_and_are_found_again() -> None:
    storage = make_storage()
    log = RecordLog(storage)
    for _ in range(6):
        append(log, 50)
        log.flush()
    assert {name: storage.size(name) for name in storage.names()} == {
        "00000000.seg": 4096,
        "0000007f.seg": 4096,
        "000000fe.seg": 32 + 46 * 32,
    }
    assert loglayout.parse_header(storage.files["0000007f.seg"]) == (LOG_ID, 127)
    assert list(held(log)) == list(range(300))


def test_a_full_memory_flushes_by_itself_rather_than_lose() -> None:
    log = RecordLog(make_storage())
    append(log, 65)
    assert (log.next_seq, log.pending) == (64, 1)


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
    assert storage.names() == ["00000000.seg", "0000007f.seg"], "a clean tail is appended to"
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
    assert len([name for name in storage.names() if name != "cursor"]) == 3
    assert gaps(log) == []
    assert (log.first_seq, log.next_seq) == (4 * 127, 12 * 64)


def test_the_ring_tells_what_it_overwrites_unacknowledged() -> None:
    log = RecordLog(make_storage(), 3)
    append(log, 10)
    log.flush()
    log.ack(LOG_ID, 5)
    for _ in range(8):
        append(log, 64)
        log.flush()
    assert gaps(log) == [(5, 126), (127, 253)]
    assert log.first_seq == 254


def test_the_limit_of_segments_has_a_floor() -> None:
    with pytest.raises(ValueError, match="segment_limit is 1, must be at least 2"):
        RecordLog(make_storage(), 1)


def test_a_torn_tail_is_left_behind_in_its_segment() -> None:
    storage = make_storage()
    log = RecordLog(storage)
    append(log, 5)
    log.flush()
    storage.files["00000000.seg"] += b"\x21" * 17
    again = RecordLog(storage)
    assert (again.next_seq, gaps(again)) == (5, [])
    append(again, 1)
    again.flush()
    assert sorted(storage.names()) == ["00000000.seg", "00000005.seg"]
    assert len(held(RecordLog(storage))) == 6


def test_records_behind_a_bad_one_are_told_as_lost_and_their_seqs_never_used_again() -> None:
    storage = make_storage()
    log = RecordLog(storage)
    append(log, 10)
    log.flush()
    damaged = bytearray(storage.files["00000000.seg"])
    damaged[32 + 32 * 6 + 20] ^= 1
    storage.files["00000000.seg"] = bytes(damaged)
    again = RecordLog(storage)
    assert (again.next_seq, again.pending) == (10, 1)
    again.flush()
    assert gaps(again) == [(6, 9)]
    assert again.boot == 2


def test_a_bad_record_in_an_old_segment_is_left_out() -> None:
    storage = make_storage()
    log = RecordLog(storage)
    append(log, 64)
    append(log, 64)
    append(log, 64)
    log.flush()
    damaged = bytearray(storage.files["00000000.seg"])
    damaged[32 + 32 * 3] ^= 0x80
    storage.files["00000000.seg"] = bytes(damaged)
    assert set(range(192)) - set(held(RecordLog(storage))) == {3}


def test_a_damaged_header_does_not_change_the_log_id() -> None:
    storage = make_storage()
    log = RecordLog(storage)
    append(log, 64)
    append(log, 64)
    log.flush()
    log.ack(LOG_ID, 1)
    log.flush()
    storage.new_id = lambda: 999
    for name in ("0000007f.seg", "00000000.seg"):
        storage.files[name] = bytes(32) + storage.files[name][32:]
        assert RecordLog(storage).log_id == LOG_ID, name


def test_an_empty_log_that_was_acknowledged_never_uses_those_seqs_again() -> None:
    storage = make_storage()
    storage.files["cursor"] = loglayout.pack_cursor(LOG_ID, 40)
    log = RecordLog(storage)
    assert (log.log_id, log.acked, log.first_seq, log.next_seq) == (LOG_ID, 40, 40, 40)


class FailingStorage(MemoryStorage):
    """Dies, or just fails, at the n-th change, which happens in part as `share` of its bytes."""

    def __init__(self, fail_at: int, share: float) -> None:
        super().__init__(lambda: LOG_ID)
        self.changes = 0
        self.fail_at = fail_at
        self.share = share

    def append(self, name, data):
        self._change(lambda: MemoryStorage.append(self, name, data[: int(len(data) * self.share)]))
        super().append(name, data)

    def replace(self, name, data):
        self._change(lambda: self.share == 1 and MemoryStorage.replace(self, name, data))
        super().replace(name, data)

    def remove(self, name):
        self._change(lambda: self.share == 1 and MemoryStorage.remove(self, name))
        super().remove(name)

    def _change(self, in_part) -> None:
        self.changes += 1
        if self.changes == self.fail_at:
            in_part()
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
    storage = FailingStorage(0, 0)
    work(storage, SimpleNamespace(appended={}, durable=0, acked=0))
    return storage.changes


@pytest.mark.parametrize("share", [0, 0.3, 0.5, 1])
def test_power_cut_at_every_change(share: float) -> None:
    for cut in range(1, count_changes() + 1):
        storage = FailingStorage(cut, share)
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


@pytest.mark.parametrize("share", [0, 0.3, 1])
def test_a_change_that_fails_once_loses_nothing_when_flushed_again(share: float) -> None:
    for fail_at in range(1, 8):
        storage = FailingStorage(fail_at, share)
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
