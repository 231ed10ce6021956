"""PULLs sent ahead of their answers, so that the link need not run dry while the host commits."""

import struct
from collections import deque

from barcore import protocol
from barhold.connection.batch import Batch
from barhold.connection.frame_channel import MAX_STRAYS, Channel

AHEAD = 4
"""PULLs under way at once: enough to bridge a commit and a turn of the link, few enough for the sensor's inbox."""


class Ahead:
    """The PULLs that are sent and not yet answered, in their order; each continues the one before.

    END does not say which PULL it ends. Of PULLs without a hole every one ends elsewhere; whatever else comes while
    more than one is under way must not be believed, or a lost answer would pass for a hole of the log.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._asked: deque[tuple[int, int]] = deque()

    def __bool__(self) -> bool:
        return bool(self._asked)

    def fits(self, next_seq: int) -> bool:
        """Tell whether an END can only be that of the first one."""
        return len(self._asked) < 2 or next_seq == sum(self._asked[0])

    async def ask(self, cursor: int, next_seq: int, alone: bool) -> int:
        """Ask for what follows `cursor`, several PULLs ahead; return how many records the first of them asked for.

        `alone`: only for the one record at the cursor, and nothing ahead of it.
        """
        if alone:
            await self._pull(cursor, 1)
            return 1
        seq = sum(self._asked[-1]) if self._asked else cursor
        while len(self._asked) < AHEAD and seq < next_seq:
            count = min(next_seq - seq, protocol.PULL_MAX)
            await self._pull(seq, count)
            self._asked.append((seq, count))
            seq += count
        return self._asked[0][1]

    async def _pull(self, seq: int, count: int) -> None:
        await self._channel.send(protocol.PULL, struct.pack(protocol.PULL_FORMAT, seq, count))

    def answered(self) -> None:
        """Note that the first of them is over."""
        if self._asked:
            self._asked.popleft()

    def forget(self) -> int:
        """Count on no answer any more; return how many were under way."""
        under_way = len(self._asked)
        self._asked.clear()
        return under_way

    async def gather(self, batch: Batch) -> tuple[int, int, int] | None:
        """Fill `batch`; return END's (next seq, count, CRC), or None when it did not come."""
        for _ in range(MAX_STRAYS):
            got = await self._channel.receive(protocol.PULL, (protocol.DATA, protocol.END, protocol.ACKED))
            if got is None:
                return None
            kind, _, body = got
            if kind == protocol.ACKED:  # of an ACK that nobody waited for
                continue
            end = _end_values(body) if kind == protocol.END else None
            # A PULL that gave records moved past them: an END that did not is an earlier one's, come late.
            if end and (end[0] > batch.first_seq or not end[1]):
                return end
            if kind == protocol.END or not batch.add(body):
                self._channel.drop()
        return None


def _end_values(body: bytes) -> tuple[int, int, int] | None:
    """Return END's (next seq, count, CRC of the seqs); None when it is too short."""
    if len(body) < struct.calcsize(protocol.END_FORMAT):
        return None
    next_seq, count, crc = struct.unpack_from(protocol.END_FORMAT, body)
    return next_seq, count, crc
