"""BMI270: works only after Bosch's 8 kB of configuration were loaded into it; a FIFO of frames with headers.

The configuration is Bosch's and not in this repository. The driver reads it from a file on the board.
"""

from barcore.sample import I16_MAX, I16_MIN
from barsensor.drivers.chip import NONSENSE, OVERRUN, Chip, put_axes
from barsensor.drivers.fault import ImuError

ACC_DATA, INTERNAL_STATUS, FIFO_LENGTH, FEAT_PAGE, GYR_CAS = 0x0C, 0x21, 0x24, 0x2F, 0x3C
ACC_CONF, ACC_RANGE, GYR_CONF, GYR_RANGE = 0x40, 0x41, 0x42, 0x43
FIFO_DOWNS, FIFO_CONFIG_0, FIFO_CONFIG_1 = 0x45, 0x48, 0x49
INT1_IO, INT_LATCH, INT1_MAP = 0x53, 0x55, 0x56
INIT_CTRL, INIT_ADDR, INIT_DATA = 0x59, 0x5B, 0x5E
GYR_CRT, ACC_SELF_TEST, GYR_SELF_TEST = 0x69, 0x6D, 0x6E
PWR_CONF, PWR_CTRL, CMD = 0x7C, 0x7D, 0x7E
ANY_MOTION, GYRO_TRIGGER = 0x3C, 0x32  # both on page 1
SOFT_RESET, FLUSH, TRIGGER = 0xB6, 0xB0, 0x02
ENABLED, OUT_CONF = 0x80, 0x38  # in the high byte of ANYMO_2; 7 in bits 14:11 is what Bosch's blob starts with
ODR_CODE = {100: 8, 200: 9}
FS_8_G, FS_1000_DPS, FS_16_G = 2, 1, 3
CONFIG_BYTES, CHUNK = 8192, 32
CONFIG_SOURCE = "raw binary of the array bmi270_config_file in bmi270.c of Bosch's BMI270_SensorAPI"
MOST_BYTES = 2048
BOTH, ALONE = 0x8C, (0x88, 0x84)
EMPTY, SKIPPED, TIME, CONFIG_CHANGED = 0x80, 0x40, 0x44, 0x48


class Bmi270(Chip):
    """A BMI270 at 100 or 200 Hz; `config` is the path of Bosch's configuration file."""

    chip = "BMI270"
    rates_hz = (100, 200)
    id_reg, id_value = 0x00, 0x24
    fifo_reg = 0x26
    frame_bytes = 13
    fifo_samples = 157
    status_bytes = 2
    gyro_factor = 15984  # 32.8 counts per dps

    def __init__(self, i2c, clock, address: int = 0x68, rate_hz: int = 100, config: str = "bmi270.bin") -> None:
        self._config = config
        self._cross = 0
        super().__init__(i2c, clock, address, rate_hz)

    def start(self) -> None:
        """Reset the chip, load and configure it, and begin with an empty FIFO."""
        self._load()
        code = ODR_CODE[self.rate_hz]
        self._put_all(((ACC_CONF, 0xA0 | code), (ACC_RANGE, FS_8_G)))
        self._put_all(((GYR_CONF, 0xE0 | code), (GYR_RANGE, FS_1000_DPS)))
        self._put_all(((FIFO_DOWNS, 0x88), (FIFO_CONFIG_0, 0), (FIFO_CONFIG_1, 0xD0)))
        self._put_all(((PWR_CTRL, 0x0E), (FEAT_PAGE, 0)))
        self._clock.wait_ms(100)  # the gyroscope's start; what it says before is thrown away
        cross = self._get(GYR_CAS) & 0x7F
        self._cross = (cross ^ 0x40) - 0x40
        self._flush()
        self._restart()

    def self_test(self) -> str:
        """Let the chip push its own masses; return "" when it moved as it must, else why not."""
        self._load()
        why = self._test_acc() or self._test_gyro()
        self.start()
        return why

    def wake_on_motion(self, mg: int) -> None:
        """Sleep but for the accelerometer; INT1 goes high, and stays, when any axis changes by `mg` (1..984)."""
        self._load()
        threshold = max(1, min(0x7FF, mg * 104 // 50))
        self._put_all(((ACC_CONF, 0x27), (ACC_RANGE, 0), (PWR_CTRL, 0x04)))  # 50 Hz, low power
        self._put(FEAT_PAGE, 1)
        # For 2 x 20 ms, on any axis, enabled, and with its outputs on (0 in bits 14:11 turns them off).
        motion = bytes((2, 0xE0, threshold & 0xFF, ENABLED | OUT_CONF | threshold >> 8))
        self._i2c.writeto_mem(self.address, ANY_MOTION, motion)
        self._put_all(((INT_LATCH, 1), (INT1_IO, 0x0A), (INT1_MAP, 0x40), (PWR_CONF, 0x03)))

    def power_down(self) -> None:
        """Stop everything."""
        self._put_all(((PWR_CTRL, 0), (PWR_CONF, 0x03)))

    def _load(self) -> None:
        with self._open() as file:
            self._put(CMD, SOFT_RESET)
            self._clock.wait_ms(3)
            self._put(PWR_CONF, 0)
            self._clock.wait_ms(1)
            self._put(INIT_CTRL, 0)
            self._send(file)
        self._put(INIT_CTRL, 1)
        if not self._wait_for(INTERNAL_STATUS, 0x0F, 1, 150):
            raise self._config_fault("was refused, status 0x%02X" % self._get(INTERNAL_STATUS))

    def _send(self, file) -> None:
        chunk, address = bytearray(CHUNK), bytearray(2)
        for word in range(0, CONFIG_BYTES // 2, CHUNK // 2):
            file.readinto(chunk)
            address[0], address[1] = word & 0x0F, word >> 4
            self._i2c.writeto_mem(self.address, INIT_ADDR, address)
            self._i2c.writeto_mem(self.address, INIT_DATA, chunk)

    def _open(self):
        """Return the configuration file, opened, when it is there and of the right size."""
        try:
            file = open(self._config, "rb")  # noqa: SIM115 - whoever calls closes it
        except OSError as e:
            # ENOENT in nearly every case; the number is in the text for the others.
            raise self._config_fault("cannot be read (%s)" % e)  # noqa: B904 - MicroPython has no `from`
        size = file.seek(0, 2)
        if size != CONFIG_BYTES:
            file.close()
            raise self._config_fault("has %d bytes, must be %d" % (size, CONFIG_BYTES))
        file.seek(0)
        return file

    def _config_fault(self, what: str) -> ImuError:
        return ImuError("%s: file %s %s; it is the %s" % (self.chip, self._config, what, CONFIG_SOURCE))

    def _flush(self) -> None:
        self._put(CMD, FLUSH)

    def _waiting(self) -> int:
        status = self._status
        self._i2c.readfrom_mem_into(self.address, FIFO_LENGTH, status)
        length = status[0] | status[1] << 8
        if length > MOST_BYTES:
            return NONSENSE
        # Rounded up, so that a lone frame of control is read too: reading too much gives empty frames.
        return (length + self.frame_bytes - 1) // self.frame_bytes

    def _unpack(self, frames: int, buf) -> int:
        data, at = self._data, 0  # more than three at once would make a tuple
        end, count = frames * self.frame_bytes, 0
        while at < end and data[at] != EMPTY:
            header = data[at]
            if header == BOTH:
                if at + self.frame_bytes > end:
                    break  # the chip sends a frame that was not read whole again
                if not self._put_sample(buf, count, at + 7, at + 1):
                    return self._lost(NONSENSE)
                if self._cross:
                    self._uncross(buf, count * 7 + 4)
                count += 1
                at += self.frame_bytes
            elif header in ALONE:
                if at + 7 > end:
                    break
                self.bad_words += 1
                at += 7
            elif header == TIME:
                at += 4
            elif header == CONFIG_CHANGED:
                at += 5
            else:
                return self._lost(OVERRUN if header == SKIPPED else NONSENSE)
        return count

    def _uncross(self, buf, x: int) -> None:
        """Take out of the gyroscope's x what its z puts into it, as Bosch measured at the factory."""
        value = buf[x] - (self._cross * buf[x + 2] >> 9)
        buf[x] = max(I16_MIN, min(I16_MAX, value))

    def _test_acc(self) -> str:
        """At +-16 g and full amplitude; the answer pushed forward less that pushed back, in mg."""
        self._put_all(((PWR_CTRL, 0x04), (ACC_CONF, 0xAC), (ACC_RANGE, FS_16_G)))
        words, axes, change = bytearray(6), [0, 0, 0], [0, 0, 0]
        for bits, sign in ((0x0D, 1), (0x09, -1)):
            self._put(ACC_SELF_TEST, bits)
            self._clock.wait_ms(60)
            self._i2c.readfrom_mem_into(self.address, ACC_DATA, words)
            put_axes(words, 0, 0, 1 << 14, axes, 0)
            change = [change[axis] + sign * axes[axis] for axis in range(3)]
        self._put(ACC_SELF_TEST, 0)
        for axis, low, high in ((0, 16000, 32000), (1, -32000, -15000), (2, 10000, 32000)):
            mg = change[axis] * 125 // 256
            if not low <= mg <= high:
                return "accelerometer %s %d mg, must be %d..%d" % ("xyz"[axis], mg, low, high)
        return ""

    def _test_gyro(self) -> str:
        """The chip judges its gyroscope by itself, with the accelerometer on and the gyroscope off."""
        self._put_all(((PWR_CTRL, 0x04), (FEAT_PAGE, 1)))
        self._i2c.writeto_mem(self.address, GYRO_TRIGGER, b"\0\0")  # the self-test, not the retrimming
        self._put(CMD, TRIGGER)
        self._clock.wait_ms(10)
        if not self._wait_for(GYR_CRT, 0x04, 0, 1000):
            return "gyroscope self-test does not end"
        found = self._get(GYR_SELF_TEST)
        return "" if found & 0x0F == 0x0F else "gyroscope 0x%02X, must be 0x0F (done, x, y, z good)" % found
