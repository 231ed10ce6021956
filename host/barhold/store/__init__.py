"""The store: keeps every record of a sensor exactly once, in SQLite or PostgreSQL."""

from barhold.store.people import People
from barhold.store.recordings import Recordings, recording_id_of
from barhold.store.results import Added, Device, Kept, Quarantined
from barhold.store.store import Store
from barhold.store.training_sets import Owner, TrainingSets

__all__ = [
    "Added",
    "Device",
    "Kept",
    "Owner",
    "People",
    "Quarantined",
    "Recordings",
    "Store",
    "TrainingSets",
    "recording_id_of",
]
