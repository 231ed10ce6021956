"""`barhold sets`: what is stored."""

from typing import TYPE_CHECKING

from barhold.cli import screen
from barhold.cli.options import AsJson, Database

if TYPE_CHECKING:
    from barhold.model import TrainingSet


def sets(db: Database = None, as_json: AsJson = False) -> None:
    """List the stored sets.

    A start marked with ~ is estimated: the sensor lost power before a sync told it the time.

    \b
    Examples:
      barhold sets
      barhold sets --json
    """
    from barhold import jsonlines, text

    found = stored_sets(db)
    if as_json:
        for item in found:
            screen.json_line(jsonlines.stored(item))
    elif found:
        screen.show(*text.stored(found))
    else:
        screen.note("no set is stored yet; `barhold sync` fetches them from a sensor")


def stored_sets(db: str | None) -> "list[TrainingSet]":
    """Return all sets in the database, in order of time."""
    from datetime import UTC, datetime

    from barhold import history
    from barhold.store import Store

    with Store.open(db) as store:
        return history.load(store, datetime.now(UTC))
