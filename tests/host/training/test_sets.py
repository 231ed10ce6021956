import random
import struct
from datetime import UTC, datetime, timedelta

import pytest

from barcore import protocol, record
from barhold.model import Anchor, StoredRecord
from barhold.training import sets, wall_time
from hostkit import DEVICE, raw, rep, reps, stored

NOW = datetime(2026, 11, 22, 18, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)


def grouped(raws, anchors=()):
    return sets.training_sets(stored(raws), anchors, NOW)


def correction(start_ms, action, flags=0, set_number=1, number=1):
    return raw(protocol.CORRECTION, start_ms, (set_number, number, action, flags))


def set_end(set_number, flags=0, t_ms=99_000):
    return raw(protocol.SET_END, t_ms, (set_number, 1, 300, 5000), flags)


def test_reps_of_one_number_are_one_set_with_the_sensors_figures():
    (found,) = grouped(reps(3))
    assert (found.device_id, found.boot, found.number) == (DEVICE, 1, 1)
    assert [r.number for r in found.reps] == [1, 2, 3]
    first = found.reps[0]
    times_ms = (first.start_ms, first.rise_ms, first.hold_ms, first.fall_ms, first.bottom_ms)
    assert times_ms == (10_000, 900, 2500, 1100, 800)
    assert (first.rom_m, first.peak_m_s, first.hold_err_ms) == (0.3, 0.7, 50)
    assert found.end_utc - found.start_utc == timedelta(milliseconds=12_000 + 4_500)


def test_set_numbers_boots_logs_and_devices_keep_sets_apart():
    raws = [*reps(2), *reps(2, 60_000, set_number=2), *reps(2, boot=2)]
    assert [(s.boot, s.number) for s in grouped(raws)] == [(1, 1), (1, 2), (2, 1)]
    both = stored(reps(2)) + stored(reps(2), log_id=2) + stored(reps(2), device_id="ff" * 8)
    assert len(sets.training_sets(both, (), NOW)) == 3


def test_records_in_any_order_give_the_same_sets():
    records = stored([*reps(3), correction(10_000, protocol.DROP_REP)])
    assert sets.training_sets(records[::-1], (), NOW) == sets.training_sets(records, (), NOW)


def test_the_set_number_wraps_without_joining_sets():
    raws = []
    for count in range(300):
        raws += reps(2, 10_000 + count * 60_000, set_number=count % 256)
    found = grouped(raws)
    assert [s.number for s in found] == [count % 256 for count in range(300)]
    assert all(len(s.reps) == 2 for s in found)


def test_a_correction_of_the_set_before_finds_it():
    late = correction(16_000, protocol.DROP_REP, set_number=255)
    raws = [*reps(3, set_number=255), *reps(2, 60_000, set_number=0), late, rep(72_000, 0, 3)]
    assert [len(s.reps) for s in grouped(raws)] == [2, 3]


def test_a_dropped_rep_does_not_count_and_leaves_no_hole():
    (found,) = grouped([*reps(3), correction(16_000, protocol.DROP_REP)])
    assert [(r.number, r.start_ms) for r in found.reps] == [(1, 10_000), (2, 22_000)]


def test_flags_are_as_corrected():
    raws = [*reps(2, flags=protocol.PARTIAL), correction(16_000, protocol.SET_FLAGS, protocol.DISTURBED)]
    (found,) = grouped(raws)
    assert [r.flags for r in found.reps] == [protocol.PARTIAL, protocol.DISTURBED]


def test_a_correction_of_a_rep_that_was_lost_changes_nothing():
    assert grouped([*reps(2), correction(5_000, protocol.DROP_REP)]) == grouped(reps(2))


@pytest.mark.parametrize(
    "raws", [[rep(10_000)], [rep(10_000), set_end(1, protocol.LONE)], [*reps(2), correction(10_000, 1)]]
)
def test_fewer_than_two_reps_are_no_set(raws):
    assert grouped(raws) == []


def test_a_lone_lift_before_a_set_is_dropped_alone():
    raws = [rep(5_000, 1), set_end(1, protocol.LONE), *reps(2, 40_000, set_number=2), set_end(2)]
    assert [s.number for s in grouped(raws)] == [2]


def test_what_the_sensor_calls_lone_is_no_set_whatever_it_logged():
    assert grouped([*reps(2), set_end(1, protocol.LONE)]) == []
    assert len(grouped([*reps(2), set_end(1)])) == 1


def test_a_boot_whose_only_record_came_at_once_has_a_clock():
    at_once = raw(protocol.BOOT, 0, (protocol.RESET_WAKE, 0, 1, 0, 0), boot=1)
    assert wall_time.last_ms(at_once) == {1: 0}
    found = grouped([at_once, *reps(2, boot=2)])
    assert [(item.boot, item.time_quality) for item in found] == [(2, "estimated")]


def test_unknown_record_types_are_ignored():
    odd = bytearray(rep(22_000, number=3))
    odd[0] = protocol.RECORD_VERSION << 5 | 15
    records = [*stored(reps(2)), StoredRecord(DEVICE, 1, 2, bytes(odd))]
    assert sets.training_sets(records, (), NOW + timedelta(seconds=6)) == grouped(reps(2))


def test_wall_time_comes_from_the_anchor_of_the_shortest_round_trip():
    anchors = [Anchor(DEVICE, 1, 1, 100_000, NOW_MS, 80), Anchor(DEVICE, 1, 1, 100_000, NOW_MS - 500, 8)]
    (found,) = grouped(reps(2), anchors)
    assert found.start_utc == NOW - timedelta(seconds=90.5)
    assert found.time_quality == "anchored"


def test_another_devices_logs_or_boots_anchor_is_not_used():
    anchors = [Anchor("ff" * 8, 1, 1, 0, 0, 1), Anchor(DEVICE, 1, 7, 0, 0, 1), Anchor(DEVICE, 2, 1, 0, 0, 1)]
    assert [s.time_quality for s in grouped(reps(2), anchors)] == ["estimated"]


def test_boots_without_an_anchor_are_ordered_between_their_neighbours():
    raws = [r for boot in (1, 2, 3, 4) for r in reps(2, boot=boot)]  # each boot's last record is at 16 s
    first, second, third, fourth = grouped(raws, [Anchor(DEVICE, 1, 3, 0, NOW_MS, 5)])
    assert [s.time_quality for s in (first, second, third, fourth)] == ["estimated"] * 2 + ["anchored", "estimated"]
    assert third.start_utc == NOW + timedelta(seconds=10)
    assert second.start_utc == NOW - timedelta(seconds=6)  # its boot ended when boot 3 began
    assert first.start_utc == NOW - timedelta(seconds=22)
    assert fourth.start_utc == NOW + timedelta(seconds=26)  # and boot 4 began when boot 3 ended


def test_a_sensor_that_never_told_the_time_ends_now():
    (found,) = grouped(reps(2))
    assert found.start_utc == NOW - timedelta(seconds=6)


def test_sessions_part_at_three_hours_and_by_sensor():
    hour_ms = 3_600_000
    end_ms = 16_000 + 4_500  # of the first set
    raws = [*reps(2), *reps(2, end_ms + 3 * hour_ms - 1, set_number=2), *reps(2, 40_000_000, set_number=3)]
    other = sets.training_sets(stored(reps(2), device_id="ff" * 8), [Anchor("ff" * 8, 1, 1, 0, NOW_MS, 1)], NOW)
    mine = grouped(raws, [Anchor(DEVICE, 1, 1, 0, NOW_MS, 1)])
    assert [len(s) for s in sets.sessions(mine)] == [2, 1]
    both = sorted([*mine, *other], key=lambda s: s.start_utc)
    assert sorted(len(s) for s in sets.sessions(both)) == [1, 1, 2]
    exact = grouped([*reps(2), *reps(2, end_ms + 3 * hour_ms, set_number=2)])
    assert [len(s) for s in sets.sessions(exact)] == [1, 1]


def test_logs_are_read_as_the_codec_reads_each_record():
    rng = random.Random(5)
    told = (protocol.REP, protocol.SET_END, protocol.CORRECTION)
    for kind in told:
        form = protocol.PAYLOAD_FORMATS[kind]
        for _ in range(200):
            values = struct.unpack(form, rng.randbytes(struct.calcsize(form)))
            one = raw(kind, rng.getrandbits(32), values, rng.getrandbits(8), rng.getrandbits(16), rng.getrandbits(31))
            [row] = sets._AS_REP.iter_unpack(one)
            assert (row[0] & 31, *row[1:5]) == record.header(one)
            assert row[5] == values[0]
            if kind == protocol.REP:
                assert row[5:] == values
            if kind == protocol.CORRECTION:
                assert row[7].to_bytes(2, "little") == bytes(values[2:])
