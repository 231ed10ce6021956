"""`barhold demo`: a complete tour that needs no sensor."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from barhold.check import advice, verdicts
from barhold.cli import _console, sync
from barhold.cli._options import AsJson, demo_path
from barhold.errors import BarholdError
from barhold.output import check_tables, json_lines
from barhold.plans import plan
from barhold.store import Store
from barhold.store import backup as backups
from barhold.training import history, sets

SEED, SETS, REPS = 1, 3, 8
NEXT = ("barhold check --demo", "barhold sets --demo", "barhold report --demo", "barhold serve --demo")


def demo(as_json: AsJson = False) -> None:
    """Take a complete tour with a virtual sensor: train, sync, store, check against the plan.

    A model of lifter, bar and chip makes the motion, and the firmware itself counts it. The training is kept in a
    database of its own, which --demo names in other commands. Running the demo again replaces it.

    \b
    Examples:
      barhold demo
      barhold demo --json
    """
    _console.step(f"generating {SETS} sets of {REPS} reps")
    recording = sync.generated_recording(SEED, SETS, REPS)
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "demo.db") as store:
        _console.step(f"playing {recording.duration_s:.0f} s on the virtual sensor, then syncing")
        for before in ("", "again: "):
            done = sync.sync_virtual(recording, store)
            sync.print_result(done, True) if as_json else _console.step(before + sync.summary(done))
        found = history.load(store, datetime.now(UTC))
        if not found:
            raise BarholdError("demo: the virtual sensor found no set in the generated session; install barhold again")
        backups.backup(store, demo_path())
    for result in verdicts.check_latest(sets.sessions(found), plan.DEFAULT):
        told = advice.advise([result], plan.DEFAULT)
        if as_json:
            _console.json_line(json_lines.checked(result, plan.DEFAULT, told))
        else:
            _console.show(*check_tables.checked(result, plan.DEFAULT), *check_tables.advised(told, plan.DEFAULT))
    if not as_json:
        _console.line("")
        _console.line("Try these commands on the demo's training:")
        for command in NEXT:
            _console.line(f"  {command}")
