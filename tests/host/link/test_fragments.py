"""Frames out of notifications of any size, some of which are lost: never a wrong one, and every one that came whole."""

import random

import pytest

from barcore import frame, protocol
from barhold.link.cobs_packets import MAX_FRAME_BYTES
from barhold.link.fragments import FragmentAssembler

LEAST_BYTES = 20
"""What a notification carries at the least MTU that Bluetooth has."""


def cut(raw: bytes, size: int) -> list[bytes]:
    """Cut a frame as the sensor does (`link.outbox`)."""
    return [raw[at : at + size] for at in range(0, len(raw), size)]


def made(rng: random.Random, number: int) -> bytes:
    """Return a frame unlike any other, with bytes in it that look like the beginnings of frames."""
    body = rng.randbytes(rng.choice((0, 2, 10, 32, 224, 512)))
    if len(body) > 100:
        body = frame.pack(protocol.END, 7, bytes(10))[:-1] + body[21:]
    return frame.pack(protocol.DATA, number, body)


def fed(pieces: FragmentAssembler, some: list[bytes]) -> list[bytes]:
    return [found for one in some if (found := pieces.feed(one))]


@pytest.mark.parametrize("size", [LEAST_BYTES, 44, 97, 182, 244, 512])
def test_every_frame_comes_out_as_it_was_at_every_size(size: int) -> None:
    rng = random.Random(size)
    frames = [made(rng, number) for number in range(200)]
    pieces = FragmentAssembler()
    assert fed(pieces, [one for raw in frames for one in cut(raw, size)]) == frames
    assert pieces.dropped == 0


@pytest.mark.parametrize("lost", range(6))
def test_a_lost_piece_costs_only_its_frame(lost: int) -> None:
    rng = random.Random(1)
    frames = [frame.pack(protocol.DATA, number, rng.randbytes(224)) for number in range(3)]
    some = [cut(raw, 44) for raw in frames]
    assert len(some[0]) == 6
    del some[0][lost]
    pieces = FragmentAssembler()
    assert fed(pieces, [one for pieces_of_one in some for one in pieces_of_one]) == frames[1:]
    assert pieces.dropped == 5


@pytest.mark.parametrize("size", [LEAST_BYTES, 44, 182])
def test_random_loss_gives_no_wrong_frame_and_every_one_that_came_whole(size: int) -> None:
    rng = random.Random(size)
    for share in (0.02, 0.1, 0.3, 0.6):
        pieces = FragmentAssembler()
        whole, got, useless = [], [], 0
        for number in range(2000):
            raw = made(rng, number)
            some = [(one, rng.random() >= share) for one in cut(raw, size)]
            came = [one for one, arrives in some if arrives]
            if len(came) == len(some):
                whole.append(raw)
            else:
                useless += len(came)
            got += fed(pieces, came)
        assert got == whole
        assert len(whole) > 100
        assert useless == pieces.dropped + len(pieces._held)


def test_a_damaged_piece_is_no_frame_and_holds_up_nothing() -> None:
    raw = frame.pack(protocol.DATA, 1, bytes(224))
    for at in range(len(raw)):
        pieces = FragmentAssembler()
        assert fed(pieces, cut(raw[:at] + bytes((raw[at] ^ 64,)) + raw[at + 1 :], 44)) == []
        assert fed(pieces, cut(raw, 44)) == [raw]


def test_noise_leaves_no_more_behind_than_a_frame() -> None:
    rng = random.Random(2)
    pieces = FragmentAssembler()
    for _ in range(20_000):
        assert pieces.feed(rng.randbytes(rng.randrange(600))) is None
        assert sum(map(len, pieces._held)) <= MAX_FRAME_BYTES
    raw = frame.pack(protocol.END, 1, bytes(10))
    assert pieces.feed(raw) == raw


def test_empty_notifications_do_not_pile_up() -> None:
    pieces = FragmentAssembler()
    for _ in range(1000):
        assert pieces.feed(b"") is None
    assert len(pieces._held) <= 1
