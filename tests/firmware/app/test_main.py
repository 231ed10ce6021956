"""How a sensor is composed and guarded where something is wrong with it, on the virtual board."""

import struct

import pytest

from barcore import protocol
from barhold import generate
from barsensor import app as app_module
from barsensor.boards.storage import MemoryStorage
from sensorkit import REST, Imu, Sensor, main, refused, sim

SET_OF_3 = generate.session(3, 1, 3).samples


def failing(*_: object) -> None:
    raise OSError(5)


def test_a_storage_that_fails_at_the_start_is_reported_and_the_set_is_counted_in_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sensor = Sensor()
    for name in ("names", "size", "read_into", "replace", "remove"):
        monkeypatch.setattr(sensor.board.storage, name, failing)
    sensor.start()
    lying = struct.unpack_from("<I6h", SET_OF_3)[1:]
    sensor.board.imu.motion = lambda _: lying
    sensor.play(SET_OF_3)
    sensor.run(25_000)
    assert sensor.texts() == ["log: storage fails (5), nothing is kept"]
    assert [kind for kind, _ in sensor.records()].count(protocol.REP) == 3
    assert {400, 800} <= {hz for _, hz in sensor.board.tone.told}
    info = sensor.hello()
    assert struct.unpack("<H", info[protocol.INFO_STATE])[0] & protocol.STATE_LOG_FAULT
    assert struct.unpack("<I", info[protocol.INFO_LOG])[0] != 77, "another log: no seq of the kept one comes again"


def test_a_kept_store_that_fails_costs_its_values_is_reported_and_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    sensor = Sensor()
    for name in ("names", "size", "read_into", "replace", "remove"):
        monkeypatch.setattr(sensor.board.config, name, failing)
    sensor.start()
    sensor.run(1000)
    [text] = sensor.texts()
    assert text.split("\n") == [f"{name}: cannot be read (5)" for name in ("settings", "calibration", "key")]
    sensor.hello()
    assert sensor.answer(protocol.KEY, bytes(32)) == refused(protocol.LOG_FAULT)


def test_a_full_file_system_in_mid_run_is_cued_and_what_was_lost_is_told_later(monkeypatch: pytest.MonkeyPatch) -> None:
    sensor = Sensor()
    monkeypatch.setattr(sensor.board.storage, "replace", failing)
    lying = struct.unpack_from("<I6h", SET_OF_3)[1:]
    sensor.board.imu.motion = lambda _: lying
    sensor.play(SET_OF_3)
    sensor.run(25_000)
    assert sensor.app.log_faults > 5
    assert {2400, 400, 800} <= {hz for _, hz in sensor.board.tone.told}
    monkeypatch.undo()
    sensor.run(5000)
    assert sensor.app.log.pending == 0
    assert [kind for kind, _ in sensor.records()].count(protocol.REP) == 3


@pytest.mark.parametrize(
    ("says", "told", "tests"),
    [
        (("",), "", 1),
        (("moved", ""), "", 2),
        (("bad", "worse"), "imu: self-test: worse; " + main.SELF_TEST_HINT, 2),
    ],
)
def test_the_imu_tests_itself_at_a_power_on_and_once_more_when_it_failed(
    says: tuple[str, ...], told: str, tests: int
) -> None:
    board = sim.open_board(b"")
    board.imu = Imu(board.clock)
    board.imu.self_test_says = says
    assert main.start_imu(board) == told
    assert board.imu.tests == tests


@pytest.mark.parametrize(
    "cause", [protocol.RESET_WAKE, protocol.RESET_SOFT, protocol.RESET_WATCHDOG, protocol.RESET_UNKNOWN]
)
def test_after_any_other_start_it_is_only_started(cause: int) -> None:
    board = sim.open_board(b"")
    board.imu = Imu(board.clock)
    board.power.cause = cause
    assert main.start_imu(board) == ""
    assert (board.imu.tests, board.imu.starts) == (0, 1)


@pytest.mark.parametrize("cause", [protocol.RESET_POWER_ON, protocol.RESET_WAKE])
def test_an_imu_that_cannot_be_started_is_reported_and_everything_else_starts(
    cause: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = sim.open_board(b"")
    board.imu = Imu(board.clock)
    board.power.cause = cause
    monkeypatch.setattr(board.imu, "start", failing)
    monkeypatch.setattr(board.imu, "self_test", failing)
    fault = main.start_imu(board)
    assert fault == "imu: 5"
    sensor = Sensor()
    sensor.app = main.compose(sensor.board, imu_fault=fault)
    assert sensor.texts() == ["imu: 5"]


class Endless(Imu):
    """A driver that always has more."""

    def read(self, buf, limit: int) -> int:
        buf[0] = self._clock.ticks_ms()
        buf[1:7] = type(buf)("i", REST)
        return limit


def test_a_driver_that_always_has_more_starves_neither_cue_nor_host() -> None:
    sensor = Sensor()
    sensor.board.imu = Endless(sensor.board.clock)
    sensor.run(40)
    assert sensor.hello()[protocol.INFO_BOARD] == b"sim"
    assert app_module.READS_MOST * app_module.BATCH > 8 * 208, "a stall of the watchdog's length is still caught up"


def test_what_the_driver_raises_beside_faults_of_the_bus_is_a_crash() -> None:
    sensor = Sensor()
    sensor.board.imu.motion = lambda _: ZeroDivisionError("driver")
    with pytest.raises(ZeroDivisionError):
        sensor.run(40)


def guarded(sensor: Sensor, monkeypatch: pytest.MonkeyPatch, ms: int, fault: BaseException) -> str:
    """Run the sensor as a board does until `fault` strikes, a record in memory; return how it stopped."""
    end_ms = sensor.board.clock.ticks_ms() + ms

    def motion(t_ms: int) -> tuple[int, ...]:
        if t_ms >= end_ms:
            composed[-1].keep(protocol.CORRECTION, 0, (0, 0, 0, 0))
            raise fault
        return REST

    sensor.board.imu.motion = motion
    composed: list = []
    compose = main.compose

    def noted(*args: object, **options: object) -> object:
        composed.append(compose(*args, **options))
        return composed[-1]

    monkeypatch.setattr(main, "compose", noted)
    try:
        main.run_guarded(sensor.board)
    except sim.Stopped as stop:
        return str(stop)
    finally:
        sensor.app = composed[-1]
        monkeypatch.setattr(main, "compose", compose)
    return "handed over"


def test_a_crash_keeps_what_was_in_memory_even_when_it_is_told_already(monkeypatch: pytest.MonkeyPatch) -> None:
    sensor = Sensor()
    for _ in range(2):
        assert guarded(sensor, monkeypatch, 3000, ValueError("driver")) == "crash"
        assert sensor.app.log.pending == 0
        assert sensor.board.power.guarded_ms == main.WATCHDOG_MS
    assert sensor.texts() == ["ValueError('driver')"]
    assert [kind for kind, _ in sensor.records()].count(protocol.CORRECTION) == 2, "in memory when it crashed"


def test_a_crash_that_comes_soon_after_each_start_is_waited_out_for_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    sensor = Sensor()
    took_ms = []
    for ms in (3000, 3000, 70_000):
        from_ms = sensor.board.clock.ticks_ms()
        guarded(sensor, monkeypatch, ms, ValueError("driver"))
        took_ms.append(sensor.board.clock.ticks_ms() - from_ms)
    assert [ms // 1000 for ms in took_ms] == [3, 63, 70]


def test_below_the_safe_voltage_a_crash_writes_nothing_and_restarts(monkeypatch: pytest.MonkeyPatch) -> None:
    sensor = Sensor()
    sensor.board.power.cell_mv = 3200
    files = {**sensor.board.storage.files, **sensor.board.config.files}
    assert guarded(sensor, monkeypatch, 3000, ValueError("driver")) == "crash"
    assert {**sensor.board.storage.files, **sensor.board.config.files} == files


def test_a_crash_before_there_is_an_application_restarts_and_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    sensor = Sensor()

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("compose")

    monkeypatch.setattr(main, "compose", broken)
    with pytest.raises(sim.Stopped, match="crash"):
        main.run_guarded(sensor.board)
    monkeypatch.undo()
    sensor.start()
    assert sensor.texts() == ["RuntimeError('compose')"]


def test_ctrl_c_leaves_the_board_quiet_and_everything_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sensor = Sensor()
    let_go: list[bool] = []
    monkeypatch.setattr(sensor.board.power, "let_go", lambda: let_go.append(True), raising=False)
    assert guarded(sensor, monkeypatch, 2500, KeyboardInterrupt()) == "handed over"
    assert sensor.app.log.pending == 0
    assert (sensor.board.lamp.told[-1][1], sensor.board.tone.told[-1][1], let_go) == (False, 0, [True])
    assert "reset the board" in capsys.readouterr().out


def test_a_bare_log_in_memory_gets_an_id_from_the_boards_source() -> None:
    board = sim.open_board(b"", log_id=7)
    log, fault = main.open_log(board.storage, board.nvs)
    assert (log.log_id, fault) == (7, "")
    assert MemoryStorage(lambda: 9).names() == []
