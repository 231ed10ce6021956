"""What ST's LSM6 chips share: registers, self-test, wake on motion. Sources: ST's drivers and examples."""

from barsensor.drivers.chip import Chip, outside, put_axes

CTRL1_XL, CTRL2_G, CTRL3_C, CTRL5_C, CTRL6_C = 0x10, 0x11, 0x12, 0x14, 0x15
FIFO_MODE = 0x0A
WAKE_UP_SRC, STATUS, OUT_G, OUT_XL = 0x1B, 0x1E, 0x22, 0x28
WAKE_UP_THS, WAKE_UP_DUR, MD1_CFG = 0x5B, 0x5C, 0x5E
RESET, BDU_AND_INCREMENT = 0x01, 0x44
ODR_CODE = {104: 4, 208: 5}
FS_8_G, FS_1000_DPS = 3 << 2, 4 << 1
SETTLE_MS = 100
"""The gyroscope needs up to 80 ms from power-down; what it says before is thrown away."""
ACC_ON_TEST, GYRO_ON_TEST = 0x38, 0x5C  # 52 Hz +-4 g, 208 Hz +-2000 dps
AVERAGED = 5
UG_PER_LSB_4_G = 122


class Lsm6(Chip):
    """An LSM6 without its FIFO and without what differs between them."""

    id_reg = 0x0F
    acc_factor = 16375  # 0.244 mg per count
    gyro_factor = 18350  # 35 mdps per count
    least_acc_mg = 50
    gyro_waits_ms = (100, 100)
    latch: tuple = ()

    def start(self) -> None:
        """Reset the chip, configure it, and begin with an empty FIFO."""
        self._reset()
        code = ODR_CODE[self.rate_hz]
        self._put(CTRL1_XL, code << 4 | FS_8_G)
        self._put(CTRL2_G, code << 4 | FS_1000_DPS)
        self._start_fifo(code)
        self._clock.wait_ms(SETTLE_MS)
        self._flush()
        self._restart()

    def self_test(self) -> str:
        """Let the chip push its own masses; return "" when every axis answered as it must, else why not."""
        self._reset()
        why = self._test_acc() or self._test_gyro()
        self._put(CTRL5_C, 0)
        self.start()
        return why

    def wake_on_motion(self, mg: int) -> None:
        """Sleep but for the accelerometer; INT1 goes high, and stays, when any axis changes by `mg` (31..1968)."""
        self._reset()
        threshold = max(1, min(63, (mg * 4 + 62) // 125))  # 31.25 mg per count at +-2 g
        self._put_all(((CTRL6_C, 0x10), (CTRL1_XL, 0x20)) + self.latch)  # low power, 26 Hz +-2 g
        self._put_all(((WAKE_UP_DUR, 0), (WAKE_UP_THS, threshold)))
        self._clock.wait_ms(SETTLE_MS)  # else its own start would count as motion
        self._get(WAKE_UP_SRC)
        self._put(MD1_CFG, 0x20)

    def power_down(self) -> None:
        """Stop everything."""
        self._put_all(((MD1_CFG, 0), (FIFO_MODE, 0), (CTRL1_XL, 0), (CTRL2_G, 0)))

    def _start_fifo(self, code: int) -> None:
        raise NotImplementedError

    def _reset(self) -> None:
        self._put(CTRL3_C, RESET)
        self._wait_for(CTRL3_C, RESET, 0, 50)
        self._put(CTRL3_C, BDU_AND_INCREMENT)

    def _test_acc(self) -> str:
        self._put(CTRL1_XL, ACC_ON_TEST)
        change = self._change(1, OUT_XL, 1, (100, 100))
        if not change:
            return "accelerometer gives no data"
        mg = [abs(counts) * UG_PER_LSB_4_G // 1000 for counts in change]
        self._put(CTRL1_XL, 0)
        return outside("accelerometer", mg, self.least_acc_mg, 1700, "mg")

    def _test_gyro(self) -> str:
        self._put(CTRL2_G, GYRO_ON_TEST)
        change = self._change(2, OUT_G, 1 << 2, self.gyro_waits_ms)
        if not change:
            return "gyroscope gives no data"
        return outside("gyroscope", [abs(counts) * 7 // 100 for counts in change], 150, 700, "dps")

    def _change(self, ready: int, out_reg: int, test_bits: int, waits_ms):
        """Return by how many counts the three axes change when `test_bits` are set; None without data."""
        means = []
        for bits, wait_ms in ((0, waits_ms[0]), (test_bits, waits_ms[1])):
            self._put(CTRL5_C, bits)
            self._clock.wait_ms(wait_ms)
            means.append(self._mean(ready, out_reg))
        self._put(CTRL5_C, 0)
        if None in means:
            return None
        return [means[1][axis] - means[0][axis] for axis in range(3)]

    def _mean(self, ready: int, out_reg: int):
        words, axes, sums = bytearray(6), [0, 0, 0], [0, 0, 0]
        for i in range(1 + AVERAGED):
            if not self._wait_for(STATUS, ready, ready, 100):
                return None
            self._i2c.readfrom_mem_into(self.address, out_reg, words)
            put_axes(words, 0, 0, 1 << 14, axes, 0)
            if i:  # the first may be older than the setting
                sums = [sums[axis] + axes[axis] for axis in range(3)]
        return [total // AVERAGED for total in sums]
