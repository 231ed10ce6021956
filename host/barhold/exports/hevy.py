"""Hevy's CSV: loads in kg, or in pounds where every load is; local times, English months. Pure.

`duration_seconds` carries the mean hold in whole seconds; a note in Hevy belongs to the exercise, so that the exact
ones of all its sets stand there.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime

from barhold import files
from barhold.exports import rows, strong
from barhold.model import Load, TrainingSet
from barhold.plans import loads

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
"""English in every locale, as in the files that Hevy writes for an account in English."""


def columns(unit: str) -> tuple[str, ...]:
    """Return the header of an account in kg or in lb."""
    weight, distance = ("weight_lbs", "distance_miles") if unit == "lb" else ("weight_kg", "distance_km")
    before = ("title", "start_time", "end_time", "description", "exercise_title", "superset_id", "exercise_notes")
    return (*before, "set_index", "set_type", weight, "reps", distance, "duration_seconds", "rpe")


def to_csv(sessions: Sequence[Sequence[TrainingSet]]) -> str:
    """Return the file. All text is quoted and numbers are not, as Hevy writes it."""
    units = {item.load.unit for session in sessions for item in session if item.load}
    unit = "lb" if units == {"lb"} else "kg"
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    writer.writerow(columns(unit))
    for session in sessions:
        writer.writerows(_session(session, unit))
    return out.getvalue()


def _session(session: Sequence[TrainingSet], unit: str) -> Iterable[tuple[object, ...]]:
    start, end = (_moment(moment) for moment in (session[0].start_utc, session[-1].end_utc))
    holds = ", ".join(f"{rows.mean_hold_s(item):.2f}" for item in session)
    notes = "; ".join([f"mean holds {holds} s", *(item.note for item in session if item.note)])
    words = (strong.WORKOUT, start, end, strong.ORIGIN, strong.EXERCISE)
    for index, item in enumerate(session):
        kind = "warmup" if item.warm_up else "normal"
        load = _in(unit, item.load) if item.load else ""
        hold_s = round(rows.mean_hold_s(item))
        yield (*words, "", files.defuse_csv_cell(notes), index, kind, load, len(item.reps), "", hold_s, "")


def _in(unit: str, load: Load) -> "float | int":
    """Return the load in the file's one unit, to a gram or so."""
    amount = load.amount if load.unit == unit else loads.kg(load)
    return float(rows.number(round(amount, 3)))


def _moment(moment: datetime) -> str:
    local = moment.astimezone()
    return f"{local.day} {MONTHS[local.month - 1]} {local.year}, {local:%H:%M}"
