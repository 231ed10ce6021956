"""How far a sync is: a bar on a terminal, plain lines elsewhere. All on stderr."""

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any

from barhold.cli import screen

if TYPE_CHECKING:
    from barhold.session import Session

LINE_EVERY_S = 5.0


class Progress:
    """A bar per sensor; without a terminal a line every few seconds, and none for a sync that is quick."""

    def __init__(self) -> None:
        self._bars: Any = None
        self._tasks: dict[str, Any] = {}
        self._total: dict[str, int] = {}
        self._told_s = time.monotonic()

    def __enter__(self) -> "Progress":
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as Bars

            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            self._bars = Bars(*columns, console=Console(stderr=True, markup=False, highlight=False), transient=True)
            self._bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, err: BaseException | None, at: TracebackType | None) -> None:
        if self._bars:
            self._bars.stop()

    def note(self, text: str) -> None:
        """Say one line without tearing the bars."""
        if self._bars:
            self._bars.console.print(f"barhold: {text}", soft_wrap=True)
        else:
            screen.note(text)

    def update(self, session: "Session") -> None:
        """Show how far this session is."""
        info, done = session.info, session.result.received
        total = done + session.left
        if not total:
            return
        if self._bars:
            task = self._tasks.get(info.device_id)
            if task is None:
                task = self._tasks[info.device_id] = self._bars.add_task(info.name or info.device_id, total=total)
            self._bars.update(task, completed=done, total=total)
        elif session.left and time.monotonic() - self._told_s >= LINE_EVERY_S:
            self._told_s = time.monotonic()
            screen.note(f"{info.name or info.device_id}: {done} of {total} records")
