"""Hundreds of connections that break, on air that loses a third of everything: no record is lost, none comes twice.

The firmware's own radio link, session end and record log, and the host's own session and store, over `twin/ether.py`
under CPython and in virtual time: a thousand breaks of real MicroPython over bumble would take four minutes.
`test_radio.py` breaks fewer of those.
"""

import asyncio
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import bluetooth
import pytest
from ether import Ether

from barcore import protocol
from barhold.connection import Connection
from barhold.errors import LinkError
from barhold.link.fragments import FragmentAssembler
from barhold.store import Store
from barhold.sync.one_sensor import utc_clock
from barsensor.boards.storage import MemoryStorage
from barsensor.link.ble import BleLink
from barsensor.link.session_port import SessionPort
from barsensor.link.session_protocol import SessionProtocol
from barsensor.storage.record_log import RecordLog

BREAKS_QUICK, BREAKS_LONG, LOST_SHARE = 250, 1000, 0.3
MOST_PACKETS = 150
NEW_RECORDS, BACKLOG = (0, 40), 200
"""Trained between two connections, while the host lacks less than a backlog: so most breaks come amid records."""
MTUS = (47, 100, 185, 247)
STEP_MS = 20
DEVICE, LOG_ID = bytes(range(8)), 77


class Sensor:
    """What the firmware makes of the radio, stepped by whoever waits for it."""

    def __init__(self) -> None:
        self.ether = Ether()
        self.ether.room = 12
        self.log = RecordLog(MemoryStorage(lambda: LOG_ID))
        self.link = BleLink(bluetooth, DEVICE, "bar", "sim", "0.1.0")
        answer = SessionProtocol(DEVICE, self.log, "bar", "0.1.0", self.link.max_frame_bytes)
        self._end = SessionPort(self.link, answer)
        self._now_ms = 0
        self.link.start(0)

    def step(self) -> None:
        self._now_ms += STEP_MS
        self._end.serve(self._now_ms)

    def train(self, count: int) -> None:
        for _ in range(count):
            seq = self.log.next_seq + self.log.pending
            self.log.append(protocol.REP, 0, 3000 * seq, (1, seq % 12 + 1, 900, 2500, 1100, 800, 300, 700, seq % 100))
        self.log.flush()

    def records(self) -> list[bytes]:
        buf = bytearray(protocol.RECORD_BYTES)
        return [bytes(buf) for seq in range(self.log.next_seq) if self.log.read_into(seq, buf)]


class TornTransport:
    """One connection: loses `lost_share` of the packets each way, and breaks at the `break_at`th, lost ones counted."""

    def __init__(self, sensor: Sensor, rng: random.Random, mtu: int, lost_share: float, break_at: int = 0) -> None:
        self._sensor, self._ether = sensor, sensor.ether
        self._rng, self._lost_share, self._left = rng, lost_share, break_at
        self._size = mtu - 3
        self._pieces = FragmentAssembler()
        self.lost = [0, 0]  # writes, notifications
        self.broken = False
        for _ in range(3):
            sensor.step()
        assert self._ether.advertised, "after a break it cannot be found"
        self._conn = self._ether.connect(mtu)
        sensor.step()

    @property
    def dropped(self) -> int:
        return self._pieces.dropped

    async def send(self, frame: bytes) -> None:
        for at in range(0, len(frame), self._size):
            if self._arrives(0):
                self._ether.write(self._conn, frame[at : at + self._size])

    async def receive(self, timeout_s: float) -> bytes:
        for _ in range(int(timeout_s * 1000 / STEP_MS)):
            while self._ether.waiting:
                for raw in self._ether.take_notifications(1):
                    whole = self._pieces.feed(raw) if self._arrives(1) else None
                    if whole:
                        return whole
            self._sensor.step()
        raise TimeoutError

    async def close(self) -> None:
        if self._conn in self._ether.conns:
            self._ether.drop(self._conn)

    def _arrives(self, way: int) -> bool:
        if self._conn not in self._ether.conns:
            raise LinkError("the link is down")
        self._left -= 1
        if self._left == 0:
            self._ether.drop(self._conn)
            self.broken = True
            raise LinkError("the link broke")
        lost = self._rng.random() < self._lost_share
        self.lost[way] += lost
        return not lost


@pytest.mark.parametrize("most", [BREAKS_QUICK, pytest.param(BREAKS_LONG, marks=pytest.mark.long)])
def test_connections_that_break_lose_and_double_nothing(most: int, tmp_path: Path, tell: Callable[[str], None]) -> None:
    rng, sensor = random.Random(5), Sensor()
    breaks = new = connections = in_records = 0
    lost = [0, 0]
    with Store.open(tmp_path / "db") as store:

        def once(link: TornTransport) -> int:
            session = Connection(link, store, utc_clock())

            async def run() -> None:
                with suppress(LinkError):
                    await session.run()
                await link.close()

            asyncio.run(run())
            assert sensor.log.acked <= store.next_seq(DEVICE.hex(), LOG_ID), "acknowledged before it was stored"
            return session.result.new

        while breaks < most:
            if sensor.log.next_seq - new < BACKLOG:
                sensor.train(rng.randint(*NEW_RECORDS))
            link = TornTransport(sensor, rng, rng.choice(MTUS), LOST_SHARE, rng.randint(1, MOST_PACKETS))
            came = once(link)
            new += came
            connections += 1
            breaks += link.broken
            in_records += link.broken and came > 0
            lost = [lost[0] + link.lost[0], lost[1] + link.lost[1]]
        by_then = new
        new += once(TornTransport(sensor, rng, 247, 0))
        held = [one.raw for one in store.records()]
    assert held == sensor.records()
    assert new == len(held) == sensor.log.next_seq == sensor.log.acked
    assert by_then > len(held) // 2, "hardly anything came while connections broke"
    assert in_records > most // 10, "hardly any broke amid records"
    with closing(sqlite3.connect(tmp_path / "db")) as reader:
        assert reader.execute("select count(*), count(distinct seq) from record").fetchone() == (new, new)
    tell(
        f"{breaks} breaks in {connections} connections, {in_records} of them amid records; {lost[1]} notifications and "
        f"{lost[0]} writes lost; {new} records, {by_then} of them by then: 0 lost, 0 doubled"
    )
