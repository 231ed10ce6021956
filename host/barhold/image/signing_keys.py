"""The key that signs bundles: RSA-3072. Only its owner can read the private file; sensors have the public half."""

import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from barhold import files
from barhold.errors import InputError

try:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import (
        RSAPrivateKey,
        RSAPublicKey,
        RSAPublicNumbers,
        generate_private_key,
    )
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
        load_pem_private_key,
        load_pem_public_key,
    )
except ImportError as _err:  # an extra: only needed to sign
    raise InputError("keys need cryptography: pip install 'barhold[flash]' (in a clone: '.[flash]')") from _err

BITS, EXPONENT = 3072, 65537
MODULUS_BYTES = BITS // 8
_MOST_BYTES = 64 << 10
FILE_MODE = 0o600


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The public key with which a sensor checks signatures."""

    modulus: bytes  # MODULUS_BYTES, most significant first

    @property
    def fingerprint(self) -> str:
        """What tells two keys apart at a glance: the first 8 bytes of the modulus' SHA-256."""
        return hashlib.sha256(self.modulus).hexdigest()[:16]


def default_path() -> Path:
    """Return the default path of the key."""
    from platformdirs import user_data_path  # noqa: PLC0415 - not needed when a file is named

    return user_data_path("barhold") / "firmware-key.pem"


def make(path: Path) -> PublicKey:
    """Make a key in a file that did not exist; nobody but its owner can read it."""
    if path.exists():
        raise InputError(f"{path} exists, and a lost key cannot be made again: remove it yourself or name another file")
    key = generate_private_key(EXPONENT, BITS)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
        with os.fdopen(file, "wb") as opened:
            opened.write(pem)
            opened.flush()
            os.fsync(file)
        part.rename(path)
    except OSError as err:
        with suppress(OSError):  # a partial key file is useless
            part.unlink()
        raise InputError(f"{path}: the key cannot be kept there: {err.strerror}") from err
    return _public(key.public_key())


def read(path: Path) -> PublicKey:
    """Return the public half of the key in `path`, be it the private file or a public one."""
    pem = _bytes(path)
    if b"PRIVATE" in pem:
        return _public(_private(path, pem).public_key())
    try:
        key = load_pem_public_key(pem)
    except ValueError as err:
        raise _no_key(path) from err
    return _public(_fitting(path, key))


def sign(path: Path, message: bytes) -> bytes:
    """Return the signature of `message`: RSA PKCS#1 v1.5 over its SHA-256."""
    return _private(path, _bytes(path)).sign(message, PKCS1v15(), SHA256())


def pem_of(key: PublicKey) -> str:
    """Return the public key in PEM form, which `read` accepts."""
    public = RSAPublicNumbers(EXPONENT, int.from_bytes(key.modulus, "big")).public_key()
    form = PublicFormat.SubjectPublicKeyInfo
    return public.public_bytes(Encoding.PEM, form).decode()


def _bytes(path: Path) -> bytes:
    if not path.exists():
        raise InputError(f"{path}: there is no key: make one by `barhold keys make`")
    return files.read(path, _MOST_BYTES, "name a key in PEM form, for example with --key")


def _private(path: Path, pem: bytes) -> RSAPrivateKey:
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise InputError(f"{path}: others can read this private key: run `chmod 600 {path}`, or make a new one")
    try:
        key = load_pem_private_key(pem, None)
    except TypeError as err:
        raise InputError(f"{path}: the key has a pass phrase, which Barhold cannot ask for: keep one without") from err
    except ValueError as err:
        raise _no_key(path) from err
    _fitting(path, key.public_key())
    assert isinstance(key, RSAPrivateKey)  # noqa: S101 - as its public half has just shown
    return key


def _fitting(path: Path, key: object) -> RSAPublicKey:
    if not isinstance(key, RSAPublicKey):
        raise InputError(f"{path}: not an RSA key, which sensors check: make one by `barhold keys make`")
    if key.key_size != BITS or key.public_numbers().e != EXPONENT:
        found = f"RSA-{key.key_size} with exponent {key.public_numbers().e}"
        raise InputError(f"{path}: {found}, must be RSA-{BITS} with {EXPONENT}: make one by `barhold keys make`")
    return key


def _public(key: RSAPublicKey) -> PublicKey:
    return PublicKey(key.public_numbers().n.to_bytes(MODULUS_BYTES, "big"))


def _no_key(path: Path) -> InputError:
    return InputError(f"{path}: not a key in PEM: make one by `barhold keys make`")
