"""`barhold doctor`: what stands between this computer and a sensor that works."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from barhold.cli import reaching, screen
from barhold.cli.options import AsJson, Database, Port, Sensor, Usb

if TYPE_CHECKING:
    from barhold.doctor import Line
    from barhold.reach import Wanted


def doctor(
    sensor: Sensor = "",
    usb: Usb = False,
    port: Port = "",
    seconds: Annotated[float, typer.Option("--seconds", min=0.1, help="How long to listen for sensors.")] = 5.0,
    mount: Annotated[
        bool | None, typer.Option("--mount/--no-mount", help="Check the clip by one slow rep; on a terminal: yes.")
    ] = None,
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Check adapter, permissions, this system, then a sensor: firmware, battery, clock, noise at rest, mount.

    Works without any sensor too. Each line is ok, warn or fail, the latter two with the next step. The exit status is
    2 when a line is fail.

    \b
    Examples:
      barhold doctor --no-mount
      barhold doctor --no-mount --json
    """
    from dataclasses import asdict

    from barhold import jsonlines, text
    from barhold.doctor import FAIL
    from barhold.reach import Wanted

    wanted = Wanted(sensor, usb, port)
    with_mount = sys.stdin.isatty() and not as_json if mount is None else mount
    lines = reaching.run(_examine(wanted, seconds, with_mount, db))
    if as_json:
        for line in lines:
            screen.json_line({"type": "doctor", "schema": jsonlines.SCHEMA, **asdict(line)})
    else:
        screen.show(*text.examined(lines))
    if any(line.status == FAIL for line in lines):
        raise typer.Exit(2)


async def _examine(wanted: "Wanted", seconds: float, with_mount: bool, db: str | None) -> "list[Line]":
    from barhold.doctor import examine

    return await examine.all_of(wanted, seconds, with_mount, db, screen.note)
