"""littlefs on a flash in memory, below the sensor's own storage code, as MicroPython mounts it on a board.

Beside it lies the chip's own store of short values, whose writes are noted among the flash's operations.

What MicroPython adds and this lacks: the time of change, 12 bytes in each file's entry (`put_mtime` counts it in).
"""

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from littlefs import LittleFSError, lfs
from littlefs.context import UserContext

from barsensor.boards import storage

BLOCK_BYTES = 4096
FOLDER, CONFIG_FOLDER = "log", "config"
WRITE_ONCE, CREATE, TRUNCATE, APPEND, READ = 2, 0x100, 0x400, 0x800, 1
DIRECTORY = 2
MODES = {"rb": READ, "wb": WRITE_ONCE | CREATE | TRUNCATE, "ab": WRITE_ONCE | CREATE | APPEND}
TEARS = ("lost", "half", "garbage", "old")
PROG, ERASE, SYNC, NVS = "prog", "erase", "sync", "nvs"


@dataclass
class Op:
    """One flash operation."""

    kind: str
    block: int = 0
    off: int = 0
    data: bytes = b""
    name: str = ""


class Content(bytearray):
    """A flash's bytes, and in `nvs` the values of the chip's own store."""

    nvs: dict[str, bytes]


def content(raw: bytes | bytearray) -> Content:
    """Return a copy."""
    copied = Content(raw)
    copied.nvs = dict(getattr(raw, "nvs", {}))
    return copied


class Flash(UserContext):
    """NOR flash: erase sets a block to ones, prog writes; every operation is noted in `ops`."""

    def __init__(self, blocks: int) -> None:
        super().__init__(blocks * BLOCK_BYTES)
        self.buffer = content(self.buffer)
        self.ops: list[Op] = []
        self.failing = False

    def read(self, cfg, block: int, off: int, size: int) -> bytearray:
        at = block * BLOCK_BYTES + off
        return self.buffer[at : at + size]

    def prog(self, cfg, block: int, off: int, data: bytes) -> int:
        return self._do(Op(PROG, block, off, bytes(data)))

    def erase(self, cfg, block: int) -> int:
        return self._do(Op(ERASE, block))

    def sync(self, cfg) -> int:
        return self._do(Op(SYNC))

    def erases(self) -> int:
        return sum(op.kind == ERASE for op in self.ops)

    def _do(self, op: Op) -> int:
        if self.failing:
            return -5
        self.ops.append(op)
        apply(self.buffer, op)
        return 0


class Nvs:
    """The chip's own store (port `nvs` in `record_log`): a write that is cut short leaves the old value."""

    def __init__(self, flash: Flash) -> None:
        self._flash = flash

    def read(self, name: str) -> bytes:
        return self._flash.buffer.nvs.get(name, b"")

    def write(self, name: str, data: bytes) -> None:
        if self._flash._do(Op(NVS, data=bytes(data), name=name)):
            raise OSError(5)


def apply(buffer: Content, op: Op) -> None:
    if op.kind == NVS:
        buffer.nvs[op.name] = op.data
    at = op.block * BLOCK_BYTES + op.off
    if op.kind == ERASE:
        buffer[at : at + BLOCK_BYTES] = b"\xff" * BLOCK_BYTES
    elif op.kind == PROG:
        buffer[at : at + len(op.data)] = op.data


def cuts(fresh: bytes, ops: list[Op], tear: str, seed: int) -> Iterator[tuple[int, bytearray]]:
    """Yield (operation, flash) for a cut in each operation; `old` loses all since the flash was last told to sync."""
    dice = random.Random(seed)
    flash = content(fresh)
    before_sync: dict[int, bytes] = {}
    for at, op in enumerate(ops):
        if op.kind == SYNC:
            before_sync.clear()
            continue
        start = op.block * BLOCK_BYTES
        if op.kind != NVS:
            before_sync.setdefault(op.block, bytes(flash[start : start + BLOCK_BYTES]))
        torn = content(flash)
        if op.kind != NVS:
            tear_op(torn, op, tear, dice, before_sync)
        yield at, torn
        apply(flash, op)


def tear_op(flash: bytearray, op: Op, tear: str, dice: random.Random, before_sync: dict[int, bytes]) -> None:
    """Leave of `op` what a power cut in it might: nothing, its first half, noise, or not even what came before."""
    size = BLOCK_BYTES if op.kind == ERASE else len(op.data)
    at = op.block * BLOCK_BYTES + op.off
    if tear == "half":
        new = b"\xff" * (size // 2) if op.kind == ERASE else op.data[: size // 2]
        flash[at : at + size // 2] = new
    elif tear == "garbage":
        flash[at : at + size] = dice.randbytes(size)
    elif tear == "old":
        for block, content in before_sync.items():
            flash[block * BLOCK_BYTES : (block + 1) * BLOCK_BYTES] = content


class Mounted:
    """A mounted littlefs with the part of `os` and `open` that the sensor's storage uses."""

    def __init__(self, flash: Flash, fresh: bool = False) -> None:
        self._config = lfs.LFSConfig(
            flash,
            block_size=BLOCK_BYTES,
            block_count=len(flash.buffer) // BLOCK_BYTES,
            read_size=32,
            prog_size=32,
            cache_size=128,
            lookahead_size=32,
            block_cycles=100,
            disk_version=0x00020000,
        )
        self.fs = lfs.LFSFilesystem()
        self._files: list[Any] = []  # a handle that failed must outlive the file system
        if fresh:
            lfs.format(self.fs, self._config)
        lfs.mount(self.fs, self._config)

    def mkdir(self, path: str) -> None:
        _told(lfs.mkdir, self.fs, path)

    def listdir(self, path: str) -> list[str]:
        folder = _told(lfs.dir_open, self.fs, path)
        names = []
        while entry := lfs.dir_read(self.fs, folder):
            names.append(entry.name)
        lfs.dir_close(self.fs, folder)
        return [name for name in names if name not in (".", "..")]

    def stat(self, path: str) -> tuple[int, ...]:
        found = _told(lfs.stat, self.fs, path)
        return (0x4000 if found.type == DIRECTORY else 0x8000, *(0,) * 5, found.size)

    def remove(self, path: str) -> None:
        _told(lfs.remove, self.fs, path)

    rmdir = remove

    def rename(self, old: str, new: str) -> None:
        _told(lfs.rename, self.fs, old, new)

    def open(self, path: str, mode: str) -> "LfsFile":
        handle = _told(lfs.file_open, self.fs, path, lfs.LFSFileFlag(MODES[mode]))
        self._files.append(handle)
        return LfsFile(self.fs, handle)

    def put_mtime(self) -> None:
        """Give each file the 12 bytes that MicroPython adds to its entry; later writes keep them."""
        for folder in (FOLDER, CONFIG_FOLDER):
            for name in self.listdir(folder):
                lfs.setattr(self.fs, f"{folder}/{name}", 1, bytes(8))


class LfsFile:
    def __init__(self, fs: Any, handle: Any) -> None:
        self._fs = fs
        self._handle = handle

    def __enter__(self) -> "LfsFile":
        return self

    def __exit__(self, *_: object) -> None:
        _told(lfs.file_close, self._fs, self._handle)

    def seek(self, at: int) -> None:
        lfs.file_seek(self._fs, self._handle, at, 0)

    def readinto(self, buf: Any) -> int:
        data = _told(lfs.file_read, self._fs, self._handle, len(buf))
        buf[: len(data)] = data
        return len(data)

    def write(self, data: Any) -> None:
        _told(lfs.file_write, self._fs, self._handle, bytes(data))


def _told(call: Any, *args: Any) -> Any:
    """Call littlefs; its errors become the OSErrors that MicroPython raises."""
    try:
        return call(*args)
    except LittleFSError as fault:
        raise OSError(-fault.code) from fault


@dataclass
class Rig:
    """A storage on a mounted flash; `mount` gives another one on a flash as it is, `again` mounts one anew."""

    modules: tuple[ModuleType, ...]
    log_id: int = 0xCAFE0001

    def fresh(self, blocks: int) -> SimpleNamespace:
        flash = Flash(blocks)
        return self._storage(flash, Mounted(flash, fresh=True))

    def mount(self, raw: bytes | bytearray) -> SimpleNamespace:
        flash = Flash(0)
        flash.buffer = content(raw)
        return self._storage(flash, Mounted(flash))

    def again(self, flash: Flash) -> SimpleNamespace:
        return self._storage(flash, Mounted(flash))

    def _storage(self, flash: Flash, mounted: Mounted) -> SimpleNamespace:
        for module in self.modules:
            module.os = mounted  # type: ignore[attr-defined]
            module.open = mounted.open  # type: ignore[attr-defined]
        storage = self.modules[0].FolderStorage(FOLDER, lambda: self.log_id)
        config = self.modules[0].FolderStorage(CONFIG_FOLDER, lambda: self.log_id)
        return SimpleNamespace(flash=flash, mounted=mounted, storage=storage, config=config, nvs=Nvs(flash))


def on_littlefs(*more: ModuleType) -> Iterator[Rig]:
    """Give a rig while the sensor's storage code, and `more` of its modules, run on littlefs; one flash at a time."""
    modules = (storage, *more)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(modules[0], "SYNC", None)
        for module in modules:
            patch.setattr(module, "os", os, raising=False)
            patch.setattr(module, "open", open, raising=False)
        yield Rig(modules)
