"""What the stand-ins for ST's LSM6 chips share: configuration, output registers, self-test, wake on motion."""

from chips.fake import FakeImu, scaled, word_le

RATE_MHZ = {1: 12500, 2: 26000, 3: 52000, 4: 104000, 5: 208000, 6: 416000, 7: 833000, 8: 1666000, 9: 3332000}
ACC_UG = {0: 61, 1: 488, 2: 122, 3: 244}
ACC_G = {0: 2, 1: 16, 2: 4, 3: 8}
GYRO_UDPS = {1: 4375, 0: 8750, 2: 17500, 4: 35000, 6: 70000}
DATA_FROM, DATA_TO = 0x22, 0x2D


class FakeLsm6(FakeImu):
    """`push_mg` and `push_dps` are what the self-test moves each axis by."""

    identity = 0

    def __init__(self, **options):
        self.push_mg = (400, -500, 600)
        self.push_dps = (300, -400, 500)
        super().__init__(**options)

    def reset(self):
        self.registers = bytearray(256)
        self.registers[0x0F] = self.identity
        self.registers[0x12] = 0x04
        self.registers[0x18] = 0xE0
        self._shown = bytearray(12)
        self._shown_before = bytearray(12)
        self._slot = 0
        self._acc = None
        self._wake_source = 0
        self.interrupt(0)
        self.empty_fifo()

    def acc_mhz(self):
        return RATE_MHZ.get(self.registers[0x10] >> 4)

    def gyro_mhz(self):
        return RATE_MHZ.get(self.registers[0x11] >> 4)

    def period_us(self):
        fastest = max(self.acc_mhz() or 0, self.gyro_mhz() or 0)
        return self.period(fastest) if fastest else None

    def take(self, at_us):
        sample = self.sample(at_us)
        self._slot += 1
        fastest = max(self.acc_mhz() or 0, self.gyro_mhz() or 0)
        self._shown_before[:] = self._shown
        words = {}
        for at, name, rate, raw in (
            (0, "gyro", self.gyro_mhz(), self._raw_gyro),
            (6, "acc", self.acc_mhz(), self._raw_acc),
        ):
            if rate and self._slot % ((fastest + rate // 2) // rate) == 0:
                data = b"".join([bytes(word_le(value)) for value in raw(sample)])
                self._shown[at : at + 6] = data
                self.registers[0x1E] |= 2 if name == "gyro" else 1
                words[name] = data
        if "acc" in words:
            self._look_for_motion(sample)
        if self.batch(words, fastest):
            self.taken.append((at_us, sample))

    def _raw_acc(self, sample):
        code = self.registers[0x10] >> 2 & 3
        push = {1: 1, 2: -1}.get(self.registers[0x14] & 3, 0)
        return [
            scaled(sample[axis] * 1000000 + push * self.push_mg[axis] * 4096000, 1, 4096 * ACC_UG[code])
            for axis in range(3)
        ]

    def _raw_gyro(self, sample):
        code = self.registers[0x11] >> 1 & 7
        push = {1: 1, 3: -1}.get(self.registers[0x14] >> 2 & 3, 0)
        return [
            scaled(sample[3 + axis] * 1000000 + push * self.push_dps[axis] * 32000000, 1, 32 * GYRO_UDPS[code])
            for axis in range(3)
        ]

    # --- registers ---

    def put(self, reg, value):
        if reg == 0x12 and value & 1:
            self.reset()
            return
        if reg in (0x0F, 0x1B, 0x1E) or 0x20 <= reg <= 0x2D or 0x3A <= reg <= 0x3F:
            return  # read only
        self.registers[reg] = value
        if reg in (0x10, 0x11):
            self.rate_changed()
        if reg == 0x0A and value & 7 == 0:
            self.empty_fifo()

    def get(self, reg):
        if DATA_FROM <= reg <= DATA_TO:
            self.registers[0x1E] &= ~(2 if reg < 0x28 else 1)
            # Without block data update the two bytes of a word may come from two samples.
            torn = reg & 1 and not self.registers[0x12] & 0x40
            return (self._shown_before if torn else self._shown)[reg - DATA_FROM]
        if reg == 0x1B:
            source, self._wake_source = self._wake_source, 0
            self.interrupt(0)
            return source
        return self.get_fifo(reg)

    def after(self, reg):
        if not self.registers[0x12] & 0x04:
            return reg
        return self.after_in_fifo(reg)

    # --- wake on motion: slope between two samples against WAKE_UP_THS, in 1/64 of full scale ---

    def _look_for_motion(self, sample):
        before, self._acc = self._acc, sample[:3]
        if before is None or not self.registers[0x58] & 0x80:
            return
        full_g = ACC_G[self.registers[0x10] >> 2 & 3]
        least = (self.registers[0x5B] & 0x3F) * full_g * 4096 // 64
        moved = [axis for axis in range(3) if abs(sample[axis] - before[axis]) > least]
        if moved:
            self._wake_source = 0x08 | sum([4 >> axis for axis in moved])
            if self.registers[0x5E] & 0x20:
                self.interrupt(1)
        elif not self.latched():
            self.interrupt(0)
