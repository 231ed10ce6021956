"""The plan: what training is checked against. Bounds are inclusive."""

import re
from dataclasses import dataclass

from barhold.model import Load

_DASHED = re.compile(r"(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?|[xX])-(\d+(?:\.\d+)?)", re.ASCII)
_DIGITS = re.compile(r"(\d)(\d)(\d|[xX])(\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Bounds:
    """A least and a most, both allowed."""

    least: float
    most: float

    def side(self, value: float) -> int:
        """Return -1 below the least, 1 above the most, 0 between."""
        return (value > self.most) - (value < self.least)

    def text(self, dash: str = "-") -> str:
        """Return both bounds with a dash between them, or the one number if they are equal."""
        return f"{self.least:g}" if self.least == self.most else f"{self.least:g}{dash}{self.most:g}"


@dataclass(frozen=True, slots=True)
class Tempo:
    """Seconds of fall, pause at the bottom, rise and pause at the top; a rise of None is as fast as possible."""

    fall_s: float
    bottom_s: float
    rise_s: float | None
    top_s: float

    @classmethod
    def parse(cls, text: str) -> "Tempo | None":
        """Return the tempo that lifters write as 2-1-1-3 or 20X3, None for anything else."""
        found = _DASHED.fullmatch(text.strip()) or _DIGITS.fullmatch(text.strip())
        if not found:
            return None
        rise = None if found[3] in "xX" else float(found[3])
        return cls(float(found[1]), float(found[2]), rise, float(found[4]))

    def __str__(self) -> str:
        rise = "X" if self.rise_s is None else f"{self.rise_s:g}"
        return f"{self.fall_s:g}-{self.bottom_s:g}-{rise}-{self.top_s:g}"


@dataclass(frozen=True, slots=True)
class Plan:
    """One exercise's plan; the defaults are the default plan."""

    name: str = "hip-thrust"
    sets: Bounds = Bounds(2, 3)
    reps: Bounds = Bounds(6, 12)
    hold_s: Bounds = Bounds(2, 3)
    rest_h: Bounds = Bounds(24, 48)
    tempo: Tempo | None = None
    exercise: str = "hip thrust"
    warm_up_sets: int = 0  # a session's first sets that do not count, unless somebody says that one does
    load_step: Load | None = None  # by how much the load changes at a time
    set_rest_s: int = 120  # the rest between two sets, for the timer of the live page
    range_m: Bounds = Bounds(0.08, 1.0)  # of one rep of the exercise: a sensor counts no rise outside it


DEFAULT = Plan()
