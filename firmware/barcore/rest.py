"""Rest: how much a moment looks like a bar that does not travel, however it shakes.

Flatness r^2 is the squared slope over its limit plus the squared bend over its limit; the weight is exp(-r^2). The
limits widen with the shake that is left in the signal, so a tired hold still counts as rest.
"""

from array import array

from barcore.smooth import Smoother

# exp(-r4 / 4) in 1/4096, r4 = 0..63
WEIGHT = array("h", [4096, 3190, 2484, 1935, 1507, 1174, 914, 712, 554, 432, 336, 262, 204, 159, 124, 96])
_R4_MOST = 63
FLAT_R4 = 6

_SHAKE_MOST = 2089  # 0.1 m/s of body tremor; more is an impact ringing out
_MOST = 16000  # a slope or bend beyond it is no rest, and its square no small int
# Of slope (counts per 0.2 s; 0.36 s) and bend: 0.04 m/s^2, 0.6 m/s^3; 0.06 m/s^2, 0.3 m/s^3. Shake that doubles them.
_NEAR_SLOPE, _NEAR_BEND, _NEAR_SHAKE = 200, 125, 626
_FAR_SLOPE, _FAR_BEND, _FAR_SHAKE = 564, 113, 835


def near_r4(near_slope: int, near_bend: int, shake: int, slope: int, slope_var: int) -> int:
    """Return 4 r^2 (0..63) of the short means, given the level's slope (1/256 count per step) and 4 x its variance."""
    wide = _NEAR_SHAKE + (shake if shake < _SHAKE_MOST else _SHAKE_MOST)
    bend_limit = _NEAR_BEND * wide // _NEAR_SHAKE
    # 0.2 s are 2.5 steps: 2.5 / 256 of the slope, 6.25 / 4 of the variance
    own = near_slope - (slope * 5 >> 9)
    return _r4(own, near_bend, _NEAR_SLOPE * wide // _NEAR_SHAKE, bend_limit, (slope_var >> 2) * 25 >> 2)


def far_r4(seen: Smoother, slope: int, slope_var: int) -> int:
    """Return 4 r^2 (0..63) of the long means; arguments as in `near_r4`."""
    wide = _FAR_SHAKE + (seen.shake if seen.shake < _SHAKE_MOST else _SHAKE_MOST)
    bend_limit = _FAR_BEND * wide // _FAR_SHAKE
    own = seen.far_slope - (slope * 9 >> 9)  # 0.36 s are 4.5 steps
    return _r4(own, seen.far_bend, _FAR_SLOPE * wide // _FAR_SHAKE, bend_limit, (slope_var >> 2) * 81 >> 2)


def weight(r4: int) -> int:
    """Return exp(-r4 / 4) in 1/4096."""
    return WEIGHT[r4] if r4 < 16 else WEIGHT[r4 & 15] * 75 >> 12 if r4 < 32 else 0


def _r4(slope: int, bend: int, slope_limit: int, bend_limit: int, var: int) -> int:
    """Return 4 (slope^2 / (slope_limit^2 + var) + (bend / bend_limit)^2), at most 63."""
    if abs(slope) > _MOST or abs(bend) > _MOST:
        return _R4_MOST
    r4 = 4 * slope * slope // (slope_limit * slope_limit + var) + 4 * bend * bend // (bend_limit * bend_limit)
    return r4 if r4 < _R4_MOST else _R4_MOST
