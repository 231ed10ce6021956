"""The columns of Strong's three layouts. Pure."""

from enum import StrEnum


class Dialect(StrEnum):
    """Strong's layouts, from the oldest to the newest."""

    COMMA = "comma"
    SEMICOLON = "semicolon"
    NEWEST = "newest"


COLUMNS = {
    Dialect.COMMA: (
        *("Date", "Workout Name", "Duration", "Exercise Name", "Set Order", "Weight", "Reps", "Distance", "Seconds"),
        *("Notes", "Workout Notes", "RPE"),
    ),
    Dialect.SEMICOLON: (
        *("Date", "Workout Name", "Exercise Name", "Set Order", "Weight", "Weight Unit", "Reps", "RPE", "Distance"),
        *("Distance Unit", "Seconds", "Notes", "Workout Notes", "Workout Duration"),
    ),
    Dialect.NEWEST: (
        *("Workout #", "Date", "Workout Name", "Duration (sec)", "Exercise Name", "Set Order", "Weight ({unit})"),
        *("Reps", "RPE", "Distance (meters)", "Seconds", "Notes", "Workout Notes"),
    ),
}
