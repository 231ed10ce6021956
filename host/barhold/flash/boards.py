"""The boards that `barhold flash` offers, from the firmware's registry, and the MicroPython image that each needs."""

from collections.abc import Iterable
from dataclasses import dataclass

from barhold.errors import InputError, RefusedError
from barsensor.boards.known import KNOWN

LEAST_VERSION = (1, 26)
"""Of MicroPython: Bluetooth survives a soft reset from here on."""
IMAGE_RELEASE, IMAGE_DATE = "v1.27.0", "20251209"


@dataclass(frozen=True, slots=True)
class BoardModel:
    """One model of board by the name that /board keeps."""

    name: str
    words: str
    chip: str  # as MicroPython's machine name ends
    esptool_chip: str
    image_chip_id: int  # in the image's header
    image_offset: int
    image_page: str  # below micropython.org/download
    image_file: str
    usb_ids: tuple[tuple[int, int], ...]  # (vendor, product); boards share their bridge chips
    file_text: str  # what /board holds


def _models() -> Iterable[BoardModel]:
    for board in KNOWN:
        yield BoardModel(
            board.name,
            board.words,
            board.family.upper(),
            board.family,
            board.image_chip_id,
            board.image_offset,
            board.image_page,
            f"{board.image_stem}-{IMAGE_DATE}-{IMAGE_RELEASE}.bin",
            board.usb_ids,
            board.file_text(),
        )


BOARDS = {model.name: model for model in _models()}


def find_board(name: str) -> BoardModel:
    """Return the board `name`; InputError lists the boards there are."""
    if name not in BOARDS:
        raise InputError(f"--board {name}: Barhold does not know this board. Choose from {name_list(BOARDS.values())}")
    return BOARDS[name]


def name_list(models: Iterable[BoardModel]) -> str:
    """Return the boards with their names, as a message lists them."""
    return "; ".join(f"{model.name} ({model.words})" for model in models)


def chip_of(machine: str) -> str:
    """Return the chip that a machine name of MicroPython's `esp32` port ends in ("... with ESP32S3")."""
    return machine.rpartition(" with ")[2].strip()


def matching_models(chip: str, usb_id: tuple[int, int] | None) -> list[BoardModel]:
    """Return the models with this chip ("" for unknown) that may have this USB id (None for unknown)."""
    by_chip = [model for model in BOARDS.values() if chip in ("", model.chip)]
    by_usb = [model for model in by_chip if usb_id in model.usb_ids]
    return by_usb or by_chip


def refuse_other_chip(model: BoardModel, machine: str) -> None:
    """Raise RefusedError where `model` has another chip than the board at hand: its pins would be wrong."""
    chip = chip_of(machine)
    if chip != model.chip:
        fits = [other.name for other in BOARDS.values() if other.chip == chip]
        step = f"use --board {fits[0]}" if fits else f"Barhold runs on {name_list(BOARDS.values())}"
        raise RefusedError(f"wrong board: {model.name} has an {model.chip}, this is '{machine}': {step}")


def image_hint(model: BoardModel) -> str:
    """Return how to get the board's MicroPython image onto it, as the end of a message."""
    return (
        f"run `barhold flash --board {model.name} --image download`, or download {model.image_file} from "
        f"micropython.org/download/{model.image_page} and name it with --image FILE"
    )
