"""The hub: all lanes, the number of the newest state, and everybody who waits for a newer one."""

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from barhold.live.sensor_panel import Lane

MOST_GUESTS = 32


class Hub:
    """What every page is shown. A page that is slow skips states; nothing piles up for it."""

    def __init__(self) -> None:
        self.lanes: list[Lane] = []
        self.run = secrets.token_hex(4)  # numbers of another run of the server mean nothing
        self.number = 0
        self.guests = 0
        self.closed = False
        self._newer = asyncio.Event()

    def changed(self) -> None:
        """Give everybody the state as it now is."""
        self.number += 1
        newer, self._newer = self._newer, asyncio.Event()
        newer.set()

    def close(self) -> None:
        """Send everybody away."""
        self.closed = True
        self.changed()

    async def newer_than(self, number: int, at_most_s: float) -> None:
        """Wait for a state newer than `number`, but no longer than `at_most_s`."""
        if self.number == number:
            try:
                async with asyncio.timeout(at_most_s):
                    await self._newer.wait()
            except TimeoutError:
                return

    @property
    def is_full(self) -> bool:
        """Whether as many pages look on as may."""
        return self.guests >= MOST_GUESTS

    @contextmanager
    def guest(self) -> Iterator[None]:
        """Count one page for as long as it looks."""
        self.guests += 1
        try:
            yield
        finally:
            self.guests -= 1

    def state(self, now_s: float) -> dict[str, Any]:
        """Return what a page needs to know, whatever it knew before."""
        return {"run": self.run, "number": self.number, "lanes": [lane.shown(now_s) for lane in self.lanes]}
