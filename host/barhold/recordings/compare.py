"""Compares a replayed recording with what the sensor counted of the same motion. Pure.

Both count from their own zero: the sensor from its start, the recording from its first row. Within one start the two
differ by a constant, which is where most reps meet.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from statistics import median

from barhold.model import Rep, TrainingSet
from barhold.training import wall_time

SAME_MS = 400
"""Starts that differ by more than this are two reps: half of the shortest rep there is."""
_STEP_MS = 200
_TRIED = 5
_SLACK = timedelta(hours=1)
_LEAST_MET = 2


@dataclass(frozen=True, slots=True)
class Comparison:
    """Reps met by both judgements, those that only the first one has, and those that only the new one has."""

    both: tuple[tuple[Rep, Rep], ...]
    gone: tuple[Rep, ...]
    new: tuple[Rep, ...]

    @property
    def hold_changed_ms(self) -> int:
        """The largest change of a hold that both have."""
        return max((abs(new.hold_ms - first.hold_ms) for first, new in self.both), default=0)


def sets_near(sets: Iterable[TrainingSet], kept_utc: datetime, duration_s: float) -> list[TrainingSet]:
    """Return the sets that may be of a recording kept at that time; a set's estimated time rules nothing out."""
    since, until = kept_utc - timedelta(seconds=duration_s) - _SLACK, kept_utc + _SLACK
    return [
        item
        for item in sets
        if item.time_quality == wall_time.ESTIMATED or (item.end_utc >= since and item.start_utc <= until)
    ]


def compare(first: Sequence[TrainingSet], again: Sequence[TrainingSet], duration_s: float) -> Comparison | None:
    """Return how the new sets differ from the sensor's; None where the first ones are of other motion."""
    new = [rep for item in again for rep in item.reps]
    ordered = sorted(first, key=lambda item: item.key)
    best: Comparison | None = None
    for _, group in groupby(ordered, key=lambda item: item.key[:3]):
        old = [rep for item in group for rep in item.reps]
        for offset_ms in _offsets(old, new):
            met = _met(old, new, offset_ms)
            if best is None or _fit(met) > _fit(best):
                best = met
    if best is None or len(best.both) < _LEAST_MET:
        return None
    return _within(best, duration_s * 1000)


def _offsets(old: Sequence[Rep], new: Sequence[Rep]) -> list[int]:
    """Return the likeliest differences of the two clocks, ms."""
    apart = Counter(round((a.start_ms - b.start_ms) / _STEP_MS) for a in old for b in new)
    return [step * _STEP_MS for step, _ in apart.most_common(_TRIED)]


def _met(old: Sequence[Rep], new: Sequence[Rep], offset_ms: int) -> Comparison:
    """Pair reps in order of time whose starts, the offset taken away, lie within SAME_MS."""
    both, gone, rest = [], [], list(new)
    for rep in old:
        while rest and rest[0].start_ms + offset_ms < rep.start_ms - SAME_MS:
            rest.pop(0)
        if rest and abs(rest[0].start_ms + offset_ms - rep.start_ms) <= SAME_MS:
            both.append((rep, rest.pop(0)))
        else:
            gone.append(rep)
    met = {id(rep) for _, rep in both}
    return Comparison(tuple(both), tuple(gone), tuple(rep for rep in new if id(rep) not in met))


def _fit(found: Comparison) -> tuple[int, int]:
    """Return what is larger for a better fit: more pairs, then starts that differ more evenly."""
    apart = [a.start_ms - b.start_ms for a, b in found.both]
    return len(apart), min(apart, default=0) - max(apart, default=0)


def _within(found: Comparison, duration_ms: float) -> Comparison:
    """Leave out the first judgement's reps before and after the recording, which it could not know."""
    zero_ms = median(first.start_ms - new.start_ms for first, new in found.both)
    gone = tuple(rep for rep in found.gone if 0 <= rep.start_ms - zero_ms <= duration_ms)
    return Comparison(found.both, gone, found.new)
