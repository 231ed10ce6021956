"""INFO: how a sensor introduces itself."""

import struct
from dataclasses import dataclass
from typing import Any

from barcore import protocol
from barcore.frame import FrameError, parse_info
from barhold.errors import LinkError, RefusedError

_FIXED = {
    protocol.INFO_PROTOCOL: "<BB",
    protocol.INFO_DEVICE: "<8s",
    protocol.INFO_LOG: "<I",
    protocol.INFO_RANGE: "<III",
    protocol.INFO_HELLO: "<8s",
}


# What 1.1 added: values where a tag is missing.
_SINCE_1_1: dict[int, tuple[str, int]] = {
    protocol.INFO_POWER: ("<H", 0),
    protocol.INFO_STATE: ("<H", 0),
}


@dataclass(frozen=True, slots=True)
class Info:
    """The sensor's answer to HELLO."""

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


def read_info(body: bytes) -> Info:
    """Return what an INFO body says; LinkError when this host cannot work with it. Unknown tags are skipped."""
    try:
        entries = parse_info(body)
    except FrameError as err:
        raise LinkError(f"the sensor's INFO cannot be read: {err}: update the sensor's firmware") from err
    major, minor = _values(entries, protocol.INFO_PROTOCOL)
    refuse_other_major(major)
    device_id = _values(entries, protocol.INFO_DEVICE)[0]
    first_seq, next_seq, acked = _values(entries, protocol.INFO_RANGE)
    if not first_seq <= next_seq:
        raise LinkError(f"sensor {device_id.hex()}: its log runs from {first_seq} to {next_seq}: restart the sensor")
    return Info(
        device_id=device_id.hex(),
        log_id=_values(entries, protocol.INFO_LOG)[0],
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
    )


def refuse_other_major(major: int) -> None:
    """Raise LinkError unless the sensor's protocol `major` is the one spoken here."""
    if major != protocol.MAJOR:
        older = "Barhold (pip install -U barhold)" if major > protocol.MAJOR else "the sensor's firmware"
        raise RefusedError(f"the sensor speaks protocol {major}, this Barhold speaks {protocol.MAJOR}: update {older}")


def _values(entries: dict[int, bytes], tag: int) -> tuple[Any, ...]:
    """Return a tag's values; what a later minor version appended to it is left alone."""
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
    return shown(entries.get(tag, b""))


def shown(text: bytes) -> str:
    """Return text from the air fit for a terminal: no control characters."""
    return "".join(c if c.isprintable() else "?" for c in text.decode("utf-8", "replace"))
