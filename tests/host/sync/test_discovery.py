"""Which sensor is meant, and that a break, a full adapter or a hundred sensors only cost time."""

import asyncio
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from barcore import protocol
from barhold.connection import Control
from barhold.errors import LinkError, RefusedError
from barhold.store import Store
from barhold.sync import Backoff, Reconnector, SensorQuery, find_sensor, many_sensors, run_in_turns
from fake_room import FakeRoom
from fake_sensor import FakeLog, ModernSensor, make, stored

NOW_MS = 1_900_000_000_000
ONE, TWO = b"\x11" * 8, b"\x22" * 8


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "barhold.db") as opened:
        yield opened


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> FakeRoom:
    monkeypatch.setattr("barhold.sync.retry.FIRST_S", 0.001)
    monkeypatch.setattr("barhold.sync.retry.MOST_S", 0.01)
    monkeypatch.setattr("barhold.sync.scheduler.PAUSE_S", 0.001)
    return FakeRoom(monkeypatch)


def sensor(device: bytes, name: str, records: int = 60, **options: object) -> ModernSensor:
    return ModernSensor(FakeLog({seq: make(seq) for seq in range(records)}), device=device, name=name, **options)


def found(wanted: SensorQuery, known: dict[str, str] | None = None) -> tuple[str, str]:
    place, expected = asyncio.run(find_sensor(wanted, known or {}))
    return place.address, expected


# --- which one ----------------------------------------------------------------------------------------------------


def test_the_only_one_near_is_meant(room: FakeRoom) -> None:
    room.add("A", sensor(ONE, "bar-1"))
    assert found(SensorQuery()) == ("A", "")
    assert room.connected == []


def test_several_near_are_named_with_how_to_choose(room: FakeRoom) -> None:
    room.add("A", sensor(ONE, "bar-1"))
    room.add("B", sensor(TWO, "bar-2"))
    with pytest.raises(RefusedError, match=r"2 sensors are there: bar-1, bar-2: choose one by its name or id"):
        found(SensorQuery())
    assert found(SensorQuery("BAR-2")) == ("B", "")


def test_nobody_near_says_what_to_do(room: FakeRoom) -> None:
    with pytest.raises(LinkError, match="no sensor found nearby: switch it on"):
        found(SensorQuery())
    with pytest.raises(LinkError, match="no board is plugged in: plug the sensor in"):
        found(SensorQuery(usb=True))
    assert found(SensorQuery(port="/dev/x")) == ("/dev/x", "")


def test_an_id_is_looked_up_and_must_answer(room: FakeRoom) -> None:
    room.add("A", sensor(ONE, "bar-1"))
    assert found(SensorQuery("1111"), {ONE.hex(): "bar-1"}) == ("A", ONE.hex())
    assert room.connected == []


def test_an_id_never_seen_here_is_asked_for(room: FakeRoom) -> None:
    room.add("A", sensor(ONE, "bar-1"))
    room.add("B", sensor(TWO, "bar-2"))
    assert found(SensorQuery("2222")) == ("B", TWO.hex())
    with pytest.raises(LinkError, match=r"sensor 3333 is not there, only bar-1 \(1111111111111111\), bar-2"):
        found(SensorQuery("3333"))
    assert room.open_now == 0


def test_two_of_one_name_are_told_apart_by_id(room: FakeRoom) -> None:
    room.add("A", sensor(ONE, "bar"))
    room.add("B", sensor(TWO, "bar"))
    with pytest.raises(
        RefusedError, match=rf"2 sensors are named bar: .*{ONE.hex()}.*{TWO.hex()}.*: choose one by its id"
    ):
        found(SensorQuery("bar"))
    assert found(SensorQuery("2222")) == ("B", TWO.hex())


def test_one_that_does_not_answer_does_not_hide_the_others(room: FakeRoom) -> None:
    room.add("A", sensor(ONE, "bar"))
    room.add("B", sensor(TWO, "bar"))
    room.fails["A"] = 9
    assert found(SensorQuery("2222")) == ("B", TWO.hex())


# --- keeping at it ------------------------------------------------------------------------------------------------


def test_pauses_double_up_to_a_limit_and_begin_anew_with_progress() -> None:
    backoff = Backoff(100.0, 0.0)
    assert [backoff.next_pause_s(0.0) for _ in range(11)] == [0, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 15, 15]
    backoff.progress(90.0)
    assert [backoff.next_pause_s(150.0) for _ in range(2)] == [0, 0.1]
    assert backoff.next_pause_s(189.95) == pytest.approx(0.05)
    assert backoff.next_pause_s(190.0) is None
    assert Backoff(None, 0.0).next_pause_s(1e9) == 0


def test_a_sync_goes_on_after_a_break_at_any_operation(room: FakeRoom, tmp_path: Path) -> None:
    clean = room.add("A", sensor(ONE, "bar-1"))
    with Store.open(tmp_path / "clean.db") as store:
        asyncio.run(Reconnector(SensorQuery(), store, print, 5.0).catch_up(lambda: NOW_MS))
    for at in range(clean.operations - 1):
        device = struct.pack("<4sI", b"brk ", at)
        broken = room.by_radio["A"] = sensor(device, "bar-1", break_at=at, database=tmp_path / "b.db")
        broken.heals = True
        with Store.open(tmp_path / "b.db") as store:
            result = asyncio.run(Reconnector(SensorQuery(), store, lambda _: None, 5.0).catch_up(lambda: NOW_MS))
            assert stored(store, device) == broken.log.raws
        assert (result.new, broken.log.acked) == (60, 60), at


def test_it_gives_up_after_the_stated_time_without_progress(room: FakeRoom, store: Store) -> None:
    said: list[str] = []
    started = time.monotonic()
    with pytest.raises(LinkError, match="no sensor found nearby"):
        asyncio.run(Reconnector(SensorQuery(), store, said.append, 0.1).catch_up(lambda: NOW_MS))
    assert 0.1 <= time.monotonic() - started < 2
    assert len(said) == 1  # the same reason again is no news
    assert said[0].endswith("; trying again")


def test_after_a_break_only_the_same_sensor_will_do(room: FakeRoom, store: Store) -> None:
    first = room.add("A", sensor(ONE, "bar-1", break_at=15))
    first.on_break = lambda: room.by_radio.update(A=sensor(TWO, "bar-1"))
    with pytest.raises(LinkError, match=f"sensor {ONE.hex()} is not there, only bar-1|answered instead of {ONE.hex()}"):
        asyncio.run(Reconnector(SensorQuery(), store, print, 0.2).catch_up(lambda: NOW_MS))
    assert stored(store, TWO) == {}


def test_a_look_alike_is_not_tried_again(room: FakeRoom, store: Store) -> None:
    store.keep_key(ONE.hex(), b"k" * 32, 0)
    fake = room.add("A", sensor(ONE, "bar-1"))
    with pytest.raises(RefusedError, match="WARNING: this may be an impostor"):
        asyncio.run(Reconnector(SensorQuery(), store, print, None).catch_up(lambda: NOW_MS))
    assert fake.kinds() == [protocol.HELLO]


def test_following_hands_on_what_is_live_stores_what_lasts_and_reconnects(room: FakeRoom, store: Store) -> None:
    one = room.add("A", sensor(ONE, "bar-1", records=5))
    heard: list[bytes] = []
    live = [make(protocol.NO_SEQ, protocol.TOP, (1, 1, 300, 0)), make(5, t_ms=9)]

    async def train() -> None:
        keeper = Reconnector(SensorQuery(), store, print, None)
        following = asyncio.create_task(keeper.follow(lambda: NOW_MS, heard.append))
        await until(lambda: one.log.acked == 5)
        one.log.raws[5], one.log.next_seq = live[1], 6
        one.spoken.extend(live)
        await until(lambda: one.log.acked == 6)
        one._break_at = one.operations  # the link breaks, and works again
        one.heals = True
        await until(lambda: len(room.connected) == 2)
        one.log.raws[6], one.log.next_seq = make(6), 7
        one.spoken.append(make(6))
        await until(lambda: one.log.acked == 7)
        following.cancel()
        with pytest.raises(asyncio.CancelledError):
            await following

    asyncio.run(train())
    assert heard == [*live, make(6)]
    assert stored(store, ONE) == one.log.raws
    assert one.kinds()[-1] == protocol.BYE
    assert room.open_now == 0


async def until(done, seconds: float = 10.0) -> None:  # type: ignore[no-untyped-def]
    async with asyncio.timeout(seconds):
        while not done():
            await asyncio.sleep(0.002)


def test_control_is_done_in_one_session_and_its_key_is_checked(room: FakeRoom, store: Store) -> None:
    one = room.plug("/dev/x", sensor(ONE, "bar-1"))

    async def work(control: Control) -> str:
        return (await control.set(name="new")).name

    assert asyncio.run(Reconnector(SensorQuery(usb=True), store, print, 1.0).control(work)) == "new"
    assert one.kinds() == [protocol.HELLO, protocol.SET, protocol.BYE]
    store.keep_key(ONE.hex(), b"k" * 32, 0)
    with pytest.raises(RefusedError, match="WARNING: this may be an impostor"):
        asyncio.run(Reconnector(SensorQuery(usb=True), store, print, 1.0).control(work))
    assert asyncio.run(Reconnector(SensorQuery(usb=True), store, print, 1.0).control(work, check_key=False)) == "new"


# --- many ---------------------------------------------------------------------------------------------------------


def test_a_hundred_sensors_four_at_once_all_synced(room: FakeRoom, store: Store) -> None:
    room.slots = 4
    for number in range(100):
        room.add(f"A{number}", sensor(struct.pack("<Q", number), f"bar-{number}", records=30))
        room.fails[f"A{number}"] = number % 3
    done = asyncio.run(many_sensors.sync_all([], store, lambda: NOW_MS, 30.0, lambda _: None))
    assert done.failures == []
    assert len(done.results) == 100
    assert all(one.new == 30 for one in done.results)
    assert all(one.log.acked == 30 for one in room.by_radio.values())
    assert (room.most_open, room.open_now) == (4, 0)
    assert all(stored(store, one.device) == one.log.raws for one in room.by_radio.values())


def test_an_adapter_that_carries_one_connection_only_takes_longer(room: FakeRoom, store: Store) -> None:
    room.slots = 1
    for number in range(8):
        room.add(f"A{number}", sensor(struct.pack("<Q", number), f"bar-{number}", records=30))
    done = asyncio.run(many_sensors.sync_all([], store, lambda: NOW_MS, 30.0, lambda _: None))
    assert (len(done.results), done.failures, room.most_open) == (8, [], 1)


def test_one_that_never_works_is_reported_and_holds_nobody_up(room: FakeRoom, store: Store) -> None:
    for number in range(6):
        room.add(f"A{number}", sensor(struct.pack("<Q", number), f"bar-{number}", records=30))
    room.fails["A0"] = 1_000_000
    store.keep_key(struct.pack("<Q", 1).hex(), b"k" * 32, 0)
    done = asyncio.run(many_sensors.sync_all([], store, lambda: NOW_MS, 0.3, lambda _: None))
    assert len(done.results) == 4
    assert sorted(one.sensor for one in done.failures) == ["bar-0", "bar-1"]
    assert any("impostor" in one.reason for one in done.failures)


def test_a_place_that_the_system_has_forgotten_is_searched_for_again(
    room: FakeRoom, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.add("A0", sensor(ONE, "bar-0"))
    room.fails["A0"] = 2
    assert asyncio.run(many_sensors.sync_all([], store, lambda: NOW_MS, 5.0, lambda _: None)).results[0].new == 60
    assert room.scans == 3
    monkeypatch.setattr(many_sensors, "FRESH_S", -1.0)
    asyncio.run(many_sensors.sync_all([], store, lambda: NOW_MS, 5.0, lambda _: None))
    assert room.scans == 5


def test_names_choose_and_one_that_is_not_near_is_reported(room: FakeRoom, store: Store) -> None:
    for number in range(3):
        room.add(f"A{number}", sensor(struct.pack("<Q", number), f"bar-{number}"))
    done = asyncio.run(many_sensors.sync_all(["bar-0", "bar-2", "bar-9"], store, lambda: NOW_MS, 1.0, lambda _: None))
    assert [one.name for one in done.results] == ["bar-0", "bar-2"]
    assert list(map(str, done.failures)) == ["bar-9: not found nearby: switch it on and bring it closer"]


def test_a_sensor_without_end_gives_the_others_their_turn() -> None:
    turns: list[str] = []
    left = {"endless": 3, **{f"quick-{n}": 0 for n in range(5)}}

    async def work(name: str) -> None:
        turns.append(name)
        if left[name]:
            left[name] -= 1
            await asyncio.sleep(60)

    failed = asyncio.run(run_in_turns(list(left), work, 30.0, at_once=1, turn_s=0.02))
    assert failed == []
    assert turns == ["endless", *[f"quick-{n}" for n in range(5)], *["endless"] * 3]
