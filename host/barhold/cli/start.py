"""`barhold start`: the guided first run."""

import sys
from typing import Annotated

import typer

from barhold.cli import _console, _sensor_options
from barhold.cli._options import Database, Port, Usb
from barhold.cli._start_progress import StartProgress
from barhold.cli._start_steps import STEPS, Guide
from barhold.errors import BarholdError
from barhold.store import Store

_TOMORROW = (
    "",
    "That is all. From tomorrow on:",
    "  1. Clip the sensor on and lift. No computer is needed.",
    "  2. barhold sync",
    "  3. barhold check",
    "`barhold load 60kg` says what was on the bar, `barhold report` shows all training.",
)


def start(
    usb: Usb = False,
    port: Port = "",
    again: Annotated[bool, typer.Option("--again", help="Start over, for another sensor for example.")] = False,
    db: Database = None,
) -> None:
    """Set up a sensor step by step, from finding it to a first set.

    It finds the sensor by radio or cable, names it, pairs it, calibrates it, asks who lifts with it and by which plan,
    and watches a test set. You can leave at any point with Ctrl-C; the next `barhold start` goes on from there. Without
    a terminal it prints the commands that do the same.

    \b
    Examples:
      barhold start
      barhold start --usb
    """
    if not sys.stdin.isatty():
        _print_commands()
        return
    progress = StartProgress() if again else StartProgress.load()
    with Store.open(db) as store, _sensor_options.shared_event_loop():
        guide = Guide(store, progress, usb, port)
        left = [step for step in STEPS if step.name not in progress.done]
        if progress.done and left:
            _console.line(f"Going on with {progress.name}; `barhold start --again` starts over.")
        try:
            for step in left:
                _console.line("")
                _console.line(f"Step {STEPS.index(step) + 1} of {len(STEPS)}: {step.title}")
                _take(step.take, guide, step.is_needed)
                progress.done.append(step.name)
                progress.save()
        except (KeyboardInterrupt, typer.Abort):
            done = len(progress.done)
            _console.line("")
            _console.line(f"Left at step {done + 1} of {len(STEPS)}. `barhold start` goes on from there.")
            return
    progress.forget()
    for line in _TOMORROW:
        _console.line(line)


def _take(step: object, guide: Guide, is_needed: bool) -> None:
    """Take one step; after an error try again for as long as the user wants to."""
    while True:
        try:
            step(guide)  # type: ignore[operator]
        except BarholdError as error:
            _console.note(str(error))
            if typer.confirm("Try again?", default=True):
                continue
            if is_needed:
                raise typer.Abort from None
            _console.line("Skipped.")
        return


def _print_commands() -> None:
    """Print what does the same where nobody can answer."""
    _console.line("`barhold start` asks questions: run it in a terminal, or run these commands one by one.")
    for step in STEPS:
        _console.line("")
        _console.line(f"{step.title}:")
        for command in step.commands:
            _console.line(f"  {command}")
