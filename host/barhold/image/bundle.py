"""The bundle of this install's firmware, and any bundle checked as a sensor checks it. Its format: barcore.bundle."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from barcore import bundle
from barcore.bundle import BundleError, Manifest
from barhold import files
from barhold.errors import InputError
from barhold.image import compiled
from barsensor.recorder import FIRMWARE_VERSION

LOADER = 1
"""The least loader that starts this firmware."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """One bundle, whole and within every bound."""

    raw: bytes
    manifest: Manifest
    manifest_bytes: bytes
    signature: bytes

    @property
    def version(self) -> str:
        """Return major.minor.patch."""
        return shown(self.manifest.version)

    @property
    def sha256(self) -> str:
        """Return the SHA-256 of the bundle, which identifies it."""
        return hashlib.sha256(self.raw).hexdigest()

    def file(self, name: str) -> bytes:
        """Return the bytes of one file by its name in the manifest."""
        at = len(self.raw) - self.manifest.total_bytes
        for one, size, _ in self.manifest.files:
            if one == name:
                return self.raw[at : at + size]
            at += size
        raise KeyError(name)


def shown(version: tuple[int, ...]) -> str:
    """Return a version as people write it."""
    return ".".join(map(str, version))


def version() -> tuple[int, int, int]:
    """Return the version of the firmware that this install carries."""
    major, minor, patch = FIRMWARE_VERSION
    return major, minor, patch


def make(plain: bool = False, key: Path | None = None) -> Bundle:
    """Return the bundle of this install's firmware, signed where a key is given; the same sources, the same bytes."""
    files = {bundle.name_of(name): data for name, data in compiled.compile_application(plain).items()}
    entries = [(name, len(data), hashlib.sha256(data).digest()) for name, data in files.items()]
    bytecode = 0 if plain else compiled.MPY_VERSION
    manifest = bundle.pack_manifest(Manifest(version(), bundle.ANY, bytecode, 0, LOADER, entries))
    head = bundle.pack_head(manifest, _signature(key, manifest) if key else b"")
    return parse(head + b"".join(files[name] for name in sorted(files)), "the firmware of this install")


def read(path: Path) -> Bundle:
    """Return the bundle in a file; InputError says what is wrong with it."""
    return parse(files.read(path, bundle.HEAD_MOST + bundle.TOTAL_MOST, "name a bundle (`barhold bundle`)"), str(path))


def parse(raw: bytes, name: str) -> Bundle:
    """Return the bundle that `raw` is, every file checked; InputError names the fault and `name`."""
    try:
        size = bundle.head_bytes(raw[: bundle.HEADER_BYTES])
        manifest, manifest_bytes, signature = bundle.parse_head(raw[:size])
    except BundleError as err:
        raise InputError(f"{name}: no bundle for a sensor: {err}") from err
    if len(raw) != size + manifest.total_bytes:
        raise InputError(f"{name}: has {len(raw)} bytes, its head names {size + manifest.total_bytes}: fetch it again")
    found = Bundle(raw, manifest, manifest_bytes, signature)
    for one, _, digest in manifest.files:
        if hashlib.sha256(found.file(one)).digest() != digest:
            raise InputError(f"{name}: its file {one} is damaged: fetch it again")
    return found


def _signature(key: Path, manifest: bytes) -> bytes:
    from barhold.image import signing_keys  # noqa: PLC0415 - its library is an extra

    return signing_keys.sign(key, manifest)
