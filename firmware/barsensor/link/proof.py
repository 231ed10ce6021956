"""The proof that a sensor is the one whose key a host has: HMAC-SHA256 (RFC 2104), which stock MicroPython lacks."""

import hashlib
import struct

from barcore.protocol import PROOF_BYTES

BLOCK_BYTES = 64


def proof(key: bytes, host_nonce: bytes, session_nonce: int, device_id: bytes) -> bytes:
    """Return what INFO carries; `key` has at most 64 bytes. The nonces keep an old proof from serving twice."""
    message = host_nonce + struct.pack("<I", session_nonce) + device_id
    inner = hashlib.sha256(_padded(key, 0x36) + message).digest()
    return hashlib.sha256(_padded(key, 0x5C) + inner).digest()[:PROOF_BYTES]


def _padded(key: bytes, mask: int) -> bytes:
    block = bytearray(key + bytes(BLOCK_BYTES - len(key)))
    for i in range(BLOCK_BYTES):
        block[i] ^= mask
    return bytes(block)
