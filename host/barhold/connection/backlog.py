"""The ranges of a log that are still to be fetched. Pure."""

from collections import deque

from barcore import protocol

Range = tuple[int, int]
"""First seq, and the seq after the last."""


class Backlog:
    """What is still to be fetched of a log that ends before `end_seq`: the ranges that the store lacks.

    The stored neighbours of each range are fetched again, and so is the log's last record: a record that came from
    elsewhere, or another log under the same id, shows as a conflict.
    """

    def __init__(self, missing: list[Range], first_seq: int, end_seq: int) -> None:
        self.end_seq = end_seq
        self._ranges: deque[Range] = deque()
        for first, end in (*missing, (end_seq, end_seq)):
            self._append(max(first - 1, first_seq), min(end + 1, end_seq))

    @property
    def cursor(self) -> int:
        """The first seq to fetch: everything below it is stored, or the sensor no longer has it."""
        return self._ranges[0][0] if self._ranges else self.end_seq

    @property
    def left(self) -> int:
        """How many records are still to be fetched."""
        return sum(end - first for first, end in self._ranges)

    def grow(self, end_seq: int) -> None:
        """Note that the log has grown."""
        self._append(self.end_seq, end_seq)
        self.end_seq = max(self.end_seq, end_seq)

    def done_below(self, seq: int) -> None:
        """Drop everything below `seq`: it was fetched, or the sensor does not have it."""
        while self._ranges and self._ranges[0][0] < seq:
            _, end = self._ranges.popleft()
            if end > seq:
                self._ranges.appendleft((seq, end))

    def next_pull(self, from_seq: int) -> Range | None:
        """Return (first seq, count) of the next PULL at or after `from_seq`; None when nothing is left there."""
        for first, end in self._ranges:
            start = max(first, from_seq)
            if start < end:
                return start, min(end - start, protocol.PULL_MAX)
        return None

    def _append(self, first: int, end: int) -> None:
        if self._ranges and first <= self._ranges[-1][1]:
            first, end = self._ranges[-1][0], max(end, self._ranges[-1][1])
            self._ranges.pop()
        if first < end:
            self._ranges.append((first, end))
