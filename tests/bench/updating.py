"""An update over the virtual radio of a checkout's tests, against the bare transfer of the same bytes; with breaks too.

The sensor is a flashed board in real MicroPython; bundle, signature, search, session and blocks are the real ones.
"""

import asyncio
from dataclasses import dataclass

from bare import measure as bare_measure
from barhold.errors import BarholdError
from radio import simulated_time

MOST_TIMES_BARE = 6.0
"""A block waits for its answer: two connection intervals and a step of the sensor; bare ones do not."""
MOST_TIMES_UNBROKEN = 10.0
"""With a break every eight blocks or so, each of which costs a pause, a search and a connection."""
ALL_FILES = 192
_LIMIT_S = 600


@dataclass(frozen=True, slots=True)
class Updating:
    """What one run measured, until the sensor had checked the whole: no restart, no trial."""

    bundle_bytes: int
    interval_ms: float
    bare_s: float
    updated_s: float
    breaks: int
    broken_s: float

    @property
    def times_bare(self) -> float:
        """The update's time over that of as many frames as bare writes."""
        return self.updated_s / self.bare_s

    @property
    def times_unbroken(self) -> float:
        """The time with breaks over that without."""
        return self.broken_s / self.updated_s

    @property
    def met(self) -> bool:
        """Whether both bounds hold."""
        return self.times_bare <= MOST_TIMES_BARE and self.times_unbroken <= MOST_TIMES_UNBROKEN


def measure(files: int = ALL_FILES) -> Updating:
    """Bring `files` files of this install's firmware, twice."""
    try:
        smooth, broken = (
            simulated_time.run(asyncio.wait_for(bare_measure.update(breaks, files), _LIMIT_S))
            for breaks in (False, True)
        )
    except TimeoutError:
        raise BarholdError(
            f"update: no end after {_LIMIT_S} s; run pytest tests/integration/test_update_radio.py"
        ) from None
    return Updating(
        smooth.bundle_bytes, smooth.interval_ms, smooth.bare_s, smooth.updated_s, broken.breaks, broken.updated_s
    )
