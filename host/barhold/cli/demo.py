"""`barhold demo`: the whole way once, with nothing but this computer."""

from barhold.cli import screen, sync
from barhold.cli.options import AsJson
from barhold.errors import BarholdError

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
    import tempfile
    from datetime import UTC, datetime
    from pathlib import Path

    from barhold import advice, check, checktext, jsonlines, plan, sets
    from barhold.store import Store

    screen.step(f"generating {SETS} sets of {REPS} reps")
    taken = sync.generated(SEED, SETS, REPS)
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "demo.db") as store:
        screen.step(f"playing {taken.duration_s:.0f} s on the virtual sensor, then syncing")
        for before in ("", "again: "):
            done = sync.catch_up(taken, store)
            sync.tell(done, True) if as_json else screen.step(before + sync.summary(done))
        found = sets.training_sets(store.records(), store.anchors(), datetime.now(UTC))
    if not found:
        raise BarholdError("demo: the virtual sensor found no set in the generated session; install barhold again")
    for result in check.latest(sets.sessions(found), plan.DEFAULT):
        told = advice.advise([result], plan.DEFAULT)
        if as_json:
            screen.json_line(jsonlines.checked(result, plan.DEFAULT, told))
        else:
            screen.show(*checktext.checked(result, plan.DEFAULT), *checktext.advised(told, plan.DEFAULT))
