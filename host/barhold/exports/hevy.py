"""Hevy's CSV: loads in kg, or in pounds if every load is; local times, English months. Pure.

A note in Hevy belongs to the exercise, so the mean holds of all its sets stand there. Programs treat a set with a
duration as a timed one, so `duration_seconds` stays empty unless holds are requested there, in whole seconds.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime

from barhold import files
from barhold.exports import rows, strong
from barhold.exports.exercises import names_of
from barhold.model import TrainingSet

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
"""English whatever the computer's language is: every program that reads Hevy's files knows these."""


def columns(unit: str) -> tuple[str, ...]:
    """Return the header of an account in kg or in lb."""
    weight, distance = ("weight_lbs", "distance_miles") if unit == "lb" else ("weight_kg", "distance_km")
    before = ("title", "start_time", "end_time", "description", "exercise_title", "superset_id", "exercise_notes")
    return (*before, "set_index", "set_type", weight, "reps", distance, "duration_seconds", "rpe")


def to_csv(sessions: Sequence[Sequence[TrainingSet]], hold_as_seconds: bool = False) -> str:
    """Return the file. All text is quoted and numbers are not, as Hevy writes it."""
    unit = rows.common_unit(sessions)
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    writer.writerow(columns(unit))
    for session in sessions:
        writer.writerows(_session(session, unit, hold_as_seconds))
    return out.getvalue()


def _session(session: Sequence[TrainingSet], unit: str, hold_as_seconds: bool) -> Iterable[tuple[object, ...]]:
    start, end = (_moment(moment) for moment in (session[0].start_utc, session[-1].end_utc))
    holds = ", ".join(f"{rows.mean_hold_s(training_set):.2f}" for training_set in session)
    notes = "; ".join([f"mean holds {holds} s", *(one.note for one in session if one.note)])
    for index, training_set in enumerate(session):
        names = names_of(training_set)
        words = (names_of(session[0]).title, start, end, strong.ORIGIN, names.library_name)
        kind = "warmup" if training_set.warm_up else "normal"
        load = rows.amount_in(unit, training_set.load) if training_set.load else ""
        seconds = round(rows.mean_hold_s(training_set)) if hold_as_seconds else ""
        reps = len(training_set.reps)
        yield (*words, "", files.defuse_csv_cell(notes), index, kind, load, reps, "", seconds, "")


def _moment(moment: datetime) -> str:
    local = moment.astimezone()
    return f"{local.day} {MONTHS[local.month - 1]} {local.year}, {local:%H:%M}"
