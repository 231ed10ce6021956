"""A whole sync over the virtual radio of a checkout's tests, against what the same link carries bare; the live delay.

The sensor is the firmware in real MicroPython; session, store and commits are the real ones; only the air is not.
"""

import asyncio
import contextlib
import importlib.util
import logging
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from barhold import firmware
from barhold.errors import BarholdError, InputError
from barhold.store import Store
from barhold.sync import sync, utc_clock

LEAST_SHARE = 0.80
LATE_MS = 20.0
"""Beyond one connection interval, in the median."""
_LIMIT_S = 600


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


def measure(records: int) -> Radio:
    """Sync `records` records and hear live events; InputError outside a checkout."""
    with rig_of("radio.measure", "sync") as rig:
        try:
            carried = asyncio.run(asyncio.wait_for(rig.throughput(_pull, records), _LIMIT_S))
            late = asyncio.run(asyncio.wait_for(rig.latency(), _LIMIT_S))
        except TimeoutError:
            raise BarholdError(f"sync: no end after {_LIMIT_S} s; run pytest tests/test_radio_measure.py") from None
    return Radio(
        carried.records,
        carried.synced_s,
        carried.bare_s,
        late.interval_ms,
        late.events,
        late.median_ms,
        late.p95_ms,
    )


async def _pull(transport: Any, _count: int) -> int:
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "bench.db") as store:
        return (await sync(_Kept(transport), store, utc_clock())).received


class _Kept:
    """The link without its end, which is the rig's to close."""

    def __init__(self, transport: Any) -> None:
        self.send = transport.send
        self.receive = transport.receive
        self.dropped = 0

    async def close(self) -> None:
        """Leave it open."""


@contextlib.contextmanager
def rig_of(module: str, command: str) -> Iterator[ModuleType]:
    """Give a module of the tests by its place: no wheel carries them. InputError says what `command` lacks."""
    tests = firmware.folder().parent / "tests"
    if not (tests / "radio" / "measure.py").is_file():
        raise InputError(f"the virtual radio is in tests/ of a checkout: run `barhold bench {command}` from a clone")
    if importlib.util.find_spec("bumble") is None:
        raise InputError("the virtual radio needs bumble: pip install -e '.[dev]' in the clone")
    logging.getLogger("bumble").setLevel(logging.ERROR)  # it warns of what the bare measurement does on purpose
    sys.path[:0] = [str(tests), str(tests / "twin")]
    try:
        yield importlib.import_module(module)
    finally:
        del sys.path[:2]
