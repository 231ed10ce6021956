"""`barhold scan`: lists the sensors nearby."""

from typing import Annotated, Any

import typer

from barhold.cli import _console, _sensor_options
from barhold.cli._options import AsJson, Database, Usb
from barhold.cli._progress_bar import Bar
from barhold.connection import Info
from barhold.errors import LinkError
from barhold.link.endpoint import Endpoint
from barhold.output import json_lines, tables
from barhold.store import Device, Store
from barhold.sync import SensorQuery, identify, list_endpoints
from barhold.sync.one_sensor import utc_clock

Row = dict[str, Any]
NOBODY = "no sensor found nearby: switch it on and bring it closer, or use the cable (--usb)"


def scan(
    seconds: Annotated[float, typer.Option("--seconds", metavar="SECONDS", min=0.1, help="How long to listen.")] = 5.0,
    ask: Annotated[
        bool, typer.Option("--ask/--no-ask", help="Connect to each sensor to learn its id and firmware.")
    ] = True,
    usb: Usb = False,
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """List the sensors nearby: name, id, battery, records not synced yet, access, signal.

    Access is "paired" for a sensor whose key is here, "open" for one that answers everybody, and "locked" for one that
    is paired with another computer.

    A sensor that is connected to a computer does not show. The database remembers each sensor that answers, so that
    other commands know it by its name.

    \b
    Examples:
      barhold scan
      barhold scan --no-ask --json
    """

    with Store.open(db) as store, Bar() as bar:
        bar.wait_for("looking at the USB ports" if usb else "listening for sensors", 0 if usb else seconds)
        rows = _sensor_options.run(_rows(SensorQuery(usb=usb), seconds, ask, store, bar))
    if as_json:
        for row in rows:
            _console.json_line({"type": "sensor", "schema": json_lines.SCHEMA, **row})
    elif rows:
        _console.show(*tables.scanned(rows))
    else:
        _console.note("no board is plugged in: use a cable that carries data" if usb else NOBODY)


async def _rows(wanted: SensorQuery, seconds: float, ask: bool, store: Store, bar: Bar) -> list[Row]:
    rows = []
    endpoints = await list_endpoints(wanted, seconds)
    bar.arrive()
    for endpoint in endpoints:
        info = None
        if ask:
            try:
                info = await identify(endpoint, store.key_of)
                store.add_device(Device(info.device_id, info.name, info.firmware, utc_clock()()))
            except LinkError as error:
                bar.note(str(error))
        rows.append(_row(endpoint, info))
    return rows


def _row(found: Endpoint, info: Info | None) -> Row:
    unsynced = found.unsynced
    if info and not info.is_short:
        unsynced = max(0, info.next_seq - max(info.acked, info.first_seq))
    return {
        "name": info.name if info else found.name,
        "id": info.device_id if info else None,
        "link": found.kind,
        "address": found.address,
        "battery_pct": found.battery_pct,
        "battery_mv": info.battery_mv or None if info else None,
        "unsynced": unsynced,
        "rssi_dbm": found.rssi_dbm,
        "firmware": info.firmware or None if info else None,
        "access": _access(info) if info else None,
    }


def _access(info: "Info") -> str:
    """Say who may talk to the sensor."""
    if info.is_short:
        return "locked"
    return "open" if info.answers_everybody else "paired"
