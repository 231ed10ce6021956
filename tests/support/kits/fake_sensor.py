"""A sensor of lists: the firmware's own end of a session over a log and a link that can go wrong at will."""

import asyncio
import hashlib
import sqlite3
import struct
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from barcore import frame, protocol, record
from barhold.errors import LinkError
from barhold.store import Store
from barsensor.access import Access
from barsensor.boards.storage import MemoryStorage
from barsensor.link.session_protocol import SessionProtocol
from barsensor.main import VERSION

LOG = 0xFEDCBA98
DEVICE = bytes.fromhex("00112233445566aa")
SEVEN_RECORDS = protocol.FRAME_OVERHEAD + 7 * protocol.RECORD_BYTES + protocol.MAC_BYTES
Fault = Callable[[int, bytes], list[bytes]]


def make(
    seq: int, kind: int = protocol.SET_START, values: tuple[int, ...] = (1, 2, 2000), t_ms: int = 0, boot: int = 1
) -> bytes:
    buf = bytearray(protocol.RECORD_BYTES)
    record.pack_into(buf, 0, kind, 0, boot, seq, t_ms, values)
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
        access = Access(MemoryStorage(lambda: 0))
        self.answer = SessionProtocol(device, log, "bar", VERSION, SEVEN_RECORDS, access=access)
        self.inbox: deque[bytes] = deque()
        self.sent: list[tuple[int, bytes]] = []
        self.frames_to_host = 0
        self.operations = 0
        self._to_host, self._to_sensor = to_host, to_sensor
        self._break_at = break_at
        self._database = database
        self.heals = False  # whether a link that broke works again
        self.on_break: Callable[[], object] = lambda: None

    async def send(self, raw: bytes) -> None:
        self._operate()
        number = len(self.sent)
        kind, _, body = frame.parse(raw)
        if kind & protocol.SEALED:
            kind, body = kind ^ protocol.SEALED, body[: -protocol.MAC_BYTES]
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
            self.on_break()
            if self.heals:
                self._break_at = None
            raise LinkError("the fake link went down")
        self.operations += 1

    def _hold_against_database(self, log_id: int, next_seq: int) -> None:
        reader = sqlite3.connect(self._database)
        key = (self.device.hex(), log_id)
        of_log = "join log on log.number = log_number where device_id = ? and log_id = ?"
        stored = set(reader.execute(f"select seq from record {of_log}", key))
        stored |= set(reader.execute("select seq from quarantine where device_id = ? and log_id = ?", key))
        reader.close()
        assert {(seq,) for seq in self.log.raws if seq < next_seq} <= stored, f"ACK({next_seq}) before the commit"


def stored(store: Store, device: bytes = DEVICE) -> dict[int, bytes]:
    found = [(r.seq, r.raw) for r in store.records(device.hex())]
    assert len(found) == len(dict(found)), "a key twice"
    return dict(found)


class Modern:
    """What 1.1 and 1.2 added, behind the firmware's own SessionProtocol: settings, key, log, calibration, stream."""

    def __init__(self, answer: SessionProtocol, device: bytes, log: FakeLog, name: str, cable: bool) -> None:
        self.answer, self.device, self.log = answer, device, log
        answer._control = Asked(self)
        self.cable = cable
        self.name, self.target_ms, self.long_ms, self.battery_mv, self.state = name, 0, 0, 3900, 0
        self.update_key = b""
        self.range_mm = (80, 1000)
        self.minor = protocol.MINOR
        self.flash_bytes = (1_200_000, 2_000_000)
        self.refuses: dict[int, int] = {}
        self.calibration = [(0, 0, 0, 0, 0, 0)]  # what the next CALIBRATEs answer; the last one stays
        self.actions: list[int] = []
        self.streaming = False
        self.erased = 0

    @property
    def cable(self) -> bool:
        return bool(self.answer._is_cable)

    @cable.setter
    def cable(self, is_cable: bool) -> None:
        self.answer._is_cable = is_cable

    @property
    def access(self) -> Access:
        return self.answer._access

    @property
    def key(self) -> bytes:
        return self.access.key_for_cable

    @key.setter
    def key(self, key: bytes) -> None:
        self.access.set_key(key)

    def update(self, kind: int, nonce: int, body: bytes, now_ms: int) -> list[bytes]:
        return [self._as_older(raw) for raw in self.answer.update(kind, nonce, body, now_ms)]

    def live(self, raw: bytes) -> list[bytes]:
        return self.answer.live(raw)

    def close(self) -> None:
        self.streaming = False
        self.answer.close()

    def _as_older(self, raw: bytes) -> bytes:
        """Make of an INFO what a sensor of an earlier minor version says."""
        kind, nonce, body = frame.parse(raw)
        if kind != protocol.INFO or self.minor == protocol.MINOR:
            return raw
        newer = {protocol.INFO_NONCE}
        if self.minor < 1:
            newer |= {protocol.INFO_BOARD, protocol.INFO_POWER, protocol.INFO_STATE, protocol.INFO_PROOF}
        entries = {tag: value for tag, value in frame.parse_info(body).items() if tag not in newer}
        entries[protocol.INFO_PROTOCOL] = bytes((protocol.MAJOR, self.minor))
        return frame.pack(kind, nonce, frame.pack_info(tuple(entries.items())))

    def _diagnose(self, nonce: int, _: bytes) -> tuple[int, int, bytes]:
        told = (
            (protocol.DIAG_HEAP, struct.pack("<II", 1_900_000, 110_000)),
            (protocol.DIAG_FLASH, struct.pack("<II", *self.flash_bytes)),
            (protocol.DIAG_LOG, struct.pack("<II", 5, 32_512)),
            (protocol.DIAG_IMU, bytes(12)),
            (protocol.DIAG_FAULTS, bytes(12)),
            (protocol.DIAG_STARTS, bytes((0, 1, 0, 0, 0, 0, 0, 0))),
        )
        return protocol.DIAGNOSIS, nonce, frame.pack_info(told)

    def _update(self, nonce: int, body: bytes) -> tuple[int, int, bytes]:
        """Know of no update, and keep a key."""
        if body[0] == protocol.UPDATE_KEY:
            self.update_key = body[1:]
        key_id = struct.unpack("<I", hashlib.sha256(self.update_key).digest()[:4])[0] if self.update_key else 0
        return protocol.UPDATE_STATE, nonce, struct.pack(protocol.UPDATE_STATE_FORMAT, 0, 0, 0, 0, 0, 0, key_id)

    def _set(self, nonce: int, body: bytes) -> tuple[int, int, bytes]:
        for tag, value in frame.parse_info(body).items():
            if tag == protocol.SET_NAME:
                self.name = value.decode()
            elif tag == protocol.SET_TARGET:
                [self.target_ms] = struct.unpack("<H", value)
            elif tag == protocol.SET_LONG:
                [self.long_ms] = struct.unpack("<H", value)
            elif tag == protocol.SET_RANGE:
                self.range_mm = struct.unpack("<HH", value)
        kept = (
            (protocol.SET_NAME, self.name.encode()),
            (protocol.SET_TARGET, struct.pack("<H", self.target_ms)),
            (protocol.SET_LONG, struct.pack("<H", self.long_ms)),
            (protocol.SET_RANGE, struct.pack("<HH", *self.range_mm)),
        )
        return protocol.SETTINGS, nonce, frame.pack_info(kept)

    def _key(self, nonce: int, body: bytes) -> tuple[int, int, bytes]:
        assert len(body) in (0, protocol.KEY_BYTES)
        self.access.set_key(body)
        return protocol.DONE, nonce, bytes((protocol.KEY,))

    def _erase(self, nonce: int, body: bytes) -> tuple[int, int, bytes]:
        if struct.unpack("<I", body)[0] != self.log.log_id:
            return protocol.STATUS, nonce, bytes((protocol.ERASE, protocol.WRONG_LOG))
        self.log.raws.clear()
        self.log.log_id += 1
        self.log.first_seq = self.log.next_seq = self.log.acked = 0
        self.erased += 1
        return protocol.DONE, nonce, bytes((protocol.ERASE,))

    def _calibrate(self, nonce: int, body: bytes) -> tuple[int, int, bytes]:
        self.actions.append(body[0])
        now = self.calibration.pop(0) if len(self.calibration) > 1 else self.calibration[0]
        return protocol.CALIBRATION, nonce, struct.pack(protocol.CALIBRATION_FORMAT, *now)

    def _stream(self, nonce: int, body: bytes) -> tuple[int, int, bytes]:
        self.streaming = body == b"\1"
        return protocol.DONE, nonce, bytes((protocol.STREAM,))

    def _access(self, nonce: int, body: bytes) -> tuple[int, int, bytes]:
        if body[0] != protocol.ACCESS_ASK:
            self.access.open(body[0] == protocol.ACCESS_OPEN)
        told = bytes((self.access.is_open,))
        return protocol.ACCESS_IS, nonce, told + self.access.key_for_cable if self.cable else told


class Asked:
    """The control that SessionProtocol asks, over what `modern` holds."""

    raw = type("NoStream", (), {"owner": None})()

    def __init__(self, modern: Modern) -> None:
        self.modern = modern

    @property
    def name(self) -> str:
        return self.modern.name

    def info(self) -> list[tuple[int, bytes]]:
        modern, access = self.modern, self.modern.access
        bits = (protocol.STATE_KEYED if access.key else 0) | (protocol.STATE_OPEN if access.is_open else 0)
        return [
            (protocol.INFO_BOARD, b"sim"),
            (protocol.INFO_POWER, struct.pack("<H", modern.battery_mv)),
            (protocol.INFO_STATE, struct.pack("<H", modern.state | bits)),
        ]

    def answer(self, kind: int, body: bytes, asker: SessionProtocol, at_hand: bool) -> "int | tuple[int, bytes]":
        modern = self.modern
        rows = {
            protocol.SET: modern._set,
            protocol.KEY: modern._key,
            protocol.ERASE: modern._erase,
            protocol.CALIBRATE: modern._calibrate,
            protocol.STREAM: modern._stream,
            protocol.UPDATE: modern._update,
            protocol.ACCESS: modern._access,
            protocol.DIAGNOSE: modern._diagnose,
        }
        if kind in modern.refuses:
            return modern.refuses[kind]
        if kind not in rows or modern.minor < (2 if kind in (protocol.ACCESS, protocol.DIAGNOSE) else 1):
            return protocol.UNKNOWN_FRAME
        needs = {protocol.KEY: protocol.NEEDS_CABLE, protocol.ERASE: protocol.NOT_ALLOWED}
        if kind in needs and not at_hand:
            return needs[kind]
        if kind == protocol.ACCESS and not asker.is_owner:
            return protocol.NEEDS_KEY
        try:
            done = rows[kind](0, body)
        except ValueError:
            return protocol.BAD_BODY
        return done[2][1] if done[0] == protocol.STATUS else (done[0], done[2])


class ModernSensor(FakeSensor):
    """A sensor that speaks 1.1. `spoken` are LIVE records to come, `samples` packed ones that a stream gives."""

    def __init__(
        self, log: FakeLog, *args: Any, name: str = "bar", cable: bool = False, samples: bytes = b"", **options: Any
    ) -> None:
        super().__init__(log, *args, **options)
        self.modern = Modern(self.answer, self.device, log, name, cable)
        self.answer = self.modern  # type: ignore[assignment]  # what its test asks in the place of the protocol
        self.samples = samples
        self.index = 0
        self.skip: dict[int, int] = {}  # at this index so many samples are lost
        self.spoken: deque[bytes] = deque()
        self.idle_s = 0.005

    async def receive(self, timeout_s: float) -> bytes:
        self._operate()
        await asyncio.sleep(0)
        if not self.inbox and self.modern.answer.state and self.spoken:
            self.inbox.extend(self.modern.answer.live(self.spoken.popleft()))
        if not self.inbox and self.modern.streaming:
            self._speak_samples()
        if not self.inbox:
            await asyncio.sleep(min(timeout_s, self.idle_s))
            raise TimeoutError
        return self.inbox.popleft()

    async def close(self) -> None:
        await super().close()
        self.modern.close()

    def _speak_samples(self) -> None:
        self.index += self.skip.pop(self.index, 0)
        piece = self.samples[16 * self.index : 16 * self.index + 160]
        if piece:
            body = struct.pack(protocol.SAMPLES_FORMAT, self.index) + piece
            self.inbox.append(self.modern.answer._frame(protocol.SAMPLES, body))
            self.index += len(piece) // 16
