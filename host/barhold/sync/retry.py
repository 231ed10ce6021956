"""Tries until it works, or until the time is up: a link that breaks is normal."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from barhold.errors import LinkError, RefusedError
from barhold.sync.backoff import Backoff

Result = TypeVar("Result")


async def insist(attempt: Callable[[], Awaitable[Result]], backoff: Backoff, tell: Callable[[str], None]) -> Result:
    """Return what `attempt` gives; after a LinkError tell why and try again; RefusedError and the last one rise."""
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
