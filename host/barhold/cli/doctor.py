"""`barhold doctor`: finds out why something does not work."""

import sys
from dataclasses import asdict
from typing import Annotated

import typer

from barhold.cli import _console, _sensor_options
from barhold.cli._options import AsJson, Database, Port, Sensor, Usb
from barhold.doctor import FAIL, WARN, Finding, examine, unusual_first
from barhold.output import json_lines, tables
from barhold.sync import SensorQuery


def doctor(
    sensor: Sensor = "",
    usb: Usb = False,
    port: Port = "",
    seconds: Annotated[
        float, typer.Option("--seconds", metavar="SECONDS", min=0.1, help="How long to listen for sensors.")
    ] = 5.0,
    mount: Annotated[
        bool | None,
        typer.Option("--mount/--no-mount", help="Check the clip with one slow rep; by default in a terminal."),
    ] = None,
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Check this computer, then a sensor: firmware, battery, clock, memory, log, faults, noise at rest, mount,
    and whether gyroscope and accelerometer agree.

    It also works without a sensor. Problems come first, each with what to do next. The exit status is 2 when there is a
    problem.

    \b
    Examples:
      barhold doctor --no-mount
      barhold doctor --no-mount --json
    """

    wanted = SensorQuery(sensor, usb, port)
    with_mount = sys.stdin.isatty() and not as_json if mount is None else mount
    lines = unusual_first(_sensor_options.run(_examine(wanted, seconds, with_mount, db)))
    if as_json:
        for line in lines:
            _console.json_line({"type": "doctor", "schema": json_lines.SCHEMA, **asdict(line)})
    else:
        _console.show(*tables.examined(lines))
    if any(line.status in (WARN, FAIL) for line in lines):
        raise typer.Exit(2)


async def _examine(wanted: SensorQuery, seconds: float, with_mount: bool, db: str | None) -> list[Finding]:

    return await examine.examine_all(wanted, seconds, with_mount, db, _console.note)
