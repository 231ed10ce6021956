"""Gives the samples of a FIFO their times, which they do not carry: from how many wait, the period, and the clock.

At a read the newest waiting sample is between nothing and one period old. Times foretold by the period are kept while
they agree with that, else drawn towards it by at most SLEW a sample; so the jitter of the reads is not followed. The
period itself is kept while it agrees with how many samples came since a read some time ago, which any two reads tell
to within one period; so a chip clock that is off is. Times are ages in 1/4096 ms before the last read, which never
leave 31 bits and know nothing of the wrap of ticks.
"""

from barcore.ticks import MASK, elapsed_ms

UNIT = 12
SLEW = 3 << (UNIT - 2)
"""0.75 ms a sample: more than the 6 % that a period may be off."""
GAP = 30 << UNIT
"""Samples that come this much later than foretold, and a sixteenth of the waiting time, were not all delivered."""
MOST_MS = 60000
GAIN = 5
"""The period takes 1/32 of each draw: without it, polls at nearly the chip's own beat draw far and late."""
MOST_COUNTED = 4096


class FifoClock:
    """The times of one FIFO's samples; `now_ms` everywhere is a 30-bit tick."""

    def __init__(self, rate_hz: int, now_ms: int) -> None:
        self._nominal = self._period = self._step = self._age = (1000 << UNIT) // rate_hz
        self._now_ms = now_ms
        self._counting = False
        self._counted = 0
        self._counted_ms = 0

    def restart(self, now_ms: int) -> None:
        """Note that the FIFO was emptied: its next sample is taken after `now_ms`."""
        self._pass(now_ms)
        # As if a sample had just been missed: too early by up to one period, which leaves room for a fast chip.
        self._age = min(self._age, self._period)
        self._counting = False

    def begin(self, waiting: int, now_ms: int) -> None:
        """Note that `waiting` samples, at least one, were in the FIFO at `now_ms`."""
        self._pass(now_ms)
        self._count(waiting)
        newest_age = self._age - waiting * self._period
        error = 0
        if newest_age < self._period >> 2:  # not only below 0, where it is too late to draw them back slowly
            error = newest_age - (self._period >> 2)
        elif newest_age > self._period:
            error = newest_age - self._period
        each = error // waiting
        doubt = GAP + (waiting * self._period >> 4)
        if error > doubt:
            self._age = waiting * self._period
            self._counting = False
            each = 0
        elif error >= -doubt:  # beyond it the chip is far too fast: its samples are squeezed in, none in the future
            each = max(-SLEW, min(SLEW, each))
        self._step = self._period + each
        self._period += each >> GAIN

    def next(self) -> int:
        """Return the tick of the next sample, oldest first: never before the one before it, never after the read."""
        self._age = max(0, self._age - self._step)
        self._counted += 1
        return (self._now_ms - (self._age >> UNIT)) & MASK

    def _pass(self, now_ms: int) -> None:
        passed_ms = min(elapsed_ms(now_ms, self._now_ms), MOST_MS)
        self._age = min(self._age + (passed_ms << UNIT), MOST_MS << UNIT)
        self._counted_ms += passed_ms
        self._now_ms = now_ms

    def _count(self, waiting: int) -> None:
        """Let the period agree with how many samples came since counting began."""
        if not self._counting or self._counted_ms > MOST_MS:
            self._counting, self._counted, self._counted_ms = True, -waiting, 0
            return
        came = self._counted + waiting
        if came <= 0:
            return
        doubt = self._period + (1 << UNIT)
        span = self._counted_ms << UNIT
        most = self._nominal >> 4
        period = max((span - doubt) // came, min((span + doubt) // came, self._period))
        self._period = max(self._nominal - most, min(self._nominal + most, period))
        if came >= MOST_COUNTED and not (came | self._counted_ms) & 1:
            # Half of it is enough, and keeps following a clock that changes with warmth.
            self._counted -= came >> 1
            self._counted_ms >>= 1
