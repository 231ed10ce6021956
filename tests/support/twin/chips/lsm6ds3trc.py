"""Stand-in for the LSM6DS3TR-C: the FIFO of plain words in a repeating pattern."""

from chips.lsm6 import RATE_MHZ, FakeLsm6

WORDS = 2048


class FakeLsm6ds3trc(FakeLsm6):
    """`fifo` is a bytearray of words, oldest first."""

    identity = 0x6A

    def empty_fifo(self):
        self.fifo = bytearray()
        self._read = 0
        self._overrun = False

    def latched(self):
        return self.registers[0x58] & 1

    def batch(self, words, fastest_mhz):
        """Put one moment into the FIFO; return whether it went in."""
        mode = self.registers[0x0A] & 7
        rate = RATE_MHZ.get(self.registers[0x0A] >> 3 & 15)
        if mode not in (1, 6) or not rate or self._slot % max(1, (fastest_mhz + rate // 2) // rate):
            return False
        frame = b""
        for name, decimation in (("gyro", self.registers[0x08] >> 3 & 7), ("acc", self.registers[0x08] & 7)):
            if decimation == 1 and name in words:  # others would make a pattern that nobody here asks for
                frame += words[name]
        if len(self.fifo) + len(frame) > 2 * WORDS - 2:  # 11 bits count 2047 words
            self._overrun = True
            if mode == 1:
                return False
            self.fifo = self.fifo[len(frame) :]
        self.fifo += frame
        return bool(frame)

    def is_fifo(self, reg):
        return reg in (0x3E, 0x3F)

    def after_in_fifo(self, reg):
        return 0x3E if reg == 0x3F else reg + 1

    def get_fifo(self, reg):  # noqa: PLR0911
        words = len(self.fifo) // 2
        if reg == 0x3A:
            return words & 0xFF
        if reg == 0x3B:
            return words >> 8 | (0x40 if self._overrun else 0) | (0 if words else 0x10)
        if reg == 0x3C:
            return self._read % 6
        if reg == 0x3D:
            return 0
        if not self.is_fifo(reg):
            return self.registers[reg]
        if len(self.fifo) < 2:
            return 0
        value = self.fifo[reg - 0x3E]
        if reg == 0x3F:
            self.fifo = self.fifo[2:]
            self._read += 1
        return value
