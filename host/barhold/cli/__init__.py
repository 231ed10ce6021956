"""The `barhold` command: one module per command, each importing what it needs only when it runs."""

import gc
import io
import sys
from typing import Annotated

import typer

from barhold import __version__
from barhold.cli import _console
from barhold.cli._error_handling import BarholdGroup
from barhold.cli.bundle import bundle
from barhold.cli.calibrate import calibrate
from barhold.cli.check import check
from barhold.cli.db import db
from barhold.cli.demo import demo
from barhold.cli.doctor import doctor
from barhold.cli.export import export
from barhold.cli.flash import flash
from barhold.cli.import_ import import_
from barhold.cli.keys import keys
from barhold.cli.lifter import lifter
from barhold.cli.live import live
from barhold.cli.load import load
from barhold.cli.name import name
from barhold.cli.plan import plan
from barhold.cli.record import record
from barhold.cli.replay import replay
from barhold.cli.report import report
from barhold.cli.scan import scan
from barhold.cli.serve import serve
from barhold.cli.sets import sets
from barhold.cli.sync import sync
from barhold.cli.time import time
from barhold.cli.trust import trust
from barhold.cli.update import update

_GC_OBJECTS = 100_000
"""Ten years of training are that many objects several times, and all of them live to the end: to look for dead ones
among them again and again, as Python does from 700 on, took a fifth of the time."""
app = typer.Typer(
    name="barhold",
    cls=BarholdGroup,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_WITH_A_SENSOR = (calibrate, name, time, trust, flash, update)
for command in (
    demo,
    scan,
    sync,
    live,
    serve,
    sets,
    load,
    check,
    report,
    export,
    record,
    replay,
    doctor,
    *_WITH_A_SENSOR,
    bundle,
):
    app.command()(command)
app.command(name="import")(import_)
app.add_typer(plan, name="plan")
app.add_typer(lifter, name="lifter")
app.add_typer(keys, name="keys")
app.add_typer(db, name="db")


def _show_version(wanted: bool) -> None:
    if wanted:
        from barcore import protocol
        from barsensor.recorder import FIRMWARE_VERSION

        carried = ".".join(str(part) for part in FIRMWARE_VERSION)
        typer.echo(f"barhold {__version__}\nfirmware {carried}\nprotocol {protocol.MAJOR}.{protocol.MINOR}")
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
            help="Use this Bluetooth adapter, for example hci1 (Linux).",
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
    _console.wish(no_color, quiet)
    if adapter:
        from barhold.link import ble

        ble.use_adapter(adapter)


def main() -> None:
    """Run the command."""
    gc.set_threshold(_GC_OBJECTS)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A file's name may hold what the terminal's encoding cannot: show it escaped rather than fail.
            stream.reconfigure(errors="backslashreplace")
    app()
