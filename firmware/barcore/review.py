"""The review: goes back over the stretch since the last rep and finds the reps that are complete, a few steps a sample.

state   does, one unit an update                          leaves when              for
IDLE    nothing                                           `start`                  BACK
BACK    smooths one step of drift, newest first           the stretch's start      WALK
WALK    walks one tick with the rep finder                a complete rep           FOUND
                                                          the stretch's end        IDLE
FOUND   (the finder's fields hold a rep)                  next update              WALK from the rep's end
                                                          `wait`                   IDLE, the rep is found again
"""

from array import array

from barcore.drift import AHEAD_STEPS, RING, STEP_TICKS, Drift
from barcore.measure import MM
from barcore.rep import FOUND as REP_FOUND
from barcore.rep import MEASURE, RepFinder

IDLE, BACK, WALK, FOUND = 0, 1, 2, 3
_SETTLE_TICKS = 5  # a rep counts once this much was seen after its end: it may have been a dip
_LONGEST_STEPS = RING - 10


class Review:
    """Smooths and walks one stretch; `update()` does one unit of work and tells the state."""

    def __init__(self, velocity: "array[int]", drift: Drift) -> None:
        self.rep = RepFinder(velocity, drift)
        self._drift = drift
        self.state = IDLE
        self.from_tick = 0  # the stretch begins here: the end of the last rep
        self.least_mm = 0  # the least rise of a rep; may be raised when one was found
        self._step = self._stop_tick = self._found_from = 0

    def restart(self) -> None:
        """Forget the stretch: the grid begins anew at tick 0."""
        self.state = IDLE
        self.from_tick = 0

    def skip_to(self, tick: int) -> None:
        """Leave out what lies before `tick`: it was judged already."""
        if self.from_tick < tick:
            self.from_tick = tick

    def wait(self) -> None:
        """Leave the rep just found to a later review, which will know its drift better."""
        self.from_tick = self._found_from
        self.state = IDLE

    def start(self, newest_step: int, least_mm: int) -> None:
        """Begin a stretch that ends at `newest_step`; a rep rises by at least `least_mm`."""
        oldest = (newest_step - _LONGEST_STEPS) * STEP_TICKS
        self.skip_to(oldest)
        self.least_mm = least_mm
        self._step = newest_step
        self._stop_tick = (newest_step + AHEAD_STEPS - 1) * STEP_TICKS
        self._drift.start_back(newest_step)
        self.state = BACK

    def update(self) -> int:
        """Do one unit of work and return the state. Allocates nothing."""
        self.work(1)
        return self.state

    def work(self, units: int) -> int:
        """Do up to `units` units of work and return how many are left; it ends with each rep, in FOUND."""
        while units > 0 and self.state != IDLE:
            if self.state == BACK:
                steps = self._step - self.from_tick // STEP_TICKS + 1
                steps = units if steps > units else steps if steps > 1 else 1
                self._drift.back(self._step, steps)
                self._step -= steps
                units -= steps
                if self._step < self.from_tick // STEP_TICKS:
                    self.rep.begin(self.from_tick, self.least_mm * MM)
                    self.state = WALK
            elif self.state == FOUND:
                units -= 1
                self.rep.begin(self.from_tick, self.least_mm * MM)
                self.state = WALK
            else:
                units = self._walk(units)
                if self.state == FOUND:
                    return units
        return units

    def _walk(self, units: int) -> int:
        rep = self.rep
        if rep.tick >= self._stop_tick and rep.state != MEASURE:
            self.state = IDLE
            return units - 1
        units = rep.work(self._stop_tick, units)
        if rep.state == REP_FOUND:
            if rep.measured.end_tick > self._stop_tick - _SETTLE_TICKS:
                self.state = IDLE
            else:
                self._found_from = self.from_tick
                self.skip_to(rep.measured.end_tick)
                self.state = FOUND
        return units
