"""Every driver against the stand-in for its chip: the right samples at the right times, and no sample lost unseen."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import imu_scenes
import pytest

from barsensor.drivers.fault import ImuError
from driverkit import CHIPS, bench_fixture, blob_file, period_ms  # noqa: F401

RATES = [(chip, rate_hz) for chip in CHIPS for rate_hz in imu_scenes.CHIPS[chip][2]]
ROUNDING = 2  # counts: half of the chip's, half of ours, and the factor's rest at full scale


def compare(rows: list[tuple[int, ...]], taken: list[tuple[int, tuple[int, ...]]], period: float) -> None:
    assert len(rows) == len(taken)
    for (t_ms, *axes), (at_us, sample) in zip(rows, taken, strict=True):
        assert abs(t_ms - at_us / 1000) <= period + 2
        assert max(abs(read - true) for read, true in zip(axes, sample, strict=True)) <= ROUNDING


@pytest.mark.parametrize("speed", [950, 1000, 1050])
@pytest.mark.parametrize(("chip", "rate_hz"), RATES)
def test_known_motion(tmp_path: Path, chip: str, rate_hz: int, speed: int) -> None:
    bench = imu_scenes.steady(chip, rate_hz, blob_file(tmp_path), speed)
    compare(bench.rows, bench.fake.taken, period_ms(bench))
    span_s = (bench.fake.taken[-1][0] - bench.fake.taken[0][0]) / 1e6
    assert (len(bench.rows) - 1) / span_s == pytest.approx(rate_hz * speed / 1000, rel=0.01)
    assert bench.driver.overruns == bench.driver.bad_words == 0


@pytest.mark.parametrize("chip", CHIPS)
def test_every_axis_has_its_scale_its_sign_and_its_place(bench: Any, chip: str) -> None:
    b = bench(chip).start()
    given = []
    for axis in range(6):
        for value in (1, -1, 255, -256, 4096, -4096, 31000, -31000):
            given.append(tuple(value if i == axis else 10 * i + 5 for i in range(6)))
            b.fake.push(*given[-1])
    b.run(40)
    for row, sample in zip(b.rows, given, strict=False):
        assert max(abs(read - true) for read, true in zip(row[1:], sample, strict=True)) <= ROUNDING


@pytest.mark.parametrize("chip", CHIPS)
def test_full_scale_is_clamped_to_16_bits_and_reads_as_clipped(bench: Any, chip: str) -> None:
    b = bench(chip).start()
    for sign in (1, -1):
        b.fake.push(*[sign * 60000] * 6)
    b.run(5)
    for row, sign in zip(b.rows, (1, -1), strict=False):
        assert all(32000 <= abs(value) <= 32768 for value in row[1:4])
        assert all(31900 <= abs(value) <= 32768 and value * sign > 0 for value in row[4:])


@pytest.mark.parametrize("chip", CHIPS)
def test_a_limit_leaves_the_rest_in_the_fifo(bench: Any, chip: str) -> None:
    b = bench(chip, motion=imu_scenes.motion).start()
    b.world.wait_ms(500)
    sizes = []
    while rows := b.poll(limit=7):
        sizes.append(len(rows))
    assert set(sizes[:-1]) == {7}
    compare(b.rows, b.fake.taken, period_ms(b))


@pytest.mark.parametrize("chip", CHIPS)
def test_one_read_moves_at_most_a_burst_whatever_is_asked_for(bench: Any, chip: str) -> None:
    b = bench(chip).start()
    b.world.wait_ms(600)
    assert len(b.poll(limit=1000)) == 32


@pytest.mark.parametrize("chip", CHIPS)
def test_an_overrun_is_counted_and_shows_as_a_gap(tmp_path: Path, chip: str) -> None:
    b = imu_scenes.overrun(chip, blob_file(tmp_path))
    assert (b.driver.overruns, b.driver.bad_words) == (1, 0)
    ticks = [row[0] for row in b.rows]
    steps = [(after - before) & 0x3FFFFFFF for before, after in pairwise(ticks)]
    assert max(steps) > 4900
    assert sorted(steps)[-2] < 2 * period_ms(b)
    assert ticks[-1] < ticks[0], "the ticks wrapped within"
    truth = dict(b.fake.taken)
    last_us = max(truth)
    assert b.rows[-1][1] == pytest.approx(truth[last_us][0], abs=ROUNDING)
    assert abs((b.rows[-1][0] - last_us // 1000 + (1 << 29)) % (1 << 30) - (1 << 29)) <= period_ms(b) + 2


@pytest.mark.parametrize("chip", CHIPS)
def test_a_fifo_nearly_full_is_no_overrun(bench: Any, chip: str) -> None:
    b = bench(chip, motion=imu_scenes.motion).start()
    b.world.wait_ms({"mpu6886": 700, "bmi270": 1500}.get(chip, 2300))
    b.drain()
    compare(b.rows, b.fake.taken, period_ms(b) + 0.05 * len(b.rows) * period_ms(b))
    assert b.driver.overruns == 0


@pytest.mark.parametrize("chip", CHIPS)
def test_the_fifo_bridges_a_flash_write_of_400_ms_at_the_high_rate(bench: Any, chip: str) -> None:
    if chip == "mpu6886":
        pytest.skip("its 1 kB of FIFO holds 360 ms at 200 Hz, as its README says")
    b = bench(chip, rate_hz=imu_scenes.CHIPS[chip][2][1], motion=imu_scenes.motion).start()
    for _ in range(5):
        b.world.wait_ms(400)
        b.drain()
    compare(b.rows, b.fake.taken, period_ms(b))


@pytest.mark.parametrize("chip", CHIPS)
def test_a_wrong_identity_is_refused_and_named(bench: Any, chip: str) -> None:
    register, right = {"mpu6886": (0x75, 0x19), "bmi270": (0x00, 0x24)}.get(chip, (0x0F, 0))
    b = bench(chip)
    right = right or b.fake.identity
    b.fake.get = lambda reg: 0x5A if reg == register else 0
    with pytest.raises(ImuError, match=f"at 0x{b.address:02X}: id 0x5A, must be id 0x{right:02X}"):
        type(b.driver)(b.i2c, b.world, b.address)


@pytest.mark.parametrize("chip", CHIPS)
def test_a_missing_chip_is_an_imu_error_too(bench: Any, chip: str) -> None:
    b = bench(chip)
    b.world.i2c.clear()
    with pytest.raises(ImuError, match="no answer"):
        type(b.driver)(b.i2c, b.world, b.address)


@pytest.mark.parametrize("chip", CHIPS)
def test_a_rate_that_the_chip_has_not_is_refused(bench: Any, chip: str) -> None:
    with pytest.raises(ImuError, match="rate is 150 Hz"):
        bench(chip, rate_hz=150)


def test_the_id_that_the_upstream_driver_rejects_is_the_ds3trc(bench: Any) -> None:
    assert bench("lsm6ds3trc").driver.chip == "LSM6DS3TR-C"
    assert bench("lsm6dsox").driver.chip == "LSM6DSOX"


@pytest.mark.parametrize("chip", ["lsm6dsox", "lsm6ds3trc"])
def test_block_data_update_is_on(bench: Any, chip: str) -> None:
    b = bench(chip).start()
    assert b.fake.registers[0x12] == 0x44


@pytest.mark.parametrize("chip", CHIPS)
def test_power_down_stops_everything(bench: Any, chip: str) -> None:
    b = bench(chip).start()
    b.driver.power_down()
    b.world.wait_ms(300)
    assert b.fake.taken == []
    assert b.fake.period_us() is None
    b.start().run(5)
    compare(b.rows, b.fake.taken, period_ms(b))


@pytest.mark.parametrize("chip", CHIPS)
def test_waking_by_motion(bench: Any, chip: str) -> None:
    b = bench(chip).start()
    b.driver.wake_on_motion(60)
    b.world.wait_ms(2000)
    assert b.fake.int1 == 0, "at rest"
    b.fake.motion = lambda at_ms: (0, 0, 4096 + (150 if at_ms // 40 % 2 else 0), 0, 0, 0)  # 37 mg
    b.world.wait_ms(2000)
    assert b.fake.int1 == 0, "shaken by less than asked for"
    b.fake.motion = lambda at_ms: (0, 400 * (at_ms // 20 % 5), 4096, 0, 0, 0)  # 98 mg
    b.world.wait_ms(500)
    b.fake.motion = None
    b.world.wait_ms(500)
    assert b.fake.int1 == 1, "and it stays"
    assert b.fake.taken == [], "with the FIFO off"
    b.start().run(5)
    compare(b.rows, b.fake.taken, period_ms(b))
    assert b.fake.int1 == 0
