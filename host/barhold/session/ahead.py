"""PULLs sent ahead of their answers, so that the link need not run dry while the host commits."""

import struct
from collections import deque

from barcore import protocol
from barhold.session.channel import Channel

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

    @property
    def under_way(self) -> int:
        """How many are sent and not answered."""
        return len(self._asked)

    def fits(self, next_seq: int) -> bool:
        """Tell whether an END can only be that of the first one."""
        return len(self._asked) < 2 or next_seq == sum(self._asked[0])

    async def ask(self, cursor: int, next_seq: int) -> int:
        """Ask for what follows `cursor`, several PULLs ahead; return how many records the first of them asked for."""
        seq = sum(self._asked[-1]) if self._asked else cursor
        while len(self._asked) < AHEAD and seq < next_seq:
            count = min(next_seq - seq, protocol.PULL_MAX)
            await self.pull(self._channel, seq, count)
            self._asked.append((seq, count))
            seq += count
        return self._asked[0][1]

    @staticmethod
    async def pull(channel: Channel, seq: int, count: int) -> None:
        """Ask for up to `count` records from `seq` on."""
        await channel.send(protocol.PULL, struct.pack(protocol.PULL_FORMAT, seq, count))

    def answered(self) -> None:
        """Note that the first of them is over."""
        if self._asked:
            self._asked.popleft()

    def forget(self) -> None:
        """Nothing is under way any more: a new session began."""
        self._asked.clear()
