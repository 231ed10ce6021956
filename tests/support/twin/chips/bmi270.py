"""Stand-in for the BMI270: dead until the whole configuration came, and a FIFO of frames with headers."""

from chips.fake import FakeImu, scaled, word_le

CONFIG_BYTES = 8192
FIFO_BYTES = 2048
OUT_CONF = 0x78
"""Bits 14:11 of ANYMO_2, here of its high byte: which outputs any-motion has; 0 is none."""


def config_blob():
    """Return what this stand-in takes for Bosch's configuration: as long, but none of its bytes."""
    return bytes([(i * 7 + (i >> 8) * 13 + 5) & 0xFF for i in range(CONFIG_BYTES)])


class FakeBmi270(FakeImu):
    """`push_mg` is the self-test's difference, `gyro_verdict` its result, `cross` the factory's cross-axis factor."""

    def __init__(self, cross=0, **options):
        self.cross = cross
        self.push_mg = (18000, -17000, 12000)
        self.gyro_verdict = 0x0F
        self.blob = config_blob()
        super().__init__(**options)

    def reset(self):
        self.registers = bytearray(256)
        self.registers[0x40], self.registers[0x41], self.registers[0x42] = 0xA8, 0x02, 0xA9
        self.registers[0x45], self.registers[0x48], self.registers[0x49] = 0x88, 0x02, 0x10
        self.registers[0x7C] = 0x03
        self._pages = [bytearray(16) for _ in range(8)]
        self._loaded = bytearray(CONFIG_BYTES)
        self._load_at = 0
        self.running = False
        self._data = bytearray(12)
        self._slot = 0
        self._acc = None
        self._still = 0
        self.interrupt(0)
        self.empty_fifo()

    def empty_fifo(self):
        self.frames = []
        self._skipped = 0

    # --- sampling ---

    def acc_mhz(self):
        code = self.registers[0x40] & 15
        return 25000 << code >> 6 if self.running and self.registers[0x7D] & 4 and 1 <= code <= 12 else 0

    def gyro_mhz(self):
        code = self.registers[0x42] & 15
        return 25000 << code >> 6 if self.running and self.registers[0x7D] & 2 and 6 <= code <= 13 else 0

    def period_us(self):
        fastest = max(self.acc_mhz(), self.gyro_mhz())
        return self.period(fastest) if fastest else None

    def take(self, at_us):
        sample = self.sample(at_us)
        self._slot += 1
        fastest = max(self.acc_mhz(), self.gyro_mhz())
        fields = 0
        for bit, at, rate, raw in ((4, 0, self.acc_mhz(), self._raw_acc), (8, 6, self.gyro_mhz(), self._raw_gyro)):
            if rate and self._slot % (fastest // rate) == 0:
                self._data[at : at + 6] = b"".join([bytes(word_le(value)) for value in raw(sample)])
                fields |= bit
        if fields & 4:
            self._look_for_motion(sample)
        fields &= self.registers[0x49] >> 4
        if fields and self.registers[0x49] & 0x10:
            gyro, acc = bytes(self._data[6:]), bytes(self._data[:6])
            self._add(bytes((0x80 | fields,)) + (gyro if fields & 8 else b"") + (acc if fields & 4 else b""))
            self.taken.append((at_us, sample))

    def _raw_acc(self, sample):
        per_g = 16384 >> self.registers[0x41]
        test = self.registers[0x6D]
        # Half of the difference forward, half of it back; a tenth of it at the small amplitude.
        share = 0 if not test & 1 else (1 if test & 4 else -1) * (10 if test & 8 else 1)
        return [scaled(sample[i] * 20000 + share * self.push_mg[i] * 4096, per_g, 4096 * 20000) for i in range(3)]

    def _raw_gyro(self, sample):
        per_dps10 = (164, 328, 656, 1312, 2624)[self.registers[0x43] & 7]
        raw = [scaled(sample[i], per_dps10, 320) for i in range(3, 6)]
        raw[0] = max(-32768, min(32767, raw[0] + raw[2] * self.cross // 512))
        return raw

    def _add(self, frame):
        while sum([len(f) for f in self.frames]) + len(frame) > FIFO_BYTES:
            if self.registers[0x48] & 1:
                return
            self.frames.pop(0)
            self._skipped = min(255, self._skipped + 1)
        self.frames.append(frame)

    def _look_for_motion(self, sample):
        """Any-motion: `duration` samples of 20 ms in a row that differ by the threshold from the reference."""
        settings = self._pages[1][0x0C:]
        if not settings[3] & 0x80 or not settings[3] & OUT_CONF or not settings[1] & 0xE0:
            self._acc = sample[:3]
            return
        least = (settings[2] | (settings[3] & 0x07) << 8) * 50 * 4096 // (0x68 * 1000)
        before = self._acc or sample[:3]
        if max([abs(sample[i] - before[i]) for i in range(3) if settings[1] & 0x20 << i] or [0]) > least:
            self._still += 1
        else:
            self._still, self._acc = 0, sample[:3]
        mapped = self.registers[0x56] & 0x40 and self.registers[0x53] & 0x0A == 0x0A
        if self._still >= settings[0] | (settings[1] & 0x1F) << 8 and mapped:
            self.interrupt(1)

    # --- registers ---

    def is_fifo(self, reg):
        return reg == 0x26

    def after(self, reg):
        return reg if reg in (0x26, 0x5E) else reg + 1 & 0xFF

    def read(self, reg, buf):
        if reg == 0x26 and self.dead is None and self.break_after is None:
            self._read_fifo(buf)
        else:
            FakeImu.read(self, reg, buf)

    def _read_fifo(self, buf):
        """Frames, then empty ones; a frame that is not read to its end comes again."""
        stream, whole = bytearray(), 0
        if self._skipped:
            stream += bytes((0x40, self._skipped))
            self._skipped = 0
        for frame in self.frames:
            stream += frame
            if len(stream) > len(buf):
                break
            whole += 1
        self.frames = self.frames[whole:]
        while len(stream) < len(buf):
            stream += b"\x80\x00"
        buf[:] = stream[: len(buf)]

    def put(self, reg, value):
        if reg == 0x7E:
            self._command(value)
        elif 0x30 <= reg <= 0x3F:
            self._pages[self.registers[0x2F] & 7][reg - 0x30] = value
        elif reg == 0x5E:
            self._load(value)
        elif reg >= 0x2F:
            self.registers[reg] = value
            if reg in (0x5B, 0x5C):
                self._load_at = 2 * (self.registers[0x5B] & 15 | self.registers[0x5C] << 4)
            if reg == 0x59:
                self.running = value == 1 and bytes(self._loaded) == self.blob and not self.registers[0x7C] & 1
            if reg in (0x40, 0x42, 0x7D):
                self.rate_changed()

    def _load(self, value):
        if not self.registers[0x7C] & 1 and self.registers[0x59] == 0 and self._load_at < CONFIG_BYTES:
            self._loaded[self._load_at] = value
            self._load_at += 1

    def _command(self, value):
        if value == 0xB6:
            self.reset()
        elif value == 0xB0:
            self.empty_fifo()
        elif value == 0x02 and self.registers[0x7D] & 6 == 4 and not self._pages[1][3] & 1:
            self.registers[0x6E] = self.gyro_verdict

    def get(self, reg):  # noqa: PLR0911
        length = sum([len(frame) for frame in self.frames]) + (2 if self._skipped else 0)
        if reg == 0x00:
            return 0x24
        if reg == 0x21:
            return 1 if self.running else 2 if self.registers[0x59] == 1 else 0
        if reg in (0x24, 0x25):
            return length >> 8 if reg == 0x25 else length & 0xFF
        if 0x0C <= reg <= 0x17:
            return self._data[reg - 0x0C]
        if 0x30 <= reg <= 0x3F:
            page = self.registers[0x2F] & 7
            if page == 0 and reg == 0x3C and self.running:
                return self.cross & 0x7F
            return self._pages[page][reg - 0x30]
        if reg == 0x26:
            return self.frames[0][0] if self.frames else 0x80
        return self.registers[reg]
