"""Trust: a sensor that was given a key over the cable proves at every HELLO that it still is that one."""

import hmac
import struct

from barcore import protocol
from barhold.connection.info import Info
from barhold.errors import RefusedError


def proof(key: bytes, host_nonce: bytes, session_nonce: int, device_id: bytes) -> bytes:
    """Return what the holder of `key` answers to this host's nonce in this session."""
    message = host_nonce + struct.pack("<I", session_nonce) + device_id
    return hmac.digest(key, message, "sha256")[: protocol.PROOF_BYTES]


def check(info: Info, session_nonce: int, key: bytes | None) -> None:
    """Raise RefusedError where the sensor of a stored `key` does not prove that it has it; no key, nothing to check."""
    if key is None:
        return
    wanted = proof(key, info.host_nonce, session_nonce, bytes.fromhex(info.device_id))
    if hmac.compare_digest(wanted, info.proof):
        return
    found = "a wrong proof" if info.proof else "no proof"
    raise RefusedError(
        f"ALARM: this may be a look-alike of sensor {info.device_id} ({info.name}): it gave {found} of the key that "
        f"sensor got from you, and nothing was read from it. If it was set back or got a key from another computer, "
        f"connect it by cable and run `barhold trust --usb`"
    )
