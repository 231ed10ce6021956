"""The boards that Barhold runs on, a row each: the one place that firmware, loader, bundles and `barhold flash` read.

The loader cannot import it. It finds the pin that holds the power in /board, where `barhold flash` writes `file_text`.
"""

HOLD = "hold="


class Known:
    """One board by the name of its module in this folder.

    family           the chip, as a bundle names it; upper-cased it ends MicroPython's machine name
    image_*          its MicroPython image: the page below micropython.org/download, the beginning of the file's name,
                     the chip's number in its header, the offset in flash
    usb_ids          (vendor, product) of its USB port; not unique, since boards share their bridge chips
    hold_pin         keeps its own power on while high; None where a switch does
    console_baud     of its console's UART; 0 where the console is USB, which makes the host wait until a byte is read
    console_ring_bytes  how many bytes of that UART wait to be read; MicroPython drops what comes beyond them
    """

    def __init__(  # noqa: PLR0913, PLR0917 - a row of a table
        self, name, words, family, image_page, image_stem, image_chip_id, image_offset, usb_ids, hold_pin, console_baud,
        console_ring_bytes,
    ) -> None:  # fmt: skip
        self.name = name
        self.words = words
        self.family = family
        self.image_page = image_page
        self.image_stem = image_stem
        self.image_chip_id = image_chip_id
        self.image_offset = image_offset
        self.usb_ids = usb_ids
        self.hold_pin = hold_pin
        self.console_baud = console_baud
        self.console_ring_bytes = console_ring_bytes

    def file_text(self) -> str:
        """Return what /board holds on this board."""
        return self.name + "\n" if self.hold_pin is None else "%s %s%d\n" % (self.name, HOLD, self.hold_pin)


KNOWN = (
    Known(
        "m5stickc_plus2",
        "M5StickC Plus2",
        "esp32",
        "ESP32_GENERIC",
        "ESP32_GENERIC-SPIRAM",
        0,
        0x1000,
        ((0x1A86, 0x55D4), (0x1A86, 0x7523), (0x0403, 0x6001)),
        4,
        115200,
        259,  # stdin_ringbuf of the esp32 port: 260 bytes, of which one stays empty
    ),
    Known(
        "xiao_s3",
        "Seeed XIAO ESP32-S3 with an LSM6 breakout",
        "esp32s3",
        "ESP32_GENERIC_S3",
        "ESP32_GENERIC_S3-SPIRAM_OCT",
        9,
        0,
        ((0x303A, 0x4001), (0x303A, 0x1001), (0x2886, 0x0056), (0x2886, 0x8056)),
        None,
        0,
        0,
    ),
)


def named(name: str):
    """Return the board `name`, or None."""
    for board in KNOWN:
        if board.name == name:
            return board
    return None
