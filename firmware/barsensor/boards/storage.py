"""Storage for the record log (port in `record_log`): a folder of a file system, or plain memory."""

import os

THERE = b"there"
SYNC = getattr(os, "fsync", None)
"""CPython only: on littlefs, closing a file makes all of its new content durable, in one piece."""


class FolderStorage:
    """Files in one folder, which it makes when it is absent. `new_log_id` gives an id for a new log.

    Where the folder cannot be made, each use of it raises OSError and says why: the board itself still opens. `nvs`
    (port in `record_log`) knows what must be there: one flipped bit can take a whole folder of littlefs away.
    """

    def __init__(self, folder: str, new_log_id, nvs=None) -> None:
        self._folder = folder
        self._nvs = nvs
        self.new_log_id = new_log_id
        try:
            os.mkdir(folder)
        except OSError:
            pass  # it was there, or is missed at its first use

    def names(self) -> list:
        """Return the names of all files."""
        return os.listdir(self._folder)

    def size(self, name: str) -> int:
        """Return a file's size in bytes."""
        return os.stat(self._path(name))[6]

    def read_into(self, name: str, at: int, buf) -> int:
        """Read from byte `at` into `buf`; return how many bytes there were."""
        with open(self._path(name), "rb") as file:
            file.seek(at)
            return file.readinto(buf)

    def replace(self, name: str, data: bytes) -> None:
        """Give a file new content; after a power cut it has the old or the new one."""
        if not SYNC:
            self._write(self._path(name), data)
            return
        self._write(self._path(name) + ".new", data)
        os.replace(self._path(name) + ".new", self._path(name))

    def remove(self, name: str) -> None:
        """Delete a file."""
        os.remove(self._path(name))

    def must_hold(self, name: str) -> bool:
        """Tell whether `expect_file` was told of the file, so that it is missed when it is not there."""
        return self._nvs is not None and self._nvs.read(name) == THERE

    def expect_file(self, name: str) -> None:
        """Note that from now on the file must be there."""
        if self._nvs and not self.must_hold(name):
            self._nvs.write(name, THERE)

    def _path(self, name: str) -> str:
        return self._folder + "/" + name

    def _write(self, path: str, data) -> None:
        with open(path, "wb") as file:
            file.write(data)
            if SYNC:
                file.flush()
                SYNC(file.fileno())


class MemoryStorage:
    """Files in a dict, for a sensor whose log need not outlive it."""

    def __init__(self, new_log_id) -> None:
        self.files = {}
        self.new_log_id = new_log_id

    def names(self) -> list:
        """Return the names of all files."""
        return list(self.files)

    def size(self, name: str) -> int:
        """Return a file's size in bytes."""
        return len(self.files[name])

    def read_into(self, name: str, at: int, buf) -> int:
        """Read from byte `at` into `buf`; return how many bytes there were."""
        data = self.files[name][at : at + len(buf)]
        buf[: len(data)] = data
        return len(data)

    def replace(self, name: str, data: bytes) -> None:
        """Give a file new content."""
        self.files[name] = bytes(data)

    def remove(self, name: str) -> None:
        """Delete a file."""
        del self.files[name]

    def must_hold(self, _name: str) -> bool:
        """Miss nothing."""
        return False

    def expect_file(self, name: str) -> None:
        """Note nothing."""
