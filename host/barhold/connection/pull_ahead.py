"""Sends PULLs ahead of their answers, so that the link stays busy while the host commits."""

import struct
from collections import deque
from dataclasses import dataclass

from barcore import protocol
from barhold.connection.backlog import Backlog, Range
from barhold.connection.batch import Batch
from barhold.connection.frame_channel import MAX_STRAYS, Channel

AHEAD = 4
"""PULLs under way at once: enough to bridge a commit and a turn of the link, few enough for the sensor's inbox."""
_END_1_1 = "<IHI"


@dataclass(frozen=True, slots=True)
class End:
    """The fields of END: the seq to continue at, how many records were sent, the CRC-32 of their seqs, and the PULL's
    first seq.

    A sensor of protocol 1.1 does not name the PULL: `first_seq` is None.
    """

    next_seq: int
    count: int
    crc: int
    first_seq: int | None


class PullAhead:
    """The PULLs that were sent and not yet answered, in their order, on the log `log_id`.

    A sensor of protocol 1.1 does not say which PULL its END answers (`named` is false), so one is sent at a time.
    """

    def __init__(self, channel: Channel, log_id: int, named: bool) -> None:
        self._channel = channel
        self._log_id = log_id
        self._named = named
        self._asked: deque[Range] = deque()

    def __bool__(self) -> bool:
        return bool(self._asked)

    async def ask(self, backlog: Backlog, alone: bool) -> Batch:
        """Send the next PULLs and return the empty batch of the first one.

        `alone`: ask for nothing but the one record at the cursor.
        """
        if alone:
            await self._pull(backlog.cursor, 1)
            return self._batch(backlog, backlog.cursor, 1)
        from_seq = sum(self._asked[-1]) if self._asked else backlog.cursor
        while len(self._asked) < (AHEAD if self._named else 1) and (pull := backlog.next_pull(from_seq)):
            await self._pull(*pull)
            self._asked.append(pull)
            from_seq = sum(pull)
        return self._batch(backlog, *self._asked[0])

    def _batch(self, backlog: Backlog, seq: int, count: int) -> Batch:
        # In protocol 1.1 a PULL asks for so many records, however many seqs lie between them.
        return Batch(seq, seq + count if self._named else backlog.end_seq, count)

    async def _pull(self, seq: int, count: int) -> None:
        await self._channel.send(protocol.PULL, struct.pack(protocol.PULL_FORMAT, seq, count, self._log_id))

    def answered(self) -> None:
        """Note that the first PULL has been answered."""
        if self._asked:
            self._asked.popleft()

    def forget(self) -> None:
        """Stop waiting for answers. Late ones are recognised and dropped: END names its PULL, a record its seq."""
        self._asked.clear()

    async def gather(self, batch: Batch) -> End | None:
        """Fill `batch` and return its END; None when that was lost."""
        for _ in range(MAX_STRAYS):
            got = await self._channel.receive(protocol.PULL, (protocol.DATA, protocol.END, protocol.ACKED))
            if got is None:
                return None
            kind, _, body = got
            if kind == protocol.ACKED:  # of an ACK that nobody waited for
                continue
            end = _read_end(body) if kind == protocol.END else None
            if end and _answers(end, batch):
                return end
            if end and any(end.first_seq == seq for seq, _ in self._asked):
                return None  # a later PULL is answered: this one's END is lost
            if kind == protocol.END or not batch.add(body):
                self._channel.drop()
        return None


def _answers(end: End, batch: Batch) -> bool:
    if end.first_seq is not None:
        return end.first_seq == batch.first_seq
    # A PULL that returned records moved past them: an END that did not is a late answer to an earlier PULL.
    return end.next_seq > batch.first_seq or not end.count


def _read_end(body: bytes) -> End | None:
    """Return what END says; None when it is too short."""
    if len(body) >= struct.calcsize(protocol.END_FORMAT):
        return End(*struct.unpack_from(protocol.END_FORMAT, body))
    if len(body) >= struct.calcsize(_END_1_1):
        next_seq, count, crc = struct.unpack_from(_END_1_1, body)
        return End(next_seq, count, crc, None)
    return None
