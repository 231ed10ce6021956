"""LSM6DS3TR-C: a FIFO of plain 16-bit words in a fixed order; a register tells which of them comes next."""

from barsensor.drivers.chip import NONSENSE, OVERRUN
from barsensor.drivers.lsm6 import FIFO_MODE, Lsm6

FIFO_DECIMATION, FIFO_STATUS = 0x08, 0x3A
EVERY_SAMPLE = 0x09
CONTINUOUS = 0x06
FRAME_WORDS = 6


class Lsm6ds3trc(Lsm6):
    """An LSM6DS3TR-C at 104 or 208 Hz."""

    chip = "LSM6DS3TR-C"
    id_value = 0x6A
    fifo_reg = 0x3E
    frame_bytes = 2 * FRAME_WORDS
    fifo_samples = 341
    status_bytes = 4
    least_acc_mg = 90
    gyro_waits_ms = (150, 50)
    latch = ((0x58, 0x81),)

    def __init__(self, i2c, clock, address: int = 0x6A, rate_hz: int = 104) -> None:
        self._mode = 0
        super().__init__(i2c, clock, address, rate_hz)

    def _start_fifo(self, code: int) -> None:
        self._mode = code << 3 | CONTINUOUS
        self._put(FIFO_DECIMATION, EVERY_SAMPLE)

    def _flush(self) -> None:
        self._put(FIFO_MODE, 0)
        self._put(FIFO_MODE, self._mode)

    def _waiting(self) -> int:
        status = self._status
        self._i2c.readfrom_mem_into(self.address, FIFO_STATUS, status)
        words = status[0] | (status[1] & 0x07) << 8
        if status[1] & 0x08 or status[3] & 0xFC:
            return NONSENSE
        if status[1] & 0x40:
            return OVERRUN
        if words and (status[2] or status[3]):
            return NONSENSE  # the next word is not the first of a frame
        return words // FRAME_WORDS

    def _unpack(self, frames: int, buf) -> int:
        at = 0
        for count in range(frames):
            if not self._put_sample(buf, count, at + 6, at):
                return self._lost(NONSENSE)
            at += self.frame_bytes
        return frames
