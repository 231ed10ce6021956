"""Commands that have commands below them, such as `barhold plan list`."""

from typing import Any

import typer
from typer.core import TyperGroup


class SubcommandGroup(TyperGroup):
    """Lists its commands with the first sentence of each one's help, in full."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the list of commands."""
        commands = [self.get_command(ctx, name) for name in self.list_commands(ctx)]
        helps = [(command.name, command.help or "") for command in commands if command]
        rows = [(name, text.split("\n\n")[0].replace("\n", " ")) for name, text in helps]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def new_group() -> typer.Typer:
    """Return what a module adds its commands to."""
    return typer.Typer(cls=SubcommandGroup, no_args_is_help=True, add_completion=False, rich_markup_mode=None)
