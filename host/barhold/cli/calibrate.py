"""`barhold calibrate`: guides the user through the poses."""

import sys
from typing import Annotated

import typer

from barhold.cli import _console, _sensor_options
from barhold.cli._options import WAIT_S, AsJson, Database, Port, Sensor, Usb, Wait
from barhold.connection import Calibration, Control, Info
from barhold.device import calibration_wizard
from barhold.errors import InputError
from barhold.store import Store


def calibrate(
    yes: Annotated[bool, typer.Option("--yes", help="Keep the result without asking.")] = False,
    sensor: Sensor = "",
    usb: Usb = False,
    port: Port = "",
    wait: Wait = WAIT_S,
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Calibrate a sensor, so that its holds become more accurate.

    Lay it on each of its six faces on a table, then lean it against something. Each time, wait until it says taken. The
    sensor notices by itself when it lies still. It takes about two minutes.

    \b
    Examples:
      barhold calibrate --yes
      barhold calibrate --yes --sensor bar-1 --json
    """

    if not yes and not sys.stdin.isatty():
        raise InputError("calibrate asks at the end whether to keep the result: run it in a terminal, or with --yes")
    with Store.open(db) as store:
        done = _sensor_options.in_connection(
            sensor, usb, port, wait, store, lambda control: _lead(control, yes, as_json)
        )
    _tell(*done, as_json)


async def _lead(control: Control, yes: bool, as_json: bool) -> tuple[Info, Calibration, bool]:
    """Take the poses; return the sensor, the result, and whether it was kept."""

    result = await calibration_wizard.run(control, _console.note, _tell_pose if as_json else lambda _: None)
    kept = yes or typer.confirm(f"{_words(result)}. Keep it?", default=True, err=True)
    await (calibration_wizard.keep(control) if kept else calibration_wizard.cancel(control))
    return control.info, result, kept


async def calibrate_and_keep(control: Control) -> tuple[Info, str]:
    """Take the poses and keep the result; return the sensor, and how well the poses fit in words."""
    info, result, _ = await _lead(control, True, False)
    return info, _words(result)


def _tell_pose(now: Calibration) -> None:

    _console.json_result("pose", pose=now.poses, noise_mg=now.noise_ug / 1000, faces=calibration_wizard.face_names(now))


def _tell(info: Info, result: Calibration, kept: bool, as_json: bool) -> None:
    if as_json:
        who = {"device": info.device_id, "name": info.name or None}
        _console.json_result("calibration", **who, poses=result.poses, misfit_mg=result.misfit_ug / 1000, kept=kept)
    else:
        _console.line(f"{info.name} is calibrated: {_words(result)}" if kept else "nothing was changed")


def _words(result: Calibration) -> str:
    return f"{result.poses} poses fit to {result.misfit_ug / 1000:.1f} mg"
