"""All training that a store holds, as it counts today: the records, and who wore the sensor."""

from datetime import datetime

from barhold import sets
from barhold.model import TrainingSet
from barhold.store import Store


def load(store: Store, now: datetime) -> list[TrainingSet]:
    """Return all sets in order of time; `now` bounds the times of sensors that never told theirs."""
    return sets.training_sets(store.records(), store.anchors(), now)
