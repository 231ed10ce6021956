"""What every stand-in for an IMU has: registers, samples as time goes on, and the faults of a bus."""

REST = (0, 0, 4096, 0, 0, 0)
ENODEV, ETIMEDOUT = 19, 116


class FakeImu:
    """Samples are six ints in 1/4096 g and 1/32 dps, from `push`, else `motion(at_ms)`, else at rest.

    `speed` is the chip's clock per mille of the nominal one, `taken` (at_us, sample) of all that went into the FIFO.
    """

    def __init__(self, speed=1000, motion=None):
        self.speed = speed
        self.motion = motion
        self.pushed = []
        self.taken = []
        self.registers = bytearray(256)
        self.dead = None  # 0x00 or 0xFF: the bus reads only that
        self.break_after = None  # the next read of the FIFO moves so many bytes, then the bus fails
        self.writes = []
        self.int1 = 0
        self.wire = None  # called with the interrupt's level
        self.now_us = 0
        self.deaf_until_us = 0  # it acknowledges nothing until then, as after a reset
        self._next_us = None
        self._last = REST
        self.reset()

    # A chip's own: reset(), period_us() or None while stopped, take(at_us), get(reg), put(reg, value)

    def push(self, *sample):
        """Let the chip take this sample next."""
        self.pushed.append(sample)

    def advance(self, now_ms):
        """Take all samples up to a time."""
        limit_us = now_ms * 1000
        while True:
            period_us = self.period_us()
            if period_us is None:
                self._next_us = None
                break
            if self._next_us is None:
                self._next_us = self.now_us + period_us
            if self._next_us > limit_us:
                break
            self.now_us = self._next_us
            self._next_us += period_us
            self.take(self.now_us)
        self.now_us = limit_us

    def skip(self, now_ms):
        """Let time pass without samples, as in a sleep that nothing looks into."""
        self.now_us = now_ms * 1000
        self._next_us = None

    def rate_changed(self):
        """Begin a new period now."""
        self._next_us = None

    def sample(self, at_us):
        """Return the motion at a time."""
        if self.pushed:
            self._last = self.pushed.pop(0)
        elif self.motion:
            self._last = self.motion(at_us // 1000)
        else:
            self._last = REST
        return self._last

    def period(self, rate_mhz):
        """Return the period in us of a nominal rate in mHz, by this chip's own clock."""
        return 1000000000 * 1000 // (rate_mhz * self.speed)

    def interrupt(self, level):
        """Drive the interrupt line."""
        if level != self.int1:
            self.int1 = level
            if self.wire:
                self.wire(level)

    def write(self, reg, data):
        """Take a write from the bus."""
        self._acknowledge()
        if self.dead is not None:
            return
        for value in data:
            self.writes.append((reg, value))
            self.put(reg, value)
            reg = self.after(reg)

    def read(self, reg, buf):
        """Answer a read from the bus."""
        self._acknowledge()
        limit = len(buf)
        broken = self.break_after is not None and self.is_fifo(reg)
        if broken:
            limit, self.break_after = self.break_after, None
        for i in range(limit):
            buf[i] = self.get(reg) if self.dead is None else self.dead
            reg = self.after(reg)
        if broken:
            raise OSError(ETIMEDOUT)

    def _acknowledge(self):
        """Answer to the address, or raise what the bus raises when no chip does."""
        if self.now_us < self.deaf_until_us:
            raise OSError(ENODEV)

    def after(self, reg):
        """Return the register that follows within one transfer."""
        return reg + 1 & 0xFF


def scaled(value, times, per):
    """Return value * times / per rounded and saturated as an ADC does."""
    whole = (2 * value * times + per) // (2 * per)
    return max(-32768, min(32767, whole))


def word_le(value):
    """Return the two bytes of a word, low byte first."""
    return (value & 0xFF, value >> 8 & 0xFF)
