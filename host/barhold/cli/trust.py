"""`barhold trust`: a key by which this sensor is known again."""

from typing import Annotated

import typer

from barhold.cli import _console, _sensor_options
from barhold.cli._options import WAIT_S, AsJson, Database, Port, Sensor, Usb, Wait
from barhold.connection import Control, Info
from barhold.device import pairing
from barhold.store import Store
from barhold.sync.one_sensor import utc_clock


def trust(
    sensor: Sensor = "",
    usb: Usb = False,
    port: Port = "",
    forget: Annotated[bool, typer.Option("--forget", help="Take the key away from the sensor and from here.")] = False,
    wait: Wait = WAIT_S,
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Give a sensor a secret key, so that a look-alike is refused from then on.

    The sensor takes a key only over the cable or while its button is held. The key stays in it and in the database;
    every later connection asks for a proof of it. Against whoever holds the sensor or the database it is no protection.

    \b
    Examples:
      barhold trust --usb
      barhold trust --usb --forget
    """

    with Store.open(db) as store:

        async def work(control: Control) -> Info:
            if forget:
                await pairing.forget(control, store)
            else:
                await pairing.give(control, store, utc_clock())
            return control.info

        info = _sensor_options.in_session(sensor, usb, port, wait, store, work, check_key=False)
    if as_json:
        _console.json_result("trust", device=info.device_id, name=info.name or None, trusted=not forget)
    else:
        _console.line(f"{info.name} has {'no key any more' if forget else 'a key: a look-alike will be refused'}")
