"""`barhold calibrate`: leads through the poses."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from barhold.cli import reaching, screen
from barhold.cli.options import WAIT_S, Database, Port, Sensor, Usb, Wait

if TYPE_CHECKING:
    from barhold.session import Control


def calibrate(
    yes: Annotated[bool, typer.Option("--yes", help="Keep what was found without asking.")] = False,
    sensor: Sensor = "",
    usb: Usb = False,
    port: Port = "",
    wait: Wait = WAIT_S,
    db: Database = None,
) -> None:
    """Calibrate a sensor: lay it on each of its six faces, then lean it, each until it says taken.

    Takes about two minutes and a table. Hands are needed for nothing else: it notices by itself when it lies still.

    \b
    Examples:
      barhold calibrate --yes
      barhold calibrate --yes --sensor bar-1
    """
    from barhold.errors import InputError
    from barhold.store import Store

    if not yes and not sys.stdin.isatty():
        raise InputError("calibrate asks at its end whether to keep what it found: run it in a terminal, or with --yes")
    with Store.open(db) as store:
        found = reaching.in_session(sensor, usb, port, wait, store, lambda control: _lead(control, yes))
    typer.echo(found)


async def _lead(control: "Control", yes: bool) -> str:
    from barhold import posing

    result = await posing.lead(control, screen.note)
    found = f"{result.poses} poses fit to {result.misfit_ug / 1000:.1f} mg"
    if not yes and not typer.confirm(f"{found}. Keep it?", default=True, err=True):
        await posing.cancel(control)
        return "nothing was changed"
    await posing.keep(control)
    return f"{control.info.name} is calibrated: {found}"
