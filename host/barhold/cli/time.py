"""`barhold time`: compares the sensor's clock with this computer's."""

from typing import Annotated

import typer

from barhold.cli import _console, _sensor_options
from barhold.cli._options import WAIT_S, AsJson, Database, Port, Sensor, Usb, Wait
from barhold.cli.sync import clock_warning
from barhold.connection import Control
from barhold.device import clock_drift
from barhold.errors import LinkError
from barhold.model import Anchor
from barhold.output import json_lines, tables
from barhold.store import Store
from barhold.sync.one_sensor import utc_clock


def time(
    sensor: Sensor = "",
    usb: Usb = False,
    port: Port = "",
    wait: Wait = WAIT_S,
    accept: Annotated[
        bool, typer.Option("--accept", help="Trust this computer's clock when two computers disagree.")
    ] = False,
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Show when the sensor was switched on, and how far its clock has drifted since the last sync.

    The sensor has no calendar. It counts from the moment it is switched on, and each sync notes what time that was. If
    the clocks of two computers disagree, the times already stored stay. If this computer's clock is right, --accept
    corrects the times of all sets since the sensor was last switched on.

    \b
    Examples:
      barhold time
      barhold time --accept
      barhold time --json
    """

    async def work(control: Control) -> Anchor | None:
        return await control.anchor(utc_clock())

    with Store.open(db) as store:
        anchor = _sensor_options.in_connection(sensor, usb, port, wait, store, work)
        if anchor is None:
            raise LinkError("this computer's clock stepped back during the exchange: set it and repeat")
        ahead_ms = store.add_anchor(anchor)
        # Two clocks that contradict each other say nothing about the sensor's.
        found = clock_drift.measure(anchor, () if ahead_ms else store.anchors())
        name = next((one.name for one in store.devices() if one.device_id == anchor.device_id and one.name), "")
        if accept:
            store.accept_anchor(anchor)
    if ahead_ms and not accept:
        _console.note(clock_warning(ahead_ms, name or anchor.device_id))
    if as_json:
        line = {**clock_drift.as_json(found), "clock_ahead_ms": ahead_ms, "accepted": accept}
        _console.json_line({"type": "time", "schema": json_lines.SCHEMA, **line})
    else:
        _console.show(*tables.clock(found))
