"""`barhold live`: the training as it happens, in the terminal."""

import asyncio
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from barhold.cli import _console, _sensor_options
from barhold.cli._live_screen import LiveScreen
from barhold.cli._options import AsJson, Database, Port, Seconds, Sensor, Speed, Usb, is_demo
from barhold.cli.sync import generated_recording
from barhold.connection import Connection, Info
from barhold.errors import InputError
from barhold.live import virtual_feed
from barhold.live.view_state import LiveView
from barhold.output.words import count
from barhold.store import Store
from barhold.sync import Reconnector, SensorQuery
from barhold.sync.one_sensor import utc_clock
from barhold.training import sensor_names

DEMO_SEED = 1
_TICK_S = 0.1
Follow = Callable[[LiveScreen, Callable[[bytes], None], Callable[[Connection], None]], Coroutine[Any, Any, None]]


def live(  # noqa: PLR0913, PLR0917 - one per option
    context: typer.Context,
    sensor: Sensor = "",
    usb: Usb = False,
    port: Port = "",
    seed: Annotated[
        int | None,
        typer.Option(
            "--seed", metavar="NUMBER", min=0, help="Watch a virtual sensor that plays the generated session NUMBER."
        ),
    ] = None,
    speed: Speed = 1,
    seconds: Seconds = None,
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Show each rep and the running hold against its target, and store the sets.

    If the connection drops, it reconnects for as long as it runs. Press Ctrl-C to stop; the exit status is then 0. The
    training of a virtual sensor is stored only with --db or --demo.

    \b
    Examples:
      barhold live --seconds 2
      barhold live --sensor bar-2 --seconds 2 --json
      barhold live --seed 7 --speed 4 --seconds 2
    """
    if seed is None and is_demo(context):
        seed = DEMO_SEED
    if seed is not None and (sensor or usb or port):
        raise InputError("live watches a real sensor or a virtual one (--seed), not both")
    if speed != 1 and seed is None:
        raise InputError("--speed is for a virtual sensor: add --seed NUMBER")
    view = LiveView()
    with ExitStack() as stack, suppress(KeyboardInterrupt):  # the usual way to stop it
        store = stack.enter_context(Store.open(_passing(stack) if seed is not None and db is None else db))
        follow = following(SensorQuery(sensor, usb, port), store) if seed is None else _playing(seed, speed, store)
        asyncio.run(watch(view, follow, seconds, as_json))
    _console.note(f"stopped; {count(view.sets, 'set')} seen")


def following(wanted: SensorQuery, store: Store) -> Follow:
    """Return a coroutine function that follows a real sensor."""

    async def follow(
        screen: LiveScreen, on_live: Callable[[bytes], None], on_progress: Callable[[Connection], None]
    ) -> None:
        screen.note(f"looking for {_sensor_options.describe_query(wanted)}")
        await Reconnector(wanted, store, screen.note, None).follow(utc_clock(), on_live, on_progress)

    return follow


def _playing(seed: int, speed: int, store: Store) -> Follow:
    """Return a coroutine function that plays a generated session on a virtual sensor."""

    async def follow(
        screen: LiveScreen, on_live: Callable[[bytes], None], on_progress: Callable[[Connection], None]
    ) -> None:
        screen.note(f"playing generated session {seed} on a virtual sensor")
        now = virtual_feed.training_clock(speed)
        await virtual_feed.follow(generated_recording(seed).samples, speed, store, now, on_live, on_progress)

    return follow


def _passing(stack: ExitStack) -> Path:
    """Return a database that is removed when the command ends."""
    return Path(stack.enter_context(tempfile.TemporaryDirectory())) / "played.db"


async def watch(view: LiveView, follow: Follow, seconds: float | None, as_json: bool, sets: int | None = None) -> None:
    """Show a sensor until cancelled, for `seconds`, or until `sets` sets have ended and are stored."""
    met: Connection | None = None
    enough = asyncio.Event()
    with LiveScreen(view, _console.can_animate(sys.stdout) and not as_json, as_json) as screen:

        def connected(session: Connection) -> None:
            nonlocal met
            if as_json and session is not met:
                _print_connected(session.info)
            met = session
            info = session.info
            screen.sensor(sensor_names.sensor_name(info.device_id, info.name), info.battery_mv)
            if sets is not None and view.sets >= sets:
                enough.set()

        async def draw() -> None:
            while True:
                await asyncio.sleep(_TICK_S)
                screen.draw(time.monotonic())

        tasks = [
            asyncio.create_task(follow(screen, lambda raw: screen.hear(raw, time.monotonic()), connected)),
            asyncio.create_task(enough.wait()),
        ]
        drawing = asyncio.create_task(draw())
        try:
            done, _ = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()  # an error of the connection ends the command
        finally:
            for task in (drawing, *tasks):
                task.cancel()
            await asyncio.gather(drawing, *tasks, return_exceptions=True)


def _print_connected(info: Info) -> None:
    who = {"device": info.device_id, "name": info.name or None}
    _console.json_result("connected", **who, battery_mv=info.battery_mv or None)
