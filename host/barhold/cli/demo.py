"""`barhold demo`: the whole way once, with nothing but this computer."""

from barhold.cli import screen, sync
from barhold.errors import BarholdError

SEED, SETS, REPS = 1, 3, 8


def demo() -> None:
    """Play a generated session on the virtual sensor, sync it, store it and check it against the plan.

    The session is made by a model of lifter, bar and chip; the sensor is the firmware itself; the database is a
    temporary one.

    \b
    Example:
      barhold demo
    """
    import tempfile
    from datetime import UTC, datetime
    from pathlib import Path

    from barhold import advice, check, checktext, plan, sets
    from barhold.store import Store

    screen.note(f"generating {SETS} sets of {REPS} reps")
    taken = sync.generated(SEED, SETS, REPS)
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "demo.db") as store:
        screen.note(f"playing {taken.duration_s:.0f} s on the virtual sensor, then syncing")
        screen.note(sync.summary(sync.catch_up(taken, store)))
        screen.note("again: " + sync.summary(sync.catch_up(taken, store)))
        found = sets.training_sets(store.records(), store.anchors(), datetime.now(UTC))
    if not found:
        raise BarholdError("demo: the virtual sensor found no set in the generated session; install barhold again")
    for result in check.latest(sets.sessions(found), plan.DEFAULT):
        screen.show(*checktext.checked(result, plan.DEFAULT))
        screen.show(*checktext.advised(advice.advise([result], plan.DEFAULT), plan.DEFAULT))
