"""A table that stays quick when it is long: rich's own takes seconds for what ten years hold. Pure."""

from collections.abc import Iterator

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from rich.table import Table


class Listing(Table):
    """A table with a line under its head; where it fits as it is, plain rows are written without rich's layout."""

    def __init__(self) -> None:
        super().__init__(box=box.SIMPLE_HEAD, pad_edge=False)
        self._plain: list[tuple[str, ...]] | None = []

    def add_row(self, *cells: RenderableType | None, style: str | None = None, end_section: bool = False) -> None:  # type: ignore[override]
        """Add a row; styled cells, styled rows and sections are rich's to lay out."""
        super().add_row(*cells, style=style, end_section=end_section)
        words = tuple(cell for cell in cells if isinstance(cell, str) and cell.isprintable())
        if self._plain is not None and len(words) == len(self.columns) and not style and not end_section:
            self._plain.append(words)
        else:
            self._plain = None

    def add_section(self) -> None:
        """Add a line between rows."""
        super().add_section()
        self._plain = None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self._plain:
            heads = tuple(str(column.header) for column in self.columns)
            widths = [max(map(cell_len, column)) for column in zip(heads, *self._plain, strict=True)]
            if sum(widths) + 3 * len(widths) - 1 <= options.max_width:
                yield from self._quick(console, heads, widths, self._plain)
                return
        yield from super().__rich_console__(console, options)

    def _quick(
        self, console: Console, heads: tuple[str, ...], widths: list[int], rows: list[tuple[str, ...]]
    ) -> Iterator[Segment]:
        right = [column.justify == "right" for column in self.columns]
        rule = sum(widths) + 3 * len(widths) - 3
        yield Segment(f" {' ' * rule} \n")
        yield Segment(" ")
        yield Segment(_line(heads, widths, right), console.get_style("table.header"))
        yield Segment(f" \n {'─' * rule} \n")
        yield Segment("".join([f" {_line(row, widths, right)} \n" for row in rows]))
        yield Segment(f" {' ' * rule} \n")


def _line(cells: tuple[str, ...], widths: list[int], right: list[bool]) -> str:
    padded = []
    for cell, width, to_the_right in zip(cells, widths, right, strict=True):
        gap = " " * (width - (len(cell) if cell.isascii() else cell_len(cell)))
        padded.append(gap + cell if to_the_right else cell + gap)
    return "   ".join(padded)
