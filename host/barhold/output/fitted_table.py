"""Tables that leave out columns, and say which, if the terminal is too narrow. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.segment import Segment
from rich.table import Column, Table
from rich.text import Text

LEFT_OUT_FIRST = (
    *(
        "at",
        "spread",
        "range %",
        "unsure %",
        "cm",
        "least-most",
        "range cm",
        "rise s",
        "fall s",
        "at s",
        "made",
        "+- s",
    ),
    *("exercise", "tempo", "unsure", "long", "short", "ok", "rest h", "battery", "plan", "sessions met"),
)
LEFT_OUT_LAST = ("verdict", "flags", "state")
_GAP = "  "
_FRAME_CELLS = 3
"""What a rich table adds to each column: a space on both sides and a line between."""
_UNLIMITED = 10_000


def columns_that_fit(names: Sequence[str], is_too_wide: Callable[[list[int]], bool]) -> list[int]:
    """Return the numbers of the columns to show; the first one always stays.

    Those of LEFT_OUT_FIRST go first, then others from right to left, then those of LEFT_OUT_LAST.
    """
    kept = list(range(len(names)))
    order = [names.index(name) for name in LEFT_OUT_FIRST if name in names]
    order += [at for at in reversed(kept) if at not in order and names[at] not in LEFT_OUT_LAST]
    order += [at for at in reversed(kept) if at not in order]
    for at in order:
        if not is_too_wide(kept):
            break
        if at:
            kept.remove(at)
    return kept


def _mark(names: Sequence[str], kept: Sequence[int]) -> str:
    left_out = [name for at, name in enumerate(names) if at not in kept and name]
    return f"(no room for: {', '.join(left_out)})" if left_out else ""


def _numbered(columns: Sequence[Column], kept: Sequence[int]) -> list[Column]:
    """Return the columns to show, each with its place: rich pads the first and the last one by that."""
    return [replace(columns[at], _index=place) for place, at in enumerate(kept)]


def _least_width(console: Console, options: ConsoleOptions, column: Column) -> int:
    """Return the width in which no cell of a column is cut off."""
    unlimited = options.update(width=_UNLIMITED)
    cells = [Measurement.get(console, unlimited, cell) for cell in (column.header, *column.cells)]
    return max(cell.maximum if column.no_wrap else cell.minimum for cell in cells)


class FittedTable(Table):
    """A rich table that is never wider than the terminal."""

    def __init__(self, *names: str, title: str | None = None) -> None:
        super().__init__(*names, title=title, box=box.SIMPLE_HEAD, pad_edge=False)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        every, names = self.columns, [str(column.header) for column in self.columns]
        widths = [_least_width(console, options, column) for column in every]

        def is_too_wide(kept: list[int]) -> bool:
            return sum(widths[at] for at in kept) + _FRAME_CELLS * len(kept) > options.max_width

        kept = columns_that_fit(names, is_too_wide)
        self.columns = _numbered(every, kept)
        try:
            yield from super().__rich_console__(console, options)
        finally:
            self.columns = every
        if mark := _mark(names, kept):
            yield Text(mark)


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows as plain text, for very long lists: a rich table takes thirty times as long."""

    names: Sequence[str]
    rows: Sequence[Sequence[str]]
    flush_left: frozenset[str]

    @property
    def text(self) -> str:
        """All columns, however wide they are."""
        return self._text(range(len(self.names)))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        widths, kept = self._widths(), list(range(len(self.names)))
        if console.is_terminal:
            kept = columns_that_fit(
                self.names,
                lambda kept: sum(widths[at] for at in kept) + len(_GAP) * (len(kept) - 1) > options.max_width,
            )
        yield Segment(self._text(kept) + "\n")
        if mark := _mark(self.names, kept):
            yield Text(mark)

    def _widths(self) -> list[int]:
        return [max(map(cell_len, column)) for column in zip(self.names, *self.rows, strict=True)]

    def _text(self, kept: Sequence[int]) -> str:
        widths, lines = self._widths(), []
        for row in (self.names, ["\u2500" * width for width in widths], *self.rows):
            cells = []
            for at in kept:
                space = " " * (widths[at] - cell_len(row[at]))
                cells.append(row[at] + space if self.names[at] in self.flush_left else space + row[at])
            lines.append(_GAP.join(cells).rstrip())
        return "\n".join(lines)
