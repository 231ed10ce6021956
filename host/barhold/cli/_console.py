"""What commands write: data on stdout, everything else on stderr; colour and bars only on a terminal."""

import json
import os
import sys
from typing import TYPE_CHECKING, Any, TextIO

from barhold.cli._guarded_streams import GuardedStream, unfiltered
from barhold.output.control_characters import escape_line

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_UNLIMITED_WIDTH = 10_000
_MOST_NOTE_CHARACTERS = 6_000  # room for the longest path
_PIPE_WIDTH = 80
_FRAME_CELLS = 3
"""What a table adds to each column: a space on both sides and a line between."""
_wish = {"plain": False, "quiet": False}


def configure(plain: bool, quiet: bool) -> None:
    """Apply --no-color and --quiet to this run of the command."""
    _wish.update(plain=plain, quiet=quiet)


def can_animate(stream: TextIO) -> bool:
    """Return whether a stream is a terminal that can show bars and countdowns."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def is_quiet() -> bool:
    """Return whether --quiet was given."""
    return _wish["quiet"]


def console(stderr: bool = False) -> "Console":
    """Return a console whose text is filtered (see barhold.output.control_characters).

    It has no colour for --no-color, NO_COLOR (set and not empty), TERM=dumb, and off a terminal.
    """
    from barhold.cli._filtered_console import FilteredConsole

    plain = _wish["plain"] or bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    return FilteredConsole(
        file=unfiltered(sys.stderr if stderr else sys.stdout),
        highlight=False,
        markup=False,
        emoji=False,
        color_system=None if plain else "auto",
        no_color=plain,
    )


def show(*parts: "RenderableType") -> None:
    """Print tables and lines; plain and 80 columns wide if stdout is not a terminal."""
    from rich.text import Text

    shown = console()
    width = shown.width
    for part in parts:
        if isinstance(part, Text):  # each is one line; a note from a crafted database may hold more
            part.plain = escape_line(part.plain)
        if not shown.is_terminal:  # on a terminal a table says itself which columns it has no room for
            shown.width = max(width, _least_width(part, shown))
        shown.print(part, crop=False)


def _least_width(part: "RenderableType", shown: "Console") -> int:
    """Return the width in which no cell of a table is cut off."""
    from rich.measure import Measurement
    from rich.table import Table

    if not isinstance(part, Table):
        return 0
    unlimited = shown.options.update(width=_UNLIMITED_WIDTH)
    columns = [
        [Measurement.get(shown, unlimited, cell).maximum for cell in (column.header, *column.cells)]
        for column in part.columns
    ]
    unfolded = sum(max(widths) for column, widths in zip(part.columns, columns, strict=True) if column.no_wrap)
    everything = sum(map(max, columns)) + _FRAME_CELLS * len(columns)
    return max(unfolded, min(everything, _PIPE_WIDTH))


def line(text: object) -> None:
    """Print one line on stdout."""
    sys.stdout.write(escape_line(str(text)) + "\n")


def data(content: bytes | str) -> None:
    """Print data byte by byte: exact in a file or pipe, filtered only on a terminal."""
    raw = content.encode() if isinstance(content, str) else content
    if isinstance(sys.stdout, GuardedStream):
        sys.stdout.write_bytes(raw)
    else:
        sys.stdout.write(raw.decode())


def json_line(fields: dict[str, Any]) -> None:
    """Print one JSON object on its own line."""
    text = json.dumps(fields, allow_nan=False)
    sys.stdout.write(text.replace("\x7f", "\\u007f") + "\n")  # the only control character that JSON leaves as it is


def json_result(kind: str, **values: Any) -> None:
    """Print one JSON object of this type and flush it, so that a reader sees it at once."""
    from barhold.output import json_lines

    json_line({"type": kind, "schema": json_lines.SCHEMA, **values})
    sys.stdout.flush()


def flush() -> None:
    """Flush stdout; BrokenPipeError if its reader is gone, which ends a command that would run for ever."""
    sys.stdout.flush()
    if isinstance(sys.stdout, GuardedStream) and sys.stdout.is_gone:
        raise BrokenPipeError


def note(message: str) -> None:
    """Print one line on stderr; very long text is shortened."""
    text = " ".join(message[: 2 * _MOST_NOTE_CHARACTERS].split())
    if len(text) > _MOST_NOTE_CHARACTERS:
        text = f"{text[:_MOST_NOTE_CHARACTERS]}..."
    sys.stderr.write(f"barhold: {escape_line(text)}\n")


def step(message: str) -> None:
    """Print the current step on stderr, unless --quiet was given."""
    if not _wish["quiet"]:
        note(message)
