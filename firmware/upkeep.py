"""What a sensor does for itself: it watches its battery, notes its health, and sleeps when nobody needs it.

    state    leaves when                                              does                              for
    AWAKE    the bar lies still for SLEEP_AFTER_MS, no host, no set   notes its health, writes all      ASLEEP
    ASLEEP   moved or button pressed (the board starts anew)          -                                 AWAKE

Below SAFE_MV nothing is written to flash any more, because a write that browns out can damage what is not its own.
"""

from array import array

from barcore import protocol, still
from barcore.ticks import HALF_MS, elapsed_ms
from cue import LOW_BATTERY

SLEEP_AFTER_MS = 180000
HEALTH_EVERY_MS = 3600000
BATTERY_EVERY_MS = 10000
LOW_CUE_EVERY_MS = 300000
LOW_MV = 3500
SAFE_MV = 3300
NEAR = (328, 328, 328, 192, 192, 192)
"""80 mg and 6 dps: what lies still stays this near for hours, the chip's drift with warmth included."""


class Upkeep:
    """One sensor's care for itself. `see` is called with every sample and allocates nothing."""

    def __init__(self, board) -> None:
        self._power = board.power
        self._still = still.Still()
        self._still.start(board.clock.ticks_ms())
        self._reference = array("i", [0] * 6)
        self._moved_tick = board.clock.ticks_ms()
        self._newest_tick = self._moved_tick
        self._battery_from_ms = 0
        self._low_cue_from_ms = 0
        self._health_from_ms = 0
        self.battery_mv = 0

    @property
    def low(self) -> bool:
        """Whether the battery should be charged."""
        return 0 < self.battery_mv < LOW_MV

    @property
    def may_write(self) -> bool:
        """Whether flash may be written; with no cell to measure it may."""
        return not 0 < self.battery_mv < SAFE_MV

    def see(self, samples, count: int) -> None:
        """Take the newest `count` samples, 7 ints each."""
        for at in range(0, count * 7, 7):
            self._newest_tick = samples[at]
            if self._has_moved(samples, at):
                self._moved_tick = samples[at]
            self._still.update(samples, at)

    def update(self, app, now_ms: int) -> None:
        """Do what is due at `now_ms` since boot."""
        if app.busy:
            return
        if now_ms >= self._battery_from_ms:
            self._battery_from_ms = now_ms + BATTERY_EVERY_MS
            self.battery_mv = self._power.battery_mv()
        if self.low and now_ms >= self._low_cue_from_ms:
            self._low_cue_from_ms = now_ms + LOW_CUE_EVERY_MS
            app.cue.play(LOW_BATTERY, self._newest_tick)
        if now_ms >= self._health_from_ms and self._still.state in (still.TAKEN, still.REFUSED):
            self._health_from_ms = now_ms + HEALTH_EVERY_MS
            self._note_health(app)
        if self._still_ms() >= SLEEP_AFTER_MS and not app.linked and not app.set_open:
            self._sleep(app)

    def _has_moved(self, samples, at: int) -> bool:
        reference = self._reference
        for axis in range(6):
            if abs(samples[at + 1 + axis] - reference[axis]) > NEAR[axis]:
                for i in range(6):
                    reference[i] = samples[at + 1 + i]
                return True
        return False

    def _still_ms(self) -> int:
        still_ms = elapsed_ms(self._newest_tick, self._moved_tick)
        return still_ms if still_ms < HALF_MS else 0

    def _note_health(self, app) -> None:
        free_bytes, largest_bytes = self._power.heap_bytes()
        noise_ug = self._still.noise_ug if self._still.state == still.TAKEN else 0
        app.keep(protocol.HEALTH, 0, (self.battery_mv, noise_ug, free_bytes, largest_bytes))

    def _sleep(self, app) -> None:
        self._note_health(app)
        app.rest()
        self._power.sleep()
