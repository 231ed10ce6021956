"""Stand-in for the LSM6DSOX (and LSM6DSO): the FIFO with tagged words."""

from chips.lsm6 import RATE_MHZ, FakeLsm6

WORDS = 512


class FakeLsm6dsox(FakeLsm6):
    """`fifo` is a list of 7-byte words, oldest first; a test may put nonsense into it."""

    identity = 0x6C

    def empty_fifo(self):
        self.fifo = []
        self._byte = 0
        self._counter = 0
        self._overrun = self._overrun_latched = False

    def latched(self):
        return self.registers[0x56] & 1

    def batch(self, words, fastest_mhz):
        """Put the words of one moment into the FIFO; return whether any went in."""
        mode = self.registers[0x0A] & 7
        if mode not in (1, 6):
            return False
        took = False
        for tag, name, code in ((1, "gyro", self.registers[0x09] >> 4), (2, "acc", self.registers[0x09] & 15)):
            rate = RATE_MHZ.get(code)
            if name in words and rate and self._slot % max(1, (fastest_mhz + rate // 2) // rate) == 0:
                took = True
                self._add(bytes((self._tag(tag),)) + words[name], mode)
        self._counter = self._counter + 1 & 3
        return took

    def _tag(self, sensor):
        tag = sensor << 3 | self._counter << 1
        return tag | sum([tag >> i & 1 for i in range(8)]) & 1  # even parity

    def _add(self, word, mode):
        if len(self.fifo) >= WORDS:
            self._overrun = self._overrun_latched = True
            if mode == 1:
                return
            self.fifo.pop(0)
        self.fifo.append(word)

    def is_fifo(self, reg):
        return 0x78 <= reg <= 0x7E

    def after_in_fifo(self, reg):
        return 0x78 if reg == 0x7E else reg + 1

    def get_fifo(self, reg):
        if reg == 0x3A:
            return len(self.fifo) & 0xFF
        if reg == 0x3B:
            latched, self._overrun_latched = self._overrun_latched, False
            overrun, self._overrun = self._overrun, self._overrun and len(self.fifo) >= WORDS
            return len(self.fifo) >> 8 | (0x08 if latched else 0) | (0x40 if overrun else 0)
        if not self.is_fifo(reg):
            return self.registers[reg]
        value = self.fifo[0][reg - 0x78] if self.fifo else 0
        if reg == 0x7E and self.fifo:
            self.fifo.pop(0)
        return value
