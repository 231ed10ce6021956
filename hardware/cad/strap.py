"""Where the tightened strap runs, in the plane across the bar. Plain Python."""

from math import acos, cos, hypot, pi, radians, sin

from hardware.cad.params import SADDLE, SHELL, Clip

THICK = 2.0
_STEPS = 360
_ROUND = 0.01
"""A chord of a polygon lies inside its circle: this much outside it goes round."""


def hull(clip: Clip) -> list[tuple[float, float]]:
    """Return the strap's inner side: the tightest line round arms and bar from one slot to the other."""
    x = clip.half + SHELL["slot_gap"] + 0.6
    points = [(-x, clip.below), (x, clip.below)]
    to, arm, bar = SADDLE["arm_to_deg"], clip.arm_out + _ROUND, clip.bar_mm / 2 + _ROUND
    angles = [radians(SADDLE["root_deg"] + (to - SADDLE["root_deg"]) * i / 60) for i in range(61)]
    points += [(side * arm * sin(a), arm * cos(a)) for a in angles for side in (-1, 1)]
    tip = SADDLE["arm"] / 2 + _ROUND
    points += [
        (side * (_tip(clip)[0] + tip * sin(a)), _tip(clip)[1] + tip * cos(a)) for a in _turn() for side in (-1, 1)
    ]
    points += [(bar * sin(a), bar * cos(a)) for a in _turn()]
    return convex(points)


def contact_mm(clip: Clip) -> float:
    """Return how much of the bar's girth the strap lies on: between the tangents from the arms' tips."""
    x, y = _tip(clip)
    far = hypot(x, y)
    lifted = acos((clip.bar_mm / 2 - SADDLE["arm"] / 2) / far)
    start = radians(SADDLE["arm_to_deg"]) + lifted
    return max(0.0, 2 * (pi - start)) * clip.bar_mm / 2


def convex(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the convex hull, anticlockwise (Andrew's monotone chain)."""
    ordered = sorted(set(points))

    def chain(run: list[tuple[float, float]]) -> list[tuple[float, float]]:
        kept: list[tuple[float, float]] = []
        for point in run:
            while len(kept) > 1 and _left(kept[-2], kept[-1], point) <= 1e-9:
                kept.pop()
            kept.append(point)
        return kept[:-1]

    return chain(ordered) + chain(ordered[::-1])


def _left(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _tip(clip: Clip) -> tuple[float, float]:
    middle, angle = (clip.bore + clip.arm_out) / 2, radians(SADDLE["arm_to_deg"])
    return middle * sin(angle), middle * cos(angle)


def _turn() -> list[float]:
    return [2 * pi * i / _STEPS for i in range(_STEPS)]
