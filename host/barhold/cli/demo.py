"""`barhold demo`: the whole way once, with nothing but this computer."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from barhold.check import advice, verdicts
from barhold.cli import _console, sync
from barhold.cli._options import AsJson
from barhold.errors import BarholdError
from barhold.output import check_tables, json_lines
from barhold.plans import plan
from barhold.store import Store
from barhold.training import sets

SEED, SETS, REPS = 1, 3, 8


def demo(as_json: AsJson = False) -> None:
    """Play a generated session on the virtual sensor, sync it, store it and check it against the plan.

    The session is made by a model of lifter, bar and chip; the sensor is the firmware itself; the database is a
    temporary one.

    \b
    Examples:
      barhold demo
      barhold demo --json
    """

    _console.step(f"generating {SETS} sets of {REPS} reps")
    taken = sync.generated(SEED, SETS, REPS)
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "demo.db") as store:
        _console.step(f"playing {taken.duration_s:.0f} s on the virtual sensor, then syncing")
        for before in ("", "again: "):
            done = sync.catch_up(taken, store)
            sync.tell(done, True) if as_json else _console.step(before + sync.summary(done))
        found = sets.training_sets(store.records(), store.anchors(), datetime.now(UTC))
    if not found:
        raise BarholdError("demo: the virtual sensor found no set in the generated session; install barhold again")
    for result in verdicts.latest(sets.sessions(found), plan.DEFAULT):
        told = advice.advise([result], plan.DEFAULT)
        if as_json:
            _console.json_line(json_lines.checked(result, plan.DEFAULT, told))
        else:
            _console.show(*check_tables.checked(result, plan.DEFAULT), *check_tables.advised(told, plan.DEFAULT))
