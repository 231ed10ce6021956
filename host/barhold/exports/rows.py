"""Plain rows, one per rep or one per set, for CSV and for Parquet. Times in UTC, units in the columns' names. Pure."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from barhold import files
from barhold.model import Load, Rep, TrainingSet
from barhold.output import json_lines
from barhold.plans import load_units

Row = dict[str, Any]
_CELLS_KEPT = 4096
_OF_THE_SET = ("lifter", "device", "set_start", "set", "warm_up", "load", "load_unit")
REP_COLUMNS = (
    *_OF_THE_SET,
    *("rep", "hold_s", "hold_err_s", "rise_s", "fall_s", "bottom_s", "rom_m", "peak_m_s", "flags"),
)
SET_COLUMNS = (
    *_OF_THE_SET,
    *("set_end", "time_quality", "reps", "hold_mean_s", "hold_min_s", "hold_max_s", "rom_max_m", "edited", "note"),
)


def per_rep(sets: Iterable[TrainingSet]) -> Iterator[Row]:
    """Yield a row per rep."""
    for training_set in sets:
        shared = _shared(training_set)
        for rep in training_set.reps:
            yield {**shared, **_of_rep(rep)}


def per_set(sets: Iterable[TrainingSet]) -> Iterator[Row]:
    """Yield a row per set."""
    return ({**_shared(training_set), **_of_set(training_set)} for training_set in sets)


def mean_hold_s(training_set: TrainingSet) -> float:
    """Return the mean of the set's holds."""
    return sum(rep.hold_ms for rep in training_set.reps) / len(training_set.reps) / 1000


def common_unit(sessions: Iterable[Iterable[TrainingSet]]) -> str:
    """Return the unit for a file that has only one: lb if every load is in pounds, otherwise kg."""
    units = {training_set.load.unit for session in sessions for training_set in session if training_set.load}
    return "lb" if units == {"lb"} else "kg"


def amount_in(unit: str, load: Load) -> float:
    """Return the load in this unit: as it was given if that is its own unit, otherwise rounded to about a gram."""
    if load.unit == unit:
        return float(number(load.amount))
    return round(load_units.in_kg(load) / (load_units.KG_PER_LB if unit == "lb" else 1), 3)


def to_csv(columns: Sequence[str], rows: Iterable[Row], delimiter: str = ",") -> str:
    """Return a CSV with a header; numbers stay numbers, and formulas in text cells are defused."""
    return "".join(csv_lines(columns, rows, delimiter))


def csv_lines(columns: Sequence[str], rows: Iterable[Row], delimiter: str = ",") -> Iterator[str]:
    """Yield the lines of `to_csv` one by one."""
    out = _Line()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(columns)
    yield out.line
    for row in rows:
        writer.writerow([_cell(row[name]) for name in columns])
        yield out.line


def number(value: float) -> str:
    """Return a number with a point and without an exponent, as every program reads it."""
    return f"{value:.4f}".rstrip("0").rstrip(".")


class _Line:
    """Keeps the last row and ends it with a line feed alone.

    If the csv writer of Python 3.11 is told to do that itself, it leaves cells with a carriage return unquoted.
    """

    line = ""

    def write(self, row: str) -> None:
        """Take one row, which ends in \\r\\n."""
        self.line = row[:-2] + "\n"


@lru_cache(_CELLS_KEPT, typed=True)  # what is said of a set stands in the row of each of its reps
def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return number(value)
    return "" if value is None else files.defuse_csv_cell(value) if isinstance(value, str) else str(value)


def _shared(training_set: TrainingSet) -> Row:
    return {
        "lifter": training_set.lifter,
        "device": training_set.device_id,
        "set_start": training_set.start_utc.isoformat(timespec="milliseconds"),
        "set": training_set.number,
        "warm_up": training_set.warm_up,
        "load": training_set.load.amount if training_set.load else None,
        "load_unit": training_set.load.unit if training_set.load else None,
    }


def _of_rep(rep: Rep) -> Row:
    row = json_lines.measures(rep)
    del row["partial"]  # it is one of the flags
    return {**row, "flags": ";".join(row["flags"])}


def _of_set(training_set: TrainingSet) -> Row:
    holds_s = [rep.hold_ms / 1000 for rep in training_set.reps]
    return {
        "set_end": training_set.end_utc.isoformat(timespec="milliseconds"),
        "time_quality": training_set.time_quality,
        "reps": len(training_set.reps),
        "hold_mean_s": mean_hold_s(training_set),
        "hold_min_s": min(holds_s),
        "hold_max_s": max(holds_s),
        "rom_max_m": max(rep.rom_m for rep in training_set.reps),
        "edited": bool(training_set.edits),
        "note": training_set.note,
    }
