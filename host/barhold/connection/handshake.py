"""HELLO: who is there, and whether it is who it says. Every session begins here."""

import os
import struct
from collections.abc import Callable

from barcore import protocol
from barhold.connection import proof
from barhold.connection.frame_channel import Channel
from barhold.connection.info import Info, read_info
from barhold.errors import RefusedError

NONCE_BYTES = 8
Keys = Callable[[str], bytes | None]
"""Gives the key of a device id, None for a sensor that has none."""


async def greet(channel: Channel, keys: Keys, nonce: bytes = b"", expect_id: str = "") -> Info:
    """Open a session on `channel`; with the `nonce` of an open one, only ask for its INFO again.

    RefusedError for a look-alike, and for another sensor than `expect_id`.
    """
    nonce = nonce or os.urandom(NONCE_BYTES)
    hello = struct.pack(protocol.HELLO_FORMAT, protocol.MAJOR, protocol.MINOR, nonce)
    # An INFO with another host's nonce answers an older HELLO.
    session_nonce, body = await channel.ask(
        protocol.HELLO, hello, protocol.INFO, lambda body: read_info(body).host_nonce == nonce
    )
    info = read_info(body)
    proof.check(info, session_nonce, keys(info.device_id))
    if expect_id and info.device_id != expect_id:
        raise RefusedError(
            f"sensor {info.device_id} ({info.name}) answered in the place of {expect_id}: name the one meant (--sensor)"
        )
    channel.nonce = session_nonce
    return info
