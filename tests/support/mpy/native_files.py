"""The files of a board for the native MicroPython: a folder of this computer as its root, where told with a limit."""

import io
import os

import vfs

BLOCK_BYTES = 4096
ENOSPC = 28
IS_FOLDER = 0x4000
whole_disk = vfs.VfsPosix()


class Files:
    """The files below `root`. VfsPosix itself takes the new path for the old one too (micropython issue 7389)."""

    def __init__(self, root):
        self._root = root
        below = vfs.VfsPosix(root)
        self.mount, self.umount, self.statvfs = below.mount, below.umount, below.statvfs
        self.open, self.stat, self.ilistdir = below.open, below.stat, below.ilistdir
        self.chdir, self.getcwd = below.chdir, below.getcwd
        self.mkdir, self.rmdir, self.remove = below.mkdir, below.rmdir, below.remove

    def rename(self, old, new):
        whole_disk.rename(self._on_disk(old), self._on_disk(new))

    def _on_disk(self, path):
        """Return a path of the board as this computer has it; a relative one begins in the same folder on both."""
        return self._root + path if path[0] == "/" else path


class LimitedFiles(Files):
    """The same with room for so many bytes, each file in whole blocks."""

    def __init__(self, root, room_bytes):
        super().__init__(root)
        self._room_bytes = room_bytes
        self._most_used_bytes = -1
        self._open, self.open, self.statvfs = self.open, self._open_limited, self._statvfs

    def used_bytes(self, folder="/"):
        """Return the bytes of all blocks that are in use."""
        used = 0
        for name, kind, *_ in list(self.ilistdir(folder)):
            path = folder + name
            if kind == IS_FOLDER:
                used += self.used_bytes(path + "/")
            else:
                used += -(-self.stat(path)[6] // BLOCK_BYTES) * BLOCK_BYTES
        return used

    def refuse_beyond(self, more_bytes):
        """Raise OSError where so many more bytes find no room.

        To look at every file at each write would take most of a board's time. What was in use at the last look, and
        whole blocks for every write since, is never less than what is in use now; only if that is too much, look again.
        """
        if self._most_used_bytes < 0 or self._most_used_bytes + more_bytes > self._room_bytes:
            self._most_used_bytes = self.used_bytes()
        if self._most_used_bytes + more_bytes > self._room_bytes:
            raise OSError(ENOSPC)
        self._most_used_bytes += -(-more_bytes // BLOCK_BYTES) * BLOCK_BYTES

    def _statvfs(self, _path):
        free = max(0, self._room_bytes - self.used_bytes()) // BLOCK_BYTES
        return BLOCK_BYTES, BLOCK_BYTES, self._room_bytes // BLOCK_BYTES, free, free, 0, 0, 0, 0, 255

    def _open_limited(self, path, mode):
        file = self._open(path, mode)
        return file if mode in ("r", "rb") else LimitedFile(file, self)


class LimitedFile(io.IOBase):
    """A file that grows only while there is room."""

    def __init__(self, file, files):
        self._file = file
        self._files = files
        self.read, self.readinto, self.seek, self.tell = file.read, file.readinto, file.seek, file.tell
        self.flush, self.close = file.flush, file.close

    def write(self, data):
        at = self._file.tell()
        self._file.flush()
        grown = at + len(data) - self._file.seek(0, 2)
        self._file.seek(at)
        if grown > 0:
            self._files.refuse_beyond(grown)
        return self._file.write(data)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()


def use(files):
    """Make these the files of the board, from / on."""
    vfs.umount("/")
    vfs.mount(files, "/")
    os.chdir("/")
