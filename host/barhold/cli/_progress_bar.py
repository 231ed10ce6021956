"""Progress on stderr: a countdown and bars on a terminal, otherwise plain lines."""

import sys
import time
from types import TracebackType
from typing import Any, Self

from barhold.cli import _console

LINE_EVERY_S = 5.0
_REFRESH_HZ = 4


class Bar:
    """A countdown, then a bar for each thing that is under way; `with Bar("kB") as bar`."""

    def __init__(self, unit: str = "") -> None:
        self._unit = unit
        self._is_lively = False
        self._countdown: Any = None
        self._bars: Any = None
        self._tasks: dict[str, Any] = {}
        self._told_s = time.monotonic()

    def __enter__(self) -> Self:
        self._is_lively = _console.can_animate(sys.stderr)
        return self

    def __exit__(self, kind: type[BaseException] | None, err: BaseException | None, at: TracebackType | None) -> None:
        self.arrive()
        if self._bars:
            self._bars.stop()

    def wait_for(self, what: str, limit_s: float) -> None:
        """Show what is waited for and how many seconds are left, until `arrive` or the first bar."""
        if not self._is_lively:
            _console.step(f"{what}, for up to {limit_s:.0f} s" if limit_s >= 1 else what)
            return
        if _console.is_quiet():
            return
        from rich.live import Live  # noqa: PLC0415 - on a terminal only

        countdown = _Countdown(what, limit_s)
        console = _console.console(stderr=True)
        self._countdown = Live(countdown, console=console, refresh_per_second=_REFRESH_HZ, transient=True)
        self._countdown.start()

    def arrive(self) -> None:
        """End the countdown: the wait is over."""
        if self._countdown:
            self._countdown.stop()
            self._countdown = None

    def note(self, text: str) -> None:
        """Say one line without tearing the countdown or the bars."""
        moving = self._countdown or self._bars
        if moving:
            moving.console.print(f"barhold: {text}", soft_wrap=True)
        else:
            _console.note(text)

    def update(self, what: str, done: float, total: float, key: str = "") -> None:
        """Show the progress of one task; `key` tells tasks apart that run at the same time."""
        self.arrive()
        if self._is_lively:
            if not self._bars:
                self._bars = self._new_bars()
            if key not in self._tasks:
                self._tasks[key] = self._bars.add_task(what, total=total)
            self._bars.update(self._tasks[key], description=what, completed=done, total=total)
        elif time.monotonic() - self._told_s >= LINE_EVERY_S:
            self._told_s = time.monotonic()
            _console.step(f"{what}: {done:.0f} of {total:.0f} {self._unit}")

    def _new_bars(self) -> Any:
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415 - as above

        amount = TextColumn(f"{{task.completed:.0f}}/{{task.total:.0f}} {self._unit}")
        columns = (TextColumn("{task.description}"), BarColumn(), amount, TimeRemainingColumn())
        bars = Progress(*columns, console=_console.console(stderr=True), transient=True)
        bars.start()
        return bars


class _Countdown:
    """A line that is made anew whenever it is drawn."""

    def __init__(self, what: str, limit_s: float) -> None:
        self._what = what
        self._until_s = time.monotonic() + limit_s

    def __rich__(self) -> str:
        left_s = self._until_s - time.monotonic()
        return f"{self._what} ... {max(0, round(left_s))} s"
