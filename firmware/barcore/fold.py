"""Fold: takes a second out of the middle of a long hold, so that the rings keep the whole rep however long it lasts.

    state     does, one unit an update                                            leaves when          for
    IDLE      nothing                                                             `start`              STEPS
    STEPS     moves one step before the seam forward by a second, newest first    the rep's start      TICKS
    TICKS     moves eight ticks of the velocity likewise                          the rep's start      IDLE

A held bar travels nowhere, so what is taken out says only how long it was held. The integral went on drifting
meanwhile; what lies before the seam is raised by that much.
"""

from array import array

from barcore.drift import MASK, STEP_TICKS, Drift
from barcore.measure import RepMeasure
from barcore.motion import TICK_MS
from barcore.smooth import V_MASK

IDLE, STEPS, TICKS = 0, 1, 2
FOLD_STEPS = 13
FOLD_TICKS = FOLD_STEPS * STEP_TICKS
FOLD_MS = FOLD_TICKS * TICK_MS
_TICKS_PER_UNIT = 8


class Fold:
    """Works on the rings of `drift` and of the velocity; `update` does one unit of work and returns the state."""

    def __init__(self, velocity: "array[int]", drift: Drift) -> None:
        self._velocity = velocity
        self._drift = drift
        self.state = IDLE
        self.cost = 4  # of one unit, in those of the review
        self.seam_tick = 0  # what lies before it is earlier by `folded_ms` than its tick says
        self.folded_ms = 0
        self._first = self._k = self._tick = self._raised = 0

    def end(self, rep: RepMeasure) -> None:
        """Forget what was folded of `rep`: a new one begins."""
        self.state = IDLE
        self.seam_tick = self.folded_ms = rep.seam_tick = rep.folded_ms = 0

    def start(self, first_tick: int, seam_tick: int) -> None:
        """Take out the second before `seam_tick`, a whole step in a hold; the rep begins after `first_tick`."""
        drift = self._drift
        seam = seam_tick // STEP_TICKS
        self.seam_tick = seam_tick
        self._first = first_tick
        self._raised = drift.near[seam & MASK] - drift.near[(seam - FOLD_STEPS) & MASK]
        self._k = seam - FOLD_STEPS - 1
        self.folded_ms += FOLD_MS
        self.state = STEPS

    def update(self) -> int:
        """Do one unit of work and return the state. Allocates nothing."""
        if self.state == STEPS:
            self._drift.move(self._k, self._k + FOLD_STEPS, self._raised)
            self._k -= 1
            if self._k < self._first // STEP_TICKS:
                self._tick = self.seam_tick - FOLD_TICKS - 1
                self.state = TICKS
        elif self.state == TICKS:
            v = self._velocity
            stop = self._tick - _TICKS_PER_UNIT
            while self._tick > stop:
                v[(self._tick + FOLD_TICKS) & V_MASK] = v[self._tick & V_MASK] + self._raised
                self._tick -= 1
            if self._tick < self._first - 3:
                self.state = IDLE
        return self.state
