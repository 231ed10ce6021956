"""An update over the virtual radio of a checkout's tests, against the bare transfer of the same bytes; with breaks too.

The sensor is a flashed board in real MicroPython; bundle, signature, search, session and blocks are the real ones.
"""

import asyncio
from dataclasses import dataclass

from bare import measure as bare_measure
from barhold.errors import BarholdError
from radio import simulated_time

MOST_TIMES_BARE = 1.6
MOST_TIMES_BARE_BROKEN = 3 * MOST_TIMES_BARE
"""With some forty breaks, each of which costs a search, a connection and the window that was on its way."""
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
    def times_bare_broken(self) -> float:
        """The same with breaks."""
        return self.broken_s / self.bare_s

    @property
    def met(self) -> bool:
        """Whether both bounds hold."""
        return self.times_bare <= MOST_TIMES_BARE and self.times_bare_broken <= MOST_TIMES_BARE_BROKEN


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
