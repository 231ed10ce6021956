"""What a host may ask of a sensor beside its records: settings, log, calibration, stream."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import TypeVar

import pytest

from barcore import protocol
from barhold.connection import Calibration, Control, Samples, SensorSettings
from barhold.errors import LinkError, RefusedError
from barhold.store import Store
from barhold.sync.one_sensor import sync
from fake_sensor import FakeLog, ModernSensor, make, spoilt

NOW_MS = 1_900_000_000_000
KEY = bytes(range(32))
Result = TypeVar("Result")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "barhold.db") as opened:
        yield opened


def ask(sensor: ModernSensor, work: Callable[[Control], Awaitable[Result]]) -> Result:
    async def run() -> Result:
        return await work(await Control.open(sensor, lambda _: None))

    return asyncio.run(run())


def no_key(_: str) -> None:
    return None


def test_settings_are_changed_one_by_one_and_told_whole() -> None:
    sensor = ModernSensor(FakeLog({}))
    assert ask(sensor, lambda c: c.set(name="b\u00e4r 2")) == SensorSettings("b\u00e4r 2", 0, 0, 80, 1000)
    both = ask(sensor, lambda c: c.set(target_ms=2000, long_ms=3000))
    assert both == SensorSettings("b\u00e4r 2", 2000, 3000, 80, 1000)
    assert ask(sensor, lambda c: c.set(target_ms=0)).long_ms == 3000


def test_info_tells_what_1_1_added() -> None:
    sensor = ModernSensor(FakeLog({}))
    sensor.modern.state = protocol.STATE_BUSY
    control = asyncio.run(Control.open(sensor, no_key))
    info = control.info
    assert (info.minor, info.board, info.battery_mv, info.state) == (protocol.MINOR, "sim", 3900, protocol.STATE_BUSY)


@pytest.mark.parametrize("work", [
    lambda c: c.set(name="x"), lambda c: c.set_key(KEY), lambda c: c.erase(no_key), lambda c: c.calibrate(0),
    lambda c: anext(c.stream()),
])  # fmt: skip
def test_an_older_minor_syncs_and_says_what_it_cannot(
    store: Store, work: Callable[[Control], Awaitable[object]]
) -> None:
    sensor = ModernSensor(FakeLog({0: make(0)}))
    sensor.modern.minor = 0
    with pytest.raises(RefusedError, match=r"speaks protocol 1\.0, which cannot do this .*update its firmware; sync"):
        ask(sensor, work)
    assert protocol.SET not in sensor.kinds()
    assert asyncio.run(sync(sensor, store, lambda: NOW_MS)).new == 1


@pytest.mark.parametrize(("kind", "code", "step"), [
    (protocol.SET, protocol.BUSY, "repeat when the set has ended"),
    (protocol.KEY, protocol.NOT_ALLOWED, "connect it by cable .--usb., or hold its button"),
    (protocol.SET, protocol.UNKNOWN_FRAME, "update its firmware"),
])  # fmt: skip
def test_a_refusal_says_the_next_step_and_is_not_repeated(kind: int, code: int, step: str) -> None:
    sensor = ModernSensor(FakeLog({}), cable=True)
    sensor.modern.refuses[kind] = code
    with pytest.raises(RefusedError, match=step):
        ask(sensor, lambda c: c.set(name="x") if kind == protocol.SET else c.set_key(KEY))
    assert sensor.kinds().count(kind) == 1


def test_an_answer_that_was_lost_is_asked_for_again() -> None:
    lost = iter([True, True, False])
    sensor = ModernSensor(
        FakeLog({}), lambda n, raw: [] if raw[1] in (protocol.SETTINGS, protocol.DONE) and next(lost, False) else [raw]
    )
    assert ask(sensor, lambda c: c.set(name="x")).name == "x"
    assert sensor.kinds().count(protocol.SET) == 3


def test_erasing_gives_a_new_log_also_when_its_answer_is_lost() -> None:
    for lose in (0, 1, 99):
        left = iter(range(lose))
        sensor = ModernSensor(
            FakeLog({seq: make(seq) for seq in range(9)}),
            lambda n, raw, left=left: [] if raw[1] == protocol.DONE and next(left, None) is not None else [raw],
            cable=True,
        )
        old = sensor.log.log_id
        info = ask(sensor, lambda c: c.erase(no_key))
        assert (info.log_id, info.next_seq, sensor.modern.erased) == (old + 1, 0, 1)


def test_a_log_is_erased_only_by_cable() -> None:
    sensor = ModernSensor(FakeLog({0: make(0)}))
    with pytest.raises(RefusedError, match="only over the cable"):
        ask(sensor, lambda c: c.erase(no_key))
    assert sensor.log.raws


def test_a_calibration_is_reported_with_its_reason() -> None:
    sensor = ModernSensor(FakeLog({}))
    sensor.modern.calibration = [(1, 4, 3, 7, 0, 1500)]
    now = ask(sensor, lambda c: c.calibrate(protocol.CALIBRATE_STATE))
    assert now == Calibration(1, 4, 3, 7, 0, 1500)
    assert now.reason_text == "too like an earlier pose"
    assert Calibration(1, 99, 0, 0, 0, 0).reason_text == "reason 99"


# --- the stream ---------------------------------------------------------------------------------------------------


async def gather(control: Control, count: int) -> list[Samples]:
    async with aclosing(control.stream()) as pieces:
        return [piece async for piece, _ in zip_async(pieces, count)]


async def zip_async(pieces, count):  # type: ignore[no-untyped-def]
    for number in range(count):
        yield await anext(pieces), number


def test_a_stream_tells_its_losses_and_stops_when_asked() -> None:
    sensor = ModernSensor(FakeLog({}), samples=bytes(16 * 100))
    sensor.skip[20] = 7
    got = ask(sensor, lambda c: gather(c, 5))
    assert [piece.lost for piece in got] == [0, 0, 7, 0, 0]
    assert {len(piece.packed) for piece in got} == {160}
    assert not sensor.modern.streaming
    assert sensor.sent[-1] == (protocol.STREAM, b"\0")


def test_a_piece_that_comes_twice_or_spoilt_is_dropped() -> None:
    def twice(_: int, raw: bytes) -> list[bytes]:
        return [raw]

    sensor = ModernSensor(FakeLog({}), twice, samples=bytes(16 * 100))
    speak = sensor._speak_samples

    def doubled() -> None:
        speak()
        sensor.inbox.append(sensor.inbox[-1])
        sensor.inbox.append(spoilt(sensor.inbox[-1]))

    sensor._speak_samples = doubled  # type: ignore[method-assign]
    got = ask(sensor, lambda c: gather(c, 5))
    assert [piece.lost for piece in got] == [0] * 5


def test_a_stream_that_stops_is_an_error_with_a_next_step() -> None:
    sensor = ModernSensor(FakeLog({}), samples=bytes(160))
    with pytest.raises(LinkError, match="no sample came for 5 s: bring the sensor closer"):
        ask(sensor, lambda c: gather(c, 2))
