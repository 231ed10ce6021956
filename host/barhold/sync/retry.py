"""Retries until it works or the time is up: a link that breaks is normal. What decides is pure: time is passed in."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from barhold.errors import LinkError, RefusedError

FIRST_S, MOST_S = 0.1, 15.0
Result = TypeVar("Result")


class Backoff:
    """Retries at once, then after pauses that double, until nothing was achieved for `limit_s` (None: for ever)."""

    def __init__(self, limit_s: float | None, now_s: float) -> None:
        self._limit_s = limit_s
        self._since_s = now_s
        self._pause_s = 0.0

    def progress(self, now_s: float) -> None:
        """Note that something was achieved: the pauses and the limit begin anew."""
        self._since_s = now_s
        self._pause_s = 0.0

    def next_pause_s(self, now_s: float) -> float | None:
        """Return how long to wait now; None when it is time to give up."""
        pause_s = self._pause_s
        self._pause_s = min(max(2 * pause_s, FIRST_S), MOST_S)
        if self._limit_s is None:
            return pause_s
        left_s = self._since_s + self._limit_s - now_s
        return min(pause_s, left_s) if left_s > 0 else None


async def retry_on_link_error(
    attempt: Callable[[], Awaitable[Result]], backoff: Backoff, tell: Callable[[str], None]
) -> Result:
    """Return the result of `attempt`, repeated after each LinkError; RefusedError and the last LinkError are raised.

    `tell` gets the reason of each failure that is followed by another attempt.
    """
    while True:
        try:
            return await attempt()
        except RefusedError:
            raise
        except LinkError as error:
            pause_s = backoff.next_pause_s(time.monotonic())
            if pause_s is None:
                raise
            tell(f"{error}; trying again")
        await asyncio.sleep(pause_s)
