"""Rows into imported sets: what is wanted of them, a fault for each line that cannot be used, ids that last."""

import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from barhold.imports import fields, layouts, table
from barhold.imports.layouts import Layout
from barhold.imports.table import Line
from barhold.model import ImportedSet, Load
from barhold.plans import loads

EXERCISES = ("hip thrust", "glute bridge")
_OUR_HOLD = re.compile(r"\bmean hold (\d+\.\d+) s\b")


@dataclass(frozen=True, slots=True)
class Wish:
    """Whose sets they are, which exercises are wanted (parts of names), and the unit where a file has none."""

    lifter: str = ""
    exercises: tuple[str, ...] = EXERCISES
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What a file holds: its sets in order, how many rows of which exercise were left out, and what is wrong."""

    sets: list[ImportedSet] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)
    without_reps: int = 0
    faults: list[str] = field(default_factory=list)


def read(path: Path, wish: Wish) -> Found:
    """Read a file; every line that cannot be used is in `faults`, a file that cannot be used is an InputError."""
    rows = table.read(path)
    found, empty = Found(faults=list(rows.faults)), 0
    order: Counter[tuple[str, str, str]] = Counter()
    for line in rows.lines:
        layout, exercise = rows.layout, line[rows.layout.exercise]
        if line[layout.kind].strip().lower() == layouts.REST_TIMER:
            continue
        if not any(part.lower() in exercise.lower() for part in wish.exercises):
            found.others[exercise] += 1
            continue
        key = (line[layout.start], line[layout.workout], exercise)
        order[key] += 1
        try:
            made = _set(line, layout, wish, order[key])
        except ValueError as error:
            found.faults.append(f"{path}, line {line.number}: {error}")
            continue
        empty += made.reps == 0
        if made.reps:
            found.sets.append(made)
    return Found(found.sets, found.others, empty, found.faults)


def _set(line: Line, layout: Layout, wish: Wish, index: int) -> ImportedSet:
    """Return the row's set; ValueError says what is wrong and what to do."""
    start = fields.moment(layout.start, line[layout.start])
    words = (line[layout.workout], line[layout.exercise])
    return ImportedSet(
        _identity(layout.source, wish.lifter, start, *words, index),
        layout.source,
        wish.lifter,
        round(start.astimezone().timestamp() * 1000),
        *words,
        index,
        _kind(line, layout),
        _load(line, layout, wish),
        fields.whole(layout.reps, line[layout.reps], fields.MOST_REPS),
        _hold_s(line, layout),
        line[layout.note],
    )


def _identity(source: str, lifter: str, start: datetime, workout: str, exercise: str, index: int) -> str:
    """Return the id: the same in each export of the set, in any format, unit, generation and time zone."""
    said = (source, lifter, start.isoformat(timespec="seconds"), workout, exercise, str(index))
    return hashlib.sha256("\x1f".join(said).encode()).hexdigest()


def _kind(line: Line, layout: Layout) -> str:
    said = line[layout.kind].strip().lower()
    if layout.source == layouts.HEVY:
        if said in layouts.HEVY_KINDS:
            return said
        raise ValueError(f"{layout.kind} {said!r} is none of {', '.join(layouts.HEVY_KINDS)}: correct it")
    if said in layouts.STRONG_KINDS:
        return layouts.STRONG_KINDS[said]
    if not said.isdecimal():
        raise ValueError(f"{layout.kind} {said!r} is neither a number nor W, D or F: correct it")
    return "normal"


def _load(line: Line, layout: Layout, wish: Wish) -> Load | None:
    amount = fields.number(layout.load, line[layout.load])
    said = layout.unit or (line[layout.unit_column] if layout.unit_column else wish.unit)
    unit = layouts.UNITS.get(said.strip().lower())
    if amount and not unit and layout.unit_column:
        raise ValueError(f"{layout.unit_column} {said!r} is neither kg nor lbs: correct it")
    if amount and not unit:
        raise ValueError(f"{layout.load} has no unit in this file: name it with --unit kg or --unit lb")
    load = Load(amount, unit) if amount and unit else None
    if load and loads.kg(load) > loads.MOST_KG:
        raise ValueError(f"{layout.load} {line[layout.load]!r} is over {loads.MOST_KG:g} kg: correct it")
    return load


def _hold_s(line: Line, layout: Layout) -> float | None:
    """Return the hold: ours as the note says it, otherwise the seconds, where a set of reps has any."""
    ours = _OUR_HOLD.search(line[layout.note])
    seconds = fields.number(layout.seconds, line[layout.seconds], fields.MOST_SECONDS)
    return float(ours[1]) if ours else seconds or None
