"""Opens a connection: identifies the sensor, verifies its key, and reads its INFO.

    host -> HELLO with the host's nonce         sensor -> INFO; with a key: its nonce and a proof of the key
    host -> HELLO again, sealed                 sensor -> INFO again, sealed and whole

Without a key on either side the first INFO is whole and nothing is sealed. A sensor with a key sends a stranger on the
radio a short INFO. If this host has the key, it ignores everything that the sensor did not seal (`barcore.seal`).
"""

import os
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from barcore import protocol, seal
from barcore.frame import FrameError, parse_info
from barhold.connection.frame_channel import Channel, refuse_other_major
from barhold.errors import LinkError, RefusedError

Keys = Callable[[str], bytes | None]
"""Returns the key of a device id, or None for a sensor whose key is not known."""
_SEALED_SINCE_MINOR = 2
_FIXED = {
    protocol.INFO_PROTOCOL: "<BB",
    protocol.INFO_DEVICE: "<8s",
    protocol.INFO_LOG: "<I",
    protocol.INFO_RANGE: "<III",
    protocol.INFO_HELLO: "<8s",
}
# Fields that 1.1 added: defaults for a missing tag.
_SINCE_1_1: dict[int, tuple[str, int]] = {
    protocol.INFO_POWER: ("<H", 0),
    protocol.INFO_STATE: ("<H", 0),
}


@dataclass(frozen=True, slots=True)
class Info:
    """The sensor's answer to HELLO. One that `is_short` has no log, firmware, board, battery or state."""

    device_id: str
    log_id: int
    first_seq: int
    next_seq: int
    acked: int
    host_nonce: bytes
    name: str
    firmware: str
    minor: int = 0
    board: str = ""
    battery_mv: int = 0  # 0: not known
    state: int = 0  # protocol.STATE_* bits
    proof: bytes = b""
    sensor_nonce: bytes = b""  # empty: the sensor has no key, or cannot seal frames
    is_short: bool = False

    @property
    def answers_everybody(self) -> bool:
        """Whether any host in radio range may sync this sensor and change its settings."""
        return not self.is_short and (not self.sensor_nonce or bool(self.state & protocol.STATE_OPEN))


class LockedError(RefusedError):
    """The sensor answers only to its owner, and this computer does not have its key; `info` is the short one."""

    def __init__(self, info: Info) -> None:
        super().__init__(
            f"sensor {info.device_id} ({info.name}) answers only to its owner, and this computer does not have its "
            f"key: connect it by cable and run `barhold pair --usb`, or run `barhold pair --show` on a computer that "
            f"has the key and `barhold pair --code` here"
        )
        self.info = info


async def say_hello(channel: Channel, keys: Keys, expect_id: str = "") -> Info:
    """Open a connection on `channel` and return the sensor's whole INFO.

    LockedError where the key is not known here; RefusedError for a look-alike, and for another sensor than `expect_id`.
    """
    nonce = os.urandom(protocol.NONCE_BYTES)
    channel.restart()
    connection_nonce, info = await _ask_info(channel, nonce)
    if expect_id and info.device_id != expect_id:
        raise RefusedError(
            f"sensor {info.device_id} ({info.name}) answered instead of {expect_id}: choose the sensor with --sensor"
        )
    key = keys(info.device_id)
    if key is None and info.is_short:
        raise LockedError(info)
    if key is not None:
        _refuse_look_alike(info, connection_nonce, key)
    channel.nonce = connection_nonce
    if key is None:
        return info
    _seal(channel, key, info)
    return await refresh_info(channel, info)


async def refresh_info(channel: Channel, info: Info) -> Info:
    """Return the INFO of an open connection as it is now; the connection stays."""
    _, latest = await _ask_info(channel, info.host_nonce)
    if latest.device_id != info.device_id or latest.is_short:
        raise LinkError(f"sensor {info.device_id} answered with the INFO of another connection: try again")
    return latest


async def _ask_info(channel: Channel, nonce: bytes) -> tuple[int, Info]:
    """Send HELLO until an INFO for this nonce arrives: any other INFO answers an older HELLO."""
    hello = struct.pack(protocol.HELLO_FORMAT, protocol.MAJOR, protocol.MINOR, nonce)
    connection_nonce, body = await channel.ask(
        protocol.HELLO, hello, protocol.INFO, lambda body: read_info(body).host_nonce == nonce
    )
    return connection_nonce, read_info(body)


def _refuse_look_alike(info: Info, connection_nonce: int, key: bytes) -> None:
    """Raise RefusedError unless the sensor proves the key that is stored here."""
    wanted = seal.proof(key, info.host_nonce, connection_nonce, bytes.fromhex(info.device_id))
    if not info.proof:
        why = "it gave no proof of the key stored here"
        excuse = "If its key was taken away over the cable"
    elif not seal.equal(wanted, info.proof):
        why = "it has another key than the one stored here"
        excuse = "If it was paired anew on another computer"
    elif not info.sensor_nonce:
        raise RefusedError(
            f"sensor {info.device_id} ({info.name}) speaks protocol {protocol.MAJOR}.{info.minor}, which does not "
            f"authenticate what it sends: update it by cable with `barhold flash`, then run `barhold pair --usb`"
        )
    else:
        return
    raise RefusedError(
        f"WARNING: this may be an impostor of sensor {info.device_id} ({info.name}): {why}, and nothing was read from "
        f"it. {excuse}, connect it by cable and run `barhold pair --usb`"
    )


def _seal(channel: Channel, key: bytes, info: Info) -> None:
    device_id = bytes.fromhex(info.device_id)

    def direction_key(direction: bytes) -> bytes:
        return seal.connection_key(key, info.host_nonce, info.sensor_nonce, device_id, direction)

    channel.seal(seal.Sealer(direction_key(seal.TO_SENSOR)), seal.Opener(direction_key(seal.TO_HOST)))


def read_info(body: bytes) -> Info:
    """Return what an INFO body says; LinkError when this host cannot work with it. Unknown tags are skipped."""
    try:
        entries = parse_info(body)
    except FrameError as err:
        raise LinkError(f"the sensor's INFO cannot be read: {err}: update the sensor's firmware") from err
    major, minor = _values(entries, protocol.INFO_PROTOCOL)
    refuse_other_major(major)
    device_id = _values(entries, protocol.INFO_DEVICE)[0].hex()
    is_short = protocol.INFO_LOG not in entries and protocol.INFO_NONCE in entries
    log_id, log_range = 0, (0, 0, 0)
    if not is_short:
        log_id, log_range = _values(entries, protocol.INFO_LOG)[0], _values(entries, protocol.INFO_RANGE)
    first_seq, next_seq, acked = log_range
    if not first_seq <= next_seq:
        raise LinkError(f"sensor {device_id}: its log runs from {first_seq} to {next_seq}: restart the sensor")
    return Info(
        device_id=device_id,
        log_id=log_id,
        first_seq=first_seq,
        next_seq=next_seq,
        acked=acked,
        host_nonce=_values(entries, protocol.INFO_HELLO)[0],
        name=_text(entries, protocol.INFO_NAME),
        firmware=_text(entries, protocol.INFO_FIRMWARE),
        minor=minor,
        board=_text(entries, protocol.INFO_BOARD),
        battery_mv=_number(entries, protocol.INFO_POWER),
        state=_number(entries, protocol.INFO_STATE),
        proof=entries.get(protocol.INFO_PROOF, b""),
        sensor_nonce=_nonce(entries, minor),
        is_short=is_short,
    )


def printable(text: bytes) -> str:
    """Return received text without control characters, safe for a terminal."""
    return "".join(c if c.isprintable() else "?" for c in text.decode("utf-8", "replace"))


def _nonce(entries: dict[int, bytes], minor: int) -> bytes:
    nonce = entries.get(protocol.INFO_NONCE, b"")[: protocol.NONCE_BYTES]
    return nonce if minor >= _SEALED_SINCE_MINOR and len(nonce) == protocol.NONCE_BYTES else b""


def _values(entries: dict[int, bytes], tag: int) -> tuple[Any, ...]:
    """Return a tag's values, ignoring fields that a later minor version appended."""
    needs = struct.calcsize(_FIXED[tag])
    value = entries.get(tag, b"")
    if len(value) < needs:
        raise LinkError(f"the sensor's INFO tag {tag} has {len(value)} bytes, needs {needs}: update its firmware")
    return struct.unpack_from(_FIXED[tag], value)


def _number(entries: dict[int, bytes], tag: int) -> int:
    form, missing = _SINCE_1_1[tag]
    value = entries.get(tag, b"")
    return int(struct.unpack_from(form, value)[0]) if len(value) >= struct.calcsize(form) else missing


def _text(entries: dict[int, bytes], tag: int) -> str:
    return printable(entries.get(tag, b""))
