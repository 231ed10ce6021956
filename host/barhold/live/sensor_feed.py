"""Feeds a panel with records: from a real sensor, as `barhold live` does, or from a virtual one in real time."""

import time
from collections.abc import Callable

from barcore import protocol
from barhold.connection import Connection
from barhold.errors import LinkError
from barhold.live import virtual_feed
from barhold.live.broadcaster import Broadcaster
from barhold.live.sensor_panel import ConnectedSensor, SensorPanel
from barhold.live.virtual_feed import training_clock
from barhold.store import Store
from barhold.sync import Reconnector, SensorQuery
from barhold.sync.one_sensor import utc_clock
from barhold.training.sensor_names import sensor_name

PrintLine = Callable[[str], None]


class SensorFeed:
    """Feeds one panel and stores what lasts; `on_change` runs when the sensor has connected or a set is stored."""

    def __init__(
        self,
        panel: SensorPanel,
        broadcaster: Broadcaster,
        store: Store,
        on_change: Callable[[], None],
        print_line: PrintLine,
    ) -> None:
        self.panel = panel
        self._broadcaster = broadcaster
        self._store = store
        self._on_change = on_change
        self._print_line = print_line
        self._now = training_clock(panel.speed)
        self._turns = 0

    def utc_ms(self) -> int:
        """Return the time of this feed's training, which a virtual sensor may live through faster than we do."""
        return self._now()

    async def follow(self, wanted: SensorQuery) -> None:
        """Follow a real sensor until cancelled; a refusal is shown on the page, which stays."""
        keeper = Reconnector(wanted, self._store, self._disconnected, None)
        try:
            await keeper.follow(utc_clock(), self._hear, self._progress)
        except LinkError as error:
            self._disconnected(str(error))

    async def play(self, samples: bytes) -> None:
        """Play `samples` on a virtual sensor with a log of its own, and stay with it until cancelled."""
        self._now = training_clock(self.panel.speed)
        await virtual_feed.follow(samples, self.panel.speed, self._store, self._now, self._hear, self._progress)

    def _disconnected(self, note: str) -> None:
        self._print_line(note)
        self.panel.disconnected(note)
        self._broadcaster.publish()

    def _hear(self, raw: bytes) -> None:
        self.panel.hear(raw, time.monotonic())
        self._broadcaster.publish()

    def _progress(self, connection: Connection) -> None:
        info = connection.info
        low = bool(info.state & protocol.STATE_LOW_BATTERY)
        name = sensor_name(info.device_id, info.name)
        sensor = ConnectedSensor(info.device_id, name, info.battery_mv, low, info.log_id)
        turns, self._turns = self._turns, connection.result.turns
        if self.panel.connected(sensor) | self.panel.stored(connection.stored_below_seq) | (turns != self._turns):
            self._on_change()
            self._broadcaster.publish()
