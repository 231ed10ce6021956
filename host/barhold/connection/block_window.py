"""Sends the blocks of an update, several ahead of their answers, since the sensor says where it is."""

import struct
from collections.abc import Callable
from dataclasses import dataclass

from barcore import protocol
from barhold.connection.frame_channel import TRIES, Channel
from barhold.connection.update_state import UpdateState, read_update_state
from barhold.errors import LinkError

IDLE_ANSWERS = 128
"""How many answers may bring no progress: enough for a file that arrives damaged a few times, with its windows."""


@dataclass(slots=True)
class BlockWindow:
    """Sends `raw` over `channel` in blocks of `block_bytes`, at most `most` of them unanswered.

    A block that is lost makes the sensor refuse those that follow; all of them are sent again from the offset it names.
    """

    channel: Channel
    raw: bytes
    block_bytes: int
    most: int
    _answered: int = 0  # the sensor's own offset, as last reported
    _sent: int = 0
    _stale: int = 0  # answers still to come to blocks that were sent before the last step back

    async def send_from(self, offset: int, on_state: Callable[[UpdateState], None]) -> None:
        """Send all from `offset` on; `on_state` gets each answer but those to blocks sent out of turn.

        LinkError when the sensor stays silent, or where it is.
        """
        self._answered = self._sent = best = offset
        silent = idle = 0
        while self._answered < len(self.raw):
            await self._fill()
            got = await self.channel.receive(protocol.UPDATE, (protocol.UPDATE_STATE,), _is_state)
            if got is None:
                silent += 1
                self._step_back(self._answered, 0)
                if silent == TRIES:
                    raise LinkError(f"the sensor did not answer UPDATE in {TRIES} tries: bring it closer and try again")
                continue
            state = read_update_state(got[2])
            assert state is not None  # noqa: S101 - `_is_state` has read it
            self._take(state, on_state)
            silent, idle = (0, 0) if self._answered > best else (silent, idle + 1)
            best = max(best, self._answered)
            if idle > IDLE_ANSWERS:
                raise LinkError(f"the update does not get past byte {best}: restart the sensor and try again")

    async def _fill(self) -> None:
        while self._sent < len(self.raw) and self._unanswered() + self._stale < self.most:
            piece = self.raw[self._sent : self._sent + self.block_bytes]
            offset = struct.pack(protocol.UPDATE_BLOCK_FORMAT, self._sent)
            await self.channel.send(protocol.UPDATE, bytes((protocol.UPDATE_BLOCK,)) + offset + piece)
            self._sent += len(piece)

    def _take(self, state: UpdateState, on_state: Callable[[UpdateState], None]) -> None:
        """Move on to where the sensor is; resend what it did not accept."""
        is_stale = self._stale > 0
        self._stale -= is_stale
        if state.reason == protocol.UPDATE_OFFSET:
            if not is_stale:
                self._step_back(state.next_offset, self._unanswered() - 1)
            return
        on_state(state)
        if state.next_offset < self._answered:  # a file arrived damaged and is sent again
            self._step_back(state.next_offset, self._unanswered() - 1)
        self._answered = state.next_offset
        self._sent = max(self._sent, self._answered)

    def _unanswered(self) -> int:
        return -(-(self._sent - self._answered) // self.block_bytes)

    def _step_back(self, offset: int, stale: int) -> None:
        self.channel.re_requests += 1
        self._answered = self._sent = offset
        self._stale = max(0, stale)


def _is_state(body: bytes) -> bool:
    return read_update_state(body) is not None
