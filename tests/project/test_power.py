"""The power budget: each current has a source and says how far to trust it, and the page shows the file's sums."""

import csv
import re

import pytest

from hostkit import ROOT

FOLDER = ROOT / "hardware" / "power"
PAGE = (FOLDER / "README.md").read_text(encoding="utf-8")
MARKS = {"measured", "data sheet", "estimated"}
USABLE = 0.85


def rows() -> list[dict[str, str]]:
    with (FOLDER / "budget.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def faults(row: dict[str, str]) -> list[str]:
    found = [f"{name} is missing" for name in ("board", "state", "part") if not row[name]]
    if row["mark"] not in MARKS:
        found.append(f"mark is {row['mark']!r}")
    if len((row["source"] or "").split()) < 3:
        found.append("no source")
    numbers = [row[name] for name in ("low_ma", "current_ma", "high_ma")]
    found += [f"{one!r} is no current" for one in numbers if not re.fullmatch(r"\d+(\.\d+)?", one)]
    return found or ([] if sorted(numbers, key=float) == numbers else ["its bounds do not hold it"])


def test_every_row_has_a_current_a_mark_and_a_source() -> None:
    names = ["board", "state", "part", "current_ma", "low_ma", "high_ma", "mark", "source"]
    assert list(rows()[0]) == names
    assert [faults(row) for row in rows()] == [[] for _ in rows()]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mark", "guessed"),
        ("mark", ""),
        ("source", "?"),
        ("current_ma", "-1"),
        ("current_ma", "few"),
        ("low_ma", "999"),
        ("high_ma", "0"),
    ],
)
def test_a_row_without_them_is_caught(name: str, value: str) -> None:
    assert faults({**rows()[0], name: value})


def test_nothing_is_called_measured_while_the_page_says_that_nothing_was() -> None:
    assert "**Nothing has been measured.**" in PAGE
    assert not [row for row in rows() if row["mark"] == "measured"]


def test_the_page_shows_the_files_sums_and_what_they_last() -> None:
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if "mAh: " in line]
    assert {(row["board"], row["state"]) for row in rows()} == {(board, state) for board, state, *_ in cells}
    for board, state, total, doubtful, lasts in cells:
        parts = [row for row in rows() if (row["board"], row["state"]) == (board, state)]
        assert sum(float(row["current_ma"]) for row in parts) == pytest.approx(float(total))
        guessed = [float(row["current_ma"]) for row in parts if row["mark"] == "estimated"]
        assert sum(guessed) == pytest.approx(float(doubtful))
        mah, time, unit = re.fullmatch(r"(\d+) mAh: ([\d.]+) (h|days)", lasts).groups()  # type: ignore[union-attr]
        hours = int(mah) * USABLE / float(total)
        assert hours / (24 if unit == "days" else 1) == pytest.approx(float(time), rel=0.05)
