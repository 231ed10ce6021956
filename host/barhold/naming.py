"""What a sensor may be called."""

from barcore import protocol
from barhold.errors import InputError


def check_name(new: str) -> str:
    """Return `new`, or raise InputError where a sensor would not take it."""
    if not 1 <= len(new.encode()) <= protocol.NAME_BYTES or not new.isprintable() or new != new.strip():
        raise InputError(
            f"name {new!r}: {len(new.encode())} bytes, must be 1..{protocol.NAME_BYTES}, "
            f"printable, and without a space at its ends"
        )
    return new
