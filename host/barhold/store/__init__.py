"""The store: keeps every record of a sensor exactly once, in SQLite or PostgreSQL."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from barhold.store.results import Added, Device, Kept, Owner, Quarantined, recording_id_of

if TYPE_CHECKING:
    from barhold.store.imported_sets import ImportedSets
    from barhold.store.people import People
    from barhold.store.recordings import Recordings
    from barhold.store.store import Store
    from barhold.store.training_sets import TrainingSets
else:
    # SQLAlchemy takes longer to import than all else that a command needs, and a `--help` opens no database.

    class _ImportedOnUse(type):
        """Stands for a class that is imported when it is first used."""

        def _real(cls) -> type:
            return getattr(import_module(cls.__dict__["where"]), cls.__name__)

        def __call__(cls, *args: Any, **named: Any) -> Any:
            return cls._real()(*args, **named)

        def __getattr__(cls, name: str) -> Any:
            return getattr(cls._real(), name)

        def __instancecheck__(cls, one: object) -> bool:
            return isinstance(one, cls._real())

    def _imported_on_use(name: str, where: str) -> type:
        return _ImportedOnUse(name, (), {"where": f"{__name__}.{where}"})

    ImportedSets = _imported_on_use("ImportedSets", "imported_sets")
    People = _imported_on_use("People", "people")
    Recordings = _imported_on_use("Recordings", "recordings")
    Store = _imported_on_use("Store", "store")
    TrainingSets = _imported_on_use("TrainingSets", "training_sets")

    class _RunOnUse:
        """Stands for a module that is imported when it is first used."""

        def __init__(self, name: str) -> None:
            self._where = f"{__name__}.{name}"

        def __getattr__(self, name: str) -> Any:
            return getattr(import_module(self._where), name)

    backup, button_turns, maintenance = map(_RunOnUse, ("backup", "button_turns", "maintenance"))

__all__ = [
    "Added",
    "Device",
    "ImportedSets",
    "Kept",
    "Owner",
    "People",
    "Quarantined",
    "Recordings",
    "Store",
    "TrainingSets",
    "recording_id_of",
]
