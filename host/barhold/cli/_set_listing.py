"""The stored sets, for the commands that list, change or judge them, and the dates that these commands take."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated

import typer

from barhold.cli import _console
from barhold.errors import InputError
from barhold.model import TrainingSet
from barhold.output import json_lines, tables
from barhold.store import Store
from barhold.training import sensor_names

Since = Annotated[str, typer.Option("--since", metavar="DATE", help="From this day or time on.")]
Until = Annotated[str, typer.Option("--until", metavar="DATE", help="Up to the end of this day.")]


def names_of(store: Store) -> dict[str, str]:
    """Return the name of each sensor by its id."""
    return {device.device_id: device.name for device in store.devices()}


def matching_owner(store: Store, text: str) -> str:
    """Return the owner of sets that `text` names: a lifter, or a sensor by its name or a part of its id.

    InputError for a part that several sensors with sets have.
    """
    if not text:
        return ""
    owners, names = store.sets.owner_names(), names_of(store)
    owner = sensor_names.matching_owner(text, owners, names)
    matching = [one for one in sensor_names.matching_ids(text, names) if one in owners]
    if owner not in owners and len(matching) > 1:
        called = ", ".join(f"{sensor_names.sensor_name(one, names[one])} ({one})" for one in matching)
        raise InputError(f"--lifter {text}: {len(matching)} sensors match. Choose one: {called}")
    return owner


def show(found: Sequence[TrainingSet], as_json: bool, names: Mapping[str, str]) -> None:
    """Print sets with their ids."""

    if as_json:
        for item in found:
            _console.json_line(json_lines.stored(item))
    else:
        _console.show(*tables.stored(found, names))


def span(since: str, until: str) -> tuple[datetime | None, datetime | None]:
    """Return the moments that --since and --until stand for; None where nothing was said."""
    return moment("--since", since), moment("--until", until, end_of_day=True)


def moment(option: str, text: str, end_of_day: bool = False) -> datetime | None:
    """Return the moment that a date or an ISO time stands for, local where it names no zone."""

    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        is_day = len(text) <= len("2026-11-22")
        return (found + timedelta(days=1) if is_day and end_of_day else found).astimezone()
    except (ValueError, OverflowError):
        raise InputError(f"{option} {text}: not a date; write it as 2026-11-22 or 2026-11-22T18:30") from None


def note_impossible(store: Store) -> None:
    """Warn about stored rows that are left out because they cannot be true."""
    for text in store.impossible_times():
        _console.note(text)
