"""All training that a store holds. To show only some of it, ask the store for that: `TrainingSets`."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from barhold.model import Anchor, StoredRecord, TrainingSet
from barhold.training import sets


class HoldsTraining(Protocol):
    """A store."""

    def training_sets(self) -> Iterable[TrainingSet]:
        """Return the sets as they count today, in order of time."""

    def records(self) -> Iterable[StoredRecord]:
        """Return all records."""

    def anchors(self) -> Sequence[Anchor]:
        """Return all anchors."""


def load(store: HoldsTraining, now: datetime) -> list[TrainingSet]:  # noqa: ARG001 - callers that move over pass it
    """Return all sets as they count today, in order of time."""
    return list(store.training_sets())


def counted_sets(store: HoldsTraining, now: datetime) -> list[TrainingSet]:
    """Return all sets as the sensors counted them, whatever people said of them since."""
    return sets.training_sets(store.records(), store.anchors(), now)
