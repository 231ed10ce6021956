"""Whether gyroscope and accelerometer belong together: both must see the same turn of gravity.

While a bar turns, the direction of gravity turns the other way in the sensor's axes: du/dt = -w x u. The accelerometer,
averaged over half a second, shows u; the gyroscope tells w. Each of the 48 ways to swap and flip three axes is tried
for w. If another way explains the turns far better than the gyroscope as it is, the axes were mixed up on the way from
the chip. A turn about one axis tells nothing of the other two, so a mix-up may go unseen; none was seen where there
was none.
"""

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from barcore import ticks
from barcore.sample import ACC_PER_G, GYRO_PER_DPS
from barhold.recordings import reader

MEAN_S, SPAN_S, STRIDE_S = 0.5, 1.0, 0.1
LEAST_TURN_RAD = 0.12  # of gravity within SPAN_S: less may be a push of the bar
LEAST_SPANS = 6  # that turn so much; fewer tell nothing
# Of what the turns are without any gyroscope. Over 120 generated recordings a right one leaves 0.02 in the median and
# 0.14 at most (0.53 in deadlifts that were set down hard), and no other way is better by a twentieth.
EXPLAINED, MISFIT, TIMES_BETTER = 0.4, 0.3, 4.0
Floats = NDArray[np.float64]
_NAMES = "xyz"


@dataclass(frozen=True, slots=True)
class Axes:
    """What the turns of a recording tell of its axes."""

    fault: str = ""  # what is wrong, in words; "" where nothing is
    known: bool = False  # whether the bar turned enough to tell


def judge(samples: bytes) -> Axes:
    """Return whether the gyroscope in packed `samples` turns as gravity does in the accelerometer."""
    turned, felt = _spans(samples)
    if len(turned) < LEAST_SPANS:
        return Axes()
    unexplained = float((turned**2).sum())
    left = {way: float(((turned + _predicted(felt, way)) ** 2).sum()) / unexplained for way in _ways()}
    usual = left[_USUAL]
    # Of ways that explain the turns alike, the one that changes least is named.
    best = min(left, key=lambda way: (round(left[way], 1), _changes(way)))
    if usual > MISFIT and usual > TIMES_BETTER * left[best] and left[best] < EXPLAINED:
        return Axes(_words(best), known=True)
    return Axes(known=usual < EXPLAINED)


Way = tuple[tuple[int, int], ...]  # for each axis, which of the gyroscope's axes it truly is, and its sign
_USUAL: Way = ((0, 1), (1, 1), (2, 1))


def _ways() -> list[Way]:
    orders, signs = itertools.permutations(range(3)), list(itertools.product((1, -1), repeat=3))
    return [tuple(zip(order, sign, strict=True)) for order in orders for sign in signs]


def _changes(way: Way) -> int:
    """Return how far `way` is from the usual: a swap counts more than a sign, all signs together count as one."""
    swapped = sum(axis != i for i, (axis, _) in enumerate(way))
    flipped = sum(sign < 0 for _, sign in way)
    return 4 * swapped + (1 if flipped == 3 else 2 * flipped)


def _words(way: Way) -> str:
    if all(axis == i for i, (axis, _) in enumerate(way)):
        flipped = [_NAMES[i] for i, (_, sign) in enumerate(way) if sign < 0]
        if len(flipped) == 3:
            return "the gyroscope turns the wrong way"
        return f"the gyroscope turns the wrong way about {' and '.join(flipped)}"
    truly = ", ".join(f"{'-' if sign < 0 else ''}{_NAMES[axis]}" for axis, sign in way)
    return f"the gyroscope's axes are not the accelerometer's: its {truly} fit x, y, z"


def _spans(samples: bytes) -> tuple[Floats, Floats]:
    """Return how gravity turned within each span that tells (n, 3), and what turned it by each rate (n, 3, 3, 3).

    The second is the integral of e_j x u times w_k, rad, indexed by span, j, k and component.
    """
    packed = reader.unpack(samples)
    t_s = ((packed["t_ms"] - packed["t_ms"][:1]) & ticks.MASK) / 1000
    axes = packed["axes"].astype(float)
    if not len(t_s) or t_s[-1] < 2 * SPAN_S:
        return np.empty((0, 3)), np.empty((0, 3, 3, 3))
    rate_rad = np.radians((axes[:, 3:] - np.median(axes[:, 3:], axis=0)) / GYRO_PER_DPS)
    grid_s = np.arange(MEAN_S, t_s[-1] - MEAN_S, STRIDE_S)
    up = _direction(t_s, axes[:, :3] / ACC_PER_G, t_s)
    # e_j x u for the three unit vectors e_j: (n, j, component)
    across = np.cross(np.eye(3)[None, :, :], up[:, None, :])
    flow = across[:, :, None, :] * rate_rad[:, None, :, None]
    step_s = np.diff(t_s, prepend=t_s[0])
    summed = np.cumsum(flow * step_s[:, None, None, None], axis=0)
    at = np.searchsorted(t_s, grid_s)
    ahead = round(SPAN_S / STRIDE_S)
    turned = up[at[ahead:]] - up[at[:-ahead]]
    felt = summed[at[ahead:]] - summed[at[:-ahead]]
    tells = np.linalg.norm(turned, axis=1) > LEAST_TURN_RAD
    return turned[tells], felt[tells]


def _direction(t_s: Floats, acc_g: Floats, at_s: Floats) -> Floats:
    """Return the direction (n, 3) of the mean acceleration over MEAN_S around each time."""
    summed = np.vstack([np.zeros(3), np.cumsum(acc_g, axis=0)])
    begins = np.searchsorted(t_s, at_s - MEAN_S / 2)
    ends = np.searchsorted(t_s, at_s + MEAN_S / 2, side="right")
    mean = (summed[ends] - summed[begins]) / (ends - begins)[:, None]
    direction: Floats = mean / np.maximum(np.linalg.norm(mean, axis=1), 1e-6)[:, None]
    return direction


def _predicted(felt: Floats, way: Way) -> Floats:
    """Return the turn (n, 3) that `way` foretells, without its minus sign."""
    return sum((sign * felt[:, j, axis] for j, (axis, sign) in enumerate(way)), np.zeros((len(felt), 3)))
