"""Thousands of connections with a peer on the way that does whatever it likes: the store ends up equal to the log.

The sensor's end is the firmware's own protocol over its own record log, the host's is the real connection over a real
database. On the way frames are lost, doubled, reordered, corrupted, cut short, replayed from older connections and
forged. In between the sensor restarts, its log is erased, clocks jump, and two hosts take turns. Half of the
connections are with a sensor that has a key; there, frames are altered and their CRCs put right again, too. Time is
simulated: a host that would wait for an answer gives up at once.
"""

import asyncio
import binascii
import os
import random
import struct
import tempfile
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from barcore import frame, protocol
from barhold.connection import Connection
from barhold.errors import BarholdError, LinkError
from barhold.store import Store, database
from barsensor.access import Access
from barsensor.boards.storage import MemoryStorage
from barsensor.link.session_port import SessionPort
from barsensor.link.session_protocol import SessionProtocol
from barsensor.storage.record_log import RecordLog
from fake_sensor import make
from memory_nvs import MemoryNvs

QUICK, LONG = 1500, 15_000
"""Connections without a key, and as many with one."""
KEY = bytes(range(32))
DEVICE = bytes(range(8))
MAX_FRAME = protocol.FRAME_OVERHEAD + 7 * protocol.RECORD_BYTES + protocol.MAC_BYTES
NEW_RECORDS = (0, 25)
FORGED_T_MS = 0xBAD
START_UTC_MS = 1_900_000_000_000
MEMORY = Path("/dev/shm")  # noqa: S108 - only the tests write there
Frames = list[bytes]


class Wires:
    """The link that a SessionPort serves: what came in, and what goes out."""

    max_frame_bytes, is_cable, connected, up, room = MAX_FRAME, False, True, True, 1 << 16
    faults = 0
    spoke_ms = -1

    def __init__(self) -> None:
        self.incoming: deque[tuple[int, int, bytes]] = deque()
        self.outgoing: deque[bytes] = deque()

    def poll(self, _now_ms: int) -> tuple[int, int, bytes] | None:
        return self.incoming.popleft() if self.incoming else None

    def send(self, raw: bytes) -> None:
        self.outgoing.append(raw)

    def drop(self, _now_ms: int) -> None:
        """Let the host find out by itself."""


class Sensor:
    """The firmware's end. `made` remembers every record that any of its logs ever held."""

    def __init__(self, rng: random.Random, key: bytes) -> None:
        self._rng = rng
        self.access = Access(MemoryStorage(lambda: 0))
        self.access.set_key(key)
        ids = iter(range(1000, 1 << 30))
        self.storage, self.nvs = MemoryStorage(lambda: next(ids)), MemoryNvs()
        self.made: dict[tuple[int, int], bytes] = {}
        self.now_ms = 0
        self.start()

    def start(self) -> None:
        """Start, as after a power cut: what was not written is gone."""
        self.log = RecordLog(self.storage, nvs=self.nvs)
        self.wires = Wires()
        answer = SessionProtocol(DEVICE, self.log, "bar", "0.1.0", MAX_FRAME, access=self.access)
        self.port = SessionPort(self.wires, answer)

    def train(self, count: int) -> None:
        buf = bytearray(protocol.RECORD_BYTES)
        for _ in range(count):
            seq = self.log.append(protocol.CORRECTION, 0, self.now_ms, (self._rng.randrange(256), 1, 2, 3))
            self.log.read_into(seq, buf)
            self.made[self.log.log_id, seq] = bytes(buf)
        self.log.flush()

    def erase(self) -> None:
        """Begin a new log, as over the cable while a host is on the radio."""
        self.log.erase()
        self.port.leave(None, self.now_ms)
        self.train(self._rng.randrange(1, 60))

    def serve(self) -> None:
        while self.wires.incoming:
            self.now_ms += 20
            self.port.serve(self.now_ms)


@dataclass
class Peer:
    """Whoever is on the way. `attacks` counts what it did; `seen` are frames of older connections."""

    rng: random.Random
    attacks: Counter[str] = field(default_factory=Counter)
    seen: deque[bytes] = field(default_factory=lambda: deque(maxlen=200))

    def on_the_way(self, raw: bytes, share: float) -> Frames:
        """Return what arrives in the place of `raw`."""
        self.seen.append(raw)
        if self.rng.random() >= share:
            return [raw]
        name, attack = self.rng.choice(list(ATTACKS.items()))
        self.attacks[name] += 1
        return attack(self, raw)

    def drop(self, _raw: bytes) -> Frames:
        return []

    def double(self, raw: bytes) -> Frames:
        return [raw] * self.rng.randrange(2, 4)

    def corrupt(self, raw: bytes) -> Frames:
        bad = bytearray(raw)
        bad[self.rng.randrange(len(bad))] ^= 1 << self.rng.randrange(8)
        return [bytes(bad)]

    def truncate(self, raw: bytes) -> Frames:
        return [raw[: self.rng.randrange(len(raw))]]

    def replay(self, raw: bytes) -> Frames:
        return [*(self.rng.choice(self.seen) for _ in range(self.rng.randrange(1, 6))), raw]

    def forge(self, raw: bytes) -> Frames:
        """Put frames with right CRCs in front: forged records, ENDs and ACKs, with nonces of other connections."""
        nonce = self.rng.choice([0, self.rng.getrandbits(32)])
        seq = self.rng.choice([self.rng.randrange(400), self.rng.getrandbits(31)])
        log_id = self.rng.randrange(1000, 1010)
        bodies = (
            (protocol.DATA, make(seq, t_ms=FORGED_T_MS)),
            (protocol.END, struct.pack(protocol.END_FORMAT, seq + 1, 0, 0, seq)),
            (protocol.ACK, struct.pack(protocol.ACK_FORMAT, log_id, seq)),
            (protocol.ACKED, struct.pack(protocol.ACK_FORMAT, log_id, seq)),
            (protocol.LIVE, make(seq, t_ms=FORGED_T_MS)),
        )
        return [*(frame.pack(kind, nonce, body) for kind, body in self.rng.sample(bodies, 2)), raw]

    def alter(self, raw: bytes) -> Frames:
        """Change a byte of a sealed frame and put the CRC right again."""
        kind, _, _ = frame.parse(raw)
        if not kind & protocol.SEALED:
            return [raw]
        bad = bytearray(raw[: -protocol.FRAME_CRC_BYTES])
        at = self.rng.choice([4, self.rng.randrange(protocol.FRAME_HEADER_BYTES, len(bad))])
        bad[at] ^= 1 << self.rng.randrange(8)
        return [bytes(bad) + struct.pack("<I", binascii.crc32(bad))]

    def slip_in(self, raw: bytes) -> Frames:
        """Put a valid record in front that nobody asked for, with the right nonce: one beyond the log's own range."""
        kind, nonce, _ = frame.parse(raw)
        if kind not in (protocol.DATA, protocol.END):
            return [raw]
        return [frame.pack(protocol.DATA, nonce, make(1 << 20 | self.rng.getrandbits(8), t_ms=FORGED_T_MS)), raw]


ATTACKS: dict[str, Callable[[Peer, bytes], Frames]] = {
    "drop": Peer.drop,
    "double": Peer.double,
    "corrupt": Peer.corrupt,
    "truncate": Peer.truncate,
    "replay": Peer.replay,
    "forge": Peer.forge,
    "slip in": Peer.slip_in,
    "alter": Peer.alter,
}


class Link:
    """One connection through the peer; it holds every acknowledgement against what is committed by then."""

    def __init__(self, sensor: Sensor, peer: Peer, store: Store, share: float, upsets: dict[int, str]) -> None:
        self.dropped = self.operations = 0
        self._sensor, self._peer, self._store, self._share, self._upsets = sensor, peer, store, share, upsets
        self._inbox: deque[bytes] = deque()
        self._held_back: Frames = []
        self.acks = 0

    async def send(self, raw: bytes) -> None:
        self._operate()
        kind, _, body = frame.parse(raw)
        if kind & ~protocol.SEALED == protocol.ACK:
            self._check(*struct.unpack_from(protocol.ACK_FORMAT, body))
        for arrived in self._peer.on_the_way(raw, self._share):
            with suppress(frame.FrameError):
                self._sensor.wires.incoming.append(frame.parse(arrived))
        self._sensor.serve()

    async def receive(self, _timeout_s: float) -> bytes:
        self._operate()
        outgoing = self._sensor.wires.outgoing
        while outgoing and not self._inbox:
            arrived = self._peer.on_the_way(outgoing.popleft(), self._share)
            if arrived and self._share and self._peer.rng.random() < self._share / 4:
                self._peer.attacks["reorder"] += 1
                self._held_back += arrived
                continue
            self._inbox.extend(arrived + self._held_back)
            self._held_back = []
        if not self._inbox:
            raise TimeoutError
        return self._inbox.popleft()

    async def close(self) -> None:
        self._sensor.wires.incoming.clear()
        self._sensor.wires.outgoing.clear()

    def _operate(self) -> None:
        upset = self._upsets.get(self.operations, "")
        self.operations += 1
        if upset:
            self._peer.attacks[upset] += 1
        if upset == "restart":
            self._sensor.start()
        elif upset == "erase":
            self._sensor.erase()
        elif upset == "break":
            raise LinkError("the link broke")

    def _check(self, log_id: int, next_seq: int) -> None:
        self.acks += 1
        missing = self._store.missing(DEVICE.hex(), log_id, 0, next_seq)
        assert not missing, f"log {log_id}: acknowledged up to {next_seq}, but {missing} are not committed"


class JumpingClock:
    """A host's clock that is set at random between two readings."""

    def __init__(self, rng: random.Random) -> None:
        self._rng, self._now_ms = rng, START_UTC_MS

    def __call__(self) -> int:
        self._now_ms += self._rng.choice([1, 1, 1, 20, 3_600_000, -3_600_000, 86_400_000 * 365])
        return max(0, self._now_ms)


def once(link: Link, store: Store, now: Callable[[], int]) -> bool:
    """Sync once; tell whether that came to its end."""

    async def run() -> bool:
        try:
            await Connection(link, store, now).run()  # type: ignore[arg-type]
        except BarholdError:
            return False
        finally:
            await link.close()
        return True

    return asyncio.run(run())


def upsets(rng: random.Random) -> dict[int, str]:
    """Return at which operation of the connection what happens to it."""
    kinds = rng.choices(["break", "restart", "erase", ""], [5, 3, 1, 6], k=2)
    return {rng.randrange(2, 60): kind for kind in kinds if kind}


@pytest.fixture
def stores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Store]]:
    """Two databases in memory where there is such a place: their 8,000 commits then wait for no disk."""
    monkeypatch.setattr(database, "_GIVE_WAY_S", 0.0)  # nobody else writes
    memory = MEMORY if os.access(MEMORY, os.W_OK) else tmp_path
    with tempfile.TemporaryDirectory(dir=memory) as name:
        folder = Path(name)
        with Store.open(folder / "one.db") as one, Store.open(folder / "other.db") as other:
            yield [one, other]


@pytest.mark.parametrize("key", [b"", KEY], ids=["no key", "key"])
@pytest.mark.parametrize("connections", [QUICK, pytest.param(LONG, marks=pytest.mark.long)])
def test_whatever_a_peer_does_each_store_ends_up_equal_to_the_log(
    connections: int, key: bytes, stores: list[Store], tell: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(16)
    sensor, peer, now = Sensor(rng, key), Peer(rng), JumpingClock(rng)
    for store in stores:
        monkeypatch.setattr(store, "key_of", lambda _: key or None)
    whole = acks = 0
    for _ in range(connections):
        if sensor.log.next_seq < 300 or rng.random() < 0.1:
            sensor.train(rng.randint(*NEW_RECORDS))
        store = rng.choice(stores)
        link = Link(sensor, peer, store, rng.choice([0.02, 0.1, 0.3]), upsets(rng))
        whole += once(link, store, now)
        acks += link.acks
    for store in stores:
        assert once(Link(sensor, peer, store, 0, {}), store, now), "a quiet link is all it takes in the end"
        held = {(one.log_id, one.seq): one.raw for one in store.records()}
        assert not [key for key, raw in held.items() if sensor.made.get(key) != raw], "a forged record was accepted"
        log_id = sensor.log.log_id
        own = {key: raw for key, raw in sensor.made.items() if key[0] == log_id}
        assert {key: raw for key, raw in held.items() if key[0] == log_id} == own
        assert store.quarantined() == []
    assert sensor.log.acked == sensor.log.next_seq
    assert connections // 10 < whole < connections
    assert min(peer.attacks[name] for name in (*ATTACKS, "reorder", "restart", "erase", "break")) > connections // 100
    told = ", ".join(f"{count} {name}" for name, count in sorted(peer.attacks.items()))
    tell(f"{connections} connections, {whole} of them whole, {acks} acknowledgements; {told}: 0 lost, 0 forged")
