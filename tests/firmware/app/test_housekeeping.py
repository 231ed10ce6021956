"""A sensor's care for itself, on the real application: one test per row of `housekeeping`'s table, and its battery."""

import struct
from pathlib import Path

import pytest

from barcore import protocol, record
from barhold import generate
from barhold.connection.diagnosis import read_diagnosis
from barloader.slots import Slots
from barsensor.storage.record_log import RecordLog
from sensorkit import REST, Sensor, housekeeping, main, sim

SET_OF_3 = generate.session(3, 1, 3).samples
DEAD = (19_000, 19_400)
HOUR_MS = 3_600_000


def noisy(t_ms: int) -> tuple[int, ...]:
    wave = (t_ms // 10 * 7919) % 21 - 10
    return (wave, -wave, 4096 + wave, 0, 0, 0)


def moving(t_ms: int) -> tuple[int, ...]:
    return (t_ms % 2000, 0, 4096, 0, 0, 0)


@pytest.fixture
def sensor() -> Sensor:
    one = Sensor(cared=True)
    one.board.imu.motion = noisy
    return one


def until_stop(sensor: Sensor, limit_ms: int) -> tuple[str, int]:
    """Run until the board sleeps or restarts; return which, and after how long."""
    from_ms = sensor.app.now_ms()
    try:
        sensor.run(limit_ms)
    except sim.Stopped as stop:
        return str(stop), sensor.app.now_ms() - from_ms
    return "", limit_ms


def kinds(sensor: Sensor) -> list[int]:
    return [kind for kind, _ in sensor.records()]


def health(sensor: Sensor) -> list[tuple[int, ...]]:
    return [values for kind, values in sensor.records() if kind == protocol.HEALTH]


def gapped(sensor: Sensor) -> list[int]:
    """The numbers of the reps within which samples were missing."""
    buf, found = bytearray(32), []
    for seq in range(sensor.app.log.next_seq):
        sensor.app.log.read_into(seq, buf)
        if record.header(buf)[0] == protocol.REP and record.header(buf)[1] & protocol.GAPPED:
            found.append(record.payload(buf)[1])
    return found


def tones(sensor: Sensor) -> set[int]:
    return {hz for _, hz in sensor.board.tone.told}


# --- a supply that breaks down at each start ---


def writes(sensor: Sensor) -> list[str]:
    """Note from now on every write to flash."""
    written: list[str] = []
    for place in (sensor.board.storage, sensor.board.config):
        replace = type(place).replace
        place.replace = lambda name, data, place=place, replace=replace: (
            written.append(name),
            replace(place, name, data),
        )
    return written


def brown_out(sensor: Sensor, starts: int, lived_ms: int) -> None:
    """Start so often, each time until the supply breaks down; then start once more."""
    for _ in range(starts):
        sensor.run(lived_ms)
        sensor.start()


@pytest.mark.parametrize("lived_ms", [500, 20_000])
def test_a_supply_that_breaks_down_at_each_start_wears_no_flash_and_is_reported_once_it_holds(
    sensor: Sensor, lived_ms: int
) -> None:
    brown_out(sensor, housekeeping.SHORT_STARTS, lived_ms)
    written = writes(sensor)
    records = sensor.app.log.next_seq
    brown_out(sensor, 100, lived_ms)
    assert (written, sensor.app.log.next_seq) == ([], records)
    sensor.run(protocol.SHORT_START_MS + 5000)
    assert written
    assert kinds(sensor).count(protocol.BOOT) == housekeeping.SHORT_STARTS + 1
    assert "power: 4 or more starts in a row ended within a minute; check battery and wires" in sensor.texts()
    sensor.hello()
    found = read_diagnosis(sensor.answer(protocol.DIAGNOSE)[1])
    assert found
    assert found.short_starts == housekeeping.SHORT_STARTS
    sensor.start()
    assert not sensor.app.log.locked, "the last start lasted"


@pytest.mark.parametrize("ends_it", ["a set", "a host"])
def test_after_such_starts_a_set_or_a_host_is_worth_writing_at_once(sensor: Sensor, ends_it: str) -> None:
    brown_out(sensor, housekeeping.SHORT_STARTS, 500)
    assert sensor.app.log.locked
    if ends_it == "a host":
        sensor.hello()
        sensor.run(40)
    else:
        sensor.play(SET_OF_3)
        assert kinds(sensor).count(protocol.REP) == 3
    assert not sensor.app.log.locked
    assert sensor.app.now_ms() < protocol.SHORT_START_MS


@pytest.mark.parametrize("cause", [protocol.RESET_WAKE, protocol.RESET_SOFT, protocol.RESET_WATCHDOG])
def test_starts_that_were_no_power_ons_are_written_at_once(sensor: Sensor, cause: int) -> None:
    brown_out(sensor, housekeeping.SHORT_STARTS, 500)
    sensor.board.power.cause = cause
    sensor.start()
    assert not sensor.app.log.locked
    assert kinds(sensor).count(protocol.BOOT) == housekeeping.SHORT_STARTS + 1


# --- reports ---


def test_health_is_noted_at_the_start_with_battery_and_noise_and_the_same_heap_everywhere(sensor: Sensor) -> None:
    sensor.board.power.cell_mv = 3900
    sensor.start()
    sensor.run(4000)
    [(battery_mv, noise_ug, free_bytes, largest_bytes)] = health(sensor)
    assert (battery_mv, free_bytes, largest_bytes) == (3900, 0, 0)
    assert 1300 < noise_ug < 1600, "the rms of -10..10 counts is 1478 ug"


def test_health_is_noted_every_hour_with_the_noise_of_then_and_what_the_imu_suffered_once(sensor: Sensor) -> None:
    sensor.board.imu.overruns, sensor.board.imu.bad_words = 2, 5
    sensor.run(4000)
    sensor.board.imu.motion = lambda _: REST
    sensor.follow(HOUR_MS)  # a host keeps it awake
    assert [noise_ug for _, noise_ug, _, _ in health(sensor)][1:] == [0]
    suffered = ["imu: 0 faults, 2 overruns, 5 bad words; flash: 0 faults; radio: 0 faults"]
    assert sensor.texts() == suffered
    sensor.follow(HOUR_MS)
    assert len(health(sensor)) == 3
    assert sensor.texts() == suffered


def test_a_bar_that_never_rests_has_its_health_noted_all_the_same(sensor: Sensor) -> None:
    sensor.board.imu.motion = lambda t_ms: (0, 0, 4096, t_ms % 1000 - 500, 0, 0)
    sensor.run(12_000)
    assert [noise_ug for _, noise_ug, _, _ in health(sensor)] == [0]


# --- sleep ---


def test_it_sleeps_after_three_minutes_still_with_everything_written(sensor: Sensor) -> None:
    stopped, after_ms = until_stop(sensor, 200_000)
    assert stopped == "sleep"
    assert 180_000 <= after_ms < 182_500
    assert kinds(sensor) == [protocol.BOOT, protocol.HEALTH, protocol.HEALTH]
    assert sensor.app.log.pending == 0
    assert RecordLog(sensor.board.storage).next_seq == 3


def test_motion_begins_the_three_minutes_anew(sensor: Sensor) -> None:
    sensor.run(170_000)
    sensor.board.imu.motion = moving
    sensor.run(1000)
    sensor.board.imu.motion = noisy
    assert until_stop(sensor, 200_000)[1] >= 180_000


def test_motion_while_the_last_pose_is_taken_keeps_it_awake(sensor: Sensor) -> None:
    sensor.run(180_100)
    assert sensor.app._housekeeping.state == housekeeping.MEASURING
    sensor.board.imu.motion = moving
    sensor.run(2000)
    sensor.board.imu.motion = noisy
    stopped, after_ms = until_stop(sensor, 200_000)
    assert (stopped, after_ms >= 178_000) == ("sleep", True)


def test_a_slow_drift_with_warmth_is_no_motion(sensor: Sensor) -> None:
    sensor.board.imu.motion = lambda t_ms: (t_ms // 1000, 0, 4096, t_ms // 2000, 0, 0)
    assert until_stop(sensor, 200_000)[0] == "sleep"


def test_a_host_that_says_nothing_does_not_keep_it_awake(sensor: Sensor) -> None:
    sensor.run(100_000)
    sensor.hello(sensor.radio)
    stopped, after_ms = until_stop(sensor, 200_000)
    assert (stopped, 80_000 <= after_ms < 83_000) == ("sleep", True)


def test_it_never_sleeps_while_a_host_is_linked(sensor: Sensor) -> None:
    sensor.follow(3 * 180_000, sensor.radio)
    sensor.ask(protocol.BYE, b"", sensor.radio)
    stopped, after_ms = until_stop(sensor, 10_000)
    assert (stopped, after_ms < 3000) == ("sleep", True), "and soon after it has gone"


def test_what_comes_of_an_update_keeps_it_awake(sensor: Sensor, tmp_path: Path) -> None:
    """Its link broke after minutes of lying still: the host that comes back must find it."""
    care, slots = housekeeping.Housekeeping(sensor.board), Slots(str(tmp_path))
    sensor.app = main.compose(sensor.board, (sensor.cable, sensor.radio), housekeeping=care, slots=slots)
    sensor.follow(300_000, sensor.radio)
    sensor.ask(protocol.UPDATE, bytes((protocol.UPDATE_ASK,)), sensor.radio)
    sensor.ask(protocol.BYE, b"", sensor.radio)
    stopped, after_ms = until_stop(sensor, 200_000)
    assert (stopped, after_ms >= 178_000) == ("sleep", True)


def test_it_never_sleeps_while_a_set_is_open_or_a_rep_runs(sensor: Sensor, monkeypatch: pytest.MonkeyPatch) -> None:
    detector = type(sensor.app._detector)
    for name in ("busy", "set_open"):
        monkeypatch.setattr(detector, name, property(lambda _: True))
        sensor.run(200_000)
        monkeypatch.undo()
    assert until_stop(sensor, 10_000)[0] == "sleep"


def test_it_sleeps_after_a_set_with_all_of_it_kept() -> None:
    sensor = Sensor(cared=True)
    lying = struct.unpack_from("<I6h", SET_OF_3)[1:]
    sensor.board.imu.motion = lambda _: lying
    sensor.play(SET_OF_3)
    assert until_stop(sensor, 200_000)[0] == "sleep"
    assert kinds(sensor).count(protocol.REP) == 3
    assert sensor.app.log.pending == 0


def test_awake_for_weeks_it_starts_anew_before_its_times_outgrow_thirty_bits(sensor: Sensor) -> None:
    sensor.run(4000)
    sensor.app._now_ms = housekeeping.RENEW_MS
    sensor.follow(200_000)
    sensor.cable.incoming.append((protocol.BYE, sensor.nonces[sensor.cable], b""))
    assert (until_stop(sensor, 1000)[0], housekeeping.RENEW_MS < 1 << 30) == ("restart", True)


# --- the IMU ---


def test_an_imu_that_dies_and_comes_back_is_cued_counted_and_counting_resumes() -> None:
    sensor = Sensor(cared=True)
    lying = struct.unpack_from("<I6h", SET_OF_3)[1:]
    sensor.board.imu.motion = lambda _: lying
    sensor.run(4000)
    sensor.board.imu.motion = lambda _: OSError(19)
    sensor.run(5000)
    assert {400, 800} <= tones(sensor)
    assert sensor.app.imu_faults >= 200
    sensor.board.imu.motion = lambda _: lying
    sensor.run(1000)
    sensor.play(SET_OF_3)
    sensor.run(25_000)
    assert kinds(sensor).count(protocol.REP) == 3


def test_an_imu_that_dies_within_a_set_marks_the_gap_and_counts_on() -> None:
    sensor = Sensor(cared=True)
    lying = struct.unpack_from("<I6h", SET_OF_3)[1:]
    sensor.board.imu.motion = lambda _: lying
    sensor.play(SET_OF_3, dead=DEAD)
    sensor.run(25_000)
    assert sensor.app.imu_faults > 0
    assert kinds(sensor).count(protocol.REP) == 3
    assert len(gapped(sensor)) == 1
    assert kinds(sensor).count(protocol.SET_END) == 1


@pytest.mark.parametrize("gone", [None, OSError(19)])
def test_a_silent_imu_is_cued_every_ten_seconds_and_restarted_after_a_minute(
    sensor: Sensor, gone: OSError | None
) -> None:
    sensor.run(20_000)
    sensor.app.keep(protocol.CORRECTION, 0, (0, 0, 0, 0))
    sensor.board.imu.motion = lambda _: gone
    stopped, after_ms = until_stop(sensor, 100_000)
    assert (stopped, 59_900 <= after_ms <= 60_100) == ("restart", True)
    assert sensor.app.log.pending == 0
    alarms = [tick for tick, hz in sensor.board.tone.told if hz == 400]
    starts = [b for a, b in zip([0, *alarms], alarms, strict=False) if b - a > 5000]
    assert len(starts) == 6


def test_an_imu_silent_within_a_rep_holds_up_neither_the_restart_nor_the_flush(
    sensor: Sensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    sensor.run(4000)
    monkeypatch.setattr(type(sensor.app._detector), "busy", property(lambda _: True))
    sensor.app.keep(protocol.CORRECTION, 0, (0, 0, 0, 0))
    sensor.board.imu.motion = lambda _: None
    assert until_stop(sensor, 100_000)[0] == "restart"
    assert sensor.app.log.pending == 0


def test_an_imu_silent_since_the_start_is_not_restarted_for_ever_but_put_to_sleep(sensor: Sensor) -> None:
    sensor.board.imu.motion = lambda _: None
    stopped, after_ms = until_stop(sensor, 200_000)
    assert (stopped, 180_000 <= after_ms <= 180_100) == ("sleep", True)
    assert kinds(sensor) == [protocol.BOOT]


def test_it_stays_awake_for_a_host_that_asks_why_the_imu_is_silent(sensor: Sensor) -> None:
    sensor.board.imu.motion = lambda _: None
    sensor.follow(400_000)


# --- the battery ---


def test_a_low_battery_is_cued_and_again_every_five_minutes(sensor: Sensor) -> None:
    sensor.follow(20_000)
    assert 600 not in tones(sensor)
    sensor.board.power.cell_mv = housekeeping.LOW_MV - 1
    sensor.follow(600_000)
    low = [tick for tick, hz in sensor.board.tone.told if hz == 600]
    assert [b - a for a, b in zip(low, low[2:], strict=False)][::2] == [300_000]
    state = struct.unpack("<H", sensor.hello(host_nonce=b"nonce002")[protocol.INFO_STATE])[0]
    assert state & protocol.STATE_LOW_BATTERY
    sensor.board.power.cell_mv = 3900
    sensor.run(20_000)
    assert not sensor.app.battery_low


def files(sensor: Sensor) -> dict[str, bytes]:
    return {**sensor.board.storage.files, **sensor.board.config.files}


def test_below_the_safe_voltage_nothing_is_written_not_at_the_start_nor_before_sleep() -> None:
    sensor = Sensor(cared=True)
    before = files(sensor)
    sensor.board.power.cell_mv = housekeeping.SAFE_MV - 1
    sensor.board.config.files["settings"] = b"{"
    sensor.start()
    sensor.board.imu.motion = noisy
    assert until_stop(sensor, 200_000)[0] == "sleep"
    sensor.board.config.files.pop("settings")
    assert files(sensor) == before
    assert sensor.app.log.pending > 0


def test_a_full_memory_below_the_safe_voltage_writes_nothing_either(sensor: Sensor) -> None:
    sensor.run(4000)
    sensor.board.power.cell_mv = housekeeping.SAFE_MV - 1
    sensor.run(20_000)
    before = files(sensor)
    for _ in range(300):
        sensor.app.keep(protocol.CORRECTION, 0, (0, 0, 0, 0))
    sensor.run(20_000)
    assert files(sensor) == before
    assert sensor.app.log.lost > 0
    sensor.board.power.cell_mv = 3900
    sensor.run(20_000)
    assert sensor.app.log.pending == 0
    assert kinds(sensor).count(protocol.GAP) == 1, "what was lost is told"


def test_no_cell_to_measure_is_no_low_battery(sensor: Sensor) -> None:
    assert sensor.board.power.battery_mv() == 0
    sensor.run(4000)
    assert (sensor.app.log.pending, sensor.app.battery_low, sensor.app.log.locked) == (0, False, False)
