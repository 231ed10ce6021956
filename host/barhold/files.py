"""Writes files atomically, and defuses the cells of CSV files that a spreadsheet would run as formulas."""

import os
import re
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

from barhold.errors import InputError

# OWASP's list of how a formula may begin. The ' that a spreadsheet hides may already stand in front of it.
_RUNS_IN_SPREADSHEET = re.compile(r"'*[=+\-@\t\r\n]")
_TEXT_MARK = "'"


def write_atomically(files: Mapping[Path, bytes], overwrite: bool = False) -> None:
    """Write all files or none; InputError names the file that cannot be written and the next step.

    Each file is written beside its place, flushed to the disk, and then renamed.
    """
    for path in files:
        if path.is_dir():
            raise InputError(f"{path} is a folder: name a file")
        if path.is_file() and not overwrite:
            raise InputError(f"{path} exists: name another file, or replace it with --overwrite")
    with ExitStack() as undo:
        parts = {path: _part(path, content, undo) for path, content in files.items()}
        for path, part in parts.items():
            if part:
                os.replace(part, os.path.realpath(path))


def _part(path: Path, content: bytes, undo: ExitStack) -> Path | None:
    """Write what will become `path`; None where `path` is a device or a pipe, which takes it at once."""
    real = Path(os.path.realpath(path))
    is_device = real.exists() and not real.is_file()
    part = real if is_device else real.with_name(f"{real.name}.{os.getpid()}.part")
    try:
        if not is_device:
            undo.callback(_remove, part)
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            if not is_device:
                os.fsync(file.fileno())
    except OSError as error:
        raise InputError(
            f"{path}: cannot be written ({error.strerror}): free some space or name another file"
        ) from None
    return None if is_device else part


def _remove(part: Path) -> None:
    with suppress(OSError):  # renamed by then, or never made
        part.unlink()


def defuse_csv_cell(text: str) -> str:
    """Return the cell's text, with a ' in front if a spreadsheet would otherwise run it as a formula."""
    return _TEXT_MARK + text if _RUNS_IN_SPREADSHEET.match(text) else text


def restore_csv_cell(cell: str) -> str:
    """Return the text that `defuse_csv_cell` was given."""
    return cell[1:] if cell.startswith(_TEXT_MARK) and _RUNS_IN_SPREADSHEET.match(cell[1:]) else cell
