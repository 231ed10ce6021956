"""A virtual sensor that trains in real time while its sets are stored, as a real one is followed."""

import asyncio
import secrets
import time
from collections.abc import Callable
from contextlib import suppress

from barhold.connection import Connection
from barhold.link.virtual import VirtualSensor
from barhold.store import Store
from barhold.sync.one_sensor import utc_clock

CELL_MV = 3950


def training_clock(speed: int) -> Callable[[], int]:
    """Return a clock in ms since 1970 that begins now and runs `speed` fold, as the time at a virtual sensor does."""
    begun_utc_ms, begun_s = utc_clock()(), time.monotonic()
    return lambda: begun_utc_ms + round((time.monotonic() - begun_s) * 1000 * speed)


async def follow(
    samples: bytes,
    speed: int,
    store: Store,
    now: Callable[[], int],
    on_live: Callable[[bytes], None],
    on_progress: Callable[[Connection], None],
) -> None:
    """Play packed `samples` `speed` times as fast as they were taken, and stay with the sensor until cancelled.

    `now` is a training_clock of the same speed. The log is a new one each time, so that the same samples are new
    training.
    """
    sensor = VirtualSensor(samples, real_time=True, log_id=secrets.randbits(32), speed=speed)
    sensor.board.power.cell_mv = CELL_MV
    playing = asyncio.create_task(sensor.play())
    try:
        await Connection(sensor, store, now, on_live, on_progress, follow=True).run()
    finally:
        playing.cancel()
        with suppress(asyncio.CancelledError):
            await playing
