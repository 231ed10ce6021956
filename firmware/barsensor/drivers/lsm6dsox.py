"""LSM6DSOX and LSM6DSO, which are the same here: a FIFO of words that carry a tag."""

from barsensor.drivers.chip import NONSENSE, OVERRUN
from barsensor.drivers.lsm6 import FIFO_MODE, Lsm6

FIFO_BATCH, FIFO_STATUS = 0x09, 0x3A
CTRL9_XL, I3C_OFF = 0x18, 0xE2
CONTINUOUS = 0x06
WORD = 7
MOST_WORDS = 512
GYRO, ACC = SENSORS = (1, 2)
PAIR = (GYRO ^ ACC) << 3
"""By what the tags of two words of one moment differ: the sensor, not the counter of the moment (bits 1 and 2)."""


class Lsm6dsox(Lsm6):
    """An LSM6DSOX or LSM6DSO at 104 or 208 Hz."""

    chip = "LSM6DSOX"
    id_value = 0x6C
    fifo_reg = 0x78
    frame_bytes = 2 * WORD
    fifo_samples = 256
    status_bytes = 2
    latch = ((0x56, 0x01), (0x58, 0x80))

    def __init__(self, i2c, clock, address: int = 0x6A, rate_hz: int = 104) -> None:
        super().__init__(i2c, clock, address, rate_hz)

    def _start_fifo(self, code: int) -> None:
        self._put(CTRL9_XL, I3C_OFF)
        self._put(FIFO_BATCH, code << 4 | code)

    def _flush(self) -> None:
        self._put(FIFO_MODE, 0)
        self._put(FIFO_MODE, CONTINUOUS)

    def _waiting(self) -> int:
        status = self._status
        self._i2c.readfrom_mem_into(self.address, FIFO_STATUS, status)
        words = status[0] | (status[1] & 0x03) << 8
        if status[1] & 0x04 or words > MOST_WORDS:
            return NONSENSE
        if status[1] & 0x48:  # overrun now, or since the last look
            return OVERRUN
        return words >> 1

    def _unpack(self, frames: int, buf) -> int:
        data, at = self._data, 0  # more than three at once would make a tuple
        end, count, lone = frames * 2 * WORD, 0, 0
        while at < end - WORD:
            tag = data[at]
            sensor = tag >> 3
            if sensor not in SENSORS:
                return self._lost(NONSENSE)
            if (tag ^ data[at + WORD]) & 0xFE == PAIR:
                gyro_at = at + 1 if sensor == GYRO else at + 1 + WORD
                if not self._put_sample(buf, count, at + at + WORD + 2 - gyro_at, gyro_at):
                    return self._lost(NONSENSE)
                count += 1
                at += WORD
            else:
                lone += 1  # its partner is missing
            at += WORD
        if lone:
            # From here on every burst would end within a pair.
            self.bad_words += lone
            self._resync()
        return count
