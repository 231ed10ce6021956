"""The power budget: `budget.csv` in, battery life and its sensitivity out. What each figure rests on is in the file."""

import csv
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent
USABLE = 0.85
"""Of the cell's capacity: cold, age and the voltage at which the board stops take the rest."""
SESSIONS_A_WEEK, SESSION_MIN, AFTER_MIN = 3, 40, 3
"""After a session the sensor stays awake for three minutes without motion."""
WEEK_H = 7 * 24
CELLS_MAH = {"xiao_s3": (250, 350, 500), "m5stickc_plus2": (200,)}
BUILT_MAH = {"xiao_s3": 350, "m5stickc_plus2": 200}
"""The cell of the bill of materials."""
RESTING = {"xiao_s3": ("asleep",), "m5stickc_plus2": ("asleep", "off")}
"""What a board can do between sessions; the first is what it does by itself."""


class Part(NamedTuple):
    """One row: what it draws in one state of one board, in mA, with the bounds that we believe."""

    board: str
    state: str
    part: str
    current_ma: float
    low_ma: float
    high_ma: float
    mark: str
    source: str


class Guess(NamedTuple):
    """Battery life in days if one row were at its low and at its high bound."""

    part: Part
    at_low_days: float
    at_high_days: float


def parts() -> list[Part]:
    """Return all rows."""
    with (FOLDER / "budget.csv").open(encoding="utf-8", newline="") as file:
        return [_part(row) for row in csv.DictReader(file)]


def _part(row: dict[str, str]) -> Part:
    numbers = {name: float(row[name]) for name in ("current_ma", "low_ma", "high_ma")}
    return Part(**{**row, **numbers})  # type: ignore[arg-type]


def total_ma(rows: list[Part], board: str, state: str) -> float:
    """Return what a board draws in a state, in mA."""
    return sum(row.current_ma for row in rows if (row.board, row.state) == (board, state))


def life_days(rows: list[Part], board: str, cell_mah: float, resting: str = "asleep") -> float:
    """Return the days from full to empty with three sessions a week and rest in between."""
    awake_h = SESSIONS_A_WEEK * (SESSION_MIN + AFTER_MIN) / 60
    week_mah = awake_h * total_ma(rows, board, "training") + (WEEK_H - awake_h) * total_ma(rows, board, resting)
    return 7 * cell_mah * USABLE / week_mah


def sensitivity(rows: list[Part], board: str, resting: str = "asleep") -> list[Guess]:
    """Return how far each row that is no measurement moves the life, the worst first."""
    found = []
    for row in rows:
        if row.board == board and row.state in ("training", resting) and row.mark != "measured":
            low, high = (_life_if(rows, row, ma, resting) for ma in (row.low_ma, row.high_ma))
            found.append(Guess(row, low, high))
    return sorted(found, key=lambda one: one.at_high_days - one.at_low_days)


def _life_if(rows: list[Part], row: Part, current_ma: float, resting: str) -> float:
    changed = [one if one is not row else row._replace(current_ma=current_ma) for one in rows]
    return life_days(changed, row.board, BUILT_MAH[row.board], resting)
