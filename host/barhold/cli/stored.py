"""The stored sets, for the commands that list, change or judge them."""

from typing import TYPE_CHECKING

from barhold.cli import screen

if TYPE_CHECKING:
    from barhold.model import TrainingSet


def show(numbered: "list[tuple[int, TrainingSet]]", as_json: bool) -> None:
    """Print sets with their numbers in the list."""
    from barhold import jsonlines, text

    if as_json:
        for number, item in numbered:
            screen.json_line(jsonlines.stored(item, number))
    else:
        screen.show(*text.stored(numbered))


def stored_sets(db: str | None) -> "list[TrainingSet]":
    """Return all sets in the database as they count today, in order of time."""
    from datetime import UTC, datetime

    from barhold import history
    from barhold.store import Store

    with Store.open(db) as store:
        return history.load(store, datetime.now(UTC))
