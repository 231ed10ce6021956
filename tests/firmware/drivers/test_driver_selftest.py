"""Self-tests with the data sheets' limits, and the BMI270's configuration file."""

import re
from pathlib import Path
from typing import Any

import imu_scenes
import pytest

from barsensor.drivers.fault import ImuError
from driverkit import CHIPS, bench_fixture  # noqa: F401


@pytest.mark.parametrize("chip", CHIPS)
def test_a_good_chip_passes_and_samples_afterwards(bench: Any, chip: str) -> None:
    b = bench(chip)
    assert b.driver.self_test() == ""
    b.fake.taken = []
    b.fake.motion = imu_scenes.motion
    b.run(5)
    assert len(b.rows) == len(b.fake.taken) > 10
    assert abs(b.rows[-1][1] - b.fake.taken[-1][1][0]) <= 2


@pytest.mark.parametrize("chip", ["lsm6dsox", "lsm6ds3trc"])
@pytest.mark.parametrize(
    ("mg", "dps", "why"),
    [
        ((400, 10, 400), (300, 300, 300), "accelerometer y ([89]|10) mg"),
        ((400, 400, 1750), (300, 300, 300), "accelerometer z 17[45][0-9] mg, must be .*1700"),
        ((400, 400, 400), (140, 300, 300), "gyroscope x 1[34][0-9] dps, must be 150..700"),
        ((400, 400, 400), (300, 300, -710), "gyroscope z 7[01][0-9] dps"),
        ((0, 0, 0), (0, 0, 0), "accelerometer x 0 mg"),
    ],
)
def test_st_chips_that_fail(bench: Any, chip: str, mg: tuple[int, ...], dps: tuple[int, ...], why: str) -> None:
    b = bench(chip)
    b.fake.push_mg, b.fake.push_dps = mg, dps
    result = b.driver.self_test()
    assert re.match(why, result), result


def test_the_ds3trc_must_answer_by_90_mg_where_50_do_for_the_dsox(bench: Any) -> None:
    for chip, passes in (("lsm6dsox", True), ("lsm6ds3trc", False)):
        b = bench(chip)
        b.fake.push_mg = (70, 70, 70)
        assert (b.driver.self_test() == "") is passes


def test_an_axis_without_data_fails(bench: Any) -> None:
    b = bench("lsm6dsox")
    b.fake.take = lambda at_us: None
    assert b.driver.self_test() == "accelerometer gives no data"


@pytest.mark.parametrize(
    ("answer", "trim", "why"),
    [
        ((100,) * 6, (60,) * 6, ""),
        ((55,) * 3 + (300,) * 3, (60,) * 6, ""),
        ((45,) + (100,) * 5, (60,) * 6, "accelerometer x 44 % of the factory's, must be 50..150"),
        ((100, 155) + (100,) * 4, (60,) * 6, "accelerometer y 154 %"),
        ((100,) * 5 + (40,), (60,) * 6, "gyroscope z 39 %"),
        ((100,) * 6, (0,) * 6, ""),
        ((20,) * 6, (0,) * 6, "accelerometer x 115 mg, must be 225..675"),
    ],
)
def test_the_mpu_is_compared_with_the_factory(bench: Any, answer: Any, trim: Any, why: str) -> None:
    b = bench("mpu6886")
    b.fake.answer, b.fake.trim = answer, trim
    result = b.driver.self_test()
    assert result.startswith(why), result
    assert bool(result) is bool(why)


@pytest.mark.parametrize(
    ("mg", "verdict", "why"),
    [
        ((15000, -17000, 12000), 0x0F, "accelerometer x 15000 mg, must be 16000..32000"),
        ((18000, 17000, 12000), 0x0F, "accelerometer y 17000 mg, must be -32000..-15000"),
        ((18000, -17000, 9000), 0x0F, "accelerometer z "),
        ((18000, -17000, 12000), 0x0B, "gyroscope 0x0B"),
        ((18000, -17000, 12000), 0x00, "gyroscope 0x00"),
    ],
)
def test_the_bmi270_must_answer_in_the_right_direction(bench: Any, mg: Any, verdict: int, why: str) -> None:
    b = bench("bmi270")
    b.fake.push_mg, b.fake.gyro_verdict = mg, verdict
    assert b.driver.self_test().startswith(why), b.driver.self_test()


def test_the_bmi270_says_which_file_it_lacks_and_where_that_comes_from(bench: Any, tmp_path: Path) -> None:
    with pytest.raises(ImuError, match=r"nowhere.bin cannot be read .*bmi270_config_file .* BMI270_SensorAPI"):
        bench("bmi270", config=str(tmp_path / "nowhere.bin")).start()
    short = tmp_path / "short.bin"
    short.write_bytes(bytes(8191))
    with pytest.raises(ImuError, match="has 8191 bytes, must be 8192"):
        bench("bmi270", config=str(short)).start()
    wrong = tmp_path / "wrong.bin"
    wrong.write_bytes(bytes(8192))
    with pytest.raises(ImuError, match="was refused, status 0x02"):
        bench("bmi270", config=str(wrong)).start()


@pytest.mark.parametrize("cross", [0, 13, -20])
def test_the_bmi270_takes_out_what_its_z_axis_puts_into_x(bench: Any, cross: int) -> None:
    b = bench("bmi270", cross=cross, motion=lambda at_ms: (0, 0, 4096, 3000, 0, 20000)).start().run(3)
    assert all(abs(row[4] - 3000) <= 2 for row in b.rows)
    assert len(b.rows) > 5
