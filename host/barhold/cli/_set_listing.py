"""The stored sets, for the commands that list, change or judge them."""

from datetime import UTC, datetime

from barhold.cli import _console
from barhold.model import TrainingSet
from barhold.output import json_lines, tables
from barhold.store import Store
from barhold.training import history


def show(numbered: list[tuple[int, TrainingSet]], as_json: bool) -> None:
    """Print sets with their numbers in the list."""

    if as_json:
        for number, item in numbered:
            _console.json_line(json_lines.stored(item, number))
    else:
        _console.show(*tables.stored(numbered))


def stored_sets(db: str | None) -> list[TrainingSet]:
    """Return all sets in the database as they count today, in order of time."""

    with Store.open(db) as store:
        return history.load(store, datetime.now(UTC))
