"""The plan: what training is checked against. Bounds are inclusive."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bounds:
    """A least and a most, both allowed."""

    least: float
    most: float

    def side(self, value: float) -> int:
        """Return -1 below the least, 1 above the most, 0 between."""
        return (value > self.most) - (value < self.least)


@dataclass(frozen=True, slots=True)
class Plan:
    """One exercise's plan; the defaults are the default plan."""

    name: str = "hip-thrust"
    sets: Bounds = Bounds(2, 3)
    reps: Bounds = Bounds(6, 12)
    hold_s: Bounds = Bounds(2, 3)
    rest_h: Bounds = Bounds(24, 48)


DEFAULT = Plan()
