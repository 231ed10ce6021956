"""How long to wait before the next try. Pure: time is passed in."""

FIRST_S, MOST_S = 0.5, 15.0


class Backoff:
    """Pauses that double; without `limit_s` for ever, else until no progress was made for that long."""

    def __init__(self, limit_s: float | None, now_s: float) -> None:
        self._limit_s = limit_s
        self._since_s = now_s
        self._pause_s = FIRST_S

    def progress(self, now_s: float) -> None:
        """Note that something was achieved: the pauses and the limit begin anew."""
        self._since_s = now_s
        self._pause_s = FIRST_S

    def next_pause_s(self, now_s: float) -> float | None:
        """Return how long to wait now; None when it is time to give up."""
        pause_s = self._pause_s
        self._pause_s = min(2 * pause_s, MOST_S)
        if self._limit_s is None:
            return pause_s
        left_s = self._since_s + self._limit_s - now_s
        return min(pause_s, left_s) if left_s > 0 else None
