"""`barhold turn`: whose turn it is at a bar that several lifters share."""

import time
from typing import Annotated

import typer

from barhold.cli import _console
from barhold.cli._options import AsJson, Database, Sensor
from barhold.cli.lifter import known_sensor
from barhold.model import Wearer
from barhold.output import json_lines
from barhold.store import People, Store
from barhold.training import people
from barhold.training.sensor_names import sensor_name


def turn(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="The lifter; none shows whose turn it is.")] = "",
    sensor: Sensor = "",
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Say whose turn it is. The sensor's sets are theirs until the next turn.

    Say it before the lifter's first rep. A set that is under way stays with whoever began it; move it afterwards with
    `barhold sets --edit`, or on the page of `barhold serve`.

    \b
    Examples:
      barhold turn Mia
      barhold turn
    """
    now_ms = round(time.time() * 1000)
    with Store.open(db) as store:
        if name:
            device = known_sensor(store, sensor)
            People(store).take_turn(Wearer(device.device_id, now_ms, name))
            devices = [device]
        else:
            devices = [known_sensor(store, sensor)] if sensor else store.devices()
        wearing = people.Wearing(People(store).wearers())
    for device in devices:
        whose = wearing.lifter(device.device_id, now_ms)
        called = sensor_name(device.device_id, device.name)
        if as_json:
            fields = {"sensor": called, "device": device.device_id, "lifter": whose or None}
            _console.json_line({"type": "turn", "schema": json_lines.SCHEMA, **fields})
        else:
            _console.line(f"{called}: {f'{whose} lifts' if whose else 'nobody has the turn'}")
    if not devices:
        _console.note("the database has no sensor yet; run `barhold sync`")
