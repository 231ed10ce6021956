"""How far something is that has a size: a bar on a terminal, a line every few seconds elsewhere. All on stderr."""

import sys
import time
from types import TracebackType
from typing import Any

from barhold.cli import screen

LINE_EVERY_S = 5.0


class Bar:
    """One bar; `with Bar("kB") as bar`."""

    def __init__(self, unit: str) -> None:
        self._unit = unit
        self._bars: Any = None
        self._task: Any = None
        self._told_s = time.monotonic()

    def __enter__(self) -> "Bar":
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

            amount = TextColumn(f"{{task.completed:.0f}}/{{task.total:.0f}} {self._unit}")
            columns = (TextColumn("{task.description}"), BarColumn(), amount, TimeRemainingColumn())
            self._bars = Progress(*columns, console=Console(stderr=True, markup=False, highlight=False), transient=True)
            self._bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, err: BaseException | None, at: TracebackType | None) -> None:
        if self._bars:
            self._bars.stop()

    def note(self, text: str) -> None:
        """Say one line without tearing the bar."""
        if self._bars:
            self._bars.console.print(f"barhold: {text}", soft_wrap=True)
        else:
            screen.note(text)

    def update(self, what: str, done: float, total: float) -> None:
        """Show how far it is."""
        if self._bars:
            if self._task is None:
                self._task = self._bars.add_task(what, total=total)
            self._bars.update(self._task, description=what, completed=done, total=total)
        elif time.monotonic() - self._told_s >= LINE_EVERY_S:
            self._told_s = time.monotonic()
            screen.note(f"{what}: {done:.0f} of {total:.0f} {self._unit}")
