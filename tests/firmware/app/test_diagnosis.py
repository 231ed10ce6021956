"""What a sensor tells of itself when it is asked, from the application's own counters to the host's lines."""

from barcore import protocol
from barhold.connection.diagnosis import Diagnosis, read_diagnosis
from barhold.doctor.sensor import condition_lines
from sensorkit import Sensor

WELL = Diagnosis(
    *(1_900_000, 110_000, 1_200_000, 2_000_000, 640, 32_512, 0, 0, 0, 0, 0, 0),
    starts=(0, 1, 0, 0, 3, 1, 0, 0),
    temperature_c=41,
)


def changed(**values: object) -> Diagnosis:
    return Diagnosis(**{**{name: getattr(WELL, name) for name in Diagnosis.__slots__}, **values})  # type: ignore[arg-type]


def test_a_sensor_tells_its_log_its_starts_and_its_faults() -> None:
    sensor = Sensor()
    sensor.hello()
    sensor.board.imu.overruns = 2
    sensor.app.imu_faults = 3
    kind, body = sensor.answer(protocol.DIAGNOSE)
    assert kind == protocol.DIAGNOSIS
    found = read_diagnosis(body)
    assert found
    assert (found.imu_faults, found.imu_overruns, found.log_records) == (3, 2, 1)
    assert found.starts[protocol.RESET_POWER_ON] == 1
    assert found.temperature_c is None


def test_a_sensor_that_is_well_needs_nothing_done() -> None:
    lines = condition_lines(WELL)
    assert {line.status for line in lines} == {"ok"}
    assert [line.what for line in lines] == [
        *("memory", "flash", "log fill", "motion sensor", "links", "starts since the last sync", "temperature"),
    ]
    assert lines[5].found == "1 by power, 3 after sleep, 1 planned"


def test_whatever_is_unusual_names_the_next_step() -> None:
    for values, what, status in (
        ({"heap_free_bytes": 60_000}, "memory", "warn"),
        ({"flash_faults": 2}, "flash", "fail"),
        ({"flash_free_bytes": 9_000}, "flash", "warn"),
        ({"imu_faults": 7}, "motion sensor", "warn"),
        ({"radio_faults": 1}, "links", "warn"),
        ({"starts": (0, 1, 0, 1, 0, 0, 0, 0)}, "starts since the last sync", "warn"),
        ({"starts": (0, 0, 0, 0, 0, 0, 2, 0)}, "starts since the last sync", "warn"),
        ({"starts": (0, 12, 0, 0, 0, 0, 0, 0)}, "starts since the last sync", "warn"),
        ({"starts": (0, 5, 0, 0, 0, 0, 0, 0), "short_starts": 4}, "starts since the last sync", "warn"),
        ({"temperature_c": 85}, "temperature", "warn"),
    ):
        [line] = [line for line in condition_lines(changed(**values)) if line.status != "ok"]
        assert (line.what, line.status, bool(line.next_step)) == (what, status, True)


def test_a_body_that_cannot_be_read_is_none() -> None:
    assert read_diagnosis(b"") is None
    assert read_diagnosis(b"\x01\x08" + bytes(8)) is None
