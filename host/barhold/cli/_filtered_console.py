"""A rich console whose text is filtered; imported only when something is printed with rich."""

from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.segment import Segment
from rich.text import Text

from barhold.output.control_characters import escape_controls, escape_line


class FilteredConsole(Console):
    """Shows what a terminal would obey: in cells, so that columns stay straight, and in all that is rendered."""

    def render_str(self, text: str, **options: Any) -> Text:
        """Return the text of a cell or a line, on one line."""
        return super().render_str(escape_line(text), **options)

    def render(self, renderable: Any, options: Any = None) -> Iterator[Segment]:
        """Yield the segments of anything that rich can draw; only its own control segments are left as they are."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=escape_controls(segment.text))
