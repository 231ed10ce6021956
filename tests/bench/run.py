"""A run: finders over cases, timed."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from barcore.sample import SAMPLE_BYTES
from bench.cases import Case
from bench.found import Finder
from bench.score import Scored


@dataclass(slots=True)
class Result:
    """What one finder made of the cases: scores by scenario, and the time it took."""

    name: str
    scored: dict[str, list[Scored]] = field(default_factory=dict)
    seconds: float = 0.0
    samples: int = 0

    @property
    def us_per_sample(self) -> float:
        """Microseconds of this computer for each sample of the recordings; NaN before any."""
        return self.seconds * 1e6 / self.samples if self.samples else float("nan")

    @property
    def all_scored(self) -> list[Scored]:
        """Every recording's score."""
        return [one for some in self.scored.values() for one in some]

    def take(self, case: Case, finder: Finder) -> None:
        """Run `finder` over one case."""
        taken = case.recording
        begun = time.perf_counter()
        found = finder(taken)
        self.seconds += time.perf_counter() - begun
        self.samples += len(taken.samples) // SAMPLE_BYTES
        score = Scored(taken.start_s, taken.duration_s, case.reps, found)
        self.scored.setdefault(case.scenario, []).append(score)


def warmed(finders: Mapping[str, Finder], case: Case) -> list[Result]:
    """Run each finder over `case` once for nothing, so that no import is timed, and return empty results."""
    for finder in finders.values():
        finder(case.recording)
    return [Result(name) for name in finders]


def run(finders: Mapping[str, Finder], cases: Sequence[Case]) -> list[Result]:
    """Return a result per finder, all over the same cases (at least one)."""
    results = warmed(finders, cases[0])
    for case in cases:
        for result in results:
            result.take(case, finders[result.name])
    return results
