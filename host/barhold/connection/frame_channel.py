"""The frames of one connection. Frames of another connection, and those that fail the key, are dropped and counted."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from barcore import frame, protocol, record
from barcore.protocol import NO_SEQ, RECORD_BYTES
from barcore.seal import Opener, Sealer
from barhold.errors import LinkError, RefusedError
from barhold.link.transport import Transport

ANSWER_S = 2.0
TRIES = 8
MAX_STRAYS = 256
"""How many other frames may arrive before the wanted one counts as missing."""
_NAMES = {
    protocol.HELLO: "HELLO",
    protocol.PULL: "PULL",
    protocol.ACK: "ACK",
    protocol.TIME: "TIME",
    protocol.SET: "SET",
    protocol.KEY: "KEY",
    protocol.ERASE: "ERASE",
    protocol.CALIBRATE: "CALIBRATE",
    protocol.STREAM: "STREAM",
    protocol.UPDATE: "UPDATE",
    protocol.DIAGNOSE: "DIAGNOSE",
    protocol.ACCESS: "ACCESS",
}
_NEXT_STEP = {
    protocol.SMALL_MTU: "use the cable (--usb), or another Bluetooth adapter",
    protocol.NOT_ALLOWED: "connect it by cable (--usb), or hold its button meanwhile",
    protocol.NEEDS_KEY: "connect it by cable and run `barhold pair --usb`",
    protocol.NEEDS_CABLE: "connect it by cable (--usb)",
    protocol.BUSY: "repeat when the set has ended",
    protocol.UNKNOWN_FRAME: "update its firmware; sync works all the same",
    protocol.BAD_BODY: "update this Barhold and the sensor's firmware to the same release",
}


class Channel:
    """Sends and receives the frames of one connection.

    `nonce` is 0 until INFO has given one; until then frames with any nonce are accepted. After `seal`, every frame is
    sealed and only sealed ones are accepted.
    """

    def __init__(self, transport: Transport, on_live: Callable[[bytes], None] | None) -> None:
        self._transport = transport
        self._on_live = on_live
        self._dropped = 0
        self.re_requests = 0
        self.nonce = 0
        self._sealer: Sealer | None = None
        self._opener: Opener | None = None
        self.lasting_heard = 0  # LIVE records that will be in the log

    def restart(self) -> None:
        """Forget the connection, so that the next HELLO opens a new one."""
        self.nonce = 0
        self._sealer = self._opener = None

    def seal(self, sealer: Sealer, opener: Opener) -> None:
        """From now on, seal every frame sent and accept only frames sealed by the sensor."""
        self._sealer, self._opener = sealer, opener

    @property
    def dropped(self) -> int:
        """How many frames arrived and were not used, on the link and here."""
        return self._dropped + self._transport.dropped

    def drop(self) -> None:
        """Count a frame that the caller could not use."""
        self._dropped += 1

    async def send(self, kind: int, body: bytes = b"") -> None:
        """Send one frame of this connection; a HELLO that opens one has no nonce yet."""
        if self._sealer:
            raw = self._sealer.pack(kind, body)
        else:
            raw = frame.pack(kind, 0 if kind == protocol.HELLO else self.nonce, body)
        await self._transport.send(raw)

    async def receive(
        self, asked: int, wanted: tuple[int, ...], fits: Callable[[bytes], bool] = bool, wait_s: float = ANSWER_S
    ) -> tuple[int, int, bytes] | None:
        """Return the next (type, nonce, body) wanted, None on silence; LinkError when `asked` is refused."""
        for _ in range(MAX_STRAYS):
            try:
                raw = await self._transport.receive(wait_s)
            except TimeoutError:
                return None
            parsed = self._parse(raw)
            if not parsed:
                self.drop()
                continue
            kind, nonce, body = parsed
            if kind not in wanted:
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
        cable = "; on a cable, press its reset button" if kind == protocol.HELLO else ""
        raise LinkError(
            f"the sensor did not answer {_NAMES[kind]} in {TRIES} tries: bring it closer and try again{cable}"
        )

    async def listen(self, seconds: float) -> None:
        """Pass on LIVE records for `seconds`, or until one arrives that is also in the log."""
        before = self.lasting_heard
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.lasting_heard == before:
                    self._stray(await self._transport.receive(seconds))

    def _stray(self, raw: bytes) -> None:
        """Handle a frame that nobody asked for: LIVE, or a late answer."""
        parsed = self._parse(raw)
        if parsed:
            self._not_wanted(0, raw[0], parsed[0], parsed[2])
        else:
            self.drop()

    def _parse(self, raw: bytes) -> tuple[int, int, bytes] | None:
        """Return (type, nonce, body) of a frame of this connection; None for any other frame, and for a forged one."""
        try:
            kind, nonce, body = frame.parse(raw)
        except frame.FrameError:
            return None
        if self._opener is None:
            foreign = kind & protocol.SEALED or self.nonce not in (0, nonce)
            return None if foreign else (kind, nonce, body)
        if not kind & protocol.SEALED:
            return None
        opened = self._opener.open(kind ^ protocol.SEALED, nonce, body)
        return None if opened is None else (kind ^ protocol.SEALED, self.nonce, opened)

    def _not_wanted(self, asked: int, major: int, kind: int, body: bytes) -> None:
        """LIVE: pass it on. STATUS about the request: raise it. Anything else: a late answer."""
        if kind == protocol.LIVE and self.nonce:
            self._live(body)
        elif kind == protocol.STATUS and len(body) >= 2 and body[0] == asked:
            if body[1] == protocol.BAD_VERSION:
                refuse_other_major(major)
            raise _refusal(asked, body[1])
        else:
            self.drop()

    def _live(self, body: bytes) -> None:
        raws = [body[at : at + RECORD_BYTES] for at in range(0, len(body), RECORD_BYTES)]
        if not all(record.is_valid(raw) for raw in raws):
            self.drop()
            return
        for raw in raws:
            self.lasting_heard += record.header(raw)[3] != NO_SEQ
            if self._on_live:
                self._on_live(raw)


def refuse_other_major(major: int) -> None:
    """Raise RefusedError unless the sensor's protocol `major` is the one spoken here."""
    if major != protocol.MAJOR:
        older = "Barhold (pip install -U barhold)" if major > protocol.MAJOR else "the sensor's firmware"
        raise RefusedError(f"the sensor speaks protocol {major}, this Barhold speaks {protocol.MAJOR}: update {older}")


def _refusal(asked: int, code: int) -> LinkError:
    """Return the error for a STATUS; one that a retry cannot change has its own next step."""
    reason = protocol.STATUS_TEXT.get(code, "for a reason this Barhold does not know")
    text = f"the sensor refused {_NAMES[asked]} (status {code}: {reason})"
    if code in _NEXT_STEP:
        return RefusedError(f"{text}: {_NEXT_STEP[code]}")
    return LinkError(f"{text}: try again")
