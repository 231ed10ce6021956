"""A register-level fake of the ST7789: takes what its SPI wires bring and keeps the picture, RGB565.

The panel of the M5StickC Plus2 is wired blue first: without the BGR bit of MADCTL it shows red as blue.
"""

COLUMNS, ROWS = 240, 320
MADCTL, BGR = 0x36, 0x08


class FakeSt7789:
    """Hangs on the pins `select` and `data` of a world. `bars` counts windows opened, `sleeping` and `on` follow it."""

    def __init__(self, world, select, data):
        self._world = world
        self._select = select
        self._data = data
        self.memory = bytearray(COLUMNS * ROWS * 2)
        self.commands = []
        self.windows = 0
        self.sleeping = True
        self.on = False
        self.inverted = False
        self.blue_first = False
        self._command = 0
        self._arguments = b""
        self._columns = (0, 0)
        self._rows = (0, 0)
        self._x = self._y = 0

    def write(self, data):
        if self._world.pins[self._select]:
            return
        if not self._world.pins[self._data]:
            for command in data:
                self._take(command)
        elif self._command == 0x2C:
            self._pixels(bytes(data))
        else:
            self._arguments += bytes(data)
            self._argue()

    def pixel(self, x, y):
        """Return the colour that the panel shows, as RGB565."""
        at = (y * COLUMNS + x) * 2
        rgb = self.memory[at] << 8 | self.memory[at + 1]
        if not self.blue_first:
            rgb = (rgb & 0x1F) << 11 | rgb & 0x07E0 | rgb >> 11
        return rgb

    def _take(self, command):
        self._command, self._arguments = command, b""
        self.commands.append(command)
        if command in (0x10, 0x11):
            self.sleeping = command == 0x10
        elif command in (0x28, 0x29):
            self.on = command == 0x29
        elif command in (0x20, 0x21):
            self.inverted = command == 0x21
        elif command == 0x2C:
            self.windows += 1
            self._x, self._y = self._columns[0], self._rows[0]

    def _argue(self):
        a = self._arguments
        if len(a) == 1 and self._command == MADCTL:
            self.blue_first = bool(a[0] & BGR)
        if len(a) == 4 and self._command in (0x2A, 0x2B):
            span = (a[0] << 8 | a[1], a[2] << 8 | a[3])
            limit = COLUMNS if self._command == 0x2A else ROWS
            assert span[0] <= span[1] < limit, span
            if self._command == 0x2A:
                self._columns = span
            else:
                self._rows = span

    def _pixels(self, data):
        """Write to the window from where it is, row by row; wraps at its end."""
        while data:
            count = min(self._columns[1] + 1 - self._x, len(data) // 2)
            assert count, "half a pixel"
            at = (self._y * COLUMNS + self._x) * 2
            self.memory[at : at + count * 2] = data[: count * 2]
            data = data[count * 2 :]
            self._x += count
            if self._x > self._columns[1]:
                self._x = self._columns[0]
                self._y = self._y + 1 if self._y < self._rows[1] else self._rows[0]
