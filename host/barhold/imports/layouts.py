"""Which column says what: Strong's three generations and Hevy's two units. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

STRONG, HEVY = "strong", "hevy"
UNITS = {"kg": "kg", "kgs": "kg", "lb": "lb", "lbs": "lb"}
STRONG_KINDS = {"w": "warmup", "d": "dropset", "f": "failure"}  # anything else must be the set's number
HEVY_KINDS = ("normal", "warmup", "dropset", "failure")
REST_TIMER = "rest timer"


@dataclass(frozen=True, slots=True)
class Layout:
    """One program's columns by name; the unit of the loads is `unit`, or stands in `unit_column`, or nowhere."""

    source: str
    start: str
    workout: str
    exercise: str
    kind: str
    load: str
    reps: str
    seconds: str
    note: str
    unit: str = ""
    unit_column: str = ""


def of(header: Sequence[str]) -> Layout | None:
    """Return the layout of a file with this header, None for another program's."""
    names = set(header)
    for layout in _LAYOUTS:
        wanted = {layout.start, layout.workout, layout.exercise, layout.kind, layout.load, layout.reps}
        if wanted | ({layout.unit_column} - {""}) <= names:
            return layout
    return None


def _strong(load: str, unit: str = "", unit_column: str = "") -> Layout:
    columns = ("Date", "Workout Name", "Exercise Name", "Set Order", load, "Reps", "Seconds", "Notes")
    return Layout(STRONG, *columns, unit, unit_column)


def _hevy(load: str, unit: str) -> Layout:
    columns = ("start_time", "title", "exercise_title", "set_type", load, "reps", "duration_seconds", "exercise_notes")
    return Layout(HEVY, *columns, unit)


# From the most to the least that is said of the unit: the first one that fits is the file's.
_LAYOUTS = (
    _strong("Weight", unit_column="Weight Unit"),
    _strong("Weight (kg)", "kg"),
    _strong("Weight (lbs)", "lb"),
    _strong("Weight (lb)", "lb"),
    _strong("Weight"),
    _hevy("weight_kg", "kg"),
    _hevy("weight_lbs", "lb"),
)
