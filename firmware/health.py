"""Confirms the application that runs, once it was healthy for long enough."""

HEALTHY_MS = 30000


class Health:
    """Healthy: samples come, the log is mounted, every link is up. Whatever fails in between begins the time anew."""

    def __init__(self, slots) -> None:
        self._slots = slots
        self._since_ms = 0
        self.confirmed = False

    def update(self, healthy: bool, busy: bool, now_ms: int) -> None:
        """Look at the sensor at `now_ms`; what must be written is written at rest. Raises OSError when flash fails."""
        if self.confirmed:
            return
        if not healthy:
            self._since_ms = now_ms
        elif now_ms - self._since_ms >= HEALTHY_MS and not busy:
            self._since_ms = now_ms  # not at every step, should flash fail
            self._slots.confirm()
            self.confirmed = True
