"""Giving a sensor its key, in the order in which a break locks nobody out."""

import os
from collections.abc import Callable

from barcore import protocol
from barhold.connection import Control
from barhold.errors import InputError, LinkError, RefusedError
from barhold.store import Store


async def give(control: Control, store: Store, now: Callable[[], int]) -> None:
    """Give the sensor a new key and keep it here once the sensor has proved that it has it."""
    key = os.urandom(protocol.KEY_BYTES)
    try:
        await control.set_key(key)
        await control.again(lambda _: key)
    except RefusedError:  # nothing has changed: what was trusted still is
        raise
    except LinkError:  # nobody knows now which key it has
        store.distrust(control.info.device_id)
        raise
    store.trust(control.info.device_id, key, now())


async def forget(control: Control, store: Store) -> None:
    """Take the key away from the sensor, then from here."""
    await control.set_key(b"")
    store.distrust(control.info.device_id)


def check_name(new: str) -> str:
    """Return `new`, or raise InputError where a sensor would not take it."""
    if not 1 <= len(new.encode()) <= protocol.NAME_BYTES or not new.isprintable() or new != new.strip():
        raise InputError(
            f"name {new!r}: {len(new.encode())} bytes, must be 1..{protocol.NAME_BYTES}, "
            f"printable, and without a space at its ends"
        )
    return new
