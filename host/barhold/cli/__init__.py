"""The `barhold` command: one module per command, imported when it is asked for (see `_command_list`)."""

import gc
from typing import Annotated

import typer

from barhold import __version__
from barhold.cli import _console
from barhold.cli._command_list import CommandList
from barhold.cli._options import ADAPTER_HELP

_GC_OBJECTS = 100_000
"""Ten years of training are that many objects several times, and all of them live to the end: to look for dead ones
among them again and again, as Python does from 700 on, took a fifth of the time."""
app = typer.Typer(
    name="barhold",
    cls=CommandList,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from barcore import protocol
        from barsensor.recorder import FIRMWARE_VERSION

        carried = ".".join(str(part) for part in FIRMWARE_VERSION)
        for line in (f"barhold {__version__}", f"firmware {carried}", f"protocol {protocol.MAJOR}.{protocol.MINOR}"):
            _console.line(line)
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[  # noqa: ARG001 - eager: its callback has done the work
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the versions and exit.")
    ] = False,
    no_color: Annotated[bool, typer.Option("--no-color", help="No colours; so does the variable NO_COLOR.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Only data, warnings and errors.")] = False,
    adapter: Annotated[
        str,
        typer.Option(
            "--adapter",
            metavar="NAME",
            envvar="BARHOLD_ADAPTER",
            help=ADAPTER_HELP,
        ),
    ] = "",
    debug: Annotated[  # noqa: ARG001 - read by BarholdGroup
        bool, typer.Option("--debug", help="Show the traceback of an error.")
    ] = False,
) -> None:
    """Counts hip-thrust reps on the barbell, times the pause at the top, checks the training against its plan.

    Exit status: 0 done (check: the plan was met), 1 check: the plan was not met, 2 wrong usage or input, or a sensor
    that could not be reached, 130 interrupted (live and record end by Ctrl-C with 0).

    \b
    Example:
      barhold demo
    """
    _console.configure(no_color, quiet)
    if adapter:
        from barhold.link import ble

        ble.use_adapter(adapter)


def main() -> None:
    """Run the command."""
    gc.set_threshold(_GC_OBJECTS)
    try:
        app()
    finally:
        gc.freeze()  # Python looks through all that is left when it ends, which takes as long as an import
