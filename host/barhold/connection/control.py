"""Everything a host may ask of a sensor except its records: settings, key, log, calibration, clock, stream, update."""

import struct
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from dataclasses import dataclass

from barcore import calibrate, protocol
from barcore.frame import FrameError, pack_info, parse_info
from barhold.connection import clock_reading
from barhold.connection.block_window import BlockWindow
from barhold.connection.diagnosis import Diagnosis, read_diagnosis
from barhold.connection.frame_channel import Channel
from barhold.connection.handshake import Info, Keys, printable, say_hello
from barhold.connection.raw_stream import Samples, stream
from barhold.connection.update_state import UpdateState, read_update_state
from barhold.errors import LinkError, RefusedError
from barhold.link.transport import Transport
from barhold.model import Anchor

_SINCE_MINOR = {protocol.ACCESS: 2}
"""What came later than 1.1, which brought all the rest."""


@dataclass(frozen=True, slots=True)
class SensorSettings:
    """All settings that SET can change, as the sensor has them now."""

    name: str
    target_ms: int
    long_ms: int
    least_mm: int
    most_mm: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """The progress of the sensor's calibration."""

    state: int  # barcore.calibrate.READY ...
    reason: int
    poses: int
    faces: int  # bits 0..5: +x -x +y -y +z -z
    misfit_ug: int
    noise_ug: int

    @property
    def reason_text(self) -> str:
        """Why the last pose or the fit was refused; "" when it was not."""
        return calibrate.REASON_TEXT.get(self.reason, f"reason {self.reason}" if self.reason else "")


@dataclass(frozen=True, slots=True)
class Access:
    """Who may talk to the sensor."""

    is_open: bool  # it has a key and yet answers everybody
    key: bytes  # empty where it has none, and by radio always


class Control:
    """One open connection for single requests; made by `open`."""

    def __init__(self, channel: Channel, info: Info) -> None:
        self._channel = channel
        self.info = info

    @classmethod
    async def open(cls, transport: Transport, keys: Keys, expect_id: str = "") -> "Control":
        """Say HELLO; RefusedError for a look-alike."""
        channel = Channel(transport, None)
        return cls(channel, await say_hello(channel, keys, expect_id=expect_id))

    async def close(self) -> None:
        """Say BYE; a link that is already gone is no error."""
        with suppress(LinkError):
            await self._channel.send(protocol.BYE)

    async def again(self, keys: Keys) -> Info:
        """Open a new connection with the same sensor, as after its key or its log changed."""
        self.info = await say_hello(self._channel, keys, expect_id=self.info.device_id)
        return self.info

    async def anchor(self, now: Callable[[], int]) -> Anchor | None:
        """Read both clocks together; None when `now` stepped back."""
        return await clock_reading.measure(self._channel, self.info.device_id, self.info.log_id, now)

    async def set(
        self,
        name: str | None = None,
        target_ms: int | None = None,
        long_ms: int | None = None,
        range_mm: tuple[int, int] | None = None,
    ) -> SensorSettings:
        """Change the given settings; return all settings as the sensor then has them."""
        entries = []
        if name is not None:
            entries.append((protocol.SET_NAME, name.encode()))
        if target_ms is not None:
            entries.append((protocol.SET_TARGET, struct.pack("<H", target_ms)))
        if long_ms is not None:
            entries.append((protocol.SET_LONG, struct.pack("<H", long_ms)))
        if range_mm is not None:
            entries.append((protocol.SET_RANGE, struct.pack("<HH", *range_mm)))
        body = await self._ask(
            protocol.SET, pack_info(tuple(entries)), protocol.SETTINGS, lambda b: _settings(b) is not None
        )
        kept = _settings(body)
        assert kept is not None  # noqa: S101 - what `fits` has just found
        return kept

    async def set_key(self, key: bytes) -> None:
        """Give the sensor its key; empty takes it away. Only over the cable."""
        await self._ask(protocol.KEY, key, protocol.DONE, _done(protocol.KEY))

    async def access(self, action: int = protocol.ACCESS_ASK) -> Access:
        """Ask who may talk to the sensor, or change it (protocol.ACCESS_*); only over the cable it tells its key."""
        size = struct.calcsize(protocol.ACCESS_IS_FORMAT)

        def fits(body: bytes) -> bool:
            return len(body) in (size, size + protocol.KEY_BYTES)

        body = await self._ask(protocol.ACCESS, bytes((action,)), protocol.ACCESS_IS, fits)
        return Access(struct.unpack_from(protocol.ACCESS_IS_FORMAT, body)[0] == 1, body[size:])

    async def erase(self, keys: Keys) -> Info:
        """Begin a new, empty log; return the sensor's new INFO."""
        old = self.info.log_id
        try:
            await self._ask(
                protocol.ERASE, struct.pack(protocol.ERASE_FORMAT, old), protocol.DONE, _done(protocol.ERASE)
            )
        except RefusedError:
            raise
        except LinkError:  # DONE may have been lost: the log's id shows whether it worked
            if (await self.again(keys)).log_id == old:
                raise
        if self.info.log_id == old and (await self.again(keys)).log_id == old:
            raise LinkError(f"sensor {self.info.device_id} still has log {old:08x}: try again")
        return self.info

    async def calibrate(self, action: int) -> Calibration:
        """Take one step of the calibration (protocol.CALIBRATE_*); return the new state."""
        size = struct.calcsize(protocol.CALIBRATION_FORMAT)
        body = await self._ask(
            protocol.CALIBRATE, bytes((action,)), protocol.CALIBRATION, lambda body: len(body) >= size
        )
        return Calibration(*struct.unpack_from(protocol.CALIBRATION_FORMAT, body))

    async def update(self, action: int, body: bytes = b"") -> UpdateState:
        """Take one step of an update (protocol.UPDATE_*); return the new state."""

        def is_answer(raw: bytes) -> bool:
            state = read_update_state(raw)
            return state is not None and not (action == protocol.UPDATE_FINISH and _is_of_block(state))

        state = read_update_state(
            await self._ask(protocol.UPDATE, bytes((action,)) + body, protocol.UPDATE_STATE, is_answer)
        )
        assert state is not None  # noqa: S101 - what `fits` has just found
        return state

    async def send_blocks(
        self, raw: bytes, offset: int, block_bytes: int, window: int, on_state: Callable[[UpdateState], None]
    ) -> None:
        """Send the bundle `raw` from `offset` on, `window` blocks ahead of the answers, which `on_state` gets."""
        await BlockWindow(self._channel, raw, block_bytes, window).send_from(offset, on_state)

    async def diagnose(self) -> Diagnosis:
        """Return the sensor's diagnosis; RefusedError before protocol 1.2."""
        body = await self._ask(
            protocol.DIAGNOSE, b"", protocol.DIAGNOSIS, lambda body: read_diagnosis(body) is not None
        )
        found = read_diagnosis(body)
        assert found is not None  # noqa: S101 - what `fits` has just found
        return found

    async def stream(self) -> AsyncGenerator[Samples, None]:
        """Yield raw samples as they come, until closed; LinkError when they stop."""
        self._refuse_older(protocol.STREAM)
        await self._ask(protocol.STREAM, b"\1", protocol.DONE, _done(protocol.STREAM))
        try:
            async for samples in stream(self._channel):
                yield samples
        finally:
            with suppress(LinkError):
                await self._channel.send(protocol.STREAM, b"\0")

    async def _ask(self, kind: int, body: bytes, answer: int, fits: Callable[[bytes], bool]) -> bytes:
        self._refuse_older(kind)
        return (await self._channel.ask(kind, body, answer, fits))[1]

    def _refuse_older(self, kind: int) -> None:
        since = _SINCE_MINOR.get(kind, 1)
        if self.info.minor < since:
            raise RefusedError(
                f"sensor {self.info.device_id} speaks protocol {protocol.MAJOR}.{self.info.minor}, which cannot do "
                f"this (frame {kind}, since {protocol.MAJOR}.{since}): update its firmware; sync works all the same"
            )


def _is_of_block(state: UpdateState) -> bool:
    """Return whether this can only answer a block: a block sent twice is still answered after the last one arrived."""
    return state.state == protocol.UPDATE_FILES and state.reason in (0, protocol.UPDATE_OFFSET)


def _settings(body: bytes) -> SensorSettings | None:
    try:
        entries = parse_info(body)
        numbers = [struct.unpack_from("<H", entries[tag])[0] for tag in (protocol.SET_TARGET, protocol.SET_LONG)]
        range_mm = struct.unpack_from("<HH", entries[protocol.SET_RANGE])
        return SensorSettings(printable(entries[protocol.SET_NAME]), *numbers, *range_mm)
    except (FrameError, KeyError, struct.error):
        return None


def _done(kind: int) -> Callable[[bytes], bool]:
    return lambda body: body[:1] == bytes((kind,))
