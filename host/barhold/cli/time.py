"""`barhold time`: the sensor's clock against this computer's."""

from barhold.cli import _console, _sensor_options
from barhold.cli._options import WAIT_S, AsJson, Database, Port, Sensor, Usb, Wait
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
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Tell when the sensor was switched on, and how its clock drifts since the last sync.

    The sensor has no calendar: it counts from its start, and every sync notes what time that was.

    \b
    Examples:
      barhold time
      barhold time --json
    """

    async def work(control: Control) -> Anchor | None:
        return await control.anchor(utc_clock())

    with Store.open(db) as store:
        anchor = _sensor_options.in_session(sensor, usb, port, wait, store, work)
        if anchor is None:
            raise LinkError("this computer's clock stepped back during the exchange: set it and repeat")
        found = clock_drift.of(anchor, store.anchors())
        store.add_anchor(anchor)
    if as_json:
        _console.json_line({"type": "time", "schema": json_lines.SCHEMA, **clock_drift.line(found)})
    else:
        _console.show(*tables.clock(found))
