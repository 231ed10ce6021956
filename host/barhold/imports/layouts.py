"""The columns of Strong's and Hevy's files, found by their names. Pure.

Strong has changed its columns several times and names its unit in a header, in a column of its own or nowhere. A layout
is therefore read off the header column by column instead of being recognised as a whole.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

STRONG, HEVY = "strong", "hevy"
UNITS = {"kg": "kg", "kgs": "kg", "lb": "lb", "lbs": "lb"}
STRONG_KINDS = {"w": "warmup", "d": "dropset", "f": "failure"}  # any other set has its number
HEVY_KINDS = ("normal", "warmup", "dropset", "failure")
NOTE, REST_TIMER = "note", "rest timer"
"""What Strong writes in the place of a set's number when the row is no set."""

# Header -> the unit of the loads in that column; the first one that a file has is its own.
_STRONG_LOADS = {
    "weight (kg)": "kg",
    "weight (lbs)": "lb",
    "weight (lb)": "lb",
    "kg": "kg",
    "lbs": "lb",
    "lb": "lb",
    "weight": "",
}
_HEVY_LOADS = {"weight_kg": "kg", "weight_lbs": "lb"}


@dataclass(frozen=True, slots=True)
class Layout:
    """One file's columns by name, "" for one that it lacks; loads are in `unit` or, if that is "", as a cell says."""

    source: str
    start: str
    workout: str
    exercise: str
    kind: str
    load: str
    reps: str
    seconds: str
    note: str
    workout_note: str
    unit: str = ""
    unit_column: str = ""


def detect(header: Sequence[str]) -> Layout | None:
    """Return the layout of a file with this header; None if another program wrote it."""
    names = {name.strip().casefold(): name for name in header}
    return _strong(names) or _hevy(names)


def _strong(names: Mapping[str, str]) -> Layout | None:
    load = next((name for name in _STRONG_LOADS if name in names), "")
    if not load or not {"date", "exercise name", "set order", "reps"} <= names.keys():
        return None
    unit_column = "" if _STRONG_LOADS[load] else names.get("weight unit", "")
    return Layout(
        STRONG,
        start=names["date"],
        workout=names.get("workout name", ""),
        exercise=names["exercise name"],
        kind=names["set order"],
        load=names[load],
        reps=names["reps"],
        seconds=names.get("seconds", ""),
        note=names.get("notes", ""),
        workout_note=names.get("workout notes", ""),
        unit=_STRONG_LOADS[load],
        unit_column=unit_column,
    )


def _hevy(names: Mapping[str, str]) -> Layout | None:
    load = next((name for name in _HEVY_LOADS if name in names), "")
    if not load or not {"start_time", "exercise_title", "reps"} <= names.keys():
        return None
    return Layout(
        HEVY,
        start=names["start_time"],
        workout=names.get("title", ""),
        exercise=names["exercise_title"],
        kind=names.get("set_type", ""),
        load=names[load],
        reps=names["reps"],
        seconds=names.get("duration_seconds", ""),
        note=names.get("exercise_notes", ""),
        workout_note=names.get("description", ""),
        unit=_HEVY_LOADS[load],
    )
