"""Reads files without waiting for ever, writes them atomically, and defuses formulas in the cells of CSV files."""

import filecmp
import os
import re
import select
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from barhold.errors import InputError

PIPE_PATIENCE_S = 10.0
_PIECE_BYTES = 1 << 20
_NONBLOCK: int = getattr(os, "O_NONBLOCK", 0)  # Windows has none
_OPEN_FLAGS = os.O_RDONLY | _NONBLOCK | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
# OWASP's list of how a formula may begin. The ' that a spreadsheet hides may already stand in front of it.
_RUNS_IN_SPREADSHEET = re.compile(r"'*[=+\-@\t\r\n]")
_TEXT_MARK = "'"


def write_atomically(files: Mapping[Path, bytes], overwrite: bool = False) -> None:
    """Write all files or none; InputError names the file that cannot be written and the next step.

    Each file is written beside its place, flushed to the disk, and then renamed.
    """
    for path in files:
        _refuse_folder(path)
        refuse_existing(path, overwrite)
    with ExitStack() as undo:
        parts = {path: _part(path, [content], undo) for path, content in files.items()}
        for path, part in parts.items():
            if part:
                os.replace(part, os.path.realpath(path))


class Written(NamedTuple):
    """How many bytes a file has, and whether it had to be written."""

    size_bytes: int
    is_new: bool


def write_pieces_atomically(path: Path, pieces: Iterable[bytes], overwrite: bool = False) -> Written:
    """Write a file piece by piece, as `write_atomically` does; a file with the same content is left as it is.

    The content is never in memory as a whole. If `pieces` raises an error, nothing is written. Without `overwrite`, a
    file that is there is refused at the first difference from it.
    """
    _refuse_folder(path)
    if path.is_file() and not overwrite:
        return Written(_size_if_same(path, pieces), is_new=False)
    size_bytes = 0

    def counted() -> Iterator[bytes]:
        nonlocal size_bytes
        for piece in pieces:
            size_bytes += len(piece)
            yield piece

    with ExitStack() as undo:
        part = _part(path, counted(), undo)
        if part is None:
            return Written(size_bytes, is_new=True)
        if _is_same(path, part):
            return Written(size_bytes, is_new=False)
        os.replace(part, os.path.realpath(path))
    return Written(size_bytes, is_new=True)


def _size_if_same(path: Path, pieces: Iterable[bytes]) -> int:
    """Return the size of a file that has this content; at the first difference, InputError."""
    size_bytes = 0
    try:
        with path.open("rb") as file:
            for piece in pieces:
                size_bytes += len(piece)
                if file.read(len(piece)) != piece:
                    refuse_existing(path, overwrite=False)
            if file.read(1):
                refuse_existing(path, overwrite=False)
    except OSError:
        refuse_existing(path, overwrite=False)
    return size_bytes


def _refuse_folder(path: Path) -> None:
    if path.is_dir():
        raise InputError(f"{path} is a folder: name a file")


def refuse_existing(path: Path, overwrite: bool) -> None:
    """Raise InputError for a file that would be replaced without `overwrite`."""
    if path.is_file() and not overwrite:
        raise InputError(f"{path} exists: name another file, or replace it with --overwrite")


def _is_same(path: Path, part: Path) -> bool:
    try:
        return path.is_file() and filecmp.cmp(path, part, shallow=False)
    except OSError:
        return False


def read(path: Path, most_bytes: int, advice: str) -> bytes:
    """Return the bytes of a file or pipe; InputError, ending in `advice`, if it cannot be read or holds more.

    A pipe into which nobody writes is an error: opening it in the usual way would wait for a writer for ever.
    """
    try:
        if path.is_dir():
            raise InputError(f"{path} is a folder: {advice}")
        with open(os.open(path, _OPEN_FLAGS), "rb", buffering=0) as file:
            if file.isatty():
                raise InputError(f"{path} is a terminal: {advice}")
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                data = file.read(most_bytes + 1)
            else:
                data = _read_pipe(path, file.fileno(), most_bytes, advice)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(f"{path}: cannot be read ({reason}): {advice}") from None
    if len(data) > most_bytes:
        size = f"{most_bytes >> 20} MB" if most_bytes >> 20 else f"{most_bytes >> 10} kB"
        raise InputError(f"{path}: over {size}: {advice}")
    return data


def _read_pipe(path: Path, fd: int, most_bytes: int, advice: str) -> bytes:
    data = bytearray()
    while len(data) <= most_bytes:
        try:
            piece = os.read(fd, _PIECE_BYTES)
        except BlockingIOError:  # there is a writer, and nothing to read yet
            if not select.select([fd], [], [], PIPE_PATIENCE_S)[0]:
                raise InputError(f"{path}: no data came for {PIPE_PATIENCE_S:g} s: {advice}") from None
            continue
        if not piece:
            break
        data += piece
    if not data:
        raise InputError(f"{path}: nothing was written into this pipe: {advice}")
    return bytes(data)


def check_replaceable(path: Path) -> None:
    """Raise InputError if a file that takes this path would take the place of a folder, a device or a pipe."""
    if path.exists() and not path.is_file():
        kind = "a folder" if path.is_dir() else "a device or a pipe"
        raise InputError(f"{path} is {kind}: name a file")


@contextmanager
def new_folder(folder: Path) -> Iterator[None]:
    """Create a missing folder, and remove it again if the work inside fails."""
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    try:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            step = "name a folder that can be written"
            raise InputError(f"{folder}: cannot be created ({error.strerror}): {step}") from None
        yield
    except BaseException:
        for parent in missing:
            with suppress(OSError):
                parent.rmdir()
        raise


def _part(path: Path, pieces: Iterable[bytes], undo: ExitStack) -> Path | None:
    """Write what will become `path`; None where `path` is a device or a pipe, which takes it at once."""
    real = Path(os.path.realpath(path))
    is_device = real.exists() and not real.is_file()
    part = real if is_device else real.with_name(f"{real.name}.{os.getpid()}.part")
    try:
        if not is_device:
            undo.callback(_remove, part)
        # A pipe from which nobody reads is an error at once: opened in the usual way, it would wait for a reader.
        with open(part, "wb", opener=_open_nonblocking if is_device else None) as file:
            if is_device and _NONBLOCK:
                os.set_blocking(file.fileno(), True)
            file.writelines(pieces)
            file.flush()
            if not is_device:
                os.fsync(file.fileno())
    except OSError as error:
        raise InputError(
            f"{path}: cannot be written ({error.strerror}): free some space or name another file"
        ) from None
    return None if is_device else part


def _open_nonblocking(name: str, flags: int) -> int:
    return os.open(name, flags | _NONBLOCK)


def _remove(part: Path) -> None:
    with suppress(OSError):  # already renamed, or never made
        part.unlink()


def defuse_csv_cell(text: str) -> str:
    """Return the cell's text, with a ' in front if a spreadsheet would otherwise run it as a formula."""
    return _TEXT_MARK + text if _RUNS_IN_SPREADSHEET.match(text) else text


def restore_csv_cell(cell: str) -> str:
    """Return the text that `defuse_csv_cell` was given."""
    return cell[1:] if cell.startswith(_TEXT_MARK) and _RUNS_IN_SPREADSHEET.match(cell[1:]) else cell
