"""Turns rows into imported sets: selects the wanted ones, reports faulty lines, and gives each set a lasting id."""

import difflib
import hashlib
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from pathlib import Path

from barhold.imports import fields, layouts, table
from barhold.imports.layouts import Layout
from barhold.imports.table import Line
from barhold.model import ImportedSet, Load
from barhold.plans import load_units

EXERCISES = ("hip thrust", "glute bridge")
NAMES_OFFERED = 5
_NEAR_ENOUGH = 0.4
_OUR_HOLD = re.compile(r"\bmean hold (\d+\.\d+) s\b")
_OUR_HOLDS = re.compile(r"\bmean holds (\d+\.\d+(?:, \d+\.\d+)*) s\b")
_OUR_UNIT = re.compile(r"\bBarhold, loads in (kg|lbs)\b")
_Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """Whose sets they are, which exercises are wanted (parts of names), and the unit and zone if the file has none."""

    lifter: str = ""
    exercises: tuple[str, ...] = EXERCISES
    unit: str = ""
    zone: tzinfo | None = None  # None: the computer's


@dataclass(slots=True)
class ImportResult:
    """What a file holds: the wanted sets in order, what was left out, and what is wrong.

    A fault is in a line that may hold a wanted set, so nothing may be stored; a warning is in another exercise's line.
    """

    sets: list[ImportedSet] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)  # rows of other exercises, by name
    not_sets: Counter[str] = field(default_factory=Counter)  # notes and rest timers, as the file calls them
    without_reps: int = 0
    faults: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def read(path: Path, options: ImportOptions) -> ImportResult:
    """Read a file that Strong or Hevy exported; a file that cannot be used at all is an InputError."""
    rows = table.read(path)
    reader = _Reader(path, rows.layout, options)
    for line in rows.lines:
        reader.take(line)
    return reader.finished()


def nearest(names: Counter[str], wanted: tuple[str, ...]) -> list[str]:
    """Return the exercise names to offer when none matches: the most similar ones, then the most frequent."""
    keys = {normalized_name(name): name for name in names}
    near = [key for part in wanted for key in difflib.get_close_matches(normalized_name(part), keys, 3, _NEAR_ENOUGH)]
    frequent = sorted(keys, key=lambda key: (-names[keys[key]], key))
    return [keys[key] for key in dict.fromkeys([*near, *frequent])][:NAMES_OFFERED]


def normalized_name(name: str) -> str:
    """Return a name for comparing: in small letters, without accents, whichever way those were composed."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return " ".join("".join(letter for letter in letters if not unicodedata.combining(letter)).split())


class _Reader:
    """Takes the lines of one file in order."""

    def __init__(self, path: Path, layout: Layout, options: ImportOptions) -> None:
        self._path, self._layout, self._options = path, layout, options
        self._wanted = [normalized_name(part) for part in options.exercises]
        self._result = ImportResult()
        self._order: Counter[_Key] = Counter()
        self._notes: dict[_Key, list[str]] = {}  # of rows that are only a note: kept with the set that follows
        self._last: dict[_Key, int] = {}  # index in the result of the last set

    def take(self, line: Line) -> None:
        """Take one row."""
        exercise = line[self._layout.exercise]
        if line.fault:
            self._fault(line, line.fault, exercise)
        elif not self._is_wanted(exercise):
            if _other_row(line, self._layout) is None:
                self._result.others[exercise] += 1
        else:
            try:
                self._take_wanted(line, (line[self._layout.start], line[self._layout.workout], exercise))
            except ValueError as error:
                self._fault(line, str(error), exercise)

    def finished(self) -> ImportResult:
        """Return the result; a note that no set followed goes to the set before it."""
        for key, notes in self._notes.items():
            if key in self._last:
                at = self._last[key]
                self._result.sets[at] = _with_notes(self._result.sets[at], notes, after=True)
        return self._result

    def _take_wanted(self, line: Line, key: _Key) -> None:
        other = _other_row(line, self._layout)
        if other is not None:
            self._result.not_sets[other] += 1
            if line[self._layout.note].strip():
                self._notes.setdefault(key, []).append(line[self._layout.note])
            return
        self._order[key] += 1
        made = _set(line, self._layout, self._options, self._order[key])
        if made.reps == 0:
            self._result.without_reps += 1
            return
        self._last[key] = len(self._result.sets)
        self._result.sets.append(_with_notes(made, self._notes.pop(key, []), after=False))

    def _is_wanted(self, exercise: str) -> bool:
        name = normalized_name(exercise)
        return any(part in name for part in self._wanted)

    def _fault(self, line: Line, reason: str, exercise: str) -> None:
        """Record a fault; it is only a warning if the line clearly belongs to another exercise."""
        message = f"{self._path}, line {line.number}: {reason}"
        if exercise and not line.cut_off and not self._is_wanted(line.text):
            self._result.warnings.append(message)
        else:
            self._result.faults.append(message)


def _other_row(line: Line, layout: Layout) -> str | None:
    """Return what a row that is not a set has in the kind column; None for a set.

    Rows that an unknown word marks count as no sets if they have no reps: apps translate "Rest Timer", too.
    """
    word = line[layout.kind].strip()
    if word.casefold() in (layouts.NOTE, layouts.REST_TIMER):
        return word
    has_reps = line[layout.reps].strip() not in ("", "0", "0.0")
    return word if not has_reps and word and _kind_of(word, layout) is None else None


def _with_notes(made: ImportedSet, notes: list[str], after: bool) -> ImportedSet:
    own = [made.note] if made.note.strip() else []
    return replace(made, note="\n".join([*own, *notes] if after else [*notes, *own])) if notes else made


def _set(line: Line, layout: Layout, options: ImportOptions, index: int) -> ImportedSet:
    """Return the row's set; ValueError says what is wrong and what to do."""
    start = fields.moment(layout.start, line[layout.start])
    zoned = start if start.tzinfo else start.replace(tzinfo=options.zone) if options.zone else start.astimezone()
    words = (line[layout.workout], line[layout.exercise])
    return ImportedSet(
        _identity(layout.source, options.lifter, start, *words, index),
        layout.source,
        options.lifter,
        round(zoned.timestamp() * 1000),
        *words,
        index,
        _kind(line, layout),
        _load(line, layout, options),
        fields.whole(layout.reps, line[layout.reps], fields.MOST_REPS),
        _hold_s(line, layout, index),
        line[layout.note],
        zoned.isoformat(timespec="seconds")[len("2026-11-22T18:00:00") :],
    )


def _identity(source: str, lifter: str, start: datetime, workout: str, exercise: str, index: int) -> str:
    """Return the id: the same in every export of the set, in any format, unit, generation and time zone."""
    parts = (source, lifter, start.isoformat(timespec="seconds"), workout, exercise, str(index))
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def _kind(line: Line, layout: Layout) -> str:
    word = line[layout.kind].strip()
    kind = _kind_of(word, layout)
    if kind is None:
        known = f"none of {', '.join(layouts.HEVY_KINDS)}" if layout.source == layouts.HEVY else "no number, W, D or F"
        raise ValueError(f"{layout.kind} {fields.quoted(word)} is {known}: correct it")
    return kind


def _kind_of(word: str, layout: Layout) -> str | None:
    """Return the kind of set that a cell names; None for a word that names none."""
    word = word.casefold()
    if layout.source == layouts.HEVY:
        return word if word in layouts.HEVY_KINDS else None if word else "normal"
    if word in layouts.STRONG_KINDS:
        return layouts.STRONG_KINDS[word]
    return "normal" if word.removesuffix(".0").isdecimal() else None


def _load(line: Line, layout: Layout, options: ImportOptions) -> Load | None:
    amount = fields.number(layout.load, line[layout.load])
    own = _OUR_UNIT.search(line[layout.workout_note])
    named = layout.unit or (line[layout.unit_column] if layout.unit_column else options.unit or (own[1] if own else ""))
    unit = layouts.UNITS.get(named.strip().lower())
    if amount and not unit and layout.unit_column:
        raise ValueError(f"{layout.unit_column} {fields.quoted(named)} is neither kg nor lbs: correct it")
    if amount and not unit:
        raise ValueError(f"{layout.load} has no unit in this file: name it with --unit kg or --unit lb")
    load = Load(amount, unit) if amount and unit else None
    if load and load_units.in_kg(load) > load_units.MOST_KG:
        shown = fields.quoted(line[layout.load])
        raise ValueError(f"{layout.load} {shown} is over {load_units.MOST_KG:g} kg: correct it")
    return load


def _hold_s(line: Line, layout: Layout, index: int) -> float | None:
    """Return the hold: as a note of ours says it, otherwise the seconds if the row has any."""
    note = line[layout.note]
    seconds = fields.number(layout.seconds, line[layout.seconds], fields.MOST_SECONDS)
    own, of_all = _OUR_HOLD.search(note), _OUR_HOLDS.search(note)
    if own:
        return float(own[1])
    holds = of_all[1].split(", ") if of_all else []
    return float(holds[index - 1]) if index <= len(holds) else seconds or None
