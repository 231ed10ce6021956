"""The live view on a terminal (big digits, drawn anew), as plain lines, or as JSON Lines."""

from types import TracebackType
from typing import Any

from rich.live import Live
from rich.text import Text

from barhold.cli import _console
from barhold.live import view_state
from barhold.live.view_state import LiveView
from barhold.output import json_lines

_BAR_CELLS = 30
_GLYPHS = {
    "0": ("###", "# #", "# #", "# #", "###"),
    "1": ("  #", "  #", "  #", "  #", "  #"),
    "2": ("###", "  #", "###", "#  ", "###"),
    "3": ("###", "  #", "###", "  #", "###"),
    "4": ("# #", "# #", "###", "  #", "  #"),
    "5": ("###", "#  ", "###", "  #", "###"),
    "6": ("###", "#  ", "###", "# #", "###"),
    "7": ("###", "  #", "  #", "  #", "  #"),
    "8": ("###", "# #", "###", "# #", "###"),
    "9": ("###", "# #", "###", "  #", "###"),
}


def big(number: int) -> list[str]:
    """Return the lines of a number that is read from across the room."""
    rows = ("   ".join(_GLYPHS[digit][row] for digit in str(number)) for row in range(5))
    return [row.replace("#", "\u2588\u2588").replace(" ", "  ") for row in rows]


class LiveScreen:
    """Draws a LiveView; `hear` takes each record, `draw` the time."""

    def __init__(self, view: LiveView, is_terminal: bool, as_json: bool = False) -> None:
        self._view = view
        self._is_terminal = is_terminal
        self._as_json = as_json
        self._live: Any = None
        self._who = "not connected"
        self._last_note = ""

    def __enter__(self) -> "LiveScreen":
        if self._is_terminal:
            self._live = Live(console=_console.console(), auto_refresh=False, screen=False, transient=False)
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, err: BaseException | None, at: TracebackType | None) -> None:
        if self._live:
            self._live.stop()

    def sensor(self, name: str, battery_mv: int) -> None:
        """Note who is connected."""
        self._who = f"{name}, {battery_mv / 1000:.2f} V" if battery_mv else name
        self._last_note = ""

    def note(self, text: str) -> None:
        """Show what the command is waiting for."""
        self._last_note = text
        if not self._live:
            _console.note(text)

    def hear(self, raw: bytes, now_s: float) -> None:
        """Take one record."""
        line = self._view.feed(raw, now_s)
        if line and not self._live:
            _console.json_line(json_lines.heard(raw)) if self._as_json else _console.line(line)
            _console.flush()

    def draw(self, now_s: float) -> None:
        """Draw the view as it is now."""
        if self._live:
            self._live.update(self.picture(now_s), refresh=True)

    def picture(self, now_s: float) -> Any:
        """Return what a terminal shows."""

        view, hold_ms = self._view, self._view.hold_ms(now_s)
        filled = min(_BAR_CELLS, _BAR_CELLS * hold_ms // max(view.target_ms, 1))
        style = "green" if hold_ms >= view.target_ms else "yellow"
        text = Text()
        text.append(f"{self._who}   set {view.set_number}   {view.phase}\n\n", "bold")
        text.append("\n".join(big(view.rep)) + "\n\n", "bold")
        text.append("hold ", "bold")
        text.append("\u2588" * filled + "\u2591" * (_BAR_CELLS - filled), style)
        text.append(f" {hold_ms / 1000:.1f} of {view.target_ms / 1000:g} s\n\n", style)
        for set_number, rep in reversed(view.reps):
            text.append(f"set {set_number} rep {rep.number}: {view_state.figures(rep)}\n")
        text.append(self._last_note, "yellow")
        return text
