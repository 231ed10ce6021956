"""How far something is that has a size: bars on a terminal, a line every few seconds elsewhere. All on stderr."""

import sys
import time
from types import TracebackType
from typing import Any, Self

from barhold.cli import _console

LINE_EVERY_S = 5.0


class Bar:
    """A bar for each thing that is under way; `with Bar("kB") as bar`."""

    def __init__(self, unit: str) -> None:
        self._unit = unit
        self._bars: Any = None
        self._tasks: dict[str, Any] = {}
        self._told_s = time.monotonic()

    def __enter__(self) -> Self:
        if _console.is_lively(sys.stderr):
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

            columns = (TextColumn("{task.description}"), BarColumn(), self._amount(), TimeRemainingColumn())
            self._bars = Progress(*columns, console=_console.console(stderr=True), transient=True)
            self._bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, err: BaseException | None, at: TracebackType | None) -> None:
        if self._bars:
            self._bars.stop()

    def _amount(self) -> Any:
        from rich.progress import TextColumn

        return TextColumn(f"{{task.completed:.0f}}/{{task.total:.0f}} {self._unit}")

    def note(self, text: str) -> None:
        """Say one line without tearing the bars."""
        if self._bars:
            self._bars.console.print(f"barhold: {text}", soft_wrap=True)
        else:
            _console.note(text)

    def update(self, what: str, done: float, total: float, key: str = "") -> None:
        """Show how far it is; `key` tells apart what is under way at once."""
        if self._bars:
            if key not in self._tasks:
                self._tasks[key] = self._bars.add_task(what, total=total)
            self._bars.update(self._tasks[key], description=what, completed=done, total=total)
        elif time.monotonic() - self._told_s >= LINE_EVERY_S:
            self._told_s = time.monotonic()
            _console.step(f"{what}: {done:.0f} of {total:.0f} {self._unit}")
