"""Stillness: waits until the sensor lies still, then takes a pose: the mean of about a second, and the noise in it.

state       leaves when                                             for
IDLE        `start`                                                 WAITING
WAITING     still for 0.3 s                                         GATHERING
            not still within the limit                              REFUSED
GATHERING   moved, clipped or samples missing                       WAITING
            1 s or 416 samples, too restless for a sensor at rest   WAITING
            1 s or 416 samples                                      TAKEN
TAKEN       `start`                                                 WAITING
REFUSED     `start`                                                 WAITING

Still is what stays near the sample that the stillness began with. How near is wide enough for the noise of every
chip and narrow enough that a sensor in a hand is refused.
"""

from array import array

from barcore.fixed import isqrt
from barcore.sample import ACC_CLIP
from barcore.ticks import HALF_MS, elapsed_ms

IDLE, WAITING, GATHERING, TAKEN, REFUSED = 0, 1, 2, 3, 4

# Why it was not still, the newest cause.
NONE, MOVED, CLIPPED, GAPPED = 0, 1, 2, 3

MEAN_SHIFT = 4
"""A pose's mean is in 1/16 counts."""
LIMIT_MS = 10000
SETTLE_MS, POSE_MS = 300, 1000
SAMPLES_MOST = 416
GYRO_ZERO_MOST = 640
"""20 dps: no chip's zero is further off, so it turns."""
_GAP_MS = 60
_ACC_NEAR = 164  # 40 mg
_GYRO_NEAR = 96  # 3 dps
_NOISE_MOST_UG = 8000  # chips have 1000..3000, a held bar 16000


class Still:
    """Takes one pose each time it is started; `update` allocates nothing and is bounded."""

    def __init__(self) -> None:
        self.state = IDLE
        self.reason = NONE  # why a pose was refused
        self.mean = array("i", [0] * 6)  # of a pose: three accelerometer, three gyroscope axes, 1/16 counts
        self.noise_ug = 0  # rms of one sample on one accelerometer axis, of the newest pose
        self._first = array("i", [0] * 6)
        self._sum = array("i", [0] * 6)  # of what the samples are off `_first`
        self._squares = 0  # of the accelerometer
        self._count = 0  # samples since stillness or pose began
        self._since = self._last = self._asked = 0
        self._limit_ms = LIMIT_MS

    def start(self, t_ms: int, limit_ms: int = LIMIT_MS) -> None:
        """Ask for a pose at tick `t_ms`; older samples are passed over."""
        self.state = WAITING
        self.reason = NONE
        self._asked = t_ms
        self._limit_ms = limit_ms
        self._count = 0

    def update(self, samples: "array[int]", at: int) -> int:
        """Take the sample whose seven ints (see `sample`) begin at `at`; returns the state."""
        if self.state != WAITING and self.state != GATHERING:  # noqa: PLR1714 (a tuple would be allocated)
            return self.state
        t_ms = samples[at]
        waited_ms = elapsed_ms(t_ms, self._asked)
        if waited_ms >= HALF_MS:
            return self.state
        broken = self._broken(samples, at)
        if broken:
            self.reason = broken
            self.state = WAITING
        if broken or not self._count:
            self._begin(samples, at)
        self._add(samples, at)
        still_ms = elapsed_ms(t_ms, self._since)
        if self.state == GATHERING:
            if still_ms >= POSE_MS or self._count >= SAMPLES_MOST:
                self._take()
        elif still_ms >= SETTLE_MS:
            self.state = GATHERING
            self._count = 0
        elif waited_ms >= self._limit_ms:
            self.state = REFUSED
        return self.state

    def _broken(self, samples: "array[int]", at: int) -> int:
        """Return why this sample ends the stillness, NONE when it does not."""
        for axis in range(1, 4):
            if abs(samples[at + axis]) >= ACC_CLIP:
                return CLIPPED
        if self._count and elapsed_ms(samples[at], self._last) > _GAP_MS:
            return GAPPED
        return MOVED if self._moved(samples, at) else NONE

    def _moved(self, samples: "array[int]", at: int) -> bool:
        for axis in range(3):
            rate = samples[at + 4 + axis]
            if abs(rate) > GYRO_ZERO_MOST:
                return True
            if self._count and (
                abs(samples[at + 1 + axis] - self._first[axis]) > _ACC_NEAR
                or abs(rate - self._first[axis + 3]) > _GYRO_NEAR
            ):
                return True
        return False

    def _begin(self, samples: "array[int]", at: int) -> None:
        self._since = samples[at]
        self._count = self._squares = 0
        for axis in range(6):
            self._first[axis] = samples[at + 1 + axis]
            self._sum[axis] = 0

    def _add(self, samples: "array[int]", at: int) -> None:
        self._last = samples[at]
        self._count += 1
        for axis in range(6):
            off = samples[at + 1 + axis] - self._first[axis]
            self._sum[axis] += off
            if axis < 3:
                self._squares += off * off  # at most 3 * 416 * 164^2, under 2^26

    def _take(self) -> None:
        """Close the pose, or wait on when it is restless."""
        count, squares = self._count, self._squares
        for axis in range(6):
            off = ((self._sum[axis] << MEAN_SHIFT) + (count >> 1)) // count
            self.mean[axis] = (self._first[axis] << MEAN_SHIFT) + off
            if axis < 3:
                squares -= self._sum[axis] * off >> MEAN_SHIFT
        self.noise_ug = _noise_ug(squares, 3 * count)
        if self.noise_ug > _NOISE_MOST_UG:
            self.reason = MOVED
            self.state = WAITING
            self._count = 0
        else:
            self.state = TAKEN


def _noise_ug(squares: int, count: int) -> int:
    """Return the rms of `count` values whose squares (counts) sum up to `squares` < 2^26."""
    root = isqrt(((squares if squares > 0 else 0) << 4) // count << 8)  # 1/64 counts
    return root * 3906 >> 10  # 1/64 of 1/4096 g is 3.815 ug
