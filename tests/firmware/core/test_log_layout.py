"""The log layout: arithmetic, and what a scan believes."""

import pytest

from barcore import loglayout, protocol, record
from barcore.loglayout import NONE, LayoutError


def segment(first_seq: int, count: int) -> bytearray:
    buf = bytearray(loglayout.SEGMENT_BYTES)
    buf[:32] = loglayout.pack_header(77, first_seq)
    for i in range(count):
        record.pack_into(buf, 32 + 32 * i, protocol.GAP, 0, 1, first_seq + i, i, (0, 0))
    return buf


def test_a_segment_is_exactly_one_flash_sector() -> None:
    assert loglayout.RECORDS == 127
    assert loglayout.HEADER_BYTES + loglayout.RECORDS * protocol.RECORD_BYTES == loglayout.SEGMENT_BYTES


def test_the_header_is_these_bytes_and_back() -> None:
    raw = loglayout.pack_header(0xCAFE0001, 127)
    assert raw.hex() == "42484c47010000000100feca7f0000000000000000000000000000005b97595e"
    assert loglayout.parse_header(raw) == (0xCAFE0001, 127)


def test_a_damaged_header_is_refused() -> None:
    for bit in range(256):
        raw = bytearray(loglayout.pack_header(1, 2))
        raw[bit // 8] ^= 1 << bit % 8
        with pytest.raises(LayoutError, match="magic or CRC"):
            loglayout.parse_header(raw)


def test_a_header_of_another_layout_or_size_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LayoutError, match="31 bytes, needs 32"):
        loglayout.parse_header(bytes(31))
    monkeypatch.setattr(loglayout, "VERSION", 2)
    newer = loglayout.pack_header(1, 2)
    monkeypatch.undo()
    with pytest.raises(LayoutError, match="version is 2, this one reads 1"):
        loglayout.parse_header(newer)


def test_the_cursor_round_trips_and_is_guarded() -> None:
    raw = loglayout.pack_cursor(5, 131)
    assert (len(raw), loglayout.parse_cursor(raw)) == (loglayout.CURSOR_BYTES, (5, 131))
    for bad in (raw[:-1], raw + b"\0", b"\xff" + raw[1:]):
        with pytest.raises(LayoutError, match=f"cursor of {len(bad)} bytes"):
            loglayout.parse_cursor(bad)


def test_names_sort_like_their_seqs() -> None:
    seqs = [0, 1, 255, 256, 0xABCDEF, 0xFFFFFFFE]
    names = [loglayout.name_of(seq) for seq in seqs]
    assert names == sorted(names)
    assert [loglayout.first_of(name) for name in names] == seqs


@pytest.mark.parametrize(
    "name", ["", ".seg", "cursor", "0000000.seg", "0000000G.seg", "00000000.seg.new", "+0000001.seg"]
)
def test_other_files_are_no_segments(name: str) -> None:
    assert loglayout.first_of(name) == NONE


def test_a_seq_has_one_place() -> None:
    assert [loglayout.offset_of(seq, 100) for seq in (100, 101, 226)] == [32, 64, 4064]
    for seq in (99, 227):
        with pytest.raises(LayoutError, match=f"seq {seq} lies outside the segment 100..226"):
            loglayout.offset_of(seq, 100)


def test_the_segment_of_a_seq() -> None:
    firsts = [10, 137, 200]
    expected = {0: NONE, 9: NONE, 10: 0, 136: 0, 137: 1, 199: 1, 200: 2, 5000: 2}
    assert {seq: loglayout.segment_index(firsts, seq) for seq in expected} == expected
    assert loglayout.segment_index([], 3) == NONE


def test_a_slot_name_carries_its_log_and_place() -> None:
    assert loglayout.slot_name(0xCAFE0001, 7) == "cafe0001.s07"
    for index in range(loglayout.SLOTS):
        assert loglayout.slot_of(loglayout.slot_name(5, index)) == (5, index)
    assert loglayout.SLOTS * loglayout.SLOT_RECORDS == loglayout.RECORDS + 1


@pytest.mark.parametrize(
    "name", ["", "cafe0001.s32", "cafe0001.s7", "CAFE0001.s07", "cafe0001.s07.new", "cafe001.seg0"]
)
def test_other_files_are_no_slots(name: str) -> None:
    assert loglayout.slot_of(name) == (NONE, NONE)


@pytest.mark.parametrize("count", [0, 1, 2, 126, 127])
def test_the_highest_record_of_a_segment(count: int) -> None:
    assert loglayout.highest(segment(50, count), 32 + 32 * count, 50) == (49 + count if count else NONE)


@pytest.mark.parametrize("size", [0, 31, 32, 63])
def test_a_segment_without_a_whole_record_holds_nothing(size: int) -> None:
    assert loglayout.highest(segment(50, 1), size, 50) == NONE


@pytest.mark.parametrize(("bad", "highest"), [(0, 59), (1, 59), (9, 58)])
def test_a_bad_record_is_not_the_highest(bad: int, highest: int) -> None:
    buf = segment(50, 10)
    buf[32 + 32 * bad + 13] ^= 1
    assert loglayout.highest(buf, 32 + 320, 50) == highest


def test_a_valid_record_in_the_wrong_place_is_not_believed() -> None:
    buf = segment(50, 3)
    buf[64:96], buf[96:128] = buf[96:128], buf[64:96]
    assert loglayout.highest(buf, 128, 50) == 50
