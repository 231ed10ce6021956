"""`barhold time`: the sensor's clock against this computer's."""

from typing import TYPE_CHECKING

from barhold.cli import reaching, screen
from barhold.cli.options import WAIT_S, AsJson, Database, Port, Sensor, Usb, Wait

if TYPE_CHECKING:
    from barhold.model import Anchor
    from barhold.session import Control


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
    from barhold import drift, jsonlines, text
    from barhold.store import Store
    from barhold.sync import utc_clock

    async def work(control: "Control") -> "Anchor | None":
        return await control.anchor(utc_clock())

    with Store.open(db) as store:
        anchor = reaching.in_session(sensor, usb, port, wait, store, work)
        if anchor is None:
            from barhold.errors import LinkError

            raise LinkError("this computer's clock stepped back during the exchange: set it and repeat")
        found = drift.of(anchor, store.anchors())
        store.add_anchor(anchor)
    if as_json:
        screen.json_line({"type": "time", "schema": jsonlines.SCHEMA, **drift.line(found)})
    else:
        screen.show(*text.clock(found))
