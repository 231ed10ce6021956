"""Tells a sensor with a screen who lifts at its bar, and lets the turns count that its button took."""

from collections.abc import Callable

from barcore import protocol
from barcore.frame import pack_info
from barhold.connection.frame_channel import Channel
from barhold.connection.handshake import Info
from barhold.connection.result import SyncResult
from barhold.errors import RefusedError
from barhold.store import People, Store, button_turns
from barhold.training import bar_turns

LOOKED_BACK = 5000
"""Records before the first new one that are looked at again: a sync may have ended before their turns counted."""


class TurnExchange:
    """What one connection does of turns; `run` comes each time that all records of the log are stored."""

    def __init__(self, channel: Channel, store: Store, now: Callable[[], int]) -> None:
        self._channel = channel
        self._store = store
        self._now = now
        self._looked_at = -1
        self._told: bytes | None = None

    async def run(self, info: Info, known_seq: int, result: SyncResult) -> None:
        """Let the button's turns count, and tell the sensor what has changed; `known_seq` was stored before."""
        if not info.state & protocol.STATE_SCREEN:
            return
        first_seq = max(self._looked_at, info.first_seq, known_seq - LOOKED_BACK)
        if first_seq < info.next_seq:
            found = button_turns.take(self._store, info.device_id, info.log_id, first_seq, info.next_seq)
            result.turns += found.taken
            result.turns_refused += found.refused
        self._looked_at = info.next_seq
        await self._tell(info)

    async def _tell(self, info: Info) -> None:
        """Name the lifters and whose turn it is, unless the sensor knows; one that is in a set is told later."""
        names = [lifter.name for lifter in self._store.lifters()]
        value = bar_turns.told(names, People(self._store).wearers(), info.device_id, self._now())
        if value == self._told or info.state & protocol.STATE_BUSY:
            return
        try:
            body = pack_info([(protocol.SET_TURNS, value)])
            await self._channel.ask(protocol.SET, body, protocol.SETTINGS, bool)
        except RefusedError:
            return  # a set has just begun, or its storage fails: it counts on, and the next sync tells it
        self._told = value
