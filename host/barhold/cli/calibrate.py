"""`barhold calibrate`: leads through the poses."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from barhold.cli import reaching, screen
from barhold.cli.options import WAIT_S, AsJson, Database, Port, Sensor, Usb, Wait

if TYPE_CHECKING:
    from barhold.session import Calibration, Control


def calibrate(
    yes: Annotated[bool, typer.Option("--yes", help="Keep what was found without asking.")] = False,
    sensor: Sensor = "",
    usb: Usb = False,
    port: Port = "",
    wait: Wait = WAIT_S,
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Calibrate a sensor: lay it on each of its six faces, then lean it, each until it says taken.

    Takes about two minutes and a table. Hands are needed for nothing else: it notices by itself when it lies still.

    \b
    Examples:
      barhold calibrate --yes
      barhold calibrate --yes --sensor bar-1 --json
    """
    from barhold.errors import InputError
    from barhold.store import Store

    if not yes and not sys.stdin.isatty():
        raise InputError("calibrate asks at its end whether to keep what it found: run it in a terminal, or with --yes")
    with Store.open(db) as store:
        found = reaching.in_session(sensor, usb, port, wait, store, lambda control: _lead(control, yes, as_json))
    if not as_json:
        typer.echo(found)


async def _lead(control: "Control", yes: bool, as_json: bool) -> str:
    """Take the poses and have the result kept; return what became of it, in words."""
    from barhold import posing

    result = await posing.lead(control, screen.note, _tell_pose if as_json else lambda _: None)
    found = f"{result.poses} poses fit to {result.misfit_ug / 1000:.1f} mg"
    kept = yes or typer.confirm(f"{found}. Keep it?", default=True, err=True)
    await (posing.keep(control) if kept else posing.cancel(control))
    if as_json:
        who = {"device": control.info.device_id, "name": control.info.name or None}
        screen.json_result("calibration", **who, poses=result.poses, misfit_mg=result.misfit_ug / 1000, kept=kept)
    return f"{control.info.name} is calibrated: {found}" if kept else "nothing was changed"


def _tell_pose(now: "Calibration") -> None:
    from barhold import posing

    screen.json_result("pose", pose=now.poses, noise_mg=now.noise_ug / 1000, faces=posing.faces(now))
