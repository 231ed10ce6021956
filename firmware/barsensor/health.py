"""Confirms the running application after it was healthy for long enough, or gives up its trial.

    state    when                              does                     then
    WAITING  healthy for HEALTHY_MS, at rest   confirms                 DONE
    WAITING  unhealthy at any moment           begins the time anew     WAITING
    WAITING  on trial for TRIAL_MS, at rest    asks for a restart       WAITING

Healthy: samples come, the log is mounted, every link is up.
"""

from barloader.slots import TRIAL

HEALTHY_MS = 30000
TRIAL_MS = 120000
WAITING, DONE = 0, 1


class Health:
    """Watches one start of the application; `slots` is the loader's Slots."""

    def __init__(self, slots) -> None:
        pointer = slots.read()
        self._slots = slots
        self._on_trial = pointer is not None and pointer.state == TRIAL
        self._since_ms = 0
        self.state = WAITING

    def update(self, healthy: bool, busy: bool, now_ms: int) -> bool:
        """Look at the sensor at `now_ms`; return whether to restart, and so to go back. OSError when flash fails."""
        if self.state == DONE:
            return False
        if not healthy:
            self._since_ms = now_ms
        elif now_ms - self._since_ms >= HEALTHY_MS and not busy:
            self._since_ms = now_ms  # not at every step, should flash fail
            self._slots.confirm()
            self.state = DONE
            return False
        return self._on_trial and not busy and now_ms >= TRIAL_MS
