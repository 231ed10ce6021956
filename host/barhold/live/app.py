"""Runs the live page: sensors with their panels, the store behind them, and the server."""

import asyncio
import socket
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from barhold.live import server
from barhold.live.broadcaster import Broadcaster
from barhold.live.routes import Routes
from barhold.live.sensor_feed import SensorFeed
from barhold.live.sensor_panel import SensorPanel
from barhold.live.training_service import TrainingService
from barhold.live.turns import Turn
from barhold.plans import library
from barhold.plans.plan import Plan
from barhold.recordings.reader import Recording
from barhold.store import Store
from barhold.sync import SensorQuery


class LiveApp:
    """What `barhold serve` runs; name its sensors by `follow` and `play`, then `run`."""

    def __init__(self, store: Store, plan: str, print_line: Callable[[str], None], speed: int = 1) -> None:
        self.broadcaster = Broadcaster()
        self._store = store
        self._service = TrainingService(store, plan)
        self._plan = library.find(plan or None)
        self._print_line = print_line
        self._speed = speed
        self._feeds: list[SensorFeed] = []
        self._tasks: list[Callable[[], Coroutine[Any, Any, None]]] = []
        self._changed = asyncio.Event()
        self._service_lock = asyncio.Lock()

    def follow(self, wanted: SensorQuery, note: str) -> None:
        """Show a real sensor; `note` says what is looked for."""
        self._print_line(note)
        self._tasks.append(partial(self._feed(SensorPanel(self._plan, note)).follow, wanted))

    def play(self, recording: Recording) -> None:
        """Show a virtual sensor that plays `recording`."""
        panel = SensorPanel(self._plan, f"playing {recording.name}", self._speed)
        self._tasks.append(partial(self._feed(panel).play, recording.samples))

    async def run(
        self, bound: socket.socket, names: frozenset[str], token: str, invitation: str, seconds: float | None
    ) -> None:
        """Serve until interrupted, or for `seconds`."""
        app = Routes(self.broadcaster, self, invitation).app(names, token)
        await server.run(app, self.broadcaster, bound, [*self._tasks, self._refresh_when_changed], seconds)

    async def call_service(self, work: Callable[[TrainingService], Any]) -> Any:
        """Run `work` on the service in a thread and return its result: reading may take a second."""
        async with self._service_lock:
            return await asyncio.to_thread(work, self._service)

    async def change(self, work: Callable[[TrainingService], set[str]]) -> None:
        """Let `work` change the store, and show the change to everybody; it returns the owners that it is about."""
        await self._refresh(await self.call_service(work))

    def now_utc_ms(self, device_id: str) -> int | None:
        """Return the time at a connected sensor's training; None for a sensor that is not here."""
        for feed in self._feeds:
            if feed.panel.sensor.device_id == device_id:
                return feed.utc_ms()
        return None

    def _feed(self, panel: SensorPanel) -> SensorFeed:
        self.broadcaster.panels.append(panel)
        feed = SensorFeed(panel, self.broadcaster, self._store, self._changed.set, self._print_line)
        self._feeds.append(feed)
        return feed

    async def _refresh_when_changed(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            await self._refresh(set())

    async def _refresh(self, owners: set[str]) -> None:
        connected = [feed for feed in self._feeds if feed.panel.sensor.device_id]

        def read(service: TrainingService) -> list[tuple[Turn, Plan]]:
            service.refresh(owners)
            return [service.turn(feed.panel.sensor.device_id, feed.utc_ms()) for feed in connected]

        stored = [feed.panel.sets_stored for feed in connected]  # at least so many sets are in what is read next
        turns: list[tuple[Turn, Plan]] = await self.call_service(read)
        for feed, turn, sets_read in zip(connected, turns, stored, strict=True):
            feed.panel.take_turn(*turn, sets_read)
        self.broadcaster.training_version += 1
        self.broadcaster.publish()
