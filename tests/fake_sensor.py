"""A sensor of lists: the firmware's own end of a session over a log and a link that can go wrong at will."""

import sqlite3
import struct
from collections import deque
from collections.abc import Callable
from pathlib import Path

from barcore import frame, protocol, record
from barhold import firmware
from barhold.errors import LinkError
from barhold.store import Store

LOG = 0xFEDCBA98
DEVICE = bytes.fromhex("00112233445566aa")
SEVEN_RECORDS = protocol.FRAME_OVERHEAD + 7 * protocol.RECORD_BYTES
Fault = Callable[[int, bytes], list[bytes]]


def make(seq: int, kind: int = protocol.SET_START, values: tuple[int, ...] = (1, 2, 2000), t_ms: int = 0) -> bytes:
    buf = bytearray(protocol.RECORD_BYTES)
    record.pack_into(buf, 0, kind, 0, 1, seq, t_ms, values)
    return bytes(buf)


def spoilt(raw: bytes, at: int = 20) -> bytes:
    return raw[:at] + bytes([raw[at] ^ 0x55]) + raw[at + 1 :]


def no_fault(_: int, raw: bytes) -> list[bytes]:
    return [raw]


class FakeLog:
    """Holds `raws` under the seqs given; what it reads can be spoilt."""

    def __init__(self, raws: dict[int, bytes], log_id: int = LOG) -> None:
        self.raws = raws
        self.log_id = log_id
        self.boot = 1
        self.acked = 0
        self.first_seq = min(raws, default=0)
        self.next_seq = max(raws, default=-1) + 1

    def read_into(self, seq: int, buf: bytearray, at: int) -> bool:
        if seq in self.raws:
            buf[at : at + protocol.RECORD_BYTES] = self.raws[seq]
        return seq in self.raws

    def ack(self, log_id: int, next_seq: int) -> int:
        if log_id != self.log_id:
            return protocol.WRONG_LOG
        self.acked = max(self.acked, next_seq)
        return 0


class FakeSensor:
    """A Transport. `to_host` and `to_sensor` turn the n-th frame that way into those that arrive.

    The link goes down at operation `break_at`. With `database`, every ACK is held against what other processes can
    read there: the promise itself.
    """

    def __init__(
        self,
        log: FakeLog,
        to_host: Fault = no_fault,
        to_sensor: Fault = no_fault,
        device: bytes = DEVICE,
        break_at: int | None = None,
        database: Path | None = None,
    ) -> None:
        self.dropped = 0
        self.log = log
        self.device = device
        self.answer = firmware.load("link.answer").Answer(device, log, "bar", "0.1.0", SEVEN_RECORDS)
        self.inbox: deque[bytes] = deque()
        self.sent: list[tuple[int, bytes]] = []
        self.frames_to_host = 0
        self.operations = 0
        self._to_host, self._to_sensor = to_host, to_sensor
        self._break_at = break_at
        self._database = database

    async def send(self, raw: bytes) -> None:
        self._operate()
        number = len(self.sent)
        kind, _, body = frame.parse(raw)
        self.sent.append((kind, body))
        if kind == protocol.ACK and self._database:
            self._hold_against_database(*struct.unpack(protocol.ACK_FORMAT, body))
        for arrived in self._to_sensor(number, raw):
            for answer in self.answer.update(*frame.parse(arrived), 1000):
                self.inbox.extend(self._to_host(self.frames_to_host, answer))
                self.frames_to_host += 1

    async def receive(self, timeout_s: float) -> bytes:
        self._operate()
        if not self.inbox:
            raise TimeoutError
        return self.inbox.popleft()

    async def close(self) -> None:
        self.inbox.clear()

    def kinds(self) -> list[int]:
        return [kind for kind, _ in self.sent]

    def _operate(self) -> None:
        if self.operations == self._break_at:
            raise LinkError("the fake link went down")
        self.operations += 1

    def _hold_against_database(self, log_id: int, next_seq: int) -> None:
        reader = sqlite3.connect(self._database)
        key = (self.device.hex(), log_id)
        stored = set(reader.execute("select seq from record where device_id = ? and log_id = ?", key))
        stored |= set(reader.execute("select seq from quarantine where device_id = ? and log_id = ?", key))
        reader.close()
        assert {(seq,) for seq in self.log.raws if seq < next_seq} <= stored, f"ACK({next_seq}) before the commit"


def stored(store: Store, device: bytes = DEVICE) -> dict[int, bytes]:
    found = [(r.seq, r.raw) for r in store.records(device.hex())]
    assert len(found) == len(dict(found)), "a key twice"
    return dict(found)
