"""Broadcasts the state of all sensor panels to every page that waits for a newer one."""

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from barhold.live.quota import Quota
from barhold.live.sensor_panel import SensorPanel

OTHER_VIEWERS, VIEWERS_PER_ADDRESS, OWN_VIEWERS = 32, 8, 8


class Broadcaster:
    """What every page is shown. A page that is slow skips states; nothing piles up for it."""

    def __init__(self) -> None:
        self.panels: list[SensorPanel] = []
        self.run = secrets.token_hex(4)  # numbers of another run of the server mean nothing
        self.number = 0
        self.training_version = 0  # grows when sets, edits, turns or lifters have changed
        self.closed = False
        self._viewers = Quota(OTHER_VIEWERS, VIEWERS_PER_ADDRESS, OWN_VIEWERS)
        self._newer = asyncio.Event()

    def publish(self) -> None:
        """Give everybody the state as it now is."""
        self.number += 1
        newer, self._newer = self._newer, asyncio.Event()
        newer.set()

    def close(self) -> None:
        """End every viewer's stream."""
        self.closed = True
        self.publish()

    async def wait_for_newer(self, number: int, at_most_s: float) -> None:
        """Wait for a state newer than `number`, but no longer than `at_most_s`."""
        if self.number == number:
            try:
                async with asyncio.timeout(at_most_s):
                    await self._newer.wait()
            except TimeoutError:
                return

    @contextmanager
    def admit_viewer(self, address: str, is_own: bool) -> Iterator[bool]:
        """Count one page from its first moment until it leaves; gives False when there is no room for it."""
        admitted = self._viewers.acquire(address, is_own)
        try:
            yield admitted
        finally:
            if admitted:
                self._viewers.release(address, is_own)

    def state(self, now_s: float) -> dict[str, Any]:
        """Return what a page needs to know, whatever it knew before."""
        return {
            "run": self.run,
            "number": self.number,
            "training": self.training_version,
            "sensors": [panel.state(now_s) for panel in self.panels],
        }
