"""The files of the slot that an update goes to. What has come so far is what lies there: nothing else remembers it."""

import os

from barcore import bundle
from slots import CHUNK_BYTES, MANIFEST, check

COMING = "coming"
"""The head of a bundle under way; it becomes the manifest once all is checked."""
IS_FOLDER = 0x4000


class SlotFiles:
    """One slot in `folder`."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def clear(self) -> None:
        """Remove all: the manifest first, so that at no moment a slot with something missing looks whole."""
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
        self._write(COMING, "wb", head)

    def coming(self) -> bytes:
        """Return the head of the bundle under way, b"" for none."""
        raw = bytearray(bundle.HEAD_MOST + 1)
        try:
            with open(self._path(COMING), "rb") as file:
                return bytes(raw[: file.readinto(raw)])
        except OSError:
            return b""

    def held(self, manifest) -> tuple:
        """Return (index of the first file that is not complete, bytes of it)."""
        for index, (name, size, _) in enumerate(manifest.files):
            have = self._size(bundle.path_of(name))
            if have != size:
                return index, have if 0 < have < size else 0
        return len(manifest.files), 0

    def put(self, name: str, at: int, data) -> None:
        """Write a piece of a file, `at` bytes of which are there; durable on return."""
        path = bundle.path_of(name)
        if not at and "/" in path:
            self._make("/" + path.partition("/")[0])
        self._write(path, "ab" if at else "wb", data)

    def forget(self, name: str) -> None:
        """Remove a file."""
        os.remove(self._path(bundle.path_of(name)))

    def matches(self, name: str, digest: bytes, sha256) -> bool:
        """Tell whether a file, as it is read back, has this SHA-256."""
        found, chunk = sha256(), bytearray(CHUNK_BYTES)
        with open(self._path(bundle.path_of(name)), "rb") as file:
            count = file.readinto(chunk)
            while count:
                found.update(memoryview(chunk)[:count])
                count = file.readinto(chunk)
        return found.digest() == digest

    def checked(self):
        """Hash all that came, a piece a turn, as `slots.check` does."""
        return check(self._folder, COMING)

    def finish(self) -> None:
        """Make the checked bundle a whole slot."""
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
            os.remove(path + "/" + inner)
        os.rmdir(path)

    def _write(self, name: str, mode: str, data) -> None:
        with open(self._path(name), mode) as file:
            file.write(data)
