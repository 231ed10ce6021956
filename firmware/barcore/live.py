"""Live: what the bar does now, for the cue. Provisional: the review settles what is logged.

state     leaves when                                          for       sends
LOW       height over the lowest point >= least rise           RISING    RISE
RISING    v <= +0.05 m/s                                       HELD      TOP
HELD      hold reaches its target                              HELD      TARGET, once
          height a quarter of the rise over the first top      RISING    (TOP comes again)
          height below the zone under the top                  FALLING   HOLD_END
FALLING   back in the zone                                     HELD
          below half of the rise and v >= -0.05 m/s            LOW
any       20 s since it was last held                         LOW
          a rep was counted that ended after the last top     LOW
"""

from array import array

from barcore import protocol
from barcore.drift import STEP_TICKS, Drift
from barcore.measure import MM, zone_of
from barcore.motion import TICK_MS, V_005
from barcore.smooth import LAG_TICKS, velocity

LOW, RISING, HELD, FALLING = 0, 1, 2, 3
_CALM_TICKS = 25
_LONGEST_TICKS = 1000
_HELD_TICKS = 64
_SLOW_TICKS = 4  # a shake that crosses the line again later does not begin the hold anew
_HEIGHTS = 256  # ticks whose heights are kept: a rep is counted within 5 s of its end
_RECHECK_TICKS = 40  # after 0.8 s the drift at the hold's start is known, not foretold


class Live:
    """Follows height and velocity at the newest tick; `update` returns the type of event to send, or 0."""

    def __init__(self, raw: "array[int]", drift: Drift) -> None:
        self._raw = raw
        self._drift = drift
        self.state = LOW
        self.event_tick = 0  # when what `update` returned happened
        self.hold_ms = 0
        self.rise_mm = 0
        self.velocity = 0  # two ticks back, counts of 38.3 um/s
        self.height = 0  # over the lowest point, counts of 0.766 um
        self.fell = False  # whether the bar has just come to the end of a fall
        self._calm = self._fallen = 0
        self._peak = self._top = self._held = self._rise_tick = 0
        self.top_tick = self._down_tick = 0
        self._told = self._rechecked = False
        self._heights = array("i", [0] * _HEIGHTS)

    def restart(self) -> None:
        """Begin at a bottom."""
        self.state = LOW
        self.height = self._calm = 0

    def settle(self, end_tick: int, tick: int) -> None:
        """Take the bar for down at `end_tick`, where the review has found the end of a rep, if that went by unnoticed.

        A drift that was not known yet may leave the height of the bottom far over its lowest point, and no rep would
        ever end here again.
        """
        if self.state < HELD or self.top_tick > end_tick or tick - end_tick > _HEIGHTS - 4:
            return
        height = self.height - self._heights[end_tick + 2 & _HEIGHTS - 1]
        self.restart()
        self.height = height

    def update(self, tick: int, least_mm: int, target_ms: int) -> int:
        """Take the newest `tick`; returns a provisional record type or 0. Allocates nothing."""
        v = self._velocity_now(tick)
        self.velocity = v
        self.height += v
        self._heights[tick & _HEIGHTS - 1] = self.height
        self._follow_fall(v, least_mm * MM >> 1)
        self.event_tick = tick - 2
        if self.state == LOW:
            return self._low_state(tick, v, least_mm)
        if self.state != HELD and tick - self._rise_tick > _LONGEST_TICKS:
            self.restart()
            return 0
        if self.height > self._peak:
            self._peak = self.height
        self.rise_mm = self._peak // MM
        if self.state == RISING:
            if v > V_005:
                return 0
            self.state = HELD
            self._top = self._held = self.height
            self.top_tick = tick - 2
            self._rechecked = self._told = False
            return protocol.TOP
        if self.state == HELD:
            self._rise_tick = tick
            return self._held_state(tick, v, target_ms)
        return self._falling_state(v)

    def _follow_fall(self, v: int, least: int) -> None:
        """Note the end of a fall by at least `least`, whatever state the bar is taken for."""
        self.fell = False
        if v < -V_005:
            self._fallen -= v
        elif self._fallen >= least or v > V_005:
            self.fell = self._fallen >= least
            self._fallen = 0

    def _velocity_now(self, tick: int) -> int:
        """Return the velocity two ticks back, the drift foretold from where it was last settled."""
        return velocity(self._raw, tick - 2, self._level_at(tick - 2, tick))

    def _level_at(self, tick: int, now: int) -> int:
        """Return the drift's level at `tick` (1/16 count), by the newest slope from the newest step."""
        settled = (now - LAG_TICKS) // STEP_TICKS * STEP_TICKS
        return self._drift.now_level + ((tick - settled) * self._drift.slope >> 6)

    def _low_state(self, tick: int, v: int, least_mm: int) -> int:
        if self.height < 0:
            self.height = 0
        self._calm = self._calm + 1 if -V_005 < v < V_005 else 0
        if self._calm > _CALM_TICKS:
            self.height -= self.height // 10
        if self.height < least_mm * MM:
            return 0
        self.state = RISING
        self._rise_tick = tick
        self._peak = self.height
        self.rise_mm = least_mm
        self.hold_ms = 0
        return protocol.RISE

    def _held_state(self, tick: int, v: int, target_ms: int) -> int:
        rise = self._peak
        if v > V_005 and self.height - self._top > rise >> 2:
            self.state = RISING
            return 0
        if not self._rechecked and tick - self.top_tick >= _RECHECK_TICKS:
            self._rechecked = True
            self._recheck(tick)
        if v >= -V_005:
            self._down_tick = tick - 1
            if v < V_005:
                self._held += (self.height - self._held) // _HELD_TICKS
        self.hold_ms = (self._down_tick - self.top_tick) * TICK_MS
        if self.height < self._held - zone_of(rise):
            self.state = FALLING
            self.event_tick = self._down_tick
            return protocol.HOLD_END
        if target_ms and not self._told and self.hold_ms >= target_ms:
            self._told = True
            return protocol.TARGET
        return 0

    def _falling_state(self, v: int) -> int:
        if self._peak - self.height < self._peak >> 2:
            self.state = HELD
        elif 2 * self.height < self._peak and v >= -V_005:
            self.restart()
        return 0

    def _recheck(self, now: int) -> None:
        """Find the hold's start again with the drift that is now known there."""
        tick = self.top_tick - 8
        stop = self.top_tick + 12
        last = tick
        while tick < stop and tick - last < _SLOW_TICKS:
            if velocity(self._raw, tick, self._level_at(tick, now)) > V_005:
                last = tick
            tick += 1
        self.top_tick = last + 1
