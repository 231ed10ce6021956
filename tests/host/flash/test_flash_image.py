"""MicroPython's image: what is refused before a board is touched, and esptool itself where no chip answers."""

import hashlib
import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from barhold.errors import BarholdError
from barhold.flash import boards, image_file, micropython_image
from hostkit import barhold_process

XIAO, STICK = boards.find_board("xiao_s3"), boards.find_board("m5stickc_plus2")


def one_image(chip_id: int, size: int) -> bytes:
    """Return an image of two segments, as the chip's boot loader and esptool read it."""
    head = bytes((image_file.MAGIC, 2, 2, 0x20)) + struct.pack("<I", 0x40080000) + bytes(4) + struct.pack("<H", chip_id)
    raw, checksum = head + bytes(9) + b"\1", image_file.CHECKSUM_SEED
    for at, count in ((0x3FC90000, 64), (0x40080000, size)):
        data = hashlib.shake_256(bytes((chip_id,))).digest(count)
        raw += struct.pack("<II", at, count) + data
        for byte in data:
            checksum ^= byte
    raw += bytes(15 - len(raw) % 16) + bytes((checksum,))
    return raw + hashlib.sha256(raw).digest()


def an_image(kind: boards.BoardModel) -> bytes:
    """Return boot loader, partition table and application, each at its place in the flash."""
    table = struct.pack("<2sBBII20x", b"\xaa\x50", 1, 2, 0x9000, 0x6000)
    table += struct.pack("<2sBBII20x", b"\xaa\x50", 0, 0, 0x10000, 0x1F0000)
    raw = one_image(kind.image_chip_id, 4096).ljust(image_file.TABLE_AT - kind.image_offset, b"\xff") + table
    return raw.ljust(0x10000 - kind.image_offset, b"\xff") + one_image(kind.image_chip_id, 150_000)


@pytest.mark.parametrize(
    ("name", "erase", "wanted"),
    [
        ("xiao_s3", False, [["--chip", "esp32s3", "--port", "P", "write-flash", "0x0", "F"]]),
        (
            "m5stickc_plus2",
            True,
            [
                ["--chip", "esp32", "--port", "P", "erase-flash"],
                ["--chip", "esp32", "--port", "P", "write-flash", "0x1000", "F"],
            ],
        ),
    ],
)
def test_esptool_gets_these_arguments(name, erase, wanted) -> None:
    ran: list[list[str]] = []

    def note(arguments) -> int:
        ran.append(list(arguments))
        return 0

    micropython_image.install("P", Path("F"), boards.find_board(name), erase, note)
    assert ran == wanted


def test_a_failed_esptool_is_one_line_and_nothing_follows() -> None:
    ran = []
    with pytest.raises(BarholdError, match=r"esptool erase-flash ended with 2.*hold BOOT"):
        micropython_image.install("P", Path("F"), boards.find_board("xiao_s3"), True, lambda one: ran.append(one) or 2)
    assert len(ran) == 1


@pytest.mark.parametrize("kind", [XIAO, STICK], ids=lambda kind: kind.name)
def test_the_right_image_is_taken(kind, tmp_path) -> None:
    (tmp_path / "image.bin").write_bytes(an_image(kind))
    micropython_image.check(tmp_path / "image.bin", kind)


def changed(at: int) -> bytes:
    raw = bytearray(an_image(XIAO))
    raw[at] ^= 1
    return bytes(raw)


WHOLE = an_image(XIAO)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (an_image(STICK), "made for chip number 0, xiao_s3 has number 9"),
        (WHOLE[1:], "not an image for an ESP32"),
        (WHOLE[:90_000], "not an image for an ESP32"),
        (WHOLE[:-1], "ends at byte 215679, within its application: download it again"),
        (WHOLE[:-40], "within its application"),
        (WHOLE[:150_000], "ends at byte 150000, within its application"),
        (changed(100), "its boot loader is damaged"),
        (changed(0x10000 + 5000), "its application is damaged"),
        (changed(0x10000), "its application does not begin at byte 65536"),
        (changed(-1), "its application is damaged"),
        (WHOLE[0x10000:], "has no partition table with an application: take the .bin file"),
        (None, "No such file"),
    ],
)
def test_a_wrong_image_is_refused_before_the_board_is_touched(data, said, tmp_path) -> None:
    path = tmp_path / "image.bin"
    if data:
        path.write_bytes(data)
    with pytest.raises(BarholdError, match=f"--image .*{said}" if data else said):
        micropython_image.check(path, XIAO)


# --- the program itself ---


@pytest.fixture(scope="module")
def esptool() -> None:
    pytest.importorskip("esptool", reason="the extra `image` is not installed")


def test_esptool_reads_our_images_as_we_do(esptool, tmp_path) -> None:
    """Its own judgement of a whole one and of a damaged one, so that ours is not judged by ourselves alone."""
    for data, said in ((one_image(9, 150_000), "(valid)"), (changed(100)[:5000], "(invalid")):
        (tmp_path / "image.bin").write_bytes(data)
        command = [sys.executable, "-m", "esptool", "image-info", str(tmp_path / "image.bin")]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
        assert said in done.stdout, done.stdout + done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals on Windows")
@pytest.mark.parametrize("erase", [(), ("--erase",)], ids=["", "erase"])
def test_esptool_at_a_port_where_no_chip_answers(esptool, tmp_path, erase) -> None:
    (tmp_path / "image.bin").write_bytes(WHOLE)
    master, slave = os.openpty()
    try:
        at = ("--board", "xiao_s3", "--image", tmp_path / "image.bin")
        done = barhold_process("flash", os.ttyname(slave), *at, *erase)
    finally:
        os.close(master)
        os.close(slave)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Failed to connect to ESP32-S3" in done.stderr
    first = "erase-flash" if erase else "write-flash"
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"barhold: esptool {first} ended with 2, see its lines above: hold BOOT while you plug")
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals on Windows")
def test_a_wrong_image_never_reaches_esptool(tmp_path) -> None:
    (tmp_path / "image.bin").write_bytes(WHOLE[:150_000])
    master, slave = os.openpty()
    try:
        at = ("--board", "xiao_s3", "--image", tmp_path / "image.bin", "--erase")
        done = barhold_process("flash", os.ttyname(slave), *at)
        os.set_blocking(master, False)
        with pytest.raises(BlockingIOError):
            os.read(master, 1)  # not a byte was sent
    finally:
        os.close(master)
        os.close(slave)
    assert done.returncode == 2
    assert "esptool" not in done.stderr
    assert "within its application: download it again" in done.stderr.splitlines()[-1]
