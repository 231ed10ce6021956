"""The one pin table: `pins.csv`, which the schematic draws from and the firmware's constants are compared with."""

import csv
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent


class Pin(NamedTuple):
    """One pin of a board: the firmware's constant, the GPIO, its label on the board, and what it goes to."""

    board: str
    constant: str
    gpio: int
    label: str
    part: str
    part_pin: str
    what: str


def of_board(board: str) -> list[Pin]:
    """Return the rows of `board`, a name as in `firmware/barsensor/boards`."""
    with (FOLDER / "pins.csv").open(encoding="utf-8", newline="") as file:
        rows = [Pin(**{**row, "gpio": int(row["gpio"])}) for row in csv.DictReader(file)]
    return [row for row in rows if row.board == board]
