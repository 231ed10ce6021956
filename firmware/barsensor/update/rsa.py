"""Checks an RSA-3072 signature: PKCS#1 v1.5 with SHA-256, exponent 65537. Nothing secret is handled here."""

KEY_BYTES = 384
EXPONENT = 65537
SHA256_INFO = b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"
"""What PKCS#1 puts before the digest to say that it is one of SHA-256."""


def is_key(modulus: bytes) -> bool:
    """Tell whether these bytes, big-endian, can be the modulus of a 3072-bit key."""
    return len(modulus) == KEY_BYTES and modulus[0] >= 0x80 and modulus[-1] & 1 == 1


def verifies(modulus: bytes, signature: bytes, digest: bytes) -> bool:
    """Tell whether `signature` is one of the SHA-256 `digest`; the whole block is compared: nothing can hide in it."""
    if not is_key(modulus) or len(signature) != KEY_BYTES:
        return False
    n, s = int.from_bytes(modulus, "big"), int.from_bytes(signature, "big")
    if s >= n:
        return False
    padding = b"\x00\x01" + b"\xff" * (KEY_BYTES - 3 - len(SHA256_INFO) - len(digest)) + b"\x00"
    return pow(s, EXPONENT, n).to_bytes(KEY_BYTES, "big") == padding + SHA256_INFO + digest
