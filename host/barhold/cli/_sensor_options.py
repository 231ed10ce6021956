"""What the commands with a sensor share: the sensor that is meant, and one session with it."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from barhold.cli import _console
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
    """Reach the sensor that is meant, saying what is waited for, and do `work` in a session with it."""

    wanted = Wanted(sensor, usb, port)
    _console.step(f"looking for {words(wanted)}")
    return run(Keeper(wanted, store, _console.note, wait_s).control(work, check_key))


def words(wanted: Wanted) -> str:
    """Return what is looked for, in words."""
    if wanted.by_cable:
        return f"a sensor at {wanted.port}" if wanted.port else "a sensor at the USB ports"
    return f"sensor {wanted.sensor} by radio" if wanted.sensor else "a sensor by radio"
