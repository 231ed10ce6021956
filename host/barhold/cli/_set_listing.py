"""The stored sets, for the commands that list, change or judge them."""

from typing import TYPE_CHECKING

from barhold.cli import _console

if TYPE_CHECKING:
    from barhold.model import TrainingSet


def show(numbered: "list[tuple[int, TrainingSet]]", as_json: bool) -> None:
    """Print sets with their numbers in the list."""
    from barhold.output import json_lines, tables

    if as_json:
        for number, item in numbered:
            _console.json_line(json_lines.stored(item, number))
    else:
        _console.show(*tables.stored(numbered))


def stored_sets(db: str | None) -> "list[TrainingSet]":
    """Return all sets in the database as they count today, in order of time."""
    from datetime import UTC, datetime

    from barhold.store import Store
    from barhold.training import history

    with Store.open(db) as store:
        return history.load(store, datetime.now(UTC))
