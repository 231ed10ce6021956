"""An event loop whose clock moves only when nothing is left to do: how long something takes does not depend on this
computer, nor on what else it is busy with.

While a board's process works out its next step the clock stands still, so a step of the sensor takes no time but the
wait at its end. A sync's or an update's time is then made of connection events, of waits, and of turns between them.
"""

import asyncio
import selectors
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

START_S = 1000.0
STUCK_S = 120.0
"""Real seconds after which a board that does not answer ends the run."""
T = TypeVar("T")


class SimulatedLoop(asyncio.SelectorEventLoop):
    """`computing` is how many boards' processes work now; a Board counts itself in and out."""

    def __init__(self) -> None:
        self.now_s = START_S
        self.computing = 0
        super().__init__(_Selector(self))

    def time(self) -> float:
        return self.now_s


class _Selector(selectors.DefaultSelector):  # type: ignore[misc, valid-type]
    """Gives what is ready; when nothing is, moves the loop's clock to its next timer."""

    def __init__(self, loop: SimulatedLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if self._loop.computing or timeout is None:
            return self._wait()
        self._loop.now_s += timeout
        return []

    def _wait(self) -> list[Any]:
        begun_s = time.monotonic()
        while time.monotonic() - begun_s < STUCK_S:
            ready = super().select(1.0)
            if ready:
                return ready
        raise RuntimeError(f"a board has not answered for {STUCK_S:g} s")


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run `main` in simulated time."""
    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        return runner.run(main)


def count_computing(change: int) -> None:
    """Note that a board's process begins (1) or ends (-1) to work; in real time that changes nothing."""
    loop = asyncio.get_running_loop()
    if isinstance(loop, SimulatedLoop):
        loop.computing += change
