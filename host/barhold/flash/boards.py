"""The boards that Barhold runs on: what tells their chip, and which MicroPython image goes on them. Pure data."""

from dataclasses import dataclass

from barhold.errors import InputError, RefusedError

LEAST_VERSION = (1, 26)
"""Of MicroPython: Bluetooth survives a soft reset from here on."""
IMAGE_RELEASE = "v1.27.0 of 2025-12-09"


@dataclass(frozen=True, slots=True)
class Kind:
    """One board by the name that /board keeps."""

    name: str
    words: str
    chip: str  # as MicroPython's machine name ends
    esptool_chip: str
    image_chip_id: int  # in the image's header
    image_offset: int
    image_page: str  # below micropython.org/download
    image_file: str
    image_sha256: str = ""  # "" where it is not known: the page gives none


KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "xiao_s3",
            "Seeed XIAO ESP32-S3 with an LSM6 breakout",
            "ESP32S3",
            "esp32s3",
            9,
            0,
            "ESP32_GENERIC_S3",
            "ESP32_GENERIC_S3-SPIRAM_OCT-20251209-v1.27.0.bin",
        ),
        Kind(
            "m5stickc_plus2",
            "M5StickC Plus2",
            "ESP32",
            "esp32",
            0,
            0x1000,
            "ESP32_GENERIC",
            "ESP32_GENERIC-SPIRAM-20251209-v1.27.0.bin",
        ),
    )
}


def named(name: str) -> Kind:
    """Return the board `name`; InputError says which there are."""
    if name not in KINDS:
        raise InputError(f"--board {name}: not a board Barhold knows: {known()}")
    return KINDS[name]


def known() -> str:
    """Return all boards in words."""
    return "; ".join(f"{kind.name} ({kind.words})" for kind in KINDS.values())


def chip_of(machine: str) -> str:
    """Return the chip that a machine name of MicroPython's `esp32` port ends in ("... with ESP32S3")."""
    return machine.rpartition(" with ")[2].strip()


def refuse_other_chip(kind: Kind, machine: str) -> None:
    """Raise RefusedError where `kind` has another chip than the board at hand: its pins would be wrong."""
    chip = chip_of(machine)
    if chip != kind.chip:
        fits = [other.name for other in KINDS.values() if other.chip == chip]
        step = f"name it by --board {fits[0]}" if fits else f"Barhold runs on {known()}"
        raise RefusedError(f"wrong board: {kind.name} has an {kind.chip}, this is '{machine}': {step}")


def where_to_get(kind: Kind) -> str:
    """Return which file of which release goes on the board, and from where."""
    checked = f", SHA-256 {kind.image_sha256}" if kind.image_sha256 else ", whose checksum is not known here"
    return (
        f"download {kind.image_file} (MicroPython {IMAGE_RELEASE}, or a newer one of that name{checked}) from "
        f"micropython.org/download/{kind.image_page}, then run `barhold flash --board {kind.name} --image FILE`"
    )
