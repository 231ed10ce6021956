"""Files that are there whole or not at all: written beside their place, brought to the disk, then renamed."""

import os
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

from barhold.errors import InputError


def write(files: Mapping[Path, bytes], overwrite: bool = False) -> None:
    """Write all of them or none; InputError names the file that cannot be written and the next step."""
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
