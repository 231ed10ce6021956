"""Schedules many sensors on one adapter: a few at once, in turns. A sensor that fails goes to the back."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

from barhold.errors import BarholdError, LinkError, RefusedError

AT_ONCE = 4
"""What adapters and the sensors' own chips carry at once; one that carries less refuses, and the turn comes again."""
TURN_S = 60.0
PAUSE_S = 1.0
Target = TypeVar("Target")
Result = TypeVar("Result")


class SensorTurn(Generic[Target]):
    """One sensor's place in the queue."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.tries = 0
        self.rest_until_s = 0.0
        self.error: BarholdError | None = None


class _Rotation(Generic[Target]):
    def __init__(self, targets: Sequence[Target], wait_s: float) -> None:
        self.queue = deque(SensorTurn(target) for target in targets)
        self.failed: list[SensorTurn[Target]] = []
        self._wait_s = wait_s
        self._last_success_s = time.monotonic()

    def succeed(self) -> None:
        self._last_success_s = time.monotonic()

    def fail(self, turn: SensorTurn[Target], error: BarholdError) -> None:
        """Put it to the back of the queue; give up once nobody has had success for the whole wait."""
        turn.error = error
        turn.tries += 1
        turn.rest_until_s = time.monotonic() + PAUSE_S
        out_of_time = time.monotonic() - self._last_success_s >= self._wait_s
        if isinstance(error, RefusedError) or not isinstance(error, LinkError) or out_of_time:
            self.failed.append(turn)
        else:
            self.queue.append(turn)


async def run_in_turns(
    targets: Sequence[Target],
    work: Callable[[Target], Awaitable[None]],
    wait_s: float,
    at_once: int = AT_ONCE,
    turn_s: float = TURN_S,
) -> list[SensorTurn[Target]]:
    """Do `work` for each target, at most `at_once` of them together; return the turns of those that failed.

    Work that takes longer than `turn_s` is cut short and goes on in its next turn: it must be able to resume.
    """
    state = _Rotation(targets, wait_s)

    async def worker() -> None:
        while state.queue:
            turn = state.queue.popleft()
            await asyncio.sleep(max(0.0, turn.rest_until_s - time.monotonic()))
            try:
                with suppress(TimeoutError):
                    async with asyncio.timeout(turn_s) as limit:
                        await work(turn.target)
            except BarholdError as error:
                state.fail(turn, error)
                continue
            state.succeed()
            if limit.expired():
                state.queue.append(turn)

    async with asyncio.TaskGroup() as group:
        for _ in range(min(at_once, len(targets))):
            group.create_task(worker())
    return state.failed
