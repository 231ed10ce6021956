"""All training that a store holds, as it counts today: the records, what people said of them, who wore the sensor."""

from datetime import datetime

from barhold.model import TrainingSet
from barhold.store import People, Store
from barhold.training import edits, sets


def load(store: Store, now: datetime) -> list[TrainingSet]:
    """Return all sets in order of time; `now` bounds the times of sensors that never told theirs."""
    people = People(store)
    return edits.apply(counted(store, now), people.edits(), people.wearers())


def counted(store: Store, now: datetime) -> list[TrainingSet]:
    """Return all sets as the sensors counted them, whatever people said of them since."""
    return sets.training_sets(store.records(), store.anchors(), now)
