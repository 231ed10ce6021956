"""A name on a screen, in letters as large as its width allows: what stands there between two sets.

The letters are 5 x 7 dots with one dot between them. The band of the screen that they stand in is drawn in full, black
included, LINES_A_CALL lines a call: sampling must not wait for a screen.
"""

from barcore.protocol import SCREEN_LETTERS

TOP, HEIGHT = 30, 56
LINES_A_CALL = 8
DOTS_HIGH, DOTS_WIDE = 7, 6
LARGEST = HEIGHT // DOTS_HIGH
"""The most pixels a dot may be wide."""
UNFINISHED = "?"
"""No name: it is not of SCREEN_LETTERS."""
GLYPHS = (
    b"\x7e\x09\x09\x09\x7e\x7f\x49\x49\x49\x36\x3e\x41\x41\x41\x22\x7f\x41\x41\x41\x3e\x7f\x49\x49\x49\x41"
    b"\x7f\x09\x09\x09\x01\x3e\x41\x49\x49\x3a\x7f\x08\x08\x08\x7f\x00\x41\x7f\x41\x00\x20\x40\x41\x3f\x01"
    b"\x7f\x08\x14\x22\x41\x7f\x40\x40\x40\x40\x7f\x02\x0c\x02\x7f\x7f\x06\x08\x30\x7f\x3e\x41\x41\x41\x3e"
    b"\x7f\x09\x09\x09\x06\x3e\x41\x51\x21\x5e\x7f\x09\x19\x29\x46\x26\x49\x49\x49\x32\x01\x01\x7f\x01\x01"
    b"\x3f\x40\x40\x40\x3f\x1f\x20\x40\x20\x1f\x7f\x20\x18\x20\x7f\x63\x14\x08\x14\x63\x03\x04\x78\x04\x03"
    b"\x61\x51\x49\x45\x43\x3e\x61\x5d\x43\x3e\x00\x42\x7f\x40\x00\x42\x61\x51\x49\x46\x22\x41\x49\x49\x36"
    b"\x18\x14\x12\x7f\x10\x27\x45\x45\x45\x39\x3e\x49\x49\x49\x30\x01\x01\x71\x0d\x03\x36\x49\x49\x49\x36"
    b"\x06\x49\x49\x49\x3e\x00\x00\x00\x00\x00\x00\x60\x60\x00\x00\x00\x08\x08\x08\x00\x00\x04\x03\x00\x00"
)
"""Of each of SCREEN_LETTERS five columns, left to right; the lowest bit is the top dot."""


class Banner:
    """One name in a band `width` pixels wide; `name` is what stands there, UNFINISHED while it is being drawn."""

    def __init__(self, width: int) -> None:
        for _ in SCREEN_LETTERS:
            pass  # MicroPython makes a string of each letter once and keeps it: here, not in a step
        self.name = ""
        self._width = width
        self._pixels = bytearray(width * 2)
        self._drawn = ""
        self._line = HEIGHT
        self._scale = self._left = self._above = 0

    def draw(self, name: str, open_window, write) -> None:
        """Draw some more lines towards `name`. Allocates nothing."""
        if self._drawn != name:
            self._drawn = name
            self._fit()
            self._line = HEIGHT
        if self._line == HEIGHT:
            self.name = UNFINISHED
            self._line = 0
        dots = -1
        open_window(0, TOP + self._line, self._width, min(LINES_A_CALL, HEIGHT - self._line))
        for _ in range(min(LINES_A_CALL, HEIGHT - self._line)):
            row = self._row()
            if row != dots or dots < 0:
                self._fill(row)
                dots = row
            write(self._pixels)
            self._line += 1
        if self._line == HEIGHT:
            self.name = name

    def _fit(self) -> None:
        """Choose the size of a dot, and where the name begins."""
        wide = max(1, len(self._drawn) * DOTS_WIDE - 1)
        self._scale = max(1, min(LARGEST, self._width // wide))
        self._left = (self._width - wide * self._scale) // 2
        self._above = (HEIGHT - DOTS_HIGH * self._scale) // 2

    def _row(self) -> int:
        """Return which row of dots the line shows; DOTS_HIGH for none."""
        below = self._line - self._above
        return below // self._scale if 0 <= below < DOTS_HIGH * self._scale else DOTS_HIGH

    def _fill(self, row: int) -> None:
        """Put one row of dots into the line's pixels, white on black."""
        pixels, scale = self._pixels, self._scale
        for i in range(len(pixels)):
            pixels[i] = 0
        if row == DOTS_HIGH:
            return
        at = self._left * 2
        for letter in range(len(self._drawn)):
            glyph = max(0, SCREEN_LETTERS.find(self._drawn[letter])) * 5
            for column in range(5):
                if GLYPHS[glyph + column] >> row & 1:
                    for i in range(at, at + scale * 2):
                        pixels[i] = 0xFF
                at += scale * 2
            at += scale * 2
