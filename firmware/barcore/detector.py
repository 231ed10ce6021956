"""The detector: samples in, events out. (Contract first; the method follows in its own commit.)"""

from barcore.event import EventRing
from barcore.settings import Settings


class Detector:
    """Counts reps and times holds on a stream of samples; leaves events in `events`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.events = EventRing()

    def feed(self, t_ms: int, ax: int, ay: int, az: int, gx: int, gy: int, gz: int) -> None:
        """Take one sample (see `sample`). Allocates nothing; times must not run backwards."""

    def finish(self) -> None:
        """End of the stream: close an open set as if no further rep came. Not part of the sample path."""

    @property
    def busy(self) -> bool:
        """Whether a rep or a hold is under way (no flash write may start now)."""
        return False
