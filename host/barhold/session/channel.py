"""The frames of one session: whatever is not addressed to it is dropped and counted."""

from collections.abc import Callable

from barcore import frame, protocol, record
from barcore.protocol import RECORD_BYTES
from barhold.errors import LinkError
from barhold.link.transport import Transport
from barhold.session.info import refuse_other_major

ANSWER_S = 2.0
TRIES = 8
MAX_STRAYS = 256
"""Frames that may come in, without the wanted one, before that counts as silence."""
_NAMES = {protocol.HELLO: "HELLO", protocol.PULL: "PULL", protocol.ACK: "ACK", protocol.TIME: "TIME"}


class Channel:
    """Sends and receives with the session's nonce; 0 until INFO has given one, when any nonce may come in."""

    def __init__(self, transport: Transport, on_live: Callable[[bytes], None] | None) -> None:
        self._transport = transport
        self._on_live = on_live
        self._dropped = 0
        self.re_requests = 0
        self.nonce = 0

    @property
    def dropped(self) -> int:
        """What came in and was not used, on the link and here."""
        return self._dropped + self._transport.dropped

    def drop(self) -> None:
        """Count a frame that the caller could not use."""
        self._dropped += 1

    async def send(self, kind: int, body: bytes = b"") -> None:
        """Send one frame of this session."""
        await self._transport.send(frame.pack(kind, self.nonce, body))

    async def receive(
        self, asked: int, wanted: tuple[int, ...], fits: Callable[[bytes], bool] = bool
    ) -> tuple[int, int, bytes] | None:
        """Return the next (type, nonce, body) wanted, None on silence; LinkError when `asked` is refused."""
        for _ in range(MAX_STRAYS):
            try:
                raw = await self._transport.receive(ANSWER_S)
                kind, nonce, body = frame.parse(raw)
            except TimeoutError:
                return None
            except frame.FrameError:
                self.drop()
                continue
            if self.nonce not in (0, nonce):
                self.drop()
            elif kind not in wanted:
                self._not_wanted(asked, raw[0], kind, body)
            elif fits(body):
                return kind, nonce, body
            else:
                self.drop()
        return None

    async def ask(self, kind: int, body: bytes, answer: int, fits: Callable[[bytes], bool]) -> tuple[int, bytes]:
        """Send until the answer that `fits` comes; return its (nonce, body), or raise LinkError after TRIES."""
        for tried in range(TRIES):
            self.re_requests += bool(tried)
            await self.send(kind, body)
            got = await self.receive(kind, (answer,), fits)
            if got:
                return got[1:]
        raise LinkError(f"the sensor did not answer {_NAMES[kind]} in {TRIES} tries: bring it nearer and sync again")

    def _not_wanted(self, asked: int, major: int, kind: int, body: bytes) -> None:
        """LIVE: hand it on. STATUS about what was asked: raise it. Anything else: an answer that came too late."""
        if kind == protocol.LIVE and self.nonce:
            self._live(body)
        elif kind == protocol.STATUS and len(body) >= 2 and body[0] == asked:
            if body[1] == protocol.BAD_VERSION:
                refuse_other_major(major)
            reason = protocol.STATUS_TEXT.get(body[1], "for a reason this Barhold does not know")
            raise LinkError(f"the sensor refused {_NAMES[asked]} (status {body[1]}: {reason}): sync again")
        else:
            self.drop()

    def _live(self, body: bytes) -> None:
        raws = [body[at : at + RECORD_BYTES] for at in range(0, len(body), RECORD_BYTES)]
        if not all(record.is_valid(raw) for raw in raws):
            self.drop()
        elif self._on_live:
            for raw in raws:
                self._on_live(raw)
