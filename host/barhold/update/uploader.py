"""Brings a bundle to a sensor, resumed after any break, and waits until the new version has proved itself.

| stage | does                                                         | then                              |
|-------|--------------------------------------------------------------|-----------------------------------|
| SEND  | judges, BEGIN, blocks from the sensor's own offset, FINISH   | WATCH once the sensor is READY    |
| WATCH | connects until the new version answers and is confirmed      | done; RefusedError if the old one |
|       |                                                              | answers, or safe mode             |

Every connection begins at its stage again: what came is the sensor's to know.
"""

import asyncio
import hashlib
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass

from barcore import protocol
from barhold.connection import Control, Info
from barhold.connection.update_state import UpdateState
from barhold.errors import LinkError, RefusedError
from barhold.image.bundle import Bundle
from barhold.update import precheck
from barloader import slots
from barsensor.boards import known

BLOCK_BYTES = protocol.MAX_BODY - struct.calcsize(protocol.UPDATE_FORMAT + protocol.UPDATE_BLOCK_FORMAT[1:])
WINDOW = 6
"""How many blocks are in flight by radio: enough to keep the link busy, few enough for the sensor's inbox."""
WINDOW_SINCE = 2
"""The minor protocol version since which a sensor's inbox holds a window. A cable has no latency to hide."""
PACKET_OVERHEAD = 20
"""Bytes of a block's packet on a cable that are not the block's: its frame, its COBS code bytes and zeros."""
LINE_BYTES = 200
"""What a UART's receive ring can always take at once: MicroPython drops the rest."""
POLL_S = 0.5
_UNDER_WAY = (protocol.UPDATE_CHECKING, protocol.UPDATE_READY)
CONFIRM_S = 90.0
"""The longest that a new version may take to be confirmed once it answers: it must be healthy and at rest for 30 s."""
RESTART_S = 15.0
"""The old version may still answer so long after READY: it restarts at rest."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What to install, and how."""

    made: Bundle
    by_cable: bool
    downgrade: bool = False
    modulus: bytes | None = None  # of the key that signed it, None if not known


class Uploader:
    """One update; call `work` in each connection until it returns the version that then runs."""

    def __init__(
        self,
        offer: Offer,
        note: Callable[[str], None],
        progress: Callable[[int, int], None],
        block_bytes: int = BLOCK_BYTES,
    ) -> None:
        self._offer = offer
        self._note = note
        self._progress = progress
        self._block_bytes = block_bytes
        self._begun = self._finishing = False
        self._sent_at_s: float | None = None  # when the sensor was READY
        self._trial_from_s: float | None = None
        head = offer.made.raw[: len(offer.made.raw) - offer.made.manifest.total_bytes]
        self._digest = hashlib.sha256(head).digest()

    async def work(self, control: Control) -> str:
        """Do what is left in this connection; LinkError if another connection must continue."""
        if precheck.same_version(self._offer.made, control.info):
            return await self._confirmed(control)
        if self._sent_at_s is not None:
            self._refuse_fallen_back(control)
        else:
            await self._send(control)
        raise LinkError("the sensor restarts into the new version")

    async def _send(self, control: Control) -> None:
        offer = self._offer
        if self._begun and not self._finishing:  # judged before; a link that breaks often should cost few turns
            await self._send_rest(control)
            return
        state = await control.update(protocol.UPDATE_ASK)
        if self._finishing and (state.state in _UNDER_WAY or state.slot_state == slots.TRIAL):
            await self._finish(control, state)  # only its answer was lost
            return
        precheck.check(offer.made, control.info, state, offer.by_cable, offer.downgrade, offer.modulus)
        await self._send_rest(control)

    async def _send_rest(self, control: Control) -> None:
        """Begin, or resume where the sensor is, and send everything missing."""
        offer = self._offer
        flags = protocol.UPDATE_DOWNGRADE if offer.downgrade else 0
        state = await control.update(protocol.UPDATE_BEGIN, struct.pack("<B", flags) + self._digest)
        self._judge(control, state)
        self._begun = True
        if state.next_offset:
            self._note(f"resuming at byte {state.next_offset} of {len(offer.made.raw)}")
        await self._send_blocks(control, state)
        self._finishing = True
        await self._finish(control, await control.update(protocol.UPDATE_FINISH))

    async def _finish(self, control: Control, state: UpdateState) -> None:
        """Wait until the sensor has checked the whole."""
        while state.state == protocol.UPDATE_CHECKING:
            await asyncio.sleep(POLL_S / 5)
            state = await control.update(protocol.UPDATE_ASK)
        if state.state != protocol.UPDATE_READY and state.slot_state != slots.TRIAL:
            self._judge(control, state)
            raise LinkError("the sensor did not accept the whole bundle")
        self._sent_at_s = time.monotonic()
        self._note("the whole bundle has arrived and is correct; the sensor restarts into it")

    async def _send_blocks(self, control: Control, state: UpdateState) -> None:
        raw, block_bytes = self._offer.made.raw, self._fitting(control.info)

        def on_state(now: UpdateState) -> None:
            self._judge(control, now)
            self._progress(now.next_offset, len(raw))

        ahead = control.info.minor >= WINDOW_SINCE and not self._offer.by_cable
        await control.send_blocks(raw, state.next_offset, block_bytes, WINDOW if ahead else 1, on_state)

    def _fitting(self, info: Info) -> int:
        """Return how many bytes of a block the sensor accepts at once; an unknown board gets the fewest."""
        board = known.named(info.board)
        if self._offer.by_cable and (board is None or board.console_ring_bytes):
            return min(self._block_bytes, LINE_BYTES - PACKET_OVERHEAD)
        return self._block_bytes

    async def _confirmed(self, control: Control) -> str:
        """Wait until the version that runs is confirmed; the connection stays open meanwhile."""
        if self._trial_from_s is None:
            self._trial_from_s = time.monotonic()
        state = await control.update(protocol.UPDATE_ASK)
        if state.slot_state == slots.TRIAL:
            self._note(f"{control.info.firmware} is on trial for half a minute; keep the sensor still")
        while state.slot_state == slots.TRIAL:
            if time.monotonic() - self._trial_from_s > CONFIRM_S:
                raise RefusedError(
                    f"sensor {control.info.name} runs {control.info.firmware}, still on trial after {CONFIRM_S:g} s: "
                    f"run `barhold doctor`; at its next restart it goes back to the version before"
                )
            await asyncio.sleep(POLL_S)
            state = await control.update(protocol.UPDATE_ASK)
        return control.info.firmware

    def _refuse_fallen_back(self, control: Control) -> None:
        info = control.info
        if self._trial_from_s is None and time.monotonic() - (self._sent_at_s or 0) < RESTART_S:
            return  # it has not restarted yet: one that was in safe mode still is
        if info.state & protocol.STATE_SAFE_MODE:
            raise RefusedError(f"sensor {info.name} is in safe mode: no version started; update again, or flash it")
        raise RefusedError(
            f"sensor {info.name} went back to {info.firmware}: {self._offer.made.version} failed its trial; the "
            f"sensor counts as before (`barhold sync` fetches the crash that it noted)"
        )

    def _judge(self, control: Control, state: UpdateState) -> None:
        if state.reason == protocol.UPDATE_FILE and state.state == protocol.UPDATE_FILES:
            return  # that file comes again
        if state.reason in (protocol.UPDATE_NOT_BEGUN, protocol.UPDATE_MISSING):
            raise LinkError("the sensor has lost its place in the update")
        if state.reason:
            raise precheck.refusal(control.info, state.reason)
