"""`barhold name`: what a sensor calls itself."""

from typing import Annotated

import typer

from barhold.cli import _console, _sensor_options
from barhold.cli._options import WAIT_S, AsJson, Database, Port, Sensor, Usb, Wait
from barhold.connection import Control
from barhold.device.pairing import check_name
from barhold.errors import LinkError
from barhold.store import Store


def name(
    new: Annotated[
        str, typer.Argument(metavar="NEW", help="The new name: 20 bytes at most, which are 20 plain letters.")
    ],
    sensor: Sensor = "",
    usb: Usb = False,
    port: Port = "",
    wait: Wait = WAIT_S,
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Give a sensor a name. It shows in scans, lists and reports, and chooses the sensor in other commands.

    Until it has one, a sensor is called `barhold-` and the last four digits of its id.

    \b
    Examples:
      barhold name bar-2
      barhold name "Anna's bar" --sensor bar-2
    """

    check_name(new)

    with Store.open(db) as store:

        async def work(control: Control) -> str:
            return await give_name(control, store, new)

        device_id = _sensor_options.in_connection(sensor, usb, port, wait, store, work)
    if as_json:
        _console.json_result("name", device=device_id, name=new)
    else:
        _console.line(f"sensor {device_id} is now called {new}")


async def give_name(control: Control, store: Store, new: str) -> str:
    """Have the sensor and the database take its new name; return the sensor's id."""
    kept = await control.set(name=new)
    if kept.name != new:
        raise LinkError(f"sensor {control.info.device_id} kept the name {kept.name}: try again")
    store.rename(control.info.device_id, new)
    return control.info.device_id
