"""Who may talk to the sensor: the key that its owner gave it over the cable, and whether it answers everybody.

key           open   on the radio                                       over the cable
none          -      answers everybody, as before it was paired         answers, and takes a key
there         no     answers who proves the key; others get a short INFO   answers, tells the key, takes another
there         yes    answers everybody; who proves the key is answered sealed   the same
unreadable    -      answers nobody: damage must not open a sensor      answers, and takes a key
"""

import hashlib
import os
import random
import struct

from barcore import protocol
from barsensor.storage import config

_URANDOM = getattr(os, "urandom", None)
"""The ESP32's noise source; a port without it has a generator that was seeded from noise at the start."""


class Access:
    """Kept on `storage`; `changes` counts the changes, each of which ends the connections that were open by radio."""

    def __init__(self, storage) -> None:
        self._storage = storage
        values, self.fault = config.KEY.load(storage)
        self.is_open = values["open"]
        self.changes = 0
        # If the file is unreadable, use a key that nobody has.
        self.key = self.secure_random_bytes() if self.fault else bytes.fromhex(values["key"])

    @property
    def answers_everybody(self) -> bool:
        """Whether a host need not prove the key."""
        return not self.key or self.is_open

    @property
    def key_for_cable(self) -> bytes:
        """The key as sent over the cable; empty if it only stands in for an unreadable file."""
        return b"" if self.fault else self.key

    def secure_random_bytes(self) -> bytes:
        """Return 32 unpredictable random bytes."""
        if _URANDOM:
            return _URANDOM(32)
        return hashlib.sha256(b"".join([struct.pack("<I", random.getrandbits(32)) for _ in range(8)])).digest()

    def set_key(self, key: bytes) -> None:
        """Store another key (b"": none) and answer only hosts with it; ConfigError or ValueError for a wrong size."""
        if len(key) not in (0, protocol.KEY_BYTES):
            raise ValueError("key of %d bytes" % len(key))
        self._save(key, False)

    def open(self, is_open: bool) -> None:
        """Answer everybody, or only hosts with the key; ValueError if there is no key."""
        if self.fault or not self.key:
            raise ValueError("no key")
        self._save(self.key, is_open)

    def _save(self, key: bytes, is_open: bool) -> None:
        config.KEY.save(self._storage, {"key": key.hex(), "open": is_open})
        self.key, self.is_open, self.fault = key, is_open, ""
        self.changes += 1
