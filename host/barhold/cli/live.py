"""`barhold live`: the training as it happens."""

import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from barhold.cli import screen
from barhold.cli.options import Database, Port, Sensor, Usb

if TYPE_CHECKING:
    from barhold.liveview import LiveView
    from barhold.session import Session
    from barhold.store import Store

_TICK_S = 0.1


def live(
    sensor: Sensor = "",
    usb: Usb = False,
    port: Port = "",
    seconds: Annotated[
        float | None, typer.Option("--seconds", min=0, help="End by itself; otherwise Ctrl-C ends it.")
    ] = None,
    db: Database = None,
) -> None:
    """Show each rep and the running hold against the target, and store the sets meanwhile.

    Tries for ever when the link breaks. Ctrl-C ends it with exit status 0. What is seen live counts once it is stored:
    the sensor keeps it until then.

    \b
    Examples:
      barhold live --seconds 2
      barhold live --sensor bar-2 --seconds 2
    """
    import asyncio
    from contextlib import suppress

    from barhold.liveview import LiveView
    from barhold.store import Store

    view = LiveView()
    with Store.open(db) as store, suppress(KeyboardInterrupt):  # the usual way to end it
        asyncio.run(_show(view, store, (sensor, usb, port), seconds))
    screen.note(f"ended; {view.sets} sets seen")


async def _show(view: "LiveView", store: "Store", where: tuple[str, bool, str], seconds: float | None) -> None:
    import asyncio
    from contextlib import suppress

    from barhold.cli import reaching
    from barhold.cli.livescreen import LiveScreen
    from barhold.reach import Keeper, Wanted
    from barhold.sync import utc_clock

    wanted = Wanted(*where)
    screen.step(f"looking for {reaching.words(wanted)}")
    with LiveScreen(view, screen.is_lively(sys.stdout)) as shown:

        def connected(session: "Session") -> None:
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
