"""Disks that are full or read-only: status 2, one line, and nothing that is half written."""

import os
import shutil
import sqlite3
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import sqlalchemy as sa

from barhold.errors import InputError, StoreError
from barhold.recordings.writer import Capture
from barhold.store import Store
from fake_sensor import LOG, make
from hostkit import DATA, barhold_process

DEVICE = "00112233445566aa"
SMALL_KB, BATCH = 300, 50


class Disk:
    """A file system in memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def mount(self, options: str) -> None:
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", self.folder], check=True, capture_output=True)

    def again(self, options: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{options}", self.folder], check=True, capture_output=True)

    def fill(self) -> None:
        with (self.folder / "fill").open("wb", buffering=0) as file, suppress(OSError):
            while file.write(bytes(512)):
                pass


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A disk of 300 kB."""
    found = Disk(tmp_path / "disk")
    found.folder.mkdir()
    if not sys.platform.startswith("linux") or os.geteuid():
        pytest.skip("only root on Linux may mount a small disk")
    try:
        found.mount(f"size={SMALL_KB}k")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no disk may be mounted here")
    try:
        yield found
    finally:
        subprocess.run(["umount", "-l", found.folder], check=True)


def fill(store: Store) -> int:
    """Add batches until there is room for no more; return how many records were told to be stored."""
    told = 0
    with pytest.raises(StoreError, match="full: the disk is full: free some space and repeat") as err:  # noqa: PT012
        for first in range(0, 100_000, BATCH):
            told += store.add_records(DEVICE, LOG, [make(seq) for seq in range(first, first + BATCH)], 1).new
    assert "\n" not in str(err.value)
    return told


def held(path: Path) -> int:
    """Return how many records are there, in a file that SQLite finds whole."""
    with sqlite3.connect(path) as reader:
        assert reader.execute("pragma integrity_check").fetchall() == [("ok",)]
        seqs = [seq for (seq,) in reader.execute("select seq from record order by seq")]
    reader.close()
    assert seqs == list(range(len(seqs)))
    return len(seqs)


def test_a_full_disk_keeps_what_was_stored_and_nothing_of_the_rest(disk: Disk) -> None:
    path = disk.folder / "b.db"
    with Store.open(path) as store:
        told = fill(store)
    assert told >= BATCH
    disk.again("size=8m")
    assert held(path) == told
    with Store.open(path) as store:
        assert store.next_seq(DEVICE, LOG) == told
        assert store.add_records(DEVICE, LOG, [make(told)], 1).new == 1


def test_the_same_where_no_disk_may_be_mounted(tmp_path: Path) -> None:
    path = tmp_path / "b.db"
    with Store.open(path) as store:
        with store.engine.connect() as connection:
            pages = connection.scalar(sa.text("pragma page_count")) + 20
        sa.event.listen(store.engine, "begin", lambda c: c.exec_driver_sql(f"pragma max_page_count = {pages}"))
        told = fill(store)
    assert held(path) == told >= BATCH


def run(*args: object, db: object = "") -> str:
    """Run a command that must refuse; return its one line."""
    done = barhold_process(*args, BARHOLD_DB=str(db))
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1), (args, done.stderr)
    return done.stderr


WRITERS = [
    ("sync", "--virtual", DATA / "six-reps.csv", "--db", "DISK/b.db"),
    ("db", "copy", "OLD", "DISK/b.db"),
    ("db", "backup", "DISK/b.db"),
    ("db", "restore", "OLD", "--db", "DISK/b.db"),
    ("bundle", "DISK/b.bhf"),
    ("keys", "make", "DISK/k.pem"),
]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A database elsewhere, larger than the disk."""
    path = tmp_path / "old.db"
    with Store.open(path) as store:
        store.add_records(DEVICE, LOG, [make(seq) for seq in range(6000)], 1)
    return path


@pytest.mark.parametrize("words", WRITERS, ids=lambda words: "-".join(str(word) for word in words[:2]))
@pytest.mark.parametrize("how", ["full", "read-only"])
def test_a_command_that_writes_ends_in_one_line_and_leaves_nothing(disk: Disk, old: Path, words, how: str) -> None:
    if how == "full":
        disk.fill()
    else:
        disk.again("ro")
    before = sorted(disk.folder.iterdir())
    named = [str(word).replace("DISK", str(disk.folder)).replace("OLD", str(old)) for word in words]
    said = run(*named, db=old)
    assert any(word in said.lower() for word in ("full", "space", "read-only", "writable")), said
    left = [path for path in disk.folder.iterdir() if path not in before]
    assert [path.stat().st_size for path in left if path.name != "b.db"] == []
    # A new database may have its name and nothing in it yet, which the next command takes for new.
    assert all(path.stat().st_size == 0 for path in left)
    assert held(old) == 6000


def test_a_larger_copy_than_the_disk_leaves_nothing(disk: Disk, old: Path) -> None:
    new = disk.folder / "b.db"
    for words in (("copy", old, new), ("backup", new), ("restore", old, "--db", new)):
        assert "the disk is full" in run("db", *words, db=old)
        assert list(disk.folder.iterdir()) == []


def test_a_restore_that_finds_no_room_leaves_what_was_there(disk: Disk, old: Path) -> None:
    path = disk.folder / "b.db"
    with Store.open(path) as store:
        store.add_records(DEVICE, LOG, [make(seq) for seq in range(100)], 1)
    assert "the disk is full" in run("db", "restore", old, "--overwrite", "--db", path)
    assert "the disk is full" in run("db", "copy", old, path)
    assert held(path) == 100


def test_a_database_on_a_read_only_disk_is_reported(disk: Disk) -> None:
    """A closed SQLite file in write-ahead mode has no companions, and cannot be opened where none can be made.

    On a disk with no room for what is in them, they stay: this one has room.
    """
    disk.again("size=8m")
    path = disk.folder / "b.db"
    with Store.open(path) as store:
        store.add_records(DEVICE, LOG, [make(0)], 1)
    assert companions(path) == []
    disk.again("ro")
    before = path.read_bytes()
    for words in (("sets",), ("check",), ("sync", "--virtual", DATA / "six-reps.csv")):
        assert "cannot be created or opened: make it and its folder writable" in run(*words, db=path)
    assert path.read_bytes() == before


def test_a_database_with_its_companions_is_read_on_a_read_only_disk(disk: Disk) -> None:
    """What decides is whether the companions are there: after a power cut, or because another program has it open."""
    disk.again("size=8m")
    path, left = disk.folder / "b.db", disk.folder / "left.db"
    with Store.open(path) as store:
        store.add_records(DEVICE, LOG, [make(0)], 1)
        for name in ("", "-wal", "-shm"):
            shutil.copy(f"{path}{name}", f"{left}{name}")
    disk.again("ro")
    before = [file.read_bytes() for file in companions(left)]
    assert len(before) == 2
    shown = barhold_process("sets", BARHOLD_DB=str(left))
    assert (shown.returncode, shown.stdout) == (0, "")
    assert "no set is stored" in shown.stderr
    assert "writable" in run("sync", "--virtual", DATA / "six-reps.csv", db=left)
    assert [file.read_bytes() for file in companions(left)] == before


def companions(path: Path) -> list[Path]:
    """Return the files that SQLite has put beside a database."""
    return [file for name in ("-wal", "-shm") if (file := path.with_name(path.name + name)).exists()]


def test_a_recording_that_finds_no_room_leaves_no_half(disk: Disk) -> None:
    piece = b"".join(struct.pack("<I6h", 10 * i, 1, 2, 3, 4, 5, 6) for i in range(100))
    with pytest.raises(InputError, match=r"x\.csv: cannot be written .*: free some space"):  # noqa: PT012, SIM117
        with Capture(disk.folder / "x.csv") as capture:
            for _ in range(1000):
                capture.add(piece)
    assert list(disk.folder.iterdir()) == []
