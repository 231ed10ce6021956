"""Barhold for scripts and notebooks: stored training as objects, rows or arrays; checks, replay and sync.

>>> import barhold
>>> with barhold.open_store("training.db") as store:
...     result = barhold.sync_virtual_sensor(store, "session.csv")  # or sync_sensor(store), for a real one
...     training_sets = barhold.training_sets(store)
>>> result.new, len(training_sets), len(training_sets[0].reps)
(9, 1, 6)
>>> barhold.rep_rows(training_sets)[0]["hold_s"]
2.528
>>> reps = barhold.rep_array(training_sets)
>>> round(float(reps["hold_s"].mean()), 2)
2.53
>>> [session] = barhold.check_sessions(training_sets, barhold.find_plan("hip-thrust"))
>>> session.met, session.sets[0].verdicts[0]
(False, 'ok')
>>> len(barhold.replay_recording("session.csv")[0].reps)
6

Every error is a `barhold.BarholdError`, whose text says in one line what is wrong and what to do. The names are loaded
when they are first used, so that `import barhold` costs nothing.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from barhold.api import (
        check_sessions,
        find_plan,
        open_store,
        rep_array,
        rep_rows,
        replay_recording,
        set_rows,
        sync_sensor,
        sync_virtual_sensor,
        training_sets,
    )
    from barhold.errors import BarholdError
    from barhold.model import Load, Rep, TrainingSet

__version__ = "0.2.0"
__all__ = [
    "BarholdError",
    "Load",
    "Rep",
    "TrainingSet",
    "__version__",
    "check_sessions",
    "find_plan",
    "open_store",
    "rep_array",
    "rep_rows",
    "replay_recording",
    "set_rows",
    "sync_sensor",
    "sync_virtual_sensor",
    "training_sets",
]
_ELSEWHERE = {"BarholdError": "errors", "Load": "model", "Rep": "model", "TrainingSet": "model"}


def __getattr__(name: str) -> Any:
    """Return a public name, imported now."""
    if name not in __all__:
        raise AttributeError(f"module 'barhold' has no attribute {name!r}")
    return getattr(importlib.import_module(f"barhold.{_ELSEWHERE.get(name, 'api')}"), name)


def __dir__() -> list[str]:
    return __all__
