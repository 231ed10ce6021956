"""What commands write: data on stdout, everything else on stderr; colour and bars only where somebody looks."""

import json
import os
import sys
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_wish = {"plain": False, "quiet": False}


def wish(plain: bool, quiet: bool) -> None:
    """Take what --no-color and --quiet say, for this run of the command."""
    _wish.update(plain=plain, quiet=quiet)


def is_lively(stream: TextIO) -> bool:
    """Return whether a stream is a terminal on which things may move."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def is_quiet() -> bool:
    """Return whether --quiet was given."""
    return _wish["quiet"]


def console(stderr: bool = False) -> "Console":
    """Return a console: no colour for --no-color, NO_COLOR (set and not empty), TERM=dumb, and off a terminal."""
    from rich.console import Console

    plain = _wish["plain"] or bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    return Console(
        stderr=stderr,
        highlight=False,
        markup=False,
        emoji=False,
        color_system=None if plain else "auto",
        no_color=plain,
    )


def show(*parts: "RenderableType") -> None:
    """Print tables and lines; plain and 80 columns wide where stdout is no terminal."""
    shown = console()
    with shown.capture() as rendered:  # printing by itself, rich would end with status 1 on a closed pipe
        for part in parts:
            shown.print(part, crop=False)  # what is wider than a terminal is folded there, never cut
    sys.stdout.write(rendered.get())


def json_line(line: dict[str, Any]) -> None:
    """Print one JSON object on its own line."""
    sys.stdout.write(json.dumps(line, allow_nan=False) + "\n")


def json_result(kind: str, **values: Any) -> None:
    """Print one JSON object of this type at once: whoever follows along sees each as it comes about."""
    from barhold.output import json_lines

    json_line({"type": kind, "schema": json_lines.SCHEMA, **values})
    sys.stdout.flush()


def note(message: str) -> None:
    """Print one line on stderr, with nothing in it that a terminal would act on."""
    flat = " ".join(message.split())
    sys.stderr.write("barhold: " + "".join(c if c.isprintable() else "?" for c in flat) + "\n")


def step(message: str) -> None:
    """Note what is being done or waited for, unless --quiet was said."""
    if not _wish["quiet"]:
        note(message)
