"""The ring of raw samples: what a frame carries, and what the index tells of samples that found no room."""

import struct
from array import array

import pytest

from barsensor.link import rawstream

BODY = 4 + 16 * 8


def samples(first: int, count: int) -> "array[int]":
    return array("i", [value for i in range(first, first + count) for value in (i, i, -i, 4096, 1, -2, 3)])


def rows(body: bytes) -> tuple[int, list[int]]:
    """(index, the t_ms of its samples)."""
    return struct.unpack_from("<I", body)[0], [struct.unpack_from("<I", body, at)[0] for at in range(4, len(body), 16)]


def started() -> rawstream.RawStream:
    raw = rawstream.RawStream()
    raw.start("a")
    return raw


def test_samples_come_out_as_they_went_in() -> None:
    raw = started()
    raw.see(samples(5, 9), 9)
    body = raw.take(4 + 16 * 9)
    assert body[:4] == bytes(4)
    assert body[4:20] == struct.pack("<I6h", 5, 5, -5, 4096, 1, -2, 3)
    assert rows(body) == (0, list(range(5, 14)))


def test_too_few_wait_for_others() -> None:
    raw = started()
    raw.see(samples(0, 7), 7)
    assert raw.take(512) == b""
    raw.see(samples(7, 1), 1)
    assert rows(raw.take(512)) == (0, list(range(8)))


@pytest.mark.parametrize(("body_bytes", "count"), [(20, 1), (32, 1), (36, 2), (512, 31)])
def test_a_frame_takes_what_fits_and_one_too_small_for_eight_does_not_wait(body_bytes: int, count: int) -> None:
    raw = started()
    raw.see(samples(0, 40), 40)
    assert rows(raw.take(body_bytes)) == (0, list(range(count)))
    assert rows(raw.take(body_bytes))[0] == count


def test_a_full_ring_drops_what_it_holds_and_the_index_jumps() -> None:
    raw = started()
    raw.see(samples(0, rawstream.CAPACITY), rawstream.CAPACITY)
    assert rows(raw.take(BODY)) == (0, list(range(8)))
    raw.see(samples(rawstream.CAPACITY, 9), 9)
    raw.see(samples(rawstream.CAPACITY + 9, 20), 20)
    index, times = rows(raw.take(BODY))
    assert index == times[0] == rawstream.CAPACITY + 9


def test_every_sample_has_the_index_of_its_place_whatever_is_taken_when() -> None:
    raw, at, last = started(), 0, -1
    for turn in range(400):
        count = turn * 7 % 32
        raw.see(samples(at, count), count)
        at += count
        body = raw.take(BODY) if turn % 3 else b""
        if body:
            index, times = rows(body)
            assert times == list(range(index, index + len(times)))
            assert index > last
            last = index + len(times) - 1


def test_a_new_owner_begins_at_zero_with_nothing_of_the_one_before() -> None:
    raw = started()
    raw.see(samples(0, 20), 20)
    raw.stop()
    assert raw.owner is None
    raw.start("b")
    assert (raw.owner, raw.take(512)) == ("b", b"")
    raw.see(samples(50, 8), 8)
    assert rows(raw.take(512)) == (0, list(range(50, 58)))
