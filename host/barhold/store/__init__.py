"""The store: every record a sensor gave, once, in SQLite (or PostgreSQL). Imports neither link nor session."""

from barhold.store.people import People
from barhold.store.recordings import Recordings, recording_id_of
from barhold.store.results import Added, Device, Kept, Quarantined
from barhold.store.store import Store

__all__ = ["Added", "Device", "Kept", "People", "Quarantined", "Recordings", "Store", "recording_id_of"]
