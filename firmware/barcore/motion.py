"""Vertical motion: samples in, one velocity count every 20 ms out.

The vertical acceleration (component along up, less 1 g) is integrated by trapezoids over the samples' own times and
read off on a fixed 20 ms grid, so that any sample rate, jitter and gap meet the same code behind. The integral
carries the sensor's drift; `drift` finds it. Counts: 1 = g / 16384 * 64 ms = 38.307 um/s. What each sample goes through
stands in `hot_motion`.
"""

from array import array

from barcore import hot, state
from barcore.gravity import Gravity
from barcore.state import (
    ACC_OFFSET,
    ACC_SCALE,
    CLIPPED,
    FINE,
    GYRO,
    GYRO_OFFSET,
    MAY_LEARN,
    MOTION_INTS,
    NOW_MS,
    PEAK,
    STILL_MS,
    T_MS,
    VELOCITY,
    WHOLE,
)

TICK_MS = state.TICK_MS
V_005 = state.V_005
"""0.05 m/s in velocity counts; also 1 mm in height counts (one velocity count over one tick)."""

_GAP_MS = 60
LONGEST_STEP_MS = 1000


class Motion:
    """Integrates samples; after `feed`, `tick()` goes to each grid point passed, whose count is then in `velocity`."""

    def __init__(self) -> None:
        self.state = array("i", [0] * MOTION_INTS)
        self.gravity = Gravity(self.state)
        self.hole_ms = 0  # time without samples since it was last cleared
        self.gap = False  # set by a step over 60 ms; the reader clears it
        self._coast = 0
        self.state[NOW_MS] = -1
        self.state[MAY_LEARN] = 1
        for axis in range(3):
            self.state[ACC_SCALE + axis] = 4096

    def calibrate(
        self,
        acc_offset: "tuple[int, int, int]",
        acc_scale: "tuple[int, int, int]",
        gyro_offset: "tuple[int, int, int]",
    ) -> None:
        """Correct all samples from here on as `settings` has it."""
        for axis in range(3):
            self.state[ACC_OFFSET + axis] = acc_offset[axis]
            self.state[ACC_SCALE + axis] = acc_scale[axis]
            self.state[GYRO_OFFSET + axis] = gyro_offset[axis]

    @property
    def velocity(self) -> int:
        """Counts, read at the grid point."""
        return self.state[VELOCITY]

    @property
    def t_ms(self) -> int:
        """Time of that grid point, ms since the first sample."""
        return self.state[T_MS]

    @property
    def still_ms(self) -> int:
        """How long the rates have stayed put."""
        return self.state[STILL_MS]

    @property
    def clipped(self) -> bool:
        """Whether a sample was at its limit since `unclip`."""
        return self.state[CLIPPED] != 0

    def unclip(self) -> None:
        """Forget the samples at their limit."""
        self.state[CLIPPED] = 0

    def allow_zero_learning(self, may: bool) -> None:
        """Say whether the gyroscope's zero may be learnt while still."""
        self.state[MAY_LEARN] = 1 if may else 0

    def take_peak(self) -> int:
        """Return the largest |vertical acceleration| since this was last asked, 1/16384 g."""
        peak = self.state[PEAK]
        self.state[PEAK] = 0
        return peak

    def start(self, ax: int, ay: int, az: int, gx: int, gy: int, gz: int) -> None:
        """Take the first sample: up is where the accelerometer points."""
        m = self.state
        hot.turn(m, 0, ax, ay, az, gx, gy, gz)  # over no time: the sample is calibrated
        self.gravity.start(m[state.ACC], m[state.ACC + 1], m[state.ACC + 2], m[GYRO], m[GYRO + 1], m[GYRO + 2])
        m[NOW_MS] = 0

    @property
    def started(self) -> bool:
        """Whether a first sample was taken."""
        return self.state[NOW_MS] >= 0

    def feed(self, dt_ms: int, ax: int, ay: int, az: int, gx: int, gy: int, gz: int) -> None:
        """Take the next sample, dt_ms (1..1000) after the last one."""
        if dt_ms > _GAP_MS:
            self.gap = True
            if dt_ms > LONGEST_STEP_MS:
                dt_ms = LONGEST_STEP_MS
            self.hole_ms += dt_ms - _GAP_MS // 3
        m = self.state
        if hot.turn(m, dt_ms, ax, ay, az, gx, gy, gz):
            self.gravity.straighten()
        hot.integrate(m, dt_ms)

    def tick(self) -> bool:
        """Advance to the next grid point that the last sample passed; False when there is none left."""
        return hot.tick(self.state) != 0

    def coast(self, slope: int) -> None:
        """Go on by one grid point as if the bar rested: only the drift (1/256 count per 80 ms) moves the integral."""
        self._coast += slope
        self.state[VELOCITY] += self._coast >> 10
        self._coast &= 1023
        self.state[T_MS] += TICK_MS

    def rezero(self) -> None:
        """Start the integral again at zero (only while at rest, between sets)."""
        m = self.state
        m[NOW_MS] -= m[T_MS]
        m[T_MS] = m[VELOCITY] = m[WHOLE] = 0
        m[FINE] &= 63
