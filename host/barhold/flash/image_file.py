"""A MicroPython image as it is downloaded: boot loader, partition table and application in one file, each of it whole.

The layout is Espressif's ("Firmware Image Format" of esptool's documentation; partition tables of ESP-IDF). Pure.
"""

import hashlib
import struct
from collections.abc import Iterator

from barhold.errors import InputError

MAGIC = 0xE9
HEADER_BYTES, SEGMENT_FORMAT = 24, "<II"
CHIP_AT, HASHED_AT = 12, 23
CHECKSUM_SEED = 0xEF
TABLE_AT, TABLE_BYTES = 0x8000, 0xC00
ENTRY_FORMAT, ENTRY_MAGIC, APPLICATION = "<2sBBII20x", b"\xaa\x50", 0


def check(data: bytes, offset: int) -> None:
    """Raise InputError, which says what is wrong, unless `data`, for `offset` of the flash, is an undamaged image."""
    _check_one(data, 0, "its boot loader")
    applications = [at - offset for at in _applications(data[TABLE_AT - offset :][:TABLE_BYTES])]
    if not applications:
        raise InputError("has no partition table with an application: take the .bin file of the download page")
    _check_one(data, applications[0], "its application")


def chip_id(data: bytes) -> int:
    """Return the number of the chip that the image was made for."""
    return int(struct.unpack_from("<H", data, CHIP_AT)[0])


def _applications(table: bytes) -> Iterator[int]:
    """Yield where in flash the applications of a partition table begin."""
    for magic, kind, _, at, _ in struct.iter_unpack(ENTRY_FORMAT, table[: len(table) // 32 * 32]):
        if magic == ENTRY_MAGIC and kind == APPLICATION:
            yield at


def _check_one(data: bytes, at: int, what: str) -> None:
    """Walk one image's segments; InputError where it ends too soon, or its checksum or hash is wrong."""
    end, checksum = at + HEADER_BYTES, CHECKSUM_SEED
    if end > len(data) or data[at] != MAGIC:
        raise InputError(f"{what} does not begin at byte {at}: download it again")
    for _ in range(data[at + 1]):
        size = struct.unpack_from(SEGMENT_FORMAT, data, end)[1] if end + 8 <= len(data) else len(data)
        if end + 8 + size > len(data):
            raise InputError(f"ends at byte {len(data)}, within {what}: download it again")
        for byte in data[end + 8 : end + 8 + size]:
            checksum ^= byte
        end += 8 + size
    end = at + ((end - at) // 16 + 1) * 16  # filled up, the checksum last
    whole = end + (32 if data[at + HASHED_AT] else 0)
    if whole > len(data):
        raise InputError(f"ends at byte {len(data)}, within {what}: download it again")
    digest = hashlib.sha256(data[at:end]).digest()
    if data[end - 1] != checksum or (data[at + HASHED_AT] and data[end:whole] != digest):
        raise InputError(f"{what} is damaged: download it again")
