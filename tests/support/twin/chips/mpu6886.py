"""Stand-in for the MPU6886: big-endian frames, a FIFO of 1 kB that by default overwrites its oldest bytes."""

from chips.fake import REST, FakeImu, scaled

FIFO_BYTES = 1024
DEAF_MS = 10
"""How long it acknowledges nothing after a reset: the vendor's drivers wait so long, or retry 16 times."""


class FakeMpu6886(FakeImu):
    """`trim` are the factory's self-test codes, `answer` what the self-test gives, in per cent of the factory's."""

    def __init__(self, **options):
        self.trim = (60, 70, 80, 90, 100, 110)
        self.answer = (100,) * 6
        self.deaf_ms = DEAF_MS
        super().__init__(**options)

    def reset(self):
        self.registers = bytearray(256)
        self.registers[0x75] = 0x19
        self.registers[0x6B] = 0x40  # asleep
        for i in range(3):
            self.registers[0x0D + i] = self.trim[i]
            self.registers[0x50 + i] = self.trim[3 + i]
        self.fifo = bytearray()
        self._frame = bytearray(14)
        self._acc = REST[:3]
        self._source = 0
        self.interrupt(0)

    def period_us(self):
        if self.registers[0x6B] & 0x40:
            return None
        if not 1 <= self.registers[0x1A] & 7 <= 6:
            return self.period(8000000)  # the divider only works behind the low-pass filter
        return self.period(1000000 // (1 + self.registers[0x19]))

    def take(self, at_us):
        sample = self.sample(at_us)
        raw = self._raw(sample)
        for i, value in enumerate(raw[:3] + [1234] + raw[3:]):  # noqa: RUF005 - MicroPython has no other way
            self._frame[2 * i], self._frame[2 * i + 1] = value >> 8 & 0xFF, value & 0xFF
        self.registers[0x3A] |= 1
        self._look_for_motion(sample)
        if self.registers[0x6A] & 0x40 and self.registers[0x23] & 0x18:
            self._add()
            self.taken.append((at_us, sample))

    def _raw(self, sample):
        acc_per_g = 16384 >> (self.registers[0x1C] >> 3 & 3)
        gyro_per_dps10 = (1310, 655, 328, 164)[self.registers[0x1B] >> 3 & 3]
        pushes = [self._push(i) for i in range(6)]
        acc = [scaled(sample[i], acc_per_g, 4096) for i in range(3)]
        gyro = [scaled(sample[i], gyro_per_dps10, 320) for i in range(3, 6)]
        return [max(-32768, min(32767, value + pushes[i])) for i, value in enumerate(acc + gyro)]

    def _push(self, i):
        """Return by how many counts the self-test moves an axis: the factory's code is 1.01 ** (code - 1) * 2620."""
        control = self.registers[0x1C if i < 3 else 0x1B]
        if not control >> (7 - i % 3) & 1:
            return 0
        return int(2620 * 1.01 ** ((self.trim[i] or 130) - 1)) * self.answer[i] // 100 >> (control >> 3 & 3)

    def _add(self):
        parts = self.registers[0x23]
        frame = (self._frame[:8] if parts & 0x08 else b"") + (self._frame[8:] if parts & 0x10 else b"")
        if len(self.fifo) + len(frame) > FIFO_BYTES:
            self.registers[0x3A] |= 0x10
            if self.registers[0x1A] & 0x40:
                return
            self.fifo = self.fifo[len(self.fifo) + len(frame) - FIFO_BYTES :]
        self.fifo += frame

    def _look_for_motion(self, sample):
        before, self._acc = self._acc, sample[:3]
        cycling = self.registers[0x6B] & 0x20 and self.registers[0x6C] & 0x07 == 0x07
        if not cycling or self.registers[0x69] & 0xC0 != 0xC0:
            return
        for axis in range(3):
            if abs(sample[axis] - before[axis]) * 1000 > self.registers[0x20 + axis] * 4 * 4096:
                self._source |= 0x80 >> axis
        if self._source & self.registers[0x38]:
            self.interrupt(1)
        elif not self.registers[0x37] & 0x20:
            self.interrupt(0)

    def is_fifo(self, reg):
        return reg == 0x74

    def after(self, reg):
        return reg if reg == 0x74 else reg + 1 & 0xFF

    def put(self, reg, value):
        if reg == 0x6B and value & 0x80:
            self.reset()
            self.deaf_until_us = self.now_us + self.deaf_ms * 1000
            return
        if reg == 0x6A:
            if value & 0x04:
                self.fifo = bytearray()
            value &= 0xF8
        if reg in (0x75, 0x3A) or 0x3B <= reg <= 0x48 or 0x72 <= reg <= 0x73:
            return
        self.registers[reg] = value
        if reg in (0x19, 0x1A, 0x6B):
            self.rate_changed()

    def get(self, reg):
        if reg == 0x72:
            return len(self.fifo) >> 8
        if reg == 0x73:
            return len(self.fifo) & 0xFF
        if reg == 0x74:
            value = self.fifo[0] if self.fifo else 0xFF
            self.fifo = self.fifo[1:]
            return value
        if 0x3B <= reg <= 0x48:
            return self._frame[reg - 0x3B]
        if reg == 0x3A:
            value, self.registers[0x3A] = self.registers[0x3A] | self._source, 0
            self._source = 0
            self.interrupt(0)
            return value
        return self.registers[reg]
