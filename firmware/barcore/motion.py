"""Vertical motion: samples in, one velocity count every 20 ms out.

The vertical acceleration (component along up, less 1 g) is integrated by trapezoids over the samples' own times and
read off on a fixed 20 ms grid, so that any sample rate, jitter and gap meet the same code behind. The integral
carries the sensor's drift; `drift` finds it. Counts: 1 = g / 16384 * 64 ms = 38.307 um/s.
"""

from barcore.gravity import Gravity
from barcore.sample import ACC_CLIP, ACC_PER_G

TICK_MS = 20
V_005 = 1305
"""0.05 m/s in velocity counts; also 1 mm in height counts (one velocity count over one tick)."""

_STILL_RANGE = 64  # 2 dps: how far the rates may wander while the bar counts as still
_GAP_MS = 60
LONGEST_STEP_MS = 1000
BLIND = 1 << 20
"""A peak that no sensor reads: nobody knows what happened in a gap."""


class Motion:
    """Integrates samples; after `feed`, `tick()` goes to each grid point passed, whose count is then in `velocity`."""

    def __init__(self) -> None:
        self.gravity = Gravity()
        self.velocity = 0  # counts, read at the grid point
        self.t_ms = 0  # time of that grid point, ms since the first sample
        self.peak = 0  # largest |vertical acceleration| since it was last cleared, 1/16384 g
        self.clipped = False  # set by a sample at its limit; the reader clears it
        self.hole_ms = 0  # time without samples since it was last cleared
        self.gap = False  # set by a step over 60 ms; the reader clears it
        self.may_learn = True  # whether the gyroscope's zero may be learnt while still
        self._now_ms = -1
        self._age_ms = 0
        self._fine = 0  # 1/64 counts over `_whole`
        self._whole = self._coast = 0
        self._before = 0
        self._gx = self._gy = self._gz = 0
        self._acc = 0
        self._step_ms = 0
        self.still_ms = 0
        self._still_x = self._still_y = self._still_z = 0

    def start(self, ax: int, ay: int, az: int, gx: int, gy: int, gz: int) -> None:
        """Take the first sample: up is where the accelerometer points."""
        self.gravity.start(ax, ay, az, gx, gy, gz)
        self._gx, self._gy, self._gz = gx, gy, gz
        self._now_ms = 0

    @property
    def started(self) -> bool:
        """Whether a first sample was taken."""
        return self._now_ms >= 0

    def feed(self, dt_ms: int, ax: int, ay: int, az: int, gx: int, gy: int, gz: int) -> None:
        """Take the next sample, dt_ms (1..1000) after the last one."""
        if dt_ms > _GAP_MS:
            self.gap = True
            if dt_ms > LONGEST_STEP_MS:
                dt_ms = LONGEST_STEP_MS
            self.hole_ms += dt_ms - _GAP_MS // 3
        up = self.gravity
        up.turn(dt_ms, gx + self._gx >> 1, gy + self._gy >> 1, gz + self._gz >> 1)
        self._gx, self._gy, self._gz = gx, gy, gz
        along = ax * up.x + ay * up.y + az * up.z
        self._watch_still(dt_ms, gx, gy, gz)
        pull = 96 if self.still_ms > 300 else 10
        if self._age_ms < 6000:
            self._age_ms += dt_ms
            if pull < 64000 // (self._age_ms + 400):
                pull = 64000 // (self._age_ms + 400)
        up.pull(dt_ms, ax, ay, az, along >> 14, pull)
        if abs(ax) >= ACC_CLIP or abs(ay) >= ACC_CLIP or abs(az) >= ACC_CLIP:
            self.clipped = True
            self.peak = BLIND
        acc = (along >> 12) - 4 * ACC_PER_G
        if abs(acc) > self.peak:
            self.peak = abs(acc)
        self._before = self._fine
        self._fine += (acc + self._acc) * dt_ms >> 1
        self._acc = acc
        self._step_ms = dt_ms
        self._now_ms += dt_ms

    def tick(self) -> bool:
        """Advance to the next grid point that the last sample passed; False when there is none left."""
        next_ms = self.t_ms + TICK_MS
        if next_ms > self._now_ms:
            self._whole += self._fine >> 6
            self._fine &= 63
            return False
        part = self._step_ms - (self._now_ms - next_ms)
        self.velocity = self._whole + (self._before + (self._fine - self._before) // self._step_ms * part >> 6)
        self.t_ms = next_ms
        return True

    def coast(self, slope: int) -> None:
        """Go on by one grid point as if the bar rested: only the drift (1/256 count per 80 ms) moves the integral."""
        self._coast += slope
        self.velocity += self._coast >> 10
        self._coast &= 1023
        self.t_ms += TICK_MS

    def rezero(self) -> None:
        """Start the integral again at zero (only while at rest, between sets)."""
        self._now_ms -= self.t_ms
        self.t_ms = 0
        self.velocity = 0
        self._whole = 0
        self._fine &= 63

    def _watch_still(self, dt_ms: int, gx: int, gy: int, gz: int) -> None:
        """Time how long the rates have stayed put, and learn the gyroscope's zero from a still bar."""
        moved = abs(gx - self._still_x) + abs(gy - self._still_y) + abs(gz - self._still_z)
        if moved > _STILL_RANGE:
            self._still_x, self._still_y, self._still_z = gx, gy, gz
            self.still_ms = 0
        else:
            self.still_ms += dt_ms
        if self.still_ms > 800 and self.may_learn:
            self.gravity.learn_zero(gx, gy, gz)
