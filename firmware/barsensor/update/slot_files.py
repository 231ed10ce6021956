"""The files of the slot that an update goes to. The progress of an update is exactly the files that are there."""

import hashlib
import os

from barcore import bundle
from barloader.slots import CHUNK_BYTES, MANIFEST, check

COMING = "coming"
"""The head of a bundle under way; it becomes the manifest once all is checked."""
IS_FOLDER = 0x4000


class SlotFiles:
    """One slot in `folder`."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def clear(self) -> None:
        """Remove all files, the manifest first, so that an incomplete slot never looks complete."""
        self._make("")
        names = os.listdir(self._folder)
        for name in (MANIFEST, COMING):
            if name in names:
                os.remove(self._path(name))
        for name in names:
            if name not in (MANIFEST, COMING):
                self._remove(name)

    def begin(self, head: bytes) -> None:
        """Make room for a bundle and keep its head."""
        self.clear()
        self._write(COMING, head)

    def head_in_progress(self) -> bytes:
        """Return the head of the bundle that is being received, b"" for none."""
        size = self._size(COMING)
        if not 0 < size <= bundle.HEAD_MOST:
            return b""
        raw = bytearray(size)
        with open(self._path(COMING), "rb") as file:
            return bytes(raw[: file.readinto(raw)])

    def first_missing(self, manifest) -> int:
        """Return the index of the first file that is not complete; the number of files when all are."""
        for index, (name, size, _) in enumerate(manifest.files):
            if self._size(bundle.path_of(name)) != size:
                return index
        return len(manifest.files)

    def put(self, name: str, data) -> None:
        """Write a file; durable on return."""
        path = bundle.path_of(name)
        for at, letter in enumerate(path):
            if letter == "/":
                self._make("/" + path[:at])
        self._write(path, data)

    def write_verified(self, name: str, data, digest: bytes) -> bool:
        """Write a file and read it back; if its SHA-256 differs, remove it and return False."""
        self.put(name, data)
        path = self._path(bundle.path_of(name))
        found, chunk = hashlib.sha256(), bytearray(CHUNK_BYTES)
        with open(path, "rb") as file:
            count = file.readinto(chunk)
            while count:
                found.update(memoryview(chunk)[:count])
                count = file.readinto(chunk)
        right = found.digest() == digest
        if not right:
            os.remove(path)
        return right

    def check_steps(self):
        """Hash all that came, a piece a turn, as `slots.check` does."""
        return check(self._folder, COMING)

    def finish(self) -> None:
        """Complete the slot after the check."""
        os.rename(self._path(COMING), self._path(MANIFEST))

    def _path(self, name: str) -> str:
        return self._folder + "/" + name

    def _size(self, path: str) -> int:
        try:
            return os.stat(self._path(path))[6]
        except OSError:
            return -1

    def _make(self, folder: str) -> None:
        try:
            os.mkdir(self._folder + folder)
        except OSError:
            os.listdir(self._folder + folder)  # it was there; anything else fails here and says why

    def _remove(self, name: str) -> None:
        path = self._path(name)
        if not os.stat(path)[0] & IS_FOLDER:
            os.remove(path)
            return
        for inner in os.listdir(path):
            self._remove(name + "/" + inner)
        os.rmdir(path)

    def _write(self, name: str, data) -> None:
        with open(self._path(name), "wb") as file:
            file.write(data)
