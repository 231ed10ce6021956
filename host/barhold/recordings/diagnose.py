"""The slow, exact second look at a recording that cannot be used: which line, and why."""

import csv
import itertools
import math
import statistics
from pathlib import Path

from barhold.errors import InputError

COLUMNS = ("t_s", "ax_g", "ay_g", "az_g", "gx_dps", "gy_dps", "gz_dps")
MIN_RATE_HZ = 20.0
MAX_LINE_CHARACTERS = 10_000
MAX_STEP_S = 1 / MIN_RATE_HZ + 1e-6


def cells(line: str) -> list[str]:
    """Return the stripped names of a header line; none where it is no CSV."""
    try:
        return [cell.strip() for cell in next(csv.reader([line]), [])]
    except csv.Error:
        return []


def find(path: Path, text: str) -> InputError:
    """Return the error that names the first fault of the recording `text`."""
    line, reason = _first_fault(text)
    return InputError(f"{path}, line {line}: {reason}")


def _first_fault(text: str) -> tuple[int, str]:
    lines = text.splitlines()
    for number, line in enumerate(lines, start=1):
        if len(line) > MAX_LINE_CHARACTERS:
            return number, f"{len(line)} characters, a row has at most {MAX_LINE_CHARACTERS}; name a recording CSV"
    header = cells(lines[0]) if lines else []
    if missing := [name for name in COLUMNS if name not in header]:
        return 1, f"column {missing[0]} is missing; the header must name {','.join(COLUMNS)}"
    times: list[float] = []
    rows = csv.reader(lines[1:])
    try:
        for row in rows:
            if row and (reason := _row_fault(header, row, times)):
                return rows.line_num + 1, reason
    except csv.Error as error:
        return rows.line_num + 1, f"no CSV ({error}); correct or remove the row"
    if len(times) < 2:
        return 1 + len(times), f"{len(times)} rows of data, at least 2 are needed; record again"
    return _rate_fault(times)


def _row_fault(header: list[str], row: list[str], times: list[float]) -> str:
    """Return what is wrong with `row`, or "" after adding its time to `times`."""
    for name in COLUMNS:
        at = header.index(name)
        cell = row[at].strip() if at < len(row) else ""
        if not cell:
            return f"{name} is empty; remove the row or record again"
        if not _is_number(cell):
            return f"{name} is {cell[:20]!r}, must be a number; correct or remove the row"
        if not math.isfinite(float(cell)):
            return f"{name} is {cell[:20]}, must be finite; correct or remove the row"
    now_s = float(row[header.index("t_s")])
    if times and now_s < times[-1]:
        return f"t_s runs backwards from {times[-1]:g} to {now_s:g}; sort or cut the recording"
    times.append(now_s)
    return ""


def _is_number(cell: str) -> bool:
    if "_" in cell or not cell.isascii():  # Python's float takes these, numpy's parser does not
        return False
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _rate_fault(times: list[float]) -> tuple[int, str]:
    steps_s = [b - a for a, b in itertools.pairwise(times)]
    step_s = statistics.median(steps_s)
    line = 3 + next((i for i, step in enumerate(steps_s) if step > MAX_STEP_S), 0)
    if step_s <= 0:
        return 3, "t_s stands still; it must count seconds"
    return line, f"median sample rate is {1 / step_s:.1f} Hz, must be at least {MIN_RATE_HZ:g}; record at 52 Hz or more"
