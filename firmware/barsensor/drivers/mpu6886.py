"""MPU6886: big-endian frames of accelerometer, temperature and gyroscope, without tags."""

from barsensor.drivers.chip import NONSENSE, OVERRUN, Chip, outside, put_axes

SMPLRT_DIV, CONFIG, GYRO_CONFIG, ACCEL_CONFIG, ACCEL_CONFIG2 = 0x19, 0x1A, 0x1B, 0x1C, 0x1D
WOM_THR, FIFO_EN, INT_PIN_CFG, INT_ENABLE, INT_STATUS = 0x20, 0x23, 0x37, 0x38, 0x3A
DATA, INTEL_CTRL, USER_CTRL, PWR_MGMT_1, PWR_MGMT_2, FIFO_COUNT = 0x3B, 0x69, 0x6A, 0x6B, 0x6C, 0x72
ACC_TRIM, GYRO_TRIM = 0x0D, 0x50
STOP_WHEN_FULL = 0x40
"""So that a full FIFO ends with a whole frame, and shows by its count that it is full."""
FS_8_G, FS_1000_DPS = 2 << 3, 2 << 3
ACC_AND_GYRO = 0x18
RESET_AND_ENABLE_FIFO = 0x44
FIFO_BYTES = 1024
FULL_BYTES = 1008
"""The last whole frame but one; the next read might come too late."""
AVERAGED = 20
RESET_MS = 10
"""After a reset the chip acknowledges nothing for a while; the vendor's drivers wait so long too."""


class Mpu6886(Chip):
    """An MPU6886 at 100 or 200 Hz."""

    chip = "MPU6886"
    rates_hz = (100, 200)
    id_reg, id_value = 0x75, 0x19
    fifo_reg = 0x74
    frame_bytes = 14
    fifo_samples = 71
    status_bytes = 2
    low = 1
    gyro_factor = 15984  # 32.8 counts per dps

    def __init__(self, i2c, clock, address: int = 0x68, rate_hz: int = 100) -> None:
        super().__init__(i2c, clock, address, rate_hz)

    def start(self) -> None:
        """Reset the chip, configure it, and begin with an empty FIFO."""
        self._wake()
        low_pass = 3 if self.rate_hz == 100 else 2  # 41 or 92 Hz, and nearly the same for the accelerometer
        self._put_all(((SMPLRT_DIV, 1000 // self.rate_hz - 1), (CONFIG, STOP_WHEN_FULL | low_pass)))
        self._put_all(((GYRO_CONFIG, FS_1000_DPS), (ACCEL_CONFIG, FS_8_G), (ACCEL_CONFIG2, low_pass)))
        self._put(FIFO_EN, ACC_AND_GYRO)
        self._clock.wait_ms(50)  # the gyroscope's start; what it says before is thrown away
        self._flush()
        self._restart()

    def self_test(self) -> str:
        """Let the chip push its own masses; return "" when the answers are as the factory's, else why not."""
        self._wake()
        self._put_all(((SMPLRT_DIV, 0), (CONFIG, 2), (ACCEL_CONFIG2, 2)))  # 1 kHz, 92 Hz
        quiet = self._mean_of_six(0)
        pushed = self._mean_of_six(0xE0)
        change = [abs(pushed[i] - quiet[i]) for i in range(6)]
        trim = [self._trim(reg + axis) for reg in (ACC_TRIM, GYRO_TRIM) for axis in range(3)]
        why = _acc_fault(change[:3], trim[:3]) or _gyro_fault(change[3:], trim[3:])
        self.start()
        return why

    def wake_on_motion(self, mg: int) -> None:
        """Sleep but for the accelerometer; INT is pulled low, and stays, when any axis changes by `mg` (4..1020).

        Open drain and active low, because on the board that has this line connected two other chips share it.
        """
        self._wake()
        threshold = max(1, min(255, mg // 4))
        self._put_all(((PWR_MGMT_2, 0x07), (ACCEL_CONFIG, 0), (ACCEL_CONFIG2, 1), (INT_PIN_CFG, 0xE0)))
        self._put_all([(WOM_THR + axis, threshold) for axis in range(3)])
        self._put_all(((INTEL_CTRL, 0xC0), (SMPLRT_DIV, 19)))  # against the sample before, 50 Hz
        self._clock.wait_ms(50)
        self._get(INT_STATUS)
        self._put_all(((INT_ENABLE, 0xE0), (PWR_MGMT_1, 0x21)))

    def power_down(self) -> None:
        """Stop everything."""
        self._put(PWR_MGMT_1, 0x40)

    def _wake(self) -> None:
        self._put(PWR_MGMT_1, 0x80)
        self._clock.wait_ms(RESET_MS)
        self._wait_for(PWR_MGMT_1, 0x80, 0, 100)
        self._put(PWR_MGMT_1, 0x01)
        self._clock.wait_ms(10)
        self._put(PWR_MGMT_2, 0)

    def _flush(self) -> None:
        self._put(USER_CTRL, RESET_AND_ENABLE_FIFO)

    def _waiting(self) -> int:
        count = self._count()
        if count % self.frame_bytes and count < FULL_BYTES:
            count = self._count()  # once more: it may have been read while a frame was being written
        if count > FIFO_BYTES:
            return NONSENSE
        if count >= FULL_BYTES:
            return OVERRUN
        return NONSENSE if count % self.frame_bytes else count // self.frame_bytes

    def _count(self) -> int:
        self._i2c.readfrom_mem_into(self.address, FIFO_COUNT, self._status)
        return self._status[0] << 8 | self._status[1]

    def _unpack(self, frames: int, buf) -> int:
        at = 0
        for count in range(frames):
            if not self._put_sample(buf, count, at, at + 8):
                return self._lost(NONSENSE)
            at += self.frame_bytes
        return frames

    def _mean_of_six(self, test_bits: int):
        """Return the means of accelerometer (+-2 g) and gyroscope (+-250 dps), pushed as `test_bits` say."""
        self._put_all(((ACCEL_CONFIG, test_bits), (GYRO_CONFIG, test_bits)))
        self._clock.wait_ms(200)
        words, axes, sums = bytearray(14), [0] * 6, [0] * 6
        for _ in range(AVERAGED):
            self._clock.wait_ms(2)
            self._i2c.readfrom_mem_into(self.address, DATA, words)
            put_axes(words, 0, 1, 1 << 14, axes, 0)
            put_axes(words, 8, 1, 1 << 14, axes, 3)
            sums = [sums[i] + axes[i] for i in range(6)]
        return [total // AVERAGED for total in sums]

    def _trim(self, reg: int) -> int:
        """Return the answer, in counts, that the factory saw; 0 when it noted none."""
        code = self._get(reg)
        return int(2620 * 1.01 ** (code - 1)) if code else 0


# The limits are InvenSense's for this family (ICM-20602 and its kin): a ratio to the factory's answer, or, where it
# noted none, the answer itself.


def _acc_fault(change, trim) -> str:
    if not all(trim):
        return outside("accelerometer", [1000 * counts // 16384 for counts in change], 225, 675, "mg")
    percent = [100 * change[axis] // trim[axis] for axis in range(3)]
    return outside("accelerometer", percent, 50, 150, "% of the factory's")


def _gyro_fault(change, trim) -> str:
    if not all(trim):
        return outside("gyroscope", [counts // 131 for counts in change], 60, 250, "dps")
    percent = [100 * change[axis] // trim[axis] for axis in range(3)]
    return outside("gyroscope", percent, 50, 1000, "% of the factory's")
