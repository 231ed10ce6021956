"""Proves the key on every frame: a counter and a truncated HMAC-SHA256 (RFC 2104) for each direction of a connection.

A key of its own for each direction comes from the sensor's key and both sides' nonces, so that no frame of an older
connection, and none of the other direction, is valid here. `Sealer` packs the frames of one direction, `Opener` checks
them. A counter that does not rise is refused; one that skips is not, because a link may lose frames.

Stock MicroPython has SHA-256, but neither `hmac` nor a way to copy a hash, so both blocks of the key are hashed anew
for each frame.

A connection with a sensor that has a key:

    host                        sensor
    HELLO, host nonce       ->
                            <-  INFO: to a stranger only what is short, with the sensor's nonce
    HELLO sealed, same      ->
                            <-  INFO sealed, whole
    all else sealed        <->  all else sealed
"""

import binascii
import hashlib
import struct

from barcore import protocol

BLOCK_BYTES = 64
# Longer than what `proof` authenticates, so that no proof can pass for one of these keys.
TO_SENSOR, TO_HOST = b"barhold 1.2, host to sensor", b"barhold 1.2, sensor to host"
MOST_FRAMES = 0xFFFFFFFF


class Hmac:
    """HMAC-SHA256 under one key of at most 64 bytes."""

    def __init__(self, key: bytes) -> None:
        self._inner = _padded(key, 0x36)
        self._outer = _padded(key, 0x5C)

    def digest(self, message: "bytes | bytearray | memoryview") -> bytes:
        """Return the 32 bytes that authenticate `message`."""
        inner = hashlib.sha256(self._inner)
        inner.update(message)
        outer = hashlib.sha256(self._outer)
        outer.update(inner.digest())
        return outer.digest()


class Sealer:
    """Packs sealed frames of one direction; the counter begins at 1."""

    def __init__(self, key: bytes) -> None:
        self._hmac = Hmac(key)
        self.counter = 0

    def pack(self, kind: int, body: "bytes | bytearray | memoryview") -> bytes:
        """Return the bytes of the next frame; ValueError for a body that is too long or when no counter is left."""
        if len(body) > protocol.MAX_BODY or self.counter == MOST_FRAMES:
            raise ValueError("sealed frame %d of %d bytes, limit is %d" % (self.counter, len(body), protocol.MAX_BODY))
        self.counter += 1
        raw = _head(kind, len(body), self.counter) + bytes(body)
        raw += self._hmac.digest(raw)[: protocol.MAC_BYTES]
        return raw + struct.pack("<I", binascii.crc32(raw))


class Opener:
    """Checks the sealed frames of one direction."""

    def __init__(self, key: bytes) -> None:
        self._hmac = Hmac(key)
        self._last = 0

    def open(self, kind: int, counter: int, sealed: bytes) -> "bytes | None":
        """Return the body of a frame that `frame.parse` took apart; None for one that is forged, or came before."""
        size = len(sealed) - protocol.MAC_BYTES
        if size < 0 or counter <= self._last:
            return None
        body = sealed[:size]
        wanted = self._hmac.digest(_head(kind, size, counter) + body)[: protocol.MAC_BYTES]
        if not equal(wanted, sealed[size:]):
            return None
        self._last = counter
        return body


def connection_key(key: bytes, host_nonce: bytes, sensor_nonce: bytes, device_id: bytes, direction: bytes) -> bytes:
    """Return the key of one direction (TO_SENSOR or TO_HOST) of the connection that has these nonces."""
    return Hmac(key).digest(direction + host_nonce + sensor_nonce + device_id)


def proof(key: bytes, host_nonce: bytes, session_nonce: int, device_id: bytes) -> bytes:
    """Return INFO_PROOF: it tells a host at once whether the sensor has the same key."""
    message = host_nonce + struct.pack("<I", session_nonce) + device_id
    return Hmac(key).digest(message)[: protocol.PROOF_BYTES]


def equal(wanted: bytes, given: bytes) -> bool:
    """Compare in a time that does not depend on where the two differ."""
    difference = len(wanted) ^ len(given)
    for one, other in zip(wanted, given):  # noqa: B905 - MicroPython's zip knows no `strict`
        difference |= one ^ other
    return difference == 0


def _head(kind: int, body_bytes: int, counter: int) -> bytes:
    length = body_bytes + protocol.MAC_BYTES
    return struct.pack(protocol.FRAME_HEADER_FORMAT, protocol.MAJOR, kind | protocol.SEALED, length, counter)


def _padded(key: bytes, mask: int) -> bytes:
    block = bytearray(key + bytes(BLOCK_BYTES - len(key)))
    for i in range(BLOCK_BYTES):
        block[i] ^= mask
    return bytes(block)
