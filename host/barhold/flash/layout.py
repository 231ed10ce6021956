"""The files on a board by path: the loader, safe mode and slot a."""

import hashlib
from dataclasses import dataclass

from barcore import bundle as form
from barhold.image import compiled, firmware_files
from barhold.image.bundle import Bundle
from barloader import slots

BOARD, POINTER, SLOT, SAFE = "/board", "/slot", "/a", "/safe"
MANIFEST = f"{SLOT}/manifest"


@dataclass(frozen=True, slots=True)
class Part:
    """One file as it should be on the board."""

    path: str
    data: bytes
    as_good: tuple[bytes, ...] = ()  # other contents that may stay

    def fits(self, digest: str) -> bool:
        """Return whether a file with this SHA-256, in hex, may stay."""
        return any(hashlib.sha256(data).hexdigest() == digest for data in (self.data, *self.as_good))


def slot_files(made: Bundle) -> list[Part]:
    """Return the application in slot a, without the manifest that makes it whole."""
    return [Part(f"{SLOT}/{form.path_of(name)}", made.file(name)) for name, _, _ in made.manifest.files]


def manifest(made: Bundle) -> Part:
    """Return slot a's manifest, which makes the slot complete: the head of the bundle, as an update leaves it."""
    return Part(MANIFEST, made.raw[: len(made.raw) - made.manifest.total_bytes])


def safe_files(board: str, plain: bool) -> list[Part]:
    """Return safe mode's files."""
    return [Part(f"{SAFE}/{name}", data) for name, data in compiled.compile_safe_mode(board, plain).items()]


def loader_files() -> list[Part]:
    """Return the loader, as source: it starts whatever bytecode the MicroPython below it reads. main.py is the last."""
    sources = firmware_files.files()
    read = {path: compiled.source_bytes(sources[name]) for path, name in compiled.LOADER_FILES.items()}
    return [Part(path, data) for path, data in read.items()]


def pointer() -> Part:
    """Return the pointer: slot a, confirmed. The reset that ends a flash counts as a try until it was healthy."""
    fresh, *tried = (
        slots.pack(slots.Pointer(slots.A, slots.CONFIRMED, tries, 0)) for tries in range(slots.CRASHES_MOST)
    )
    return Part(POINTER, fresh, tuple(tried))
