"""What the commands with a sensor share: which sensor is meant, and one connection with it."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from barhold.cli._progress_bar import Bar
from barhold.connection import Control
from barhold.store import Store
from barhold.sync import Keeper, Wanted

Result = TypeVar("Result")


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run the one event loop of the command."""
    return asyncio.run(work)


def in_session(
    sensor: str,
    usb: bool,
    port: str,
    wait_s: float,
    store: Store,
    work: Callable[[Control], Awaitable[Result]],
    check_key: bool = True,
) -> Result:
    """Reach the sensor that is meant, showing what is waited for, and do `work` in one connection with it."""
    wanted = Wanted(sensor, usb, port)
    with Bar() as bar:
        bar.wait_for(f"looking for {words(wanted)}", wait_s)

        async def begun(control: Control) -> Result:
            bar.arrive()
            return await work(control)

        return run(Keeper(wanted, store, bar.note, wait_s).control(begun, check_key))


def words(wanted: Wanted) -> str:
    """Return what is looked for, in words."""
    if wanted.by_cable:
        return f"a sensor at {wanted.port}" if wanted.port else "a sensor at the USB ports"
    return f"sensor {wanted.sensor} by radio" if wanted.sensor else "a sensor by radio"
