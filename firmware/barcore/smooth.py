"""Smoothing: short and long running means of the velocity counts, and how flat each is, half a second back.

Two cascaded running means (0.22 + 0.14 s; 0.50 + 0.30 s) give `near` and `far`. Their differences tell whether the
bar's acceleration and jerk were small around the tick LAG_TICKS back: the sign of rest that shaking hides least,
because shake shrinks with its frequency when it is integrated.
"""

from array import array

LAG_TICKS = 25
V_MOST = 1 << 18  # 10 m/s: beyond it the integral is lost, and heights must stay small ints
V_RING = 1024
V_MASK = V_RING - 1
_NEAR_A, _NEAR_B = 11, 7
_FAR_A, _FAR_B = 25, 15
_SHAKE = 50
_OFF_MOST = 20000  # counts; a blow that rings is no shake
_MASK = 63  # of the small rings


def velocity(raw: "array[int]", tick: int, level: int) -> int:
    """Return the bar's velocity at `tick`: the mean of five counts of the ring less the drift's level (1/16 count)."""
    i = tick & V_MASK
    total = raw[i] + raw[(i - 1) & V_MASK] + raw[(i + 1) & V_MASK] + raw[(i - 2) & V_MASK] + raw[(i + 2) & V_MASK]
    v = total // 5 - (level >> 4)
    return -V_MOST if v < -V_MOST else v if v < V_MOST else V_MOST


class Smoother:
    """Takes a velocity count per tick; `read()` fills the features of the tick LAG_TICKS before the newest."""

    def __init__(self, velocity: "array[int]") -> None:
        self._v = velocity  # ring of V_RING counts, shared with the detector, which writes it
        self._near = array("i", [0] * 64)
        self._far = array("i", [0] * 64)
        self._off = array("i", [0] * 64)
        self._sums_a = array("i", [0] * 8)
        self._sums_b = array("i", [0] * 16)
        self.near = self.near_slope = self.near_bend = 0
        self.far = self.far_slope = self.far_bend = 0
        self.shake = 0  # mean |velocity - near| over a second, counts
        self.restart(0)

    def restart(self, velocity: int) -> None:
        """Forget the past: as if the velocity count had always been this."""
        for i in range(64):
            self._near[i] = self._far[i] = velocity
            self._off[i] = 0
        for i in range(8):
            self._sums_a[i] = velocity * _NEAR_A
        for i in range(16):
            self._sums_b[i] = velocity
        self._off_sum = 0
        self._near_a = velocity * _NEAR_A
        self._near_b = velocity * _NEAR_A * _NEAR_B
        self._far_a = velocity * _FAR_A
        self._far_b = velocity * _FAR_B

    def push(self, n: int) -> None:
        """Take the count at ring index `n` (the newest tick)."""
        v = self._v
        new = v[n & V_MASK]
        self._near_a += new - v[(n - _NEAR_A) & V_MASK]
        at = n % _NEAR_B
        self._near_b += self._near_a - self._sums_a[at]
        self._sums_a[at] = self._near_a
        near = self._near_b // (_NEAR_A * _NEAR_B)
        self._near[(n - 8) & _MASK] = near
        self._far_a += new - v[(n - _FAR_A) & V_MASK]
        mean = self._far_a // _FAR_A
        at = n % _FAR_B
        self._far_b += mean - self._sums_b[at]
        self._sums_b[at] = mean
        self._far[(n - 19) & _MASK] = self._far_b // _FAR_B
        off = abs(v[(n - 8) & V_MASK] - near)
        if off > _OFF_MOST:
            off = _OFF_MOST
        at = n & _MASK
        self._off_sum += off - self._off[(n - _SHAKE) & _MASK]
        self._off[at] = off

    def read(self, n: int) -> None:
        """Work out the features at tick n - LAG_TICKS, `n` being the newest pushed."""
        c = n - LAG_TICKS
        s, f = self._near, self._far
        self.near = s[c & _MASK]
        later = s[(c + 4) & _MASK] + s[(c + 3) & _MASK] - s[(c - 1) & _MASK] - s[(c - 2) & _MASK]
        early = s[(c + 2) & _MASK] + s[(c + 1) & _MASK] - s[(c - 3) & _MASK] - s[(c - 4) & _MASK]
        self.near_slope = later + early >> 1  # counts per 0.2 s
        self.near_bend = later - early  # change of that over 40 ms
        self.far = f[c & _MASK]
        later = f[(c + 6) & _MASK] + f[(c + 5) & _MASK] - f[(c - 3) & _MASK] - f[(c - 4) & _MASK]
        early = f[(c + 4) & _MASK] + f[(c + 3) & _MASK] - f[(c - 5) & _MASK] - f[(c - 6) & _MASK]
        self.far_slope = later + early >> 1  # counts per 0.36 s
        self.far_bend = later - early  # change of that over 40 ms
        self.shake = self._off_sum // _SHAKE
