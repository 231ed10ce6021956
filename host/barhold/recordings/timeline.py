"""The timeline of one recording: what the detector saw and counted beside what really happened."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from barcore import protocol
from barhold.model import TrainingSet
from barhold.recordings import ground_truth, trace
from barhold.recordings.ground_truth import AGREED, FALSE, HOLD_OFF, MISSED, RepMatch
from barhold.recordings.reader import Recording
from barhold.recordings.trace import DetectorEvent, Track
from barhold.training.sets import end_ms


@dataclass(frozen=True, slots=True)
class Timeline:
    """One recording; `pairs` holds every counted rep, judged only where a truth was there."""

    name: str
    start_s: float  # of the first row, by the recording's own clock
    track: Track
    uncounted: Sequence[DetectorEvent]  # reps announced, but taken back later or left alone: a lone lift is no set
    pairs: Sequence[RepMatch]
    judged: bool

    @property
    def title(self) -> str:
        """The counts, and how they compare with the truth."""
        found = sum(pair.found is not None for pair in self.pairs)
        if not self.judged:
            return f"{self.name}: {found} reps found (no truth beside the recording)"
        true = sum(pair.true is not None for pair in self.pairs)
        wrong = [pair.verdict for pair in self.pairs if pair.verdict != AGREED]
        counts = ", ".join(f"{wrong.count(word)} {word}" for word in (MISSED, FALSE, HOLD_OFF) if word in wrong)
        return f"{self.name}: {found} reps found, {true} true; {counts or 'all agree'}"

    def part(self, from_s: float, to_s: float) -> "Timeline":
        """Return what can be seen of it from `from_s` to `to_s`, by the recording's own clock."""
        first_s, last_s = from_s - self.start_s, to_s - self.start_s
        alone = [said for said in self.uncounted if said.at_s < last_s and said.left_s > first_s]
        seen = [(pair, *self.span_s(pair)) for pair in self.pairs]
        pairs = [pair for pair, start_s, end_s in seen if start_s < to_s and end_s > from_s]
        return replace(self, track=self.track.part(first_s, last_s), uncounted=alone, pairs=pairs)

    def span_s(self, pair: RepMatch) -> tuple[float, float]:
        """Return from when to when a pair's reps last, by the recording's own clock."""
        times_s = [pair.true.start_s, pair.true.end_s] if pair.true else []
        if pair.found:
            times_s += [self.start_s + t_ms / 1000 for t_ms in (pair.found.start_ms, end_ms(pair.found))]
        return min(times_s), max(times_s)


def build(path: Path, recording: Recording, sets: Sequence[TrainingSet]) -> Timeline:
    """Return the timeline of the recording read from `path`, in which replay found `sets`; InputError for bad truth."""
    true = ground_truth.read(path)
    found = [rep for item in sets for rep in item.reps]
    track = trace.run(recording)
    counted = {rep.start_ms for rep in found}
    reps = (said for said in track.said if said.kind == protocol.REP)
    alone = [said for said in reps if round(said.at_s * 1000) not in counted]
    pairs = ground_truth.match(true or (), found, recording.start_s)
    return Timeline(recording.name, recording.start_s, track, alone, pairs, true is not None)
