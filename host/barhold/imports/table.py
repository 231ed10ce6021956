"""Turns a CSV file into rows with their line numbers. A broken row is reported and does not hide the next ones."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from barhold import files
from barhold.errors import InputError
from barhold.imports import layouts
from barhold.imports.layouts import Layout

MOST_BYTES = 64 << 20
MOST_ROWS, MOST_LINES, MOST_FAULTS = 500_000, 2_000_000, 1000
MOST_CELL_LINES = 100
"""How many lines a quoted cell may span before its first quote counts as a slip."""
_MOST_HEADER = 10_000
_DELIMITERS = (",", ";", "\t")
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)  # Excel reads such a first line and hides it
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Line:
    """One row: the line on which it begins, its cells as they were before defusing, and what is wrong with it."""

    number: int
    cells: dict[str, str]
    text: str
    fault: str = ""
    cut_off: bool = False

    def __getitem__(self, name: str) -> str:
        return self.cells.get(name, "")


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a file of a known program."""

    layout: Layout
    lines: list[Line]


def read(path: Path) -> Table:
    """Read a file that Strong or Hevy exported; InputError names the file, the line, the reason and the next step."""
    text = _text(path)
    if text.count("\n") + text.count("\r") > 2 * MOST_LINES:
        raise InputError(f"{path}: over {MOST_LINES} lines, more than any training log has: cut it into years")
    lines = list(io.StringIO(text, newline=""))
    first, delimiters = _first_line(lines)
    start = lines[first].rstrip("\r\n")[:_MOST_HEADER] if first < len(lines) else ""
    for delimiter in delimiters:
        header = [name.strip() for name in next(csv.reader([start], delimiter=delimiter), [])]
        layout = layouts.detect(header)
        if layout:
            return Table(layout, _lines(path, lines, first + 1, header, delimiter))
    raise InputError(
        f"{path}, line {first + 1}: these are not the columns of Strong or Hevy: name a CSV that one of them exported"
    )


def _first_line(lines: Sequence[str]) -> tuple[int, Sequence[str]]:
    """Return the index of the header and the delimiters it may have: blank lines and Excel's `sep=` come before it."""
    delimiters: Sequence[str] = _DELIMITERS
    for index, line in enumerate(lines):
        separator = _SEPARATOR_LINE.fullmatch(line)
        if separator:
            delimiters = (separator[1],)
        elif line.strip():
            return index, delimiters
    return 0, delimiters


def _text(path: Path) -> str:
    data = files.read(path, MOST_BYTES, "name a CSV that Strong or Hevy exported")
    try:
        text = data.decode("utf-16" if data.startswith(_UTF16_MARKS) else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(f"{path}, line {line}: not UTF-8: export it again, or save it as CSV UTF-8") from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise InputError(f"{path}, line {line}: not text: export it again, or save it as CSV UTF-8")
    return text


def _lines(path: Path, lines: Sequence[str], first: int, header: list[str], delimiter: str) -> list[Line]:
    found: list[Line] = []
    faults = 0
    for at, row, text, broken in _rows(lines, first, delimiter):
        if not any(row) and not broken:
            continue
        if len(found) >= MOST_ROWS:
            raise InputError(f"{path}, line {at + 1}: over {MOST_ROWS} sets: cut the file into years")
        named = {name: files.restore_csv_cell(cell) for name, cell in zip(header, row, strict=False)}
        other_count = f"{len(row)} cells, but the header has {len(header)}: was the file cut off here? Export it again"
        fault = broken or (other_count if len(row) != len(header) else "")
        faults += bool(fault)
        if faults > MOST_FAULTS:
            raise InputError(f"{path}, line {at + 1}: over {MOST_FAULTS} broken rows: export the file again")
        cut_off = at + 1 >= len(lines) and not broken and len(row) < len(header)
        found.append(Line(at + 1, named, text, fault, cut_off))
    return found


def _rows(lines: Sequence[str], first: int, delimiter: str) -> Iterator[tuple[int, list[str], str, str]]:
    """Yield each row with the index of its first line, its text, and what is wrong with its quotes."""
    at = first
    while at < len(lines):
        count = _line_count(lines, at)
        text = "".join(lines[at : at + count])
        fault, row = "", []
        try:
            row = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), [])
        except csv.Error as error:
            # One slip must not swallow the rows after it: take this line alone, as well as it can be read.
            fault, count, text = f"{error}: export it again, or correct its quotes", 1, lines[at]
            row = _lenient(text, delimiter)
        yield at, row, text, fault
        at += count


def _line_count(lines: Sequence[str], at: int) -> int:
    """Return how many lines the row takes: it goes on as long as a quote is open."""
    quotes = lines[at].count('"')
    if quotes % 2 == 0:
        return 1
    for count, line in enumerate(lines[at + 1 : at + MOST_CELL_LINES], start=2):
        quotes += line.count('"')
        if quotes % 2 == 0:
            return count
    return 1


def _lenient(text: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([text.rstrip("\r\n")], delimiter=delimiter), [])
    except csv.Error:  # a cell of more than 128 kB
        return [cell.strip('"') for cell in text.split(delimiter)]
