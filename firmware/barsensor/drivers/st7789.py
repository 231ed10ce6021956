"""The screen of the M5StickC Plus2, an ST7789 with 135 x 240 pixels: rep number above, running hold below, or a name.

Digits of seven bars and their joints, each a filled rectangle; there is no frame buffer. A rectangle is drawn only when
its colour changes, and one `show` draws at most RECTS_A_CALL of them: sampling must not wait for a screen.
"""

from array import array

from barsensor.drivers.banner import Banner

WIDTH, HEIGHT = 135, 240
LEFT, TOP = 52, 40
"""Where this panel begins in the controller's memory."""
RECTS_A_CALL = 6

# Colours as RGB565; a rectangle's colour is an index.
BLACK, WHITE, AMBER, GREEN, RED = 0, 1, 2, 3, 4
RGB565 = (0x0000, 0xFFFF, 0xFD20, 0x07E0, 0xF800)

# The bars of a digit as bits: a top, b and c right, d bottom, e and f left, g middle.
DIGITS = (0x3F, 0x06, 0x5B, 0x4F, 0x66, 0x6D, 0x7D, 0x07, 0x7F, 0x6F)
BLANK = 0
# A joint is lit when a bar that ends there is: at the ends of a, g and d, left and right. So no digit has a gap.
JOINTS = (0x21, 0x03, 0x70, 0x46, 0x18, 0x0C)
DIGIT_WIDTH, DIGIT_HEIGHT, THICK = 52, 110, 14
INNER, UPRIGHT = DIGIT_WIDTH - 2 * THICK, (DIGIT_HEIGHT - 3 * THICK) // 2
RIGHT, MIDDLE, LOW, BOTTOM = DIGIT_WIDTH - THICK, THICK + UPRIGHT, 2 * THICK + UPRIGHT, DIGIT_HEIGHT - THICK
PARTS = (
    (THICK, 0, INNER, THICK),
    (RIGHT, THICK, THICK, UPRIGHT),
    (RIGHT, LOW, THICK, UPRIGHT),
    (THICK, BOTTOM, INNER, THICK),
    (0, LOW, THICK, UPRIGHT),
    (0, THICK, THICK, UPRIGHT),
    (THICK, MIDDLE, INNER, THICK),
    (0, 0, THICK, THICK),
    (RIGHT, 0, THICK, THICK),
    (0, MIDDLE, THICK, THICK),
    (RIGHT, MIDDLE, THICK, THICK),
    (0, BOTTOM, THICK, THICK),
    (RIGHT, BOTTOM, THICK, THICK),
)
"""Seven bars, then six joints."""
# Places of the digits: rep's tens and ones, hold's seconds, then tenths behind a point (or tens and ones from 10 s on).
PLACES = ((8, 3), (75, 3), (1, 127), (82, 127))
POINT = (61, 223, 12, 14)
BATTERY = (35, 117, 64, 6)
# Indices of the rectangles: thirteen for each digit, then these.
POINT_AT, BATTERY_AT, ALL_RECTS = 52, 53, 54
LARGEST_PIXELS = UPRIGHT * THICK

INIT = (
    (0x11, b"", 120),  # out of sleep
    (0x3A, b"\x55", 0),  # 16 bits a pixel
    (0x36, b"\x08", 0),  # upright; this panel is wired blue first (M5GFX Panel_LCD sets the same bit)
    (0x21, b"", 0),  # this panel shows colours inverted
    (0x13, b"", 10),  # normal mode
    (0x29, b"", 10),  # on
)


class St7789:
    """The screen on `spi`, with machine.Pins for chip select, data, reset and backlight."""

    def __init__(self, spi, select, data, reset, light, clock) -> None:
        self._spi = spi
        self._select = select
        self._data = data
        self._light = light
        self._command = bytearray(1)
        self._window = bytearray(4)
        self._rects = _layout()
        # Half a rectangle of each colour and size, ready to send: filling it anew would take longer than sending it.
        self._fills = tuple(_fills(rgb) for rgb in RGB565)
        self._wanted = bytearray(ALL_RECTS)
        self._shown = bytearray(ALL_RECTS)
        self._behind = False
        self._next = 0
        self._told = array("i", (-1, -1, -1, -1))
        self._name = ""
        self._banner = Banner(WIDTH)
        self._open_window = self._open  # a bound method made anew at each call would take heap
        self._write = spi.write
        self._start(reset, clock)

    def show(self, rep: int, hold_ms: int, target_ms: int, low_battery: bool, name: str = "") -> None:
        """Show this, or go on drawing it: at most RECTS_A_CALL rectangles a call. Allocates nothing.

        A `name` of SCREEN_LETTERS stands in the place of the numbers.
        """
        told = self._told
        tenths = hold_ms // 100
        reached = hold_ms >= target_ms > 0
        if self._name != name or (told[0] != rep or told[1] != tenths or told[2] != reached or told[3] != low_battery):
            # One by one: a tuple of four would take heap.
            told[0] = rep
            told[1] = tenths
            told[2] = reached
            told[3] = low_battery
            self._name = name
            if name:
                self._want_nothing()
            else:
                self._want_digits(rep, tenths, GREEN if reached else AMBER)
            self._wanted[BATTERY_AT] = RED if low_battery else BLACK
            self._behind = True
        # Numbers and name share their place: what goes is black before the other is drawn.
        if not name and self._banner.name != "":
            self._draw_name(name)
        elif self._behind:
            self._draw()
        elif self._banner.name != name:
            self._draw_name(name)

    def off(self) -> None:
        """Go dark and to sleep; only a new start ends it."""
        self._light(0)
        self._send(0x28, b"")
        self._send(0x10, b"")

    def _draw_name(self, name: str) -> None:
        self._banner.draw(name, self._open_window, self._write)
        self._select(1)

    def _want_nothing(self) -> None:
        for at in range(BATTERY_AT):
            self._wanted[at] = BLACK

    def _want_digits(self, rep: int, tenths: int, colour: int) -> None:
        self._want(0, DIGITS[rep // 10 % 10] if rep >= 10 else BLANK, WHITE)
        self._want(1, DIGITS[rep % 10], WHITE)
        seconds = tenths // 10
        short = seconds < 10
        self._want(2, DIGITS[seconds if short else seconds // 10 % 10], colour)
        self._want(3, DIGITS[tenths % 10 if short else seconds % 10], colour)
        self._wanted[POINT_AT] = colour if short else BLACK

    def _want(self, digit: int, bars: int, colour: int) -> None:
        at = digit * 13
        for bar in range(7):
            self._wanted[at + bar] = colour if bars >> bar & 1 else BLACK
        for joint in range(6):
            self._wanted[at + 7 + joint] = colour if bars & JOINTS[joint] else BLACK

    def _draw(self) -> None:
        left = RECTS_A_CALL
        for _ in range(ALL_RECTS):
            at = self._next
            if self._wanted[at] != self._shown[at]:
                if left == 0:
                    return
                left -= 1
                self._fill(at, self._wanted[at])
                self._shown[at] = self._wanted[at]
            self._next = at + 1 if at + 1 < ALL_RECTS else 0
        self._behind = False

    def _fill(self, at: int, colour: int) -> None:
        rects = self._rects
        w, h = rects[at * 4 + 2], rects[at * 4 + 3]
        self._open(rects[at * 4], rects[at * 4 + 1], w, h)
        half = self._fills[colour][w * h]
        self._spi.write(half)
        self._spi.write(half)
        self._select(1)

    def _open(self, x: int, y: int, w: int, h: int) -> None:
        """Leave the controller waiting for the pixels of this window."""
        self._span(0x2A, LEFT + x, w)
        self._span(0x2B, TOP + y, h)
        self._send(0x2C, b"")
        self._select(0)

    def _span(self, command: int, first: int, count: int) -> None:
        window = self._window
        window[0], window[1] = first >> 8, first & 0xFF
        window[2], window[3] = first + count - 1 >> 8, first + count - 1 & 0xFF
        self._send(command, window)

    def _send(self, command: int, data) -> None:
        self._command[0] = command
        self._select(0)
        self._data(0)
        self._spi.write(self._command)
        self._data(1)
        if data:
            self._spi.write(data)
        self._select(1)

    def _start(self, reset, clock) -> None:
        reset(0)
        clock.wait_ms(10)
        reset(1)
        clock.wait_ms(120)
        for command, data, wait_ms in INIT:
            self._send(command, data)
            clock.wait_ms(wait_ms)
        row = bytes(WIDTH * 2)
        self._open(0, 0, WIDTH, HEIGHT)
        for _ in range(HEIGHT):
            self._spi.write(row)
        self._select(1)
        self._light(1)


def _layout() -> array:
    """Return x, y, width, height of every rectangle."""
    rects = array("h")
    for left, top in PLACES:
        for x, y, w, h in PARTS:
            rects.extend(array("h", (left + x, top + y, w, h)))
    rects.extend(array("h", POINT))
    rects.extend(array("h", BATTERY))
    return rects


def _fills(rgb: int) -> dict:
    """Return half a rectangle's pixels of one colour by its count of pixels."""
    pixels = bytes((rgb >> 8, rgb & 0xFF)) * (LARGEST_PIXELS // 2)
    counts = {w * h for _, _, w, h in PARTS + (POINT, BATTERY)}
    return {count: memoryview(pixels)[:count] for count in counts}
