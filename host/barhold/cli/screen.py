"""What commands write: data on stdout, everything else on stderr."""

import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import RenderableType


def show(*parts: "RenderableType") -> None:
    """Print tables and lines; plain and 80 columns wide where stdout is no terminal."""
    from rich.console import Console

    console = Console(highlight=False, markup=False, emoji=False)
    with console.capture() as rendered:  # printing by itself, rich would end with status 1 on a closed pipe
        for part in parts:
            console.print(part, crop=False)  # what is wider than a terminal is folded there, never cut
    sys.stdout.write(rendered.get())


def json_line(line: dict[str, Any]) -> None:
    """Print one JSON object on its own line."""
    sys.stdout.write(json.dumps(line, allow_nan=False) + "\n")


def note(message: str) -> None:
    """Print one line on stderr, with nothing in it that a terminal would act on."""
    flat = " ".join(message.split())
    sys.stderr.write("barhold: " + "".join(c if c.isprintable() else "?" for c in flat) + "\n")
