"""Where a lane's records come from: a real sensor, kept at as `barhold live` does, or a virtual one in real time."""

import asyncio
import secrets
import time
from collections.abc import Callable
from contextlib import suppress

from barcore import protocol
from barhold.connection import Connection
from barhold.errors import LinkError
from barhold.link.virtual import VirtualSensor
from barhold.live.broadcaster import Hub
from barhold.live.sensor_panel import Lane, Who
from barhold.store import People, Store
from barhold.sync import Keeper, Wanted
from barhold.sync.one_sensor import utc_clock
from barhold.training.people import PlanOf

VIRTUAL_MV = 3950
Tell = Callable[[str], None]


class Source:
    """Feeds one lane of the hub and stores what lasts."""

    def __init__(self, lane: Lane, hub: Hub, store: Store, plan_of: PlanOf, tell: Tell) -> None:
        self._lane = lane
        self._hub = hub
        self._store = store
        self._plan_of = plan_of
        self._tell_user = tell

    async def follow(self, wanted: Wanted) -> None:
        """Keep at a real sensor until cancelled; one that refuses is told on the page, which stays."""
        keeper = Keeper(wanted, self._store, self._tell, None)
        try:
            await keeper.follow(utc_clock(), self._hear, self._progress)
        except LinkError as error:
            self._tell(str(error))

    async def play(self, samples: bytes) -> None:
        """Play `samples` on a virtual sensor with a log of its own, and stay with it until cancelled."""
        log_id = secrets.randbits(32)
        sensor = VirtualSensor(samples, real_time=True, log_id=log_id, speed=self._lane.speed)
        sensor.board.power.cell_mv = VIRTUAL_MV
        playing = asyncio.create_task(sensor.play())
        try:
            await Connection(sensor, self._store, utc_clock(), self._hear, self._progress, follow=True).run()
        finally:
            playing.cancel()
            with suppress(asyncio.CancelledError):
                await playing

    def _tell(self, text: str) -> None:
        self._tell_user(text)
        self._lane.looking(text)
        self._hub.changed()

    def _hear(self, raw: bytes) -> None:
        self._lane.hear(raw, time.monotonic())
        self._hub.changed()

    def _progress(self, session: Connection) -> None:
        info, lane = session.info, self._lane
        low = bool(info.state & protocol.STATE_LOW_BATTERY)
        who = Who(info.device_id, info.name, self._lifter(info.device_id), info.battery_mv, low)
        plan = self._plan_of(who.lifter or who.device_id)
        if lane.connected(who, plan) | lane.stored():
            self._hub.changed()

    def _lifter(self, device_id: str) -> str:
        now_ms = time.time() * 1000
        worn = [one for one in People(self._store).wearers() if one.device_id == device_id]
        return next((one.lifter for one in reversed(worn) if one.since_utc_ms <= now_ms), "")
