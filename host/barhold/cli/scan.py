"""`barhold scan`: which sensors are near."""

from typing import Annotated, Any

import typer

from barhold.cli import _console, _sensor_options
from barhold.cli._options import AsJson, Database, Usb
from barhold.connection import Info
from barhold.errors import LinkError
from barhold.link.endpoint import Found
from barhold.output import json_lines, tables
from barhold.store import Store
from barhold.sync import Wanted, near, probe

Row = dict[str, Any]


def scan(
    seconds: Annotated[float, typer.Option("--seconds", min=0.1, help="How long to listen.")] = 5.0,
    ask: Annotated[bool, typer.Option(help="Connect to each to learn its id and firmware.")] = True,
    usb: Usb = False,
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """List the sensors near: name, id, battery, records not synced yet, access, signal.

    Access is "paired" for a sensor whose key is here, "open" for one that answers everybody, and "locked" for one that
    is paired with another computer.

    A sensor that a host is connected to does not show. Its id comes from itself, never from its address.

    \b
    Examples:
      barhold scan
      barhold scan --no-ask --json
    """

    _console.step("looking at the USB ports" if usb else f"listening for {seconds:g} s")
    with Store.open(db) as store:
        rows = _sensor_options.run(_rows(Wanted(usb=usb), seconds, ask, store))
    if as_json:
        for row in rows:
            _console.json_line({"type": "sensor", "schema": json_lines.SCHEMA, **row})
    elif rows:
        _console.show(*tables.scanned(rows))
    else:
        _console.note("no sensor is near: switch it on and bring it near, or use the cable (--usb)")


async def _rows(wanted: Wanted, seconds: float, ask: bool, store: Store) -> list[Row]:

    rows = []
    for one in await near(wanted, seconds):
        info = None
        if ask:
            try:
                info = await probe(one, store.key_of)
            except LinkError as error:
                _console.note(str(error))
        rows.append(_row(one, info))
    return rows


def _row(found: Found, info: Info | None) -> Row:
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
