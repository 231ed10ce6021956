"""Strong's CSV in its three layouts. Local times. Pure.

Most programs that import from Strong read only the oldest layout, the one with commas, so that is the default. It names
no unit: all loads of a file are in kg, or in pounds if all of them are. Strong has no field for a pause. The mean hold
is in Notes. Programs treat a set with Seconds as a timed one, so that column stays empty unless requested.
"""

from collections.abc import Iterable, Sequence

from barhold.exports import rows
from barhold.exports.dialects import COLUMNS, Dialect
from barhold.exports.exercises import names_of
from barhold.model import TrainingSet

WARM_UP, ORIGIN = "W", "Barhold"
UNITS = {"kg": "kg", "lb": "lbs"}


def to_csv(
    sessions: Sequence[Sequence[TrainingSet]], dialect: Dialect = Dialect.COMMA, hold_as_seconds: bool = False
) -> str:
    """Return the file; every set of a session carries the session's start, as Strong has it."""
    unit = rows.common_unit(sessions)
    columns = [column.format(unit=UNITS[unit]) for column in COLUMNS[dialect]]
    table = [
        {column: row[column] for column in columns}
        for number, session in enumerate(sessions, start=1)
        for row in _session(number, session, None if dialect == Dialect.SEMICOLON else unit, hold_as_seconds)
    ]
    return rows.to_csv(columns, table, delimiter="," if dialect == Dialect.COMMA else ";")


def hold_note(training_set: TrainingSet) -> str:
    """Return what a note says of the set's holds, followed by the lifter's own note."""
    hold = f"mean hold {rows.mean_hold_s(training_set):.2f} s"
    return f"{hold}; {training_set.note}" if training_set.note else hold


def _session(
    number: int, session: Sequence[TrainingSet], unit: str | None, hold_as_seconds: bool
) -> Iterable[rows.Row]:
    """Yield a row per set with the columns of all layouts; loads in `unit`, or if that is None each in its own."""
    started = f"{session[0].start_utc.astimezone():%Y-%m-%d %H:%M:%S}"
    seconds = (session[-1].end_utc - session[0].start_utc).total_seconds()
    minutes = max(1, round(seconds / 60))
    duration = f"{minutes // 60}h {minutes % 60}m" if minutes >= 60 else f"{minutes}m"
    working = 0
    for training_set in session:
        working += not training_set.warm_up
        names, load = names_of(training_set), training_set.load
        own_unit = unit or (load.unit if load else "kg")
        amount = rows.amount_in(own_unit, load) if load else 0
        yield {
            "Workout #": number,
            "Date": started,
            "Workout Name": names_of(session[0]).title,
            "Duration": duration,
            "Workout Duration": duration,
            "Duration (sec)": round(seconds),
            "Exercise Name": names.library_name,
            "Set Order": WARM_UP if training_set.warm_up else working,
            "Weight": amount,
            f"Weight ({UNITS[own_unit]})": amount,
            "Weight Unit": UNITS[own_unit],
            "Reps": len(training_set.reps),
            "Distance": 0,
            "Distance Unit": "km",
            "Seconds": round(rows.mean_hold_s(training_set)) if hold_as_seconds else 0,
            "Notes": hold_note(training_set),
            "Workout Notes": f"{ORIGIN}, loads in {UNITS[unit]}" if unit else ORIGIN,
            "RPE": None,
            "Distance (meters)": None,
        }
