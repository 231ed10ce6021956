"""`barhold live`: the training as it happens."""

import asyncio
import sys
import time
from contextlib import suppress
from typing import Annotated

import typer

from barhold.cli import _console, _sensor_options
from barhold.cli._live_screen import LiveScreen
from barhold.cli._options import AsJson, Database, Port, Sensor, Usb
from barhold.connection import Connection, Info
from barhold.live.view_state import LiveView
from barhold.store import Store
from barhold.sync import Keeper, Wanted
from barhold.sync.one_sensor import utc_clock

_TICK_S = 0.1


def live(
    sensor: Sensor = "",
    usb: Usb = False,
    port: Port = "",
    seconds: Annotated[
        float | None, typer.Option("--seconds", min=0, help="End by itself; otherwise Ctrl-C ends it.")
    ] = None,
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Show each rep and the running hold against the target, and store the sets meanwhile.

    Tries for ever when the link breaks. Ctrl-C ends it with exit status 0. What is seen live counts once it is stored:
    the sensor keeps it until then.

    \b
    Examples:
      barhold live --seconds 2
      barhold live --sensor bar-2 --seconds 2 --json
    """

    view = LiveView()
    with Store.open(db) as store, suppress(KeyboardInterrupt):  # the usual way to end it
        asyncio.run(_show(view, store, (sensor, usb, port), seconds, as_json))
    _console.note(f"ended; {view.sets} sets seen")


async def _show(
    view: LiveView, store: Store, where: tuple[str, bool, str], seconds: float | None, as_json: bool
) -> None:

    wanted, met = Wanted(*where), None
    _console.step(f"looking for {_sensor_options.words(wanted)}")
    with LiveScreen(view, _console.is_lively(sys.stdout) and not as_json, as_json) as shown:

        def connected(session: Connection) -> None:
            nonlocal met
            if as_json and session is not met:
                _tell_connected(session.info)
            met = session
            shown.sensor(session.info.name or session.info.device_id, session.info.battery_mv)

        async def draw() -> None:
            while True:
                await asyncio.sleep(_TICK_S)
                shown.draw(time.monotonic())

        keeper = Keeper(wanted, store, shown.note, None)
        follow = keeper.follow(utc_clock(), lambda raw: shown.hear(raw, time.monotonic()), connected)
        drawing = asyncio.create_task(draw())
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await follow
        finally:
            drawing.cancel()


def _tell_connected(info: Info) -> None:
    who = {"device": info.device_id, "name": info.name or None}
    _console.json_result("connected", **who, battery_mv=info.battery_mv or None)
