"""`barhold update`'s host side against the sensor's own Update on a folder: resumed, refused, confirmed, gone back."""

import asyncio
import hashlib
import struct
from collections import deque
from pathlib import Path
from types import SimpleNamespace

import pytest

from barcore import bundle as layout
from barcore import frame, protocol
from barhold.connection import Control
from barhold.connection.update_state import UpdateState
from barhold.errors import LinkError, RefusedError
from barhold.image import bundle, signing_keys
from barhold.update import precheck
from barhold.update.uploader import Offer, Uploader
from barloader import slots
from barsensor.boards.storage import MemoryStorage
from barsensor.health import Health
from barsensor.link.session_protocol import SessionProtocol
from barsensor.update import policy, slot_files
from barsensor.update.receive import Update
from fake_sensor import FakeLog, make
from updatekit import Version, version

DEVICE = bytes(range(8))
STEP_MS = 20
CRASHING_MS = 2000
OLD, NEW = version(2), version(3)


class Sensor:
    """A sensor with slots in `root`, which restarts, proves versions healthy, and crashes in those that do.

    As a Transport its link goes down at every `break_every`th operation, and at each restart.
    """

    def __init__(self, root: Path, break_every: int = 0, by_cable: bool = True, crashing: bool = False) -> None:
        self.store = slots.Slots(str(root))
        self.config = MemoryStorage(None)
        self.by_cable, self.crashing, self.break_every = by_cable, crashing, break_every
        self.busy, self.mv, self.pressed = False, 4000, False
        self.dropped = self.operations = self.restarts = self.blocks = self.doubled = 0
        self.inbox: deque[bytes] = deque()
        self.down = False
        if not (root / "a").exists():
            files = slot_files.SlotFiles(str(root / "a"))
            files.begin(OLD.head())
            for name, data in OLD.files.items():
                files.put(name, data)
            files.finish()
        self.boot(False)

    def boot(self, crashed: bool) -> None:
        self.pointer = self.store.begin(crashed)
        head = Path(self.store.runs(self.pointer), slots.MANIFEST).read_bytes()
        self.version = layout.parse_head(head[: layout.head_bytes(head)])[0].version
        board = SimpleNamespace(
            config=self.config, power=SimpleNamespace(battery_mv=lambda: self.mv), button=lambda: self.pressed
        )
        self.update = Update(board, self.store, policy.SensorIdentity(self.version, "esp32s3", 0x2B06))
        self.health = Health(self.store)
        text = ".".join(map(str, self.version))
        log = FakeLog({0: make(0)})
        raw = SimpleNamespace(owner=None, stop=lambda: None)
        asked = SimpleNamespace(answer=self.control, info=self.info, name="bar", raw=raw)
        self.answer = SessionProtocol(DEVICE, log, "bar", text, protocol.MAX_FRAME, asked, self.by_cable)
        self.now_ms = 0
        self.inbox.clear()

    # --- what Answer asks of control ---

    def control(self, kind: int, body: bytes, asker: object, at_hand: bool):
        if kind != protocol.UPDATE:
            return protocol.UNKNOWN_FRAME
        told = self.update.ask(body, asker, at_hand, protocol.UPDATE_BUSY if self.busy else 0)
        return told if isinstance(told, int) else (protocol.UPDATE_STATE, told)

    def info(self, *_: object) -> list:
        state = protocol.STATE_BUSY if self.busy else 0
        return [
            (protocol.INFO_BOARD, b"xiao_s3"),
            (protocol.INFO_POWER, struct.pack("<H", self.mv)),
            (protocol.INFO_STATE, struct.pack("<H", state)),
        ]

    # --- a Transport ---

    async def send(self, raw: bytes) -> None:
        self.operate()
        kind, nonce, body = frame.parse(raw)
        self.blocks += kind == protocol.UPDATE and body[0] == protocol.UPDATE_BLOCK
        self.inbox.extend(self.answer.update(kind, nonce, body, self.now_ms))

    async def receive(self, timeout_s: float) -> bytes:
        self.operate()
        if not self.inbox:
            raise TimeoutError
        return self.inbox.popleft()

    async def close(self) -> None:
        self.answer.close()

    def operate(self) -> None:
        self.operations += 1
        self.live(STEP_MS)
        if self.down or (self.break_every and self.operations % self.break_every == 0):
            self.down = False
            self.answer.close()
            self.inbox.clear()
            raise LinkError("the fake link went down")

    def live(self, duration_ms: int) -> None:
        for _ in range(0, duration_ms, STEP_MS):
            self.now_ms += STEP_MS
            is_new = self.version != OLD.number
            if self.crashing and is_new and self.now_ms > CRASHING_MS:
                self.restart(True)
            self.health.update(True, self.busy, self.now_ms)
            if self.update.step(self.busy, self.now_ms):
                self.restart(False)

    def restart(self, crashed: bool) -> None:
        self.restarts += 1
        self.down = True
        self.boot(crashed)


def offered(one: Version, sensor: Sensor, **more) -> Offer:
    return Offer(bundle.parse(one.bundle(), "made"), sensor.by_cable, **more)


class Lossy:
    """A link to a sensor that loses what it is told to; it counts how many blocks were on their way at most."""

    def __init__(self, sensor: Sensor, lose_sent=lambda _: False, lose_answer=lambda _: False) -> None:
        self.sensor, self._lose_sent, self._lose_answer = sensor, lose_sent, lose_answer
        self.dropped = self.sent = self.answers = self.most = 0

    async def send(self, raw: bytes) -> None:
        self.sent += 1
        if not self._lose_sent(self.sent):
            await self.sensor.send(raw)
        self.most = max(self.most, len(self.sensor.inbox))

    async def receive(self, timeout_s: float) -> bytes:
        while True:
            raw = await self.sensor.receive(timeout_s)
            self.answers += 1
            if not self._lose_answer(self.answers):
                return raw

    async def close(self) -> None:
        await self.sensor.close()


class Brought:
    """An update over as many sessions as it takes."""

    def __init__(self, sensor: Sensor, offer: Offer) -> None:
        self.notes: list[str] = []
        self.steps: list[int] = []
        self.sessions = 0
        self.sensor = sensor
        self.uploader = Uploader(offer, self.notes.append, lambda done, _: self.steps.append(done))

    def run(self, most: int = 2000) -> str:
        async def whole() -> str:
            for _ in range(most):
                self.sessions += 1
                try:
                    control = await Control.open(self.sensor, lambda _: None)
                    return await self.uploader.work(control)
                except RefusedError:
                    raise
                except LinkError:
                    await asyncio.sleep(0.001)
                    self.sensor.live(1000)
            raise AssertionError("never done")

        return asyncio.run(whole())


@pytest.fixture(autouse=True)
def quick(monkeypatch) -> None:
    monkeypatch.setattr("barhold.update.uploader.POLL_S", 0)
    monkeypatch.setattr("barhold.update.uploader.RESTART_S", 0.5)


@pytest.mark.parametrize("break_every", [0, 11, 25, 60])
def test_an_update_is_brought_and_confirmed_whatever_breaks(tmp_path, break_every) -> None:
    sensor = Sensor(tmp_path, break_every)
    brought = Brought(sensor, offered(NEW, sensor))
    assert brought.run() == "0.3.0"
    assert (sensor.pointer.slot, sensor.store.read()) == (1, slots.Pointer(1, slots.CONFIRMED, 0, 0))
    assert sensor.store.is_whole(0)
    assert sensor.store.is_whole(1)
    assert sensor.restarts == 1
    if break_every == 0:
        assert sensor.blocks == -(-len(NEW.bundle()) // 507)
        assert brought.sessions <= 4  # the old version answers until it restarts
        assert brought.steps == sorted(brought.steps)
        assert "0.3.0 is on trial" in " ".join(brought.notes)


def test_a_break_costs_no_more_than_a_piece(tmp_path) -> None:
    sensor = Sensor(tmp_path, 25)
    brought = Brought(sensor, offered(NEW, sensor))
    brought.run()
    pieces = -(-4096 // 507) + 1
    head = -(-layout.head_bytes(NEW.bundle()) // 507)
    assert sensor.blocks <= -(-len(NEW.bundle()) // 507) + brought.sessions * (pieces + head)
    assert any("resuming at byte" in note for note in brought.notes)


WINDOW_LOSSES = {
    "none": (lambda _: False, lambda _: False),
    "one block": (lambda n: n == 9, lambda _: False),
    "a window": (lambda n: 9 <= n < 15, lambda _: False),
    "a block, twice": (lambda n: n in (9, 15), lambda _: False),
    "every fifth block": (lambda n: n > 3 and n % 5 == 0, lambda _: False),
    "every third answer": (lambda _: False, lambda n: n > 3 and n % 3 == 0),
    "all answers for a while": (lambda _: False, lambda n: 8 <= n < 14),
    "both": (lambda n: n > 3 and n % 7 == 0, lambda n: n > 3 and n % 5 == 0),
}


@pytest.mark.parametrize("losses", WINDOW_LOSSES)
@pytest.mark.parametrize("window", [1, 6])
def test_a_window_of_blocks_arrives_whole_whatever_is_lost(tmp_path, losses: str, window: int) -> None:
    sensor = Sensor(tmp_path)
    link = Lossy(sensor, *WINDOW_LOSSES[losses])
    raw, states = NEW.bundle(), []

    async def send() -> UpdateState:
        control = await Control.open(link, lambda _: None)
        head = raw[: layout.head_bytes(raw)]
        await control.update(protocol.UPDATE_BEGIN, b"\0" + hashlib.sha256(head).digest())
        await control.send_blocks(raw, 0, 507, window, states.append)
        return await control.update(protocol.UPDATE_FINISH)

    assert asyncio.run(send()).state == protocol.UPDATE_CHECKING
    assert link.most <= window
    offsets = [one.next_offset for one in states]
    assert offsets == sorted(offsets)
    if losses == "none":
        assert (sensor.blocks, link.most) == (-(-len(raw) // 507), window)


def test_a_sensor_that_answers_and_does_not_move_on_is_left(tmp_path) -> None:
    sensor = Sensor(tmp_path)
    raw = NEW.bundle()

    async def send() -> None:
        control = await Control.open(sensor, lambda _: None)
        sensor.update.ask = lambda *_: struct.pack(
            protocol.UPDATE_STATE_FORMAT, protocol.UPDATE_FILES, 15, 0, 0, 0, 0, 0
        )
        await control.send_blocks(raw, 0, 507, 6, lambda _: None)

    with pytest.raises(LinkError, match="the update does not get past byte 0"):
        asyncio.run(send())
    assert sensor.blocks < 200


def test_a_version_that_crashes_is_reported_and_the_old_one_counts(tmp_path) -> None:
    sensor = Sensor(tmp_path, crashing=True)
    with pytest.raises(RefusedError, match=r"went back to 0\.2\.0: 0\.3\.0 failed its trial"):
        Brought(sensor, offered(NEW, sensor)).run()
    assert sensor.version == OLD.number


def test_the_same_version_is_left_alone(tmp_path) -> None:
    sensor = Sensor(tmp_path)
    assert Brought(sensor, offered(OLD, sensor)).run() == "0.2.0"
    assert sensor.blocks == 0


def busy(sensor: Sensor) -> None:
    sensor.busy = True


def drained(sensor: Sensor) -> None:
    sensor.mv = 3400


def radio(sensor: Sensor) -> None:
    sensor.by_cable = sensor.answer._is_cable = False


REFUSED = [
    (busy, NEW, protocol.UPDATE_BUSY),
    (drained, NEW, protocol.UPDATE_BATTERY),
    (radio, NEW, protocol.UPDATE_UNSIGNED),
    (None, version(3, family=layout.ESP32), protocol.UPDATE_BOARD),
    (None, version(3, loader=9), protocol.UPDATE_LOADER),
    (None, version(1), protocol.UPDATE_OLDER),
]


@pytest.mark.parametrize(("how", "one", "reason"), REFUSED)
def test_what_the_sensor_would_refuse_is_refused_here_in_its_words(tmp_path, monkeypatch, how, one, reason) -> None:
    """And by the sensor just so, when this side does not look."""
    for checks in (True, False):
        sensor = Sensor(tmp_path)
        if how:
            how(sensor)
        if not checks:
            sensor.pressed = True  # a sensor asks for the button first, which this side cannot see
            monkeypatch.setattr(precheck, "check", lambda *_: None)
        with pytest.raises(RefusedError) as refused:
            Brought(sensor, offered(one, sensor)).run()
        assert protocol.UPDATE_REASON_TEXT[reason] in str(refused.value)
        assert sensor.blocks == 0 or not checks
        assert not (tmp_path / "b").exists()


def test_an_older_version_is_installed_over_the_cable_when_that_is_wanted(tmp_path) -> None:
    sensor = Sensor(tmp_path)
    assert Brought(sensor, offered(version(1), sensor, downgrade=True)).run() == "0.1.0"


@pytest.fixture(scope="module")
def key(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("key") / "key.pem"
    signing_keys.make(path)
    return path


def signed(one: Version, key: Path, sensor: Sensor) -> Offer:
    made = bundle.parse(one.bundle(signing_keys.sign(key, one.manifest)), "made")
    return Offer(made, sensor.by_cable, modulus=signing_keys.read(key).modulus)


def push_key(sensor: Sensor, modulus: bytes) -> None:
    async def push() -> None:
        control = await Control.open(sensor, lambda _: None)
        state = await control.update(protocol.UPDATE_KEY, modulus)
        assert (state.reason, state.key_id) == (0, precheck.key_id(modulus))

    asyncio.run(push())


def test_by_radio_with_key_signature_and_button(tmp_path, key) -> None:
    """The sensor checks by its own arithmetic what the library signed; after a break the button is not asked for."""
    sensor = Sensor(tmp_path, 40)
    push_key(sensor, signing_keys.read(key).modulus)
    radio(sensor)
    with pytest.raises(RefusedError, match="only with the sensor's button held: hold the button"):
        Brought(sensor, signed(NEW, key, sensor)).run()
    sensor.pressed = True
    brought = Brought(sensor, signed(NEW, key, sensor))
    brought.uploader._progress = lambda done, _: setattr(sensor, "pressed", done < 1000)
    assert brought.run() == "0.3.0"


def test_by_radio_without_the_key_on_the_sensor_or_with_another(tmp_path, key) -> None:
    sensor = Sensor(tmp_path)
    radio(sensor)
    sensor.pressed = True
    with pytest.raises(RefusedError, match="the sensor has no key to check the signature"):
        Brought(sensor, signed(NEW, key, sensor)).run()
    signing_keys.make(tmp_path / "other.pem")
    sensor.answer._is_cable = True
    push_key(sensor, signing_keys.read(tmp_path / "other.pem").modulus)
    radio(sensor)
    with pytest.raises(RefusedError, match="the signature is not of the sensor's key"):
        Brought(sensor, signed(NEW, key, sensor)).run()
    assert sensor.blocks == 0


def test_this_installs_own_firmware_goes_on_a_sensor(tmp_path, monkeypatch) -> None:
    """The real bundle, compiled: 70 files and more, under a version that the sensor does not run yet."""
    monkeypatch.setattr("barhold.image.bundle.FIRMWARE_VERSION", (0, 3, 0))
    sensor = Sensor(tmp_path)
    made = bundle.make()
    assert Brought(sensor, Offer(made, True, downgrade=True)).run() == made.version
    assert sensor.store.is_whole(1)
