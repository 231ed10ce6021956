"""Strong's CSV, the generation with a unit in each row (semicolons), which Hevy imports too. Local times. Pure.

Strong has no field for a pause: the mean hold stands in Notes, and in whole seconds in Seconds.
"""

from collections.abc import Iterable, Sequence

from barhold.exports import rows
from barhold.model import TrainingSet

EXERCISE = "Hip Thrust (Barbell)"
COLUMNS = (
    *("Date", "Workout Name", "Exercise Name", "Set Order", "Weight", "Weight Unit", "Reps", "RPE"),
    *("Distance", "Distance Unit", "Seconds", "Notes", "Workout Notes", "Workout Duration"),
)
WORKOUT, WARM_UP, ORIGIN = "Hip thrust", "W", "Barhold"
UNITS = {"kg": "kg", "lb": "lbs"}


def to_csv(sessions: Iterable[Sequence[TrainingSet]]) -> str:
    """Return the file; every set of a session carries the session's start, as Strong has it."""
    return rows.to_csv(COLUMNS, [row for session in sessions for row in _session(session)], delimiter=";")


def hold_note(item: TrainingSet) -> str:
    """Return what a note says of the set's holds, and then the lifter's own note."""
    said = f"mean hold {rows.mean_hold_s(item):.2f} s"
    return f"{said}; {item.note}" if item.note else said


def _session(session: Sequence[TrainingSet]) -> Iterable[rows.Row]:
    started = f"{session[0].start_utc.astimezone():%Y-%m-%d %H:%M:%S}"
    minutes = max(1, round((session[-1].end_utc - session[0].start_utc).total_seconds() / 60))
    working = 0
    for item in session:
        working += not item.warm_up
        yield {
            "Date": started,
            "Workout Name": WORKOUT,
            "Exercise Name": EXERCISE,
            "Set Order": WARM_UP if item.warm_up else working,
            "Weight": item.load.amount if item.load else 0,
            "Weight Unit": UNITS[item.load.unit if item.load else "kg"],
            "Reps": len(item.reps),
            "Distance": 0,
            "Distance Unit": "km",
            "Seconds": round(rows.mean_hold_s(item)),
            "Notes": hold_note(item),
            "Workout Notes": ORIGIN,
            "Workout Duration": f"{minutes // 60}h {minutes % 60}m" if minutes >= 60 else f"{minutes}m",
        }
