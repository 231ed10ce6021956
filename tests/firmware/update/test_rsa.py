"""RSA-3072 as the sensor checks it, against keys and signatures of another library, in both interpreters."""

import hashlib
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from barsensor.update import rsa as checker
from mpy import rig

MESSAGE = b"a manifest"


@pytest.fixture(scope="module")
def keys() -> list[rsa.RSAPrivateKey]:
    return [rsa.generate_private_key(65537, 3072) for _ in range(2)]


def modulus(key: rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_numbers().n.to_bytes(384, "big")


def raw_power(key: rsa.RSAPrivateKey, block: bytes) -> bytes:
    """Sign a whole block as it is, whatever its padding."""
    numbers = key.private_numbers()
    return pow(int.from_bytes(block, "big"), numbers.d, numbers.public_numbers.n).to_bytes(384, "big")


def vectors(keys: list[rsa.RSAPrivateKey]) -> dict[str, tuple[bytes, bytes, bytes, bool]]:
    """Return name -> (modulus, signature, digest, whether it is right)."""
    key, other = keys
    n, digest, info = modulus(key), hashlib.sha256(MESSAGE).digest(), checker.SHA256_INFO
    good = key.sign(MESSAGE, padding.PKCS1v15(), hashes.SHA256())
    pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)
    fill = b"\xff" * (384 - 3 - len(info) - 32)
    sha1ish = info[:-4] + b"\x01\x04\x20\x00"
    blocks = {
        "the block itself": (b"\0\1" + fill + b"\0" + info + digest, True),
        "type 2": (b"\0\2" + fill + b"\0" + info + digest, False),
        "first byte": (b"\1\1" + fill + b"\0" + info + digest, False),
        "a hole in the padding": (b"\0\1" + fill[:-1] + b"\xfe\0" + info + digest, False),
        "no end of the padding": (b"\0\1" + fill + b"\xff" + info + digest, False),
        "short padding, rubbish after": (b"\0\1" + fill[:8] + b"\0" + info + digest + bytes(len(fill) - 8), False),
        "rubbish within": (b"\0\1" + fill[:-9] + b"\0" + info + bytes(9) + digest, False),
        "another hash's name": (b"\0\1" + fill + b"\0" + sha1ish + digest, False),
        "no name": (b"\0\1" + fill + b"\xff" * len(info) + b"\0" + digest, False),
        "another digest": (b"\0\1" + fill + b"\0" + info + digest[::-1], False),
    }
    made = {name: (n, raw_power(key, block), digest, right) for name, (block, right) in blocks.items()}
    above = (int.from_bytes(good, "big") + int.from_bytes(n, "big")).to_bytes(385, "big")
    return made | {
        "the library's": (n, good, digest, True),
        "another key": (n, other.sign(MESSAGE, padding.PKCS1v15(), hashes.SHA256()), digest, False),
        "PSS": (n, key.sign(MESSAGE, pss, hashes.SHA256()), digest, False),
        "SHA-512": (n, key.sign(MESSAGE, padding.PKCS1v15(), hashes.SHA512()), digest, False),
        "a changed bit": (n, good[:200] + bytes((good[200] ^ 1,)) + good[201:], digest, False),
        "zero": (n, bytes(384), digest, False),
        "one": (n, bytes(383) + b"\1", digest, False),
        "the modulus": (n, n, digest, False),
        "above the modulus": (n, above[-384:], digest, False),
        "too short": (n, good[1:], digest, False),
        "too long": (n, b"\0" + good, digest, False),
        "empty": (n, b"", digest, False),
        "no key": (b"", good, digest, False),
        "a small key": (bytes(128) + n[128:], good, digest, False),
        "an even key": (n[:-1] + b"\0", good, digest, False),
    }


def test_only_the_whole_right_block_verifies(keys: list[rsa.RSAPrivateKey]) -> None:
    for name, (n, signature, digest, right) in vectors(keys).items():
        assert checker.verifies(n, signature, digest) is right, name


def test_real_micropython_says_the_same(keys: list[rsa.RSAPrivateKey]) -> None:
    told = [
        [name, n.hex(), signature.hex(), digest.hex(), right]
        for name, (n, signature, digest, right) in vectors(keys).items()
    ]
    assert rig.run(Path(rig.HERE / "rsa_vectors.py"), stdin=json.dumps(told).encode()) == f"{len(told)} as told\n"
