"""Which ranges of a log are fetched, in which order, and where the cursor stands meanwhile."""

import pytest

from barcore import protocol
from barhold.connection.backlog import Backlog


@pytest.mark.parametrize(("missing", "first", "end", "fetched"), [
    ([], 0, 0, []),
    ([], 0, 60, [(59, 60)]),  # the last record alone: is it still the same log?
    ([(0, 60)], 0, 60, [(0, 60)]),
    ([(40, 60)], 0, 60, [(39, 60)]),
    ([(10, 12)], 0, 60, [(9, 13), (59, 60)]),
    ([(10, 12), (13, 14)], 0, 60, [(9, 15), (59, 60)]),
    ([(10, 12), (57, 58)], 10, 60, [(10, 13), (56, 60)]),
])  # fmt: skip
def test_the_neighbours_of_a_hole_are_fetched_again(
    missing: list[tuple[int, int]], first: int, end: int, fetched: list[tuple[int, int]]
) -> None:
    backlog = Backlog(missing, first, end)
    assert backlog.left == sum(last - begin for begin, last in fetched)
    assert backlog.cursor == (fetched[0][0] if fetched else end)
    pulls, at = [], 0
    while pull := backlog.next_pull(at):
        at = sum(pull)
        pulls.append((pull[0], at))
    assert pulls == [
        (at, min(at + protocol.PULL_MAX, last))
        for begin, last in fetched
        for at in range(begin, last, protocol.PULL_MAX)
    ]


def test_the_cursor_moves_over_what_is_done_and_what_is_stored() -> None:
    backlog = Backlog([(10, 12), (30, 32)], 0, 60)
    backlog.done_below(10)
    assert (backlog.cursor, backlog.left) == (10, 3 + 4 + 1)
    backlog.done_below(13)
    assert backlog.cursor == 29
    backlog.done_below(60)
    assert (backlog.cursor, backlog.left, backlog.next_pull(0)) == (60, 0, None)


def test_a_log_that_grows_adds_what_is_new() -> None:
    backlog = Backlog([], 0, 60)
    backlog.grow(60)
    assert backlog.left == 1
    backlog.grow(64)
    assert (backlog.cursor, backlog.left) == (59, 5)
    backlog.done_below(64)
    backlog.grow(70)
    assert (backlog.cursor, backlog.left, backlog.end_seq) == (64, 6, 70)
