"""Power cut at every flash operation of updates, torn in four ways: one whole version starts, and user data stays.

Lives of a sensor are lived once on littlefs - the real update, the real loader's decision, the real log and kept
files - and their flash operations are noted. Each cut then builds the flash as it was, tears it, and starts the sensor
on it until a version is healthy. Run again with three bugs put in on purpose, the campaign shows that it sees them.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from barcore import loglayout, protocol
from barloader import slots
from barsensor.boards import storage as storage_module
from barsensor.storage.record_log import RecordLog
from barsensor.update import receive as update_module
from barsensor.update import slot_files
from littlefs_rig import ERASE, TEARS, Op, Rig, cuts, on_littlefs
from updatekit import SENSOR, Sender, Version, version

BLOCKS = 40
CUTS = 2000
EVERY_QUICK, EVERY_LONG = 5, 1
"""In the usual tests every fifth flash operation is cut, in the long form each one."""
RESUMED, NESTED = 3, 19
"""Of each so many cuts one is followed by the update's end, one by a second cut at each operation of what follows."""
STARTS_MOST = 4
OLD, GOOD, CRASHING, LATER = version(2), version(3), version(4, crashes=True), version(5)
VERSIONS = (OLD, GOOD, CRASHING, LATER)


@dataclass
class Sensor:
    """A mounted flash and what runs on it."""

    at: SimpleNamespace
    update_type: Any = update_module.Update
    store: Any = field(init=False)
    config: Any = field(init=False)

    def __post_init__(self) -> None:
        self.store = slots.Slots()
        self.config = storage_module.FolderStorage("config", None)

    def board(self) -> SimpleNamespace:
        power = SimpleNamespace(battery_mv=lambda: 0)
        return SimpleNamespace(config=self.config, power=power, button=lambda: False)

    def sender(self) -> Sender:
        return Sender(self.update_type(self.board(), self.store, SENSOR))

    def running(self, folder: str) -> Version | None:
        """Return the version whose every file lies in `folder`, whole; None for a mix."""
        for one in VERSIONS:
            if all(self.read(f"{folder}/{path}", len(data) + 1) == data for path, data in one.paths.items()):
                return one
        return None

    def read(self, path: str, most: int) -> bytes:
        raw = bytearray(most)
        try:
            with self.at.mounted.open(path, "rb") as file:
                return bytes(raw[: file.readinto(raw)])
        except OSError:
            return b""


@dataclass
class Life:
    """What a sensor did, and what it had promised after so many flash operations, in order."""

    fresh: bytes
    ops: list[Op]
    confirmed: list[tuple[int, Version]] = field(default_factory=list)
    records: list[tuple[int, int]] = field(default_factory=list)
    kept: list[tuple[int, bytes]] = field(default_factory=list)
    wanted: list[tuple[int, Version]] = field(default_factory=list)

    def confirmed_at(self, op: int) -> list[Version]:
        return [one for ops, one in self.confirmed if ops <= op]

    def records_at(self, op: int) -> int:
        return max([count for ops, count in self.records if ops <= op], default=0)

    def kept_from(self, op: int) -> list[bytes]:
        """Return what the kept file may hold: what it held last, or anything later."""
        at = bisect_right(self.kept, op, key=lambda note: note[0])
        return [raw for _, raw in self.kept[max(0, at - 1) :]]

    def wanted_at(self, op: int) -> Version | None:
        under_way = [one for ops, one in self.wanted if ops <= op]
        return under_way[-1] if under_way else None


class Living:
    """Lives a life: the user trains and sets, versions come, start and crash."""

    def __init__(self, rig: Rig, update_type: Any) -> None:
        self.rig, self.update_type = rig, update_type
        self.sensor = Sensor(rig.fresh(BLOCKS), update_type)
        files = slot_files.SlotFiles("/a")
        files.begin(OLD.head())
        for name in sorted(OLD.files):
            files.put(name, OLD.files[name])
        files.finish()
        self.log = RecordLog(self.sensor.at.storage)
        self.saves = 0
        self.flash = self.sensor.at.flash
        self.sensor.config.replace("settings", b"0" * 90)
        self.flash.ops.clear()
        self.life = Life(bytes(self.flash.buffer), self.flash.ops, [(0, OLD)], [], [(0, b"0" * 90)])
        self.start(False)

    def train(self) -> None:
        for i in range(3):
            self.log.append(protocol.CORRECTION, 0, i, (1, 2, 3, 4))
        self.log.flush()
        self.life.records.append((len(self.life.ops), self.log.next_seq))

    def set(self) -> None:
        self.saves += 1
        content = bytes((48 + self.saves % 40,)) * 90
        at = len(self.life.ops)
        self.sensor.config.replace("settings", content)
        self.life.kept.append((len(self.life.ops), content))
        assert len(self.life.ops) > at

    def take(self, new: Version) -> None:
        """Take an update, training and setting between its blocks."""
        sender = self.sensor.sender()
        raw = new.bundle()
        self.life.wanted.append((len(self.life.ops), new))
        told = sender.begin(raw)
        while told.next < len(raw):
            told = sender.block(raw, told.next)
            assert not told.reason
            if told.next // 507 % 9 == 0:
                self.train()
            if told.next // 507 % 13 == 0:
                self.set()
        assert sender.finish().state == protocol.UPDATE_READY

    def start(self, crashed: bool) -> None:
        """Start until a version is healthy, then let it train."""
        for _ in range(STARTS_MOST):
            at = self.rig.again(self.flash)
            self.sensor = Sensor(at, self.update_type)
            self.log = RecordLog(at.storage)
            start = self.sensor.store.begin(crashed)
            ran = self.sensor.running(self.sensor.store.runs(start))
            if ran is None:
                return  # only with a bug
            self.train()
            crashed = ran.crashes
            if not crashed:
                self.life.confirmed.append((len(self.life.ops), ran))
                self.sensor.store.confirm()
                self.train()
                return


def live(
    rig: Rig, update_type: Any = update_module.Update, news: tuple[Version, ...] = (GOOD, CRASHING, LATER)
) -> Life:
    living = Living(rig, update_type)
    for new in news:
        living.take(new)
        living.start(True)
    return living.life


def starts(sensor: Sensor, allowed: list[Version], crashed: bool = False) -> tuple[Version | None, str]:
    """Start until a version is healthy; return it, or what was wrong."""
    tried: list[Version] = []
    for _ in range(STARTS_MOST):
        start = sensor.store.begin(crashed)
        if start is None or start.state == slots.SAFE:
            return None, "safe mode"
        ran = sensor.running(sensor.store.runs(start))
        if ran is None:
            return None, f"a mix starts in {sensor.store.runs(start)}"
        if start.state == slots.CONFIRMED and ran not in allowed:
            return None, f"{ran.number} passes for confirmed"
        if ran in tried and ran not in allowed:
            return None, f"{ran.number} is tried twice"
        tried.append(ran)
        if not ran.crashes:
            sensor.store.confirm()
            return ran, ""
        crashed = True
    return None, "no start is healthy"


def user_data(sensor: Sensor, life: Life, op: int) -> str:
    log, buf = RecordLog(sensor.at.storage), bytearray(32)
    missing = [
        seq for seq in range(life.records_at(op)) if not log.read_into(seq, buf) or not loglayout.holds(buf, 0, seq)
    ]
    if missing:
        return f"records {missing[:3]} are lost"
    return "" if sensor.read("config/settings", 200) in life.kept_from(op) else "the settings are neither old nor new"


def faults(rig: Rig, life: Life, op: int, flash: bytearray, update_type: Any) -> str:
    """Start a sensor on `flash`, cut in operation `op`; return what it did wrong, or nothing."""
    at = rig.mount(flash)
    sensor = Sensor(at, update_type)
    ran, wrong = starts(sensor, life.confirmed_at(op))
    wrong = wrong or user_data(sensor, life, op)
    if not wrong and ran and op % RESUMED == 0:
        wrong = goes_on(rig, life, op, sensor, ran)
    return f"cut in {op}: {wrong}" if wrong else ""


def goes_on(rig: Rig, life: Life, op: int, sensor: Sensor, ran: Version) -> str:
    """Let the host send again what it was about to send; it ends in that version, unless that one crashes."""
    new = life.wanted_at(op)
    if new is None or ran is new:
        return ""
    sender = sensor.sender()
    told = sender.send(new.bundle(), protocol.UPDATE_DOWNGRADE)
    if told.reason or sender.finish().state != protocol.UPDATE_READY:
        return f"the update does not go on: {told}"
    later = Sensor(rig.again(sensor.at.flash), sensor.update_type)
    ends_in, wrong = starts(later, [*life.confirmed_at(op), ran])
    return wrong or user_data(later, life, op) or ("" if ends_in is (ran if new.crashes else new) else "ends elsewhere")


def campaign(
    rig: Rig, life: Life, tear: str, update_type: Any = update_module.Update, every: int = 1
) -> tuple[int, list[str]]:
    """Return (cuts made, what went wrong)."""
    count, wrong = 0, []
    for op, flash in cuts(life.fresh, life.ops, tear, seed=len(tear)):
        if op % every:
            continue
        count += 1
        if fault := faults(rig, life, op, flash, update_type):
            wrong.append(fault)
    return count, wrong


def nested(rig: Rig, life: Life, tear: str, every: int) -> tuple[int, list[str]]:
    """Cut a second time, at every operation of what follows a first cut: its starts, and the update's end."""
    count, wrong = 0, []
    for op, flash in cuts(life.fresh, life.ops, "half", seed=1):
        if op % (NESTED * every):
            continue
        sensor = Sensor(rig.mount(flash))
        before = bytes(sensor.at.flash.buffer)
        ran, _ = starts(sensor, life.confirmed_at(op))
        assert ran
        then = len(sensor.at.flash.ops)
        goes_on(rig, life, op, sensor, ran)
        for second, torn in cuts(before, list(sensor.at.flash.ops), tear, seed=op):
            later = Sensor(rig.mount(torn))
            allowed = [*life.confirmed_at(op), ran, *([life.wanted_at(op)] if second >= then else [])]
            _, fault = starts(later, [one for one in allowed if one and not one.crashes])
            fault = fault or user_data(later, life, op)
            count += 1
            if fault:
                wrong.append(f"cut in {op}, then in {second}: {fault}")
    return count, wrong


@pytest.fixture(scope="module")
def littlefs() -> Iterator[Rig]:
    yield from on_littlefs(slots, slot_files)


@pytest.fixture(scope="module")
def life(littlefs: Rig) -> Life:
    return live(littlefs)


quick_and_long = pytest.mark.parametrize("every", [EVERY_QUICK, pytest.param(EVERY_LONG, marks=pytest.mark.long)])


@quick_and_long
@pytest.mark.parametrize("tear", TEARS)
def test_a_cut_at_any_flash_operation_starts_a_whole_version_and_loses_nothing(
    tear: str, every: int, littlefs: Rig, life: Life
) -> None:
    count, wrong = campaign(littlefs, life, tear, every=every)
    assert wrong == []
    assert count >= CUTS / len(TEARS) / every


@quick_and_long
@pytest.mark.parametrize("tear", ["lost", "old"])
def test_nor_does_a_second_cut_in_what_follows_the_first(tear: str, every: int, littlefs: Rig, life: Life) -> None:
    count, wrong = nested(littlefs, life, tear, every)
    assert wrong == []
    assert count > 300 / every


def test_the_life_has_seen_it_all(life: Life) -> None:
    assert [one.number for _, one in life.confirmed] == [v.number for v in (OLD, OLD, GOOD, GOOD, LATER)]
    assert sum(op.kind == ERASE for op in life.ops) > 10
    assert len(life.records) > 10
    assert len(life.kept) > 5


def test_an_update_that_was_cut_off_goes_on_from_what_flash_holds(littlefs: Rig, life: Life) -> None:
    """Asked in the middle of each update: never more than a piece of a file comes again."""
    whole, again = GOOD.bundle(), []
    for op, flash in cuts(life.fresh, life.ops, "lost", seed=1):
        if op < life.confirmed[2][0]:
            sensor = Sensor(littlefs.mount(flash))
            if sensor.running("/b") is None and starts(sensor, [OLD])[0] is OLD:
                again.append(sensor.sender().begin(whole).next)
    assert again == sorted(again)
    assert max(again) > len(whole) - 2000
    assert len(set(again)) >= 6


class PointerFirst(update_module.Update):  # type: ignore[misc,name-defined]
    """Bug 1: the pointer moves before all is there and hashed."""

    def _open(self, head: bytes, fresh: bool) -> int:
        reason = super()._open(head, fresh)
        if not reason and fresh:
            self._slots.try_other()
        return reason

    def _step_check(self, busy: bool, now_ms: int) -> None:
        self._files.finish()
        self.state = protocol.UPDATE_READY


class InPlace(update_module.Update):  # type: ignore[misc,name-defined]
    """Bug 2: the files of the version that runs are written over."""

    def _open(self, head: bytes, fresh: bool) -> int:
        self._files = slot_files.SlotFiles(self._slots.folder(self._slots.read().slot))
        return super()._open(head, fresh)

    def _step_check(self, busy: bool, now_ms: int) -> None:
        self._files.finish()
        self.state = protocol.UPDATE_READY


class ConfirmsAtOnce(update_module.Update):  # type: ignore[misc,name-defined]
    """Bug 3: the new version needs no trial."""

    def _step_check(self, busy: bool, now_ms: int) -> None:
        super()._step_check(busy, now_ms)
        if self.state == protocol.UPDATE_READY:
            self._slots.confirm()


@pytest.mark.parametrize(
    ("bug", "sign"),
    [(PointerFirst, "a mix starts"), (InPlace, "a mix starts"), (ConfirmsAtOnce, "passes for confirmed")],
)
@pytest.mark.parametrize("new", [GOOD, CRASHING])
def test_the_campaign_sees_a_bug(bug: type, sign: str, new: Version, littlefs: Rig) -> None:
    buggy = live(littlefs, bug, (new,))
    _, wrong = campaign(littlefs, buggy, "lost", bug, every=2)
    assert any(sign in fault for fault in wrong), bug.__doc__
