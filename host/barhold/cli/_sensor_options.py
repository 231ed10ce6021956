"""What commands that talk to a sensor share: choosing the sensor, and one connection with it."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from barhold.cli._progress_bar import Bar
from barhold.connection import Control
from barhold.store import Store
from barhold.sync import Reconnector, SensorQuery

Result = TypeVar("Result")


_runners: list[asyncio.Runner] = []


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run `work` to its end, in the loop of `shared_event_loop` where that is open."""
    return _runners[-1].run(work) if _runners else asyncio.run(work)


@contextmanager
def shared_event_loop() -> Iterator[None]:
    """Let every `run` within it share one event loop, as a radio that is used several times requires."""
    with asyncio.Runner() as runner:
        _runners.append(runner)
        try:
            yield
        finally:
            _runners.pop()


def in_connection(
    sensor: str,
    usb: bool,
    port: str,
    wait_s: float,
    store: Store,
    work: Callable[[Control], Awaitable[Result]],
    check_key: bool = True,
) -> Result:
    """Connect to the chosen sensor, showing progress, and do `work` in one connection with it."""
    wanted = SensorQuery(sensor, usb, port)
    with Bar() as bar:
        bar.wait_for(f"looking for {describe_query(wanted)}", wait_s)

        async def begun(control: Control) -> Result:
            bar.arrive()
            return await work(control)

        return run(Reconnector(wanted, store, bar.note, wait_s).control(begun, check_key))


def describe_query(wanted: SensorQuery) -> str:
    """Describe the sensor that is being looked for."""
    if wanted.by_cable:
        return f"a sensor at {wanted.port}" if wanted.port else "a sensor at the USB ports"
    return f"sensor {wanted.sensor} by radio" if wanted.sensor else "a sensor by radio"
