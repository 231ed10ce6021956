"""A file into rows with their line numbers; what is no table is said in one line."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from barhold import files
from barhold.errors import InputError
from barhold.imports import layouts
from barhold.imports.layouts import Layout

MOST_BYTES = 64 << 20
MOST_ROWS = 500_000
_MOST_HEADER = 10_000
_DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class Line:
    """One row: the line of the file on which it begins, and its cells as their writer had them."""

    number: int
    cells: dict[str, str]

    def __getitem__(self, name: str) -> str:
        return self.cells.get(name, "")


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a file of a known program; `faults` are lines that are no rows."""

    layout: Layout
    lines: list[Line]
    faults: list[str]


def read(path: Path) -> Table:
    """Read an export of Strong or Hevy; InputError names file, line, reason and next step."""
    text = _text(path)
    start = re.split(r"[\r\n]", text, maxsplit=1)[0][:_MOST_HEADER]
    for delimiter in _DELIMITERS:
        header = [name.strip() for name in next(csv.reader([start], delimiter=delimiter), [])]
        layout = layouts.of(header)
        if layout:
            return _table(path, text, layout, delimiter, header)
    raise InputError(
        f"{path}, line 1: its columns are neither Strong's nor Hevy's: export a CSV from one of these and name that"
    )


def _text(path: Path) -> str:
    try:
        if path.is_dir():
            raise InputError(f"{path} is a folder: name a CSV file in it")
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}: name a CSV file of Strong or Hevy") from None
    if len(data) > MOST_BYTES:
        raise InputError(f"{path}: over {MOST_BYTES >> 20} MB, which no training log has: cut it into years")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(f"{path}, line {line}: not in UTF-8: export it again, or save it as CSV UTF-8") from None
    if "\0" in text:
        raise InputError(f"{path}, line {text.count(chr(10), 0, text.index(chr(0))) + 1}: no text: export it again")
    return text


def _table(path: Path, text: str, layout: Layout, delimiter: str, header: list[str]) -> Table:
    table = Table(layout, [], [])
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for number, row in _numbered(reader):
            if number == 1 or not any(row):
                continue
            if len(table.lines) >= MOST_ROWS:
                raise InputError(f"{path}, line {number}: over {MOST_ROWS} sets: cut the file into years")
            if len(row) == len(header):
                table.lines.append(
                    Line(number, {n: files.restore_csv_cell(c) for n, c in zip(header, row, strict=True)})
                )
            else:
                table.faults.append(
                    f"{path}, line {number}: {len(row)} cells, the header has {len(header)}: was the file cut off "
                    f"here? Export it again"
                )
    except csv.Error as error:
        table.faults.append(f"{path}, line {reader.line_num}: {error}: export it again, or correct its quotes")
    return table


def _numbered(reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Yield each row with the line on which it begins: a quoted cell may hold line breaks."""
    before = 0
    for row in reader:
        yield before + 1, row
        before = reader.line_num
