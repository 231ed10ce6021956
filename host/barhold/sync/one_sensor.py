"""One sync: fetches everything that the sensor has and the store lacks."""

import time
from collections.abc import Callable

from barhold.connection import Connection, SyncResult
from barhold.link.transport import Transport
from barhold.store import Store


async def sync(
    transport: Transport, store: Store, now: Callable[[], int], on_live: Callable[[bytes], None] | None = None
) -> SyncResult:
    """Catch `store` up with the sensor; `now` gives ms since 1970 (see `utc_clock`), `on_live` gets LIVE records."""
    return await Connection(transport, store, now, on_live).run()


def utc_clock() -> Callable[[], int]:
    """Return a clock of ms since 1970 that is read once and then cannot step, as a corrected wall clock does."""
    offset_ns = time.time_ns() - time.monotonic_ns()
    return lambda: (time.monotonic_ns() + offset_ns) // 1_000_000
