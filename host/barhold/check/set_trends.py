"""Trends within a set: how hold and speed changed, and how alike the reps were. Pure.

A change is the slope of an ordinary least-squares line through the reps, times the reps from the first to the last. Its
error is Student's 95 % bound from the scatter of the reps around the line or from their own error estimates, whichever
is larger: the reps' errors alone would call every lifter's unevenness a trend, the scatter alone would trust reps that
happen to lie on a line. An error that all reps share, as an uncalibrated sensor's, is in no difference between them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from barhold.model import Rep

MIN_REPS = 4
"""With fewer reps a line through them means nothing."""
PEAK_ERR_M_S = 0.05
"""Reps do not carry the error of their peak velocity. This is the velocity under which the bar counts as still."""
# Student's t, 95 % two-sided, for 1, 2 .. 10 degrees of freedom; above that the last one, which errs on the safe side.
_T95 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)
_ERR_SIGMAS = 1.96  # of a normal error in a rep's 95 % bound


@dataclass(frozen=True, slots=True)
class Change:
    """A change, with its 95 % error."""

    by: float
    error: float

    @property
    def proven(self) -> bool:
        """Whether the change exceeds its error."""
        return abs(self.by) > self.error


def hold_change_s(reps: Sequence[Rep]) -> Change | None:
    """Return by how many seconds the hold changed from the first rep to the last; None for too few reps."""
    return change([rep.hold_ms / 1000 for rep in reps], [rep.hold_err_ms / 1000 for rep in reps])


def speed_change_m_s(reps: Sequence[Rep]) -> Change | None:
    """Return by how many m/s the peak velocity of the rise changed; None for too few reps."""
    return change([rep.peak_m_s for rep in reps], [PEAK_ERR_M_S] * len(reps))


def change(values: Sequence[float], errors: Sequence[float]) -> Change | None:
    """Return the change along a line through evenly spaced values with 95 % errors; None for fewer than MIN_REPS."""
    count = len(values)
    if count < MIN_REPS:
        return None
    middle, mean = (count - 1) / 2, fmean(values)
    spread = sum((i - middle) ** 2 for i in range(count))
    slope = sum((i - middle) * value for i, value in enumerate(values)) / spread
    scatter = sum((value - mean - slope * (i - middle)) ** 2 for i, value in enumerate(values)) / (count - 2)
    own = fmean((error / _ERR_SIGMAS) ** 2 for error in errors)
    return Change(slope * (count - 1), t95(count - 2) * math.sqrt(max(scatter, own) / spread) * (count - 1))


def mean_error(values: Sequence[float]) -> float:
    """Return the 95 % error of the mean of at least two values, from their scatter."""
    return t95(len(values) - 1) * deviation(values) / math.sqrt(len(values))


def deviation(values: Sequence[float]) -> float:
    """Return the standard deviation of a sample; 0 for fewer than two values."""
    if len(values) < 2:
        return 0.0
    mean = fmean(values)
    return math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))


def t95(freedom: int) -> float:
    """Return Student's t for 95 %, two-sided; for more than 10 degrees of freedom that of 10."""
    return _T95[min(freedom, len(_T95)) - 1]
