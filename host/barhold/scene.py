"""Scene: what is known of one recording, put side by side: what the detector saw and counted, and what was true."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from barcore import protocol
from barhold import probe, truth
from barhold.model import TrainingSet
from barhold.probe import Said, Track
from barhold.recording import Recording
from barhold.truth import AGREED, FALSE, HOLD_OFF, MISSED, Pair


@dataclass(frozen=True, slots=True)
class Scene:
    """One recording; `pairs` holds every counted rep, judged only where a truth was there."""

    name: str
    start_s: float  # of the first row, by the recording's own clock
    track: Track
    pairs: Sequence[Pair]
    judged: bool

    @property
    def uncounted(self) -> list[Said]:
        """The reps that were announced, but taken back later or left alone: a lone lift is no set."""
        counted = {pair.found.start_ms for pair in self.pairs if pair.found}
        reps = (said for said in self.track.said if said.kind == protocol.REP)
        return [said for said in reps if round(said.at_s * 1000) not in counted]

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


def of(path: Path, recording: Recording, sets: Sequence[TrainingSet]) -> Scene:
    """Return the scene of the recording read from `path`, in which replay found `sets`; InputError for a bad truth."""
    true = truth.read(path)
    found = [rep for item in sets for rep in item.reps]
    pairs = truth.pairs(true or (), found, recording.start_s)
    return Scene(recording.name, recording.start_s, probe.run(recording), pairs, true is not None)
