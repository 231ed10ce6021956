"""Refuses an update that the sensor would refuse, by the sensor's own rules. Pure."""

import hashlib
import struct

from barcore import bundle, protocol
from barhold.connection import Info
from barhold.connection.update_state import UpdateState, reason_text
from barhold.errors import RefusedError
from barhold.image import bundle as bundles
from barhold.image.bundle import Bundle
from barloader.slots import Pointer
from barsensor import boards
from barsensor.update import policy

_NEXT_STEP = {
    protocol.UPDATE_BUSY: "repeat when the set has ended",
    protocol.UPDATE_BUTTON: "hold the button and repeat",
    protocol.UPDATE_UNSIGNED: "make a key by `barhold keys make`, give it to the sensor by `barhold keys push --usb`",
    protocol.UPDATE_NO_KEY: "run `barhold keys push --usb`, or update over the cable (--usb)",
    protocol.UPDATE_SIGNATURE: "run `barhold keys push --usb`, or update over the cable (--usb)",
    protocol.UPDATE_OLDER: "to install it all the same, use the cable: `barhold update --usb --downgrade`",
    protocol.UPDATE_CABLE: "connect it by cable and repeat with --usb",
    protocol.UPDATE_STORAGE: "repeat; if it stays, flash it over the cable",
    protocol.UPDATE_FILE: "repeat: it goes on where it was",
}


def refusal(info: Info, reason: int) -> RefusedError:
    """Return the error for a reason, with the next step where there is one."""
    step = f": {_NEXT_STEP[reason]}" if reason in _NEXT_STEP else ""
    return RefusedError(f"sensor {info.name} ({info.device_id}) refuses the update: {reason_text(reason)}{step}")


def check(
    made: Bundle, info: Info, state: UpdateState, by_cable: bool, downgrade: bool, modulus: bytes | None = None
) -> None:
    """Raise RefusedError if the sensor would refuse; `modulus` is of the signing key, None if not known."""
    reason = _moment(info, state) or _fit(made, info, state, by_cable, downgrade, modulus)
    if reason:
        raise refusal(info, reason)


def key_id(modulus: bytes) -> int:
    """Return the id by which a sensor shows its key."""
    return int(struct.unpack("<I", hashlib.sha256(modulus).digest()[:4])[0])


def parse_version(text: str) -> tuple[int, ...]:
    """Return a version as numbers; an unreadable one counts as the oldest."""
    try:
        return tuple(int(part) for part in text.split("."))
    except ValueError:
        return (0, 0, 0)


def same_version(made: Bundle, info: Info) -> bool:
    """Return whether the sensor runs the bundle's version."""
    return bundles.shown(made.manifest.version) == info.firmware


def _moment(info: Info, state: UpdateState) -> int:
    if info.state & protocol.STATE_BUSY:
        return protocol.UPDATE_BUSY
    if state.reason == protocol.UPDATE_NO_SLOTS:
        return protocol.UPDATE_NO_SLOTS
    return int(policy.begin_refusal(info.battery_mv, Pointer(state.slot, state.slot_state, 0, 0)))


def _fit(made: Bundle, info: Info, state: UpdateState, by_cable: bool, downgrade: bool, modulus: bytes | None) -> int:
    family = boards.FAMILIES.get(info.board, "any")
    # Only the sensor knows which bytecode its MicroPython reads.
    fitting = made.manifest.bytecode | made.manifest.arch << 10
    sensor = policy.SensorIdentity(parse_version(info.firmware), family, fitting)
    head = made.raw[: len(made.raw) - made.manifest.total_bytes]
    key = b"" if not state.key_id else modulus
    if made.signature and state.key_id and (modulus is None or key_id(modulus) != state.key_id):
        if modulus is not None:  # the sensor has another key
            return protocol.UPDATE_SIGNATURE
        head = bundle.pack_head(made.manifest_bytes)  # only the sensor can check the signature
        return int(policy.head_refusal(head, sensor, b"", True, downgrade))
    return int(policy.head_refusal(head, sensor, key or b"", by_cable, downgrade))
