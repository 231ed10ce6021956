"""A whole sync over the virtual radio of a checkout's tests, against what the same link carries bare; the live delay.

The sensor is the firmware in real MicroPython; session, store and commits are the real ones; only the air is not.
"""

import asyncio
import logging
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from barhold.errors import BarholdError
from barhold.store import Store
from barhold.sync.one_sensor import sync, utc_clock
from radio import measure as radio_measure
from radio import simulated_time

LEAST_SHARE = 0.90
EVENTS = 200
LATE_MS = 20.0
"""Beyond one connection interval, in the median."""
_LIMIT_S = 600
_DEVICE_ID, _KEY = f"{1:016x}", bytes(range(32))


@dataclass(frozen=True, slots=True)
class Radio:
    """What one run measured."""

    records: int
    synced_s: float
    bare_s: float
    interval_ms: float
    events: int
    late_median_ms: float
    late_p95_ms: float

    @property
    def share(self) -> float:
        """What the sync reached of what the link carries as bare notifications of the same size."""
        return self.bare_s / self.synced_s

    @property
    def met(self) -> bool:
        """Whether both bounds hold."""
        return self.share >= LEAST_SHARE and self.late_median_ms <= self.interval_ms + LATE_MS


def measure(records: int, with_key: bool = False, events: int = EVENTS) -> Radio:
    """Sync `records` records and hear `events` live ones; with a key every frame of the sync is sealed."""
    logging.getLogger("bumble").setLevel(logging.ERROR)  # the bare measurement overruns its queues on purpose
    try:
        carried = simulated_time.run(radio_measure.throughput(partial(_pull, b""), records))
        synced_s = carried.synced_s
        if with_key:
            sealed = radio_measure.throughput(partial(_pull, _KEY), records, key=_KEY)
            synced_s = simulated_time.run(sealed).synced_s
        late = asyncio.run(asyncio.wait_for(radio_measure.latency(events), _LIMIT_S))
    except TimeoutError:
        raise BarholdError(f"sync: no end after {_LIMIT_S} s; run pytest tests/bench/test_radio_measure.py") from None
    return Radio(
        carried.records,
        synced_s,
        carried.bare_s,
        late.interval_ms,
        late.events,
        late.median_ms,
        late.p95_ms,
    )


async def _pull(key: bytes, transport: Any, _count: int) -> int:
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "bench.db") as store:
        if key:
            store.keep_key(_DEVICE_ID, key, 0)
        return (await sync(_Kept(transport), store, utc_clock())).received


class _Kept:
    """The link without its end, which is the rig's to close."""

    def __init__(self, transport: Any) -> None:
        self.send = transport.send
        self.receive = transport.receive
        self.dropped = 0

    async def close(self) -> None:
        """Leave it open."""
