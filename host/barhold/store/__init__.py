"""The store: every record a sensor gave, once, in SQLite (or PostgreSQL). Imports neither link nor session."""

from barhold.store.people import People
from barhold.store.rows import Added, Device, Quarantined
from barhold.store.store import Store

__all__ = ["Added", "Device", "People", "Quarantined", "Store"]
