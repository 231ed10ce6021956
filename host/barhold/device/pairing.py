"""Pairing: the key that a sensor and its owner's computers share, and the code that carries it to another computer."""

import base64
import binascii
import hashlib
import os
from collections.abc import Callable

from barcore import protocol
from barhold.connection import Control
from barhold.errors import InputError, LinkError, RefusedError
from barhold.store import Device, Store

_ID_BYTES = 8
_CHECK_BYTES = 5
"""They make the code 45 bytes long, which base32 writes without padding."""
_GROUP = 4
_ID_DIGITS = 4
"""How many digits of an id are enough to name a sensor."""


async def pair(control: Control, store: Store, now: Callable[[], int], new_key: bool = False) -> bool:
    """Copy the sensor's key into `store`, or give the sensor a key; return whether it is new. Only over the cable.

    The key counts once the sensor has proved it. If the link breaks before that, repeat: the cable always shows the
    key.
    """
    device_id = control.info.device_id
    key = (await control.access()).key
    is_new = new_key or not key
    if is_new:
        key = os.urandom(protocol.KEY_BYTES)
        await control.set_key(key)
    info = await control.again(lambda _: key)
    store.add_device(Device(info.device_id, info.name, info.firmware, now()))
    store.keep_key(device_id, key, now())
    return is_new


async def forget(control: Control, store: Store) -> None:
    """Take the key away from the sensor, which then answers everybody, and from `store`."""
    await control.set_key(b"")
    store.forget_key(control.info.device_id)


async def open_to_all(control: Control, is_open: bool) -> None:
    """Let the sensor answer everybody, or only computers with its key; RefusedError if it has none."""
    if not control.info.state & protocol.STATE_KEYED:
        raise RefusedError(
            f"sensor {control.info.name} has no key and answers everybody: connect it by cable and run "
            f"`barhold pair --usb`"
        )
    action = protocol.ACCESS_OPEN if is_open else protocol.ACCESS_CLOSE
    if (await control.access(action)).is_open != is_open:
        raise LinkError(f"sensor {control.info.name} did not change its access: try again")


def find_paired_sensor(store: Store, sensor: str) -> tuple[Device, bytes]:
    """Return the one sensor that `sensor` names ("" for the only one) with its key; InputError where there is none."""
    keyed = [(device, key) for device in store.devices() if (key := store.key_of(device.device_id))]
    found = [(device, key) for device, key in keyed if _is_meant(device, sensor.casefold())]
    if len(found) == 1:
        return found[0]
    names = ", ".join(f"{device.name or '-'} ({device.device_id})" for device, _ in found or keyed)
    if found:
        raise InputError(f"{len(found)} sensors match. Choose one with --sensor: {names}")
    there = f" (only of {names})" if keyed else ""
    whose = f"no key of {sensor} is in the database" if sensor else "no key is in the database"
    raise InputError(f"{whose}{there}: connect the sensor by cable and run `barhold pair --usb`")


def _is_meant(device: Device, sensor: str) -> bool:
    begins_id = len(sensor) >= _ID_DIGITS and device.device_id.startswith(sensor)
    return not sensor or begins_id or device.name.casefold() == sensor


def pairing_code(device_id: str, key: bytes) -> str:
    """Return the pairing code: device id, key and checksum in base32, in groups of four."""
    data = bytes.fromhex(device_id) + key
    text = base64.b32encode(data + _checksum(data)).decode()
    return "-".join(text[at : at + _GROUP] for at in range(0, len(text), _GROUP))


def parse_code(code: str) -> tuple[str, bytes]:
    """Return (device id, key) of a pairing code, ignoring spaces; InputError if it was copied wrongly."""
    text = "".join(code.split()).replace("-", "").upper()
    try:
        data = base64.b32decode(text)
    except (binascii.Error, ValueError):
        data = b""
    size = _ID_BYTES + protocol.KEY_BYTES
    if len(data) != size + _CHECK_BYTES or data[size:] != _checksum(data[:size]):
        raise InputError(
            "this pairing code is not complete or has a wrong character: copy all of what `barhold pair --show` prints"
        )
    return data[:_ID_BYTES].hex(), data[_ID_BYTES:size]


def _checksum(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()[:_CHECK_BYTES]


def check_name(new: str) -> str:
    """Return `new`, or raise InputError if a sensor would refuse this name."""
    if not 1 <= len(new.encode()) <= protocol.NAME_BYTES or not new.isprintable() or new != new.strip():
        raise InputError(
            f"name {new!r}: {len(new.encode())} bytes, must be 1..{protocol.NAME_BYTES}, "
            f"printable, and without a space at its ends"
        )
    return new
