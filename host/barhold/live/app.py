"""One run of the live page: sensors with their lanes, the pages, the server."""

import socket
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from functools import partial
from typing import Any

from barhold import report
from barhold.live import recent_sessions, server
from barhold.live.broadcaster import Hub
from barhold.live.routes import Site
from barhold.live.sensor_panel import Lane
from barhold.live.sources import Source
from barhold.recordings.reader import Recording
from barhold.store import Store
from barhold.sync import Wanted
from barhold.training import history, sets
from barhold.training.people import PlanOf


class Stage:
    """What `barhold serve` runs; name its sensors by `follow` and `play`, then `run`."""

    def __init__(self, store: Store, plan_of: PlanOf, tell: Callable[[str], None], speed: int = 1) -> None:
        self.hub = Hub()
        self._store = store
        self._plan_of = plan_of
        self._tell = tell
        self._speed = speed
        self._sources: list[Callable[[], Coroutine[Any, Any, None]]] = []

    def follow(self, wanted: Wanted, note: str) -> None:
        """Show a real sensor; `note` says what is looked for."""
        self._tell(note)
        self._sources.append(partial(self._source(Lane(self._plan_of(""), note)).follow, wanted))

    def play(self, recording: Recording) -> None:
        """Show a virtual sensor that plays `recording`."""
        lane = Lane(self._plan_of(""), f"playing {recording.name}", self._speed)
        self._sources.append(partial(self._source(lane).play, recording.samples))

    async def run(
        self, bound: socket.socket, names: frozenset[str], token: str, invitation: str, seconds: float | None
    ) -> None:
        """Serve until interrupted, or for `seconds`."""
        app = Site(self.hub, self._past, self._report, invitation).app(names, token)
        await server.run(app, self.hub, bound, self._sources, seconds)

    def _source(self, lane: Lane) -> Source:
        self.hub.lanes.append(lane)
        return Source(lane, self.hub, self._store, self._plan_of, self._tell)

    def _past(self) -> list[dict[str, Any]]:
        found = history.load(self._store, datetime.now(UTC))
        return recent_sessions.rows(sets.sessions(found), self._plan_of, self._names())

    def _report(self) -> tuple[str, str]:
        now = datetime.now(UTC)
        return report.page(history.load(self._store, now), self._plan_of, now, self._names()), report.policy()

    def _names(self) -> dict[str, str]:
        return {one.device_id: one.name for one in self._store.devices() if one.name}
