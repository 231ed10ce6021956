"""Installs MicroPython itself by running esptool as a separate program (its licence is the GPL, so nothing imports it).

Unproven: no chip was available. esptool was run against a port where none answers, and its reading of an image was
compared with ours; what it does to a chip was not tested.
"""

import importlib.util
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from barhold import files
from barhold.errors import InputError, LinkError, RefusedError
from barhold.flash import image_file
from barhold.flash.boards import BoardModel

LIMIT_S = 300
LEAST_BYTES, MOST_BYTES = 100_000, 8 << 20
Run = Callable[[Sequence[str]], int]


def check(path: Path, model: BoardModel) -> None:
    """Raise InputError unless `path` is a whole image for the board's chip."""
    data = files.read(path, MOST_BYTES, "name the image of MicroPython (the .bin file) with --image")
    check_data(data, f"--image {path}", model)


def check_data(data: bytes, name: str, model: BoardModel) -> None:
    """Raise InputError, which begins with `name`, unless `data` is a whole image for the board's chip."""
    if not LEAST_BYTES <= len(data) <= MOST_BYTES or data[0] != image_file.MAGIC:
        raise InputError(f"{name}: not an image for an ESP32 (the .bin file, not the .uf2 or .elf)")
    chip_id = image_file.chip_id(data)
    if chip_id != model.image_chip_id:
        raise InputError(
            f"{name}: made for chip number {chip_id}, {model.name} has number {model.image_chip_id} "
            f"({model.chip}): use {model.image_file}"
        )
    try:
        image_file.check(data, model.image_offset)
    except InputError as err:
        raise InputError(f"{name}: {err}") from err


def commands(port: str, path: Path, model: BoardModel, erase: bool) -> list[list[str]]:
    """Return esptool's arguments, in order."""
    at = ["--chip", model.esptool_chip, "--port", port]
    erasing = [[*at, "erase-flash"]] if erase else []
    return [*erasing, [*at, "write-flash", hex(model.image_offset), str(path)]]


def install(port: str, path: Path, model: BoardModel, erase: bool, run: Run | None = None) -> None:
    """Write the image; with `erase`, erase the whole board first."""
    if run is None and importlib.util.find_spec("esptool") is None:
        raise InputError("--image needs esptool: pip install 'barhold[image]' (in a clone: pip install '.[image]')")
    for arguments in commands(port, path, model, erase):
        status = (run or _run)(arguments)
        if status:
            raise LinkError(
                f"esptool {arguments[4]} ended with {status}, see its lines above: hold BOOT while you plug the board "
                f"in and repeat; if it names another chip, --board is wrong"
            )


def _run(arguments: Sequence[str]) -> int:
    command = [sys.executable, "-m", "esptool", *arguments]
    try:
        return subprocess.run(command, check=False, timeout=LIMIT_S, stdout=sys.stderr).returncode  # noqa: S603
    except subprocess.TimeoutExpired as err:
        raise RefusedError(f"esptool {arguments[4]} took more than {LIMIT_S} s: plug the board in again") from err
