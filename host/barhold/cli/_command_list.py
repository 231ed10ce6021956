"""The list of commands: where each one lives, and the heading and line under which `barhold --help` shows it.

A command's module is imported only when that command runs or shows its help, so that the list itself is there at once.
To add a command, write its module and add its line here.
"""

import importlib
from typing import Any

import typer
from typer.main import get_command

from barhold.cli._error_handling import BarholdGroup
from barhold.cli._options import add_adapter, add_demo

COMMANDS: dict[str, dict[str, str]] = {
    "Begin": {
        "demo": "See it all work with a virtual sensor.",
        "start": "Set up a sensor step by step.",
    },
    "Train": {
        "sync": "Fetch the training from your sensor.",
        "live": "Watch reps and holds in the terminal as you lift.",
        "serve": "Watch on a page, here or on a phone by the bar.",
        "turn": "Say whose turn it is at a shared bar.",
        "load": "Say what was on the bar.",
    },
    "Look back": {
        "week": "See every lifter's week in one table.",
        "check": "Check the last session against the plan.",
        "sets": "List and correct the stored sets.",
        "report": "Write all training as a page, or a page per lifter.",
    },
    "Plan and people": {
        "plan": "Choose, show and check plans; send one to a sensor.",
        "lifter": "Say who trains, by which plan, with which sensor.",
    },
    "Set up a sensor": {
        "scan": "List the sensors nearby.",
        "name": "Give a sensor a name.",
        "calibrate": "Calibrate a sensor for more accurate holds.",
        "pair": "Choose who may talk to a sensor.",
        "time": "Compare a sensor's clock with this computer's.",
        "doctor": "Find out why something does not work.",
    },
    "Share and back up": {
        "export": "Write sets for Garmin, Strong, Hevy and others.",
        "import": "Read loads and reps from Strong or Hevy.",
        "db": "Back up, restore, copy or share the database.",
    },
    "Recordings": {
        "record": "Record a sensor's raw motion.",
        "replay": "Find the reps in a recording.",
    },
    "Build and update a sensor": {
        "flash": "Turn a board into a sensor.",
        "update": "Bring a sensor to this version's firmware.",
        "bundle": "Write the firmware as one file.",
        "keys": "Make the key that signs firmware updates.",
    },
}
_MODULES = {"import": "import_"}
"""Commands whose name is a word of Python, and the module and function that stand for them."""


class CommandList(BarholdGroup):
    """The root command: lists commands by heading, and imports one when it is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the base class passes it
        """Return the names of all commands, in the order of the help."""
        return [name for section in COMMANDS.values() for name in section]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command of that name, or None."""
        if cmd_name not in self.list_commands(ctx):
            return None
        if cmd_name not in self.commands:
            self.commands[cmd_name] = _load(cmd_name)
        return self.commands[cmd_name]

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - the base class passes it
        """Write a section for each heading."""
        for heading, section in COMMANDS.items():
            with formatter.section(heading):
                formatter.write_dl(list(section.items()))


def _load(name: str) -> Any:
    module_name = _MODULES.get(name, name)
    command = getattr(importlib.import_module(f"barhold.cli.{module_name}"), module_name)
    if not isinstance(command, typer.Typer):
        alone = typer.Typer(add_completion=False, rich_markup_mode=None)
        alone.command(name)(command)
        command = alone
    loaded = get_command(command)
    loaded.name = name
    for each in (loaded, *getattr(loaded, "commands", {}).values()):
        add_demo(each)
        add_adapter(each)
    return loaded
