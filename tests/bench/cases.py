"""Cases: recordings with their truth, from a folder or from the generator."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from barhold.errors import InputError
from barhold.generate import scenarios
from barhold.recordings import ground_truth, reader
from barhold.recordings.ground_truth import TrueRep
from barhold.recordings.reader import Recording

GENERATED_SEEDS = 8


@dataclass(frozen=True, slots=True)
class Case:
    """One recording of a scenario and the reps that are truly in it, on the recording's own clock."""

    scenario: str
    recording: Recording
    reps: tuple[TrueRep, ...]


def from_folder(folder: Path, most: int | None = None, only: Sequence[str] = ()) -> list[Case]:
    """Read NAME-SEED.csv with NAME-SEED.json, at most `most` of each NAME, only those named; InputError."""
    if not folder.is_dir():
        raise InputError(f"{folder}: is no folder; name one that holds NAME-SEED.csv with NAME-SEED.json beside each")
    taken: dict[str, int] = {}
    cases = []
    for path in sorted(folder.glob("*.csv")):
        scenario = path.stem.rpartition("-")[0] or path.stem
        if (only and scenario not in only) or (most is not None and taken.get(scenario, 0) >= most):
            continue
        reps = ground_truth.read(path)
        if reps is None:
            continue
        taken[scenario] = taken.get(scenario, 0) + 1
        cases.append(Case(scenario, reader.read(path), tuple(reps)))
    missing = [name for name in only if name not in taken]
    if missing or not cases:
        what = f"no recording of {', '.join(missing)}" if missing else "no recording"
        raise InputError(f"{folder}: {what} with truth; each NAME-SEED.csv needs its NAME-SEED.json")
    return cases


def generated(seeds: int = GENERATED_SEEDS, only: Sequence[str] = ()) -> Iterator[Case]:
    """Generate `seeds` recordings of every scenario, or only of those named; InputError for an unknown name."""
    unknown = [name for name in only if name not in scenarios.NAMES]
    if unknown:
        raise InputError(f"no scenario {', '.join(unknown)}; there are {', '.join(scenarios.NAMES)}")
    return (_made(name, seed) for name in only or scenarios.NAMES for seed in range(seeds))


def _made(name: str, seed: int) -> Case:
    made = scenarios.make(name, seed)
    return Case(name, Recording(f"{name}-{seed}", 0.0, made.rate_hz, made.samples), tuple(made.reps))
