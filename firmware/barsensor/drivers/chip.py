"""What all drivers share: registers, reading the FIFO, and resynchronising it after an overrun or nonsense.

A chip's own module says how to configure it, how much waits in its FIFO, and where the words of a frame are.
"""

from barcore.sample import I16_MAX, I16_MIN
from barcore.ticks import elapsed_ms
from barsensor.drivers.fault import ImuError
from barsensor.drivers.fifoclock import FifoClock

BURST = 32
"""Frames in one read at most."""
OVERRUN = -1
NONSENSE = -2
DEAD = (0x00, 0xFF)
"""What a bus reads that nobody drives, or that somebody holds. A tuple made here is not made anew at every sample."""
SILENT_MS = 500
"""A chip that gave no sample for so long lost its configuration or its power."""


class Chip:
    """An IMU on an I2C bus. `read` is for the time between `start` and `power_down`."""

    chip = ""
    rates_hz = (104, 208)
    id_reg = id_value = 0
    fifo_reg = frame_bytes = status_bytes = 0
    fifo_samples = 0  # that it holds
    low = 0  # where the low byte of a word is: 0 little endian, 1 big endian
    # Counts of a sample per count of the chip, in 1/2^14: a 16-bit word times it stays within 31 bits.
    acc_factor = gyro_factor = 1 << 14

    def __init__(self, i2c, clock, address: int, rate_hz: int) -> None:
        if rate_hz not in self.rates_hz:
            raise ImuError("%s: rate is %d Hz, must be %d or %d" % ((self.chip, rate_hz) + self.rates_hz))
        self.address = address
        self.rate_hz = rate_hz
        self.overruns = 0
        self.bad_words = 0
        self._i2c = i2c
        self._clock = clock
        self._byte = bytearray(1)
        self._status = bytearray(self.status_bytes)
        self._data = bytearray(BURST * self.frame_bytes)
        # One view per possible length, because a burst fills its whole buffer and a slice made later would allocate.
        whole = memoryview(self._data)
        self._bursts = [whole[: n * self.frame_bytes] for n in range(BURST + 1)]
        self._torn = False
        self._heard_ms = clock.ticks_ms()
        self._ticks = FifoClock(rate_hz, self._heard_ms)
        self._check_identity()

    def choose(self, fast: bool) -> None:
        """Take the faster of the chip's rates, or the slower one, from the next `start` on."""
        self.rate_hz = self.rates_hz[1 if fast else 0]
        self._ticks = FifoClock(self.rate_hz, self._clock.ticks_ms())

    @property
    def bridge_ms(self) -> int:
        """How long reading may pause before a sample is lost."""
        return self.fifo_samples * 1000 // self.rate_hz

    def discard(self) -> None:
        """Drop the samples in the FIFO, for example after a slow start."""
        self._resync()

    def start(self) -> None:
        """Reset and configure the chip, and begin with an empty FIFO: each chip in its own way."""
        raise NotImplementedError

    def read(self, buf, limit: int) -> int:
        """Move at most `limit` samples, oldest first, into the int array `buf`, 7 ints each; return how many."""
        if self._torn:
            return self._lost(NONSENSE)
        waiting = self._waiting()
        if waiting <= 0:
            return self._lost(waiting) if waiting else self._nothing()
        now_ms = self._clock.ticks_ms()
        self._heard_ms = now_ms
        self._ticks.begin(waiting, now_ms)
        frames = min(waiting, limit, BURST)
        # An error within the burst leaves the FIFO in the middle of a frame: that read starts anew.
        self._torn = True
        self._i2c.readfrom_mem_into(self.address, self.fifo_reg, self._bursts[frames])
        self._torn = False
        return self._unpack(frames, buf)

    # What a chip's module adds: start, self_test, wake_on_motion, power_down, and

    def _waiting(self) -> int:
        """Return how many frames wait, rounded up where a rest must be read too, or OVERRUN or NONSENSE."""
        raise NotImplementedError

    def _unpack(self, frames: int, buf) -> int:
        """Put the samples of a burst into `buf`; return how many, or what `_lost` returns."""
        raise NotImplementedError

    def _flush(self) -> None:
        """Empty the FIFO."""
        raise NotImplementedError

    # For their use

    def _put_sample(self, buf, count: int, acc_at: int, gyro_at: int) -> bool:
        """Put sample `count`, its words at these places of the burst; False when a dead bus read them."""
        data = self._data
        if _blank(data, acc_at):
            return False
        out = count * 7
        buf[out] = self._ticks.next()
        put_axes(data, acc_at, self.low, self.acc_factor, buf, out + 1)
        put_axes(data, gyro_at, self.low, self.gyro_factor, buf, out + 4)
        return True

    def _lost(self, why: int) -> int:
        """Start the FIFO anew after an overrun or nonsense; whatever the last burst held is dropped. Return 0."""
        if why == OVERRUN:
            self.overruns += 1
        else:
            self.bad_words += 1
        self._resync()
        return 0

    def _resync(self) -> None:
        self._torn = True  # still, should the bus fail in the next line
        self._flush()
        self._restart()
        # A bus that is dead takes the command and does nothing: then once more at the next read.
        self._torn = not 0 <= self._waiting() <= 1

    def _restart(self) -> None:
        self._torn = False
        self._heard_ms = self._clock.ticks_ms()
        self._ticks.restart(self._heard_ms)

    def _nothing(self) -> int:
        now_ms = self._clock.ticks_ms()
        if elapsed_ms(now_ms, self._heard_ms) >= SILENT_MS:
            self._heard_ms = now_ms  # first, so that a dead chip is told of twice a second and not at every read
            self.bad_words += 1
            self._check_identity()
            self.start()
        return 0

    def _check_identity(self) -> None:
        try:
            found = "id 0x%02X" % self._get(self.id_reg)
        except OSError as e:
            found = "no answer (%s)" % e
        if found != "id 0x%02X" % self.id_value:
            raise ImuError("%s at 0x%02X: %s, must be id 0x%02X" % (self.chip, self.address, found, self.id_value))

    def _get(self, reg: int) -> int:
        self._i2c.readfrom_mem_into(self.address, reg, self._byte)
        return self._byte[0]

    def _put(self, reg: int, value: int) -> None:
        self._byte[0] = value
        self._i2c.writeto_mem(self.address, reg, self._byte)

    def _put_all(self, pairs) -> None:
        for reg, value in pairs:
            self._put(reg, value)

    def _wait_for(self, reg: int, mask: int, value: int, limit_ms: int) -> bool:
        """Wait until the bits `mask` of a register are `value`; return False when they are not after `limit_ms`.

        A chip that does not answer yet, as in its reset, is waited for like one that says another value.
        """
        for _ in range(limit_ms):
            try:
                if self._get(reg) & mask == value:
                    return True
            except OSError:
                pass
            self._clock.wait_ms(1)
        return False


def put_axes(data, at: int, low: int, factor: int, buf, out: int) -> None:
    """Put three 16-bit words of `data` into `buf`, times factor / 2^14, rounded and clamped to 16 bits."""
    end = out + 3
    while out < end:
        word = data[at + low] | data[at + 1 - low] << 8
        value = ((word ^ 0x8000) - 0x8000) * factor + 8192 >> 14
        buf[out] = I16_MAX if value > I16_MAX else I16_MIN if value < I16_MIN else value
        at += 2
        out += 1


def _blank(data, at: int) -> bool:
    """Tell whether three words are all zeros or all ones: no acceleration on any axis, what a dead bus reads."""
    first = data[at]
    if first not in DEAD:
        return False
    end = at + 6
    while at < end:
        if data[at] != first:
            return False
        at += 1
    return True


def outside(name: str, values, low: int, high: int, unit: str) -> str:
    """Return "" when all three values are within low..high, else what the first axis that is not did."""
    for axis in range(3):
        value = values[axis]
        if not low <= value <= high:
            by, much = (low - value, "little") if value < low else (value - high, "much")
            limits = "must be %d..%d (%d too %s)" % (low, high, by, much)
            return "%s %s %d %s, %s" % (name, "xyz"[axis], value, unit, limits)
    return ""
