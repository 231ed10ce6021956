"""Faults put into the drivers on purpose, the upstream drivers' among them: the stand-ins must not let them pass."""

import importlib
from pathlib import Path
from typing import Any

import imu_scenes
import pytest
from test_drivers import compare, period_ms

from driverkit import CHIPS, blob_file

CLASS = {chip: imu_scenes.CHIPS[chip][0] for chip in CHIPS}
SEEDS = {
    "gyroscope 12.8 % low, as upstream's lsm6dsox": ("lsm6dsox", "gyro_factor", 15999),
    "the same in the DS3TR-C": ("lsm6ds3trc", "gyro_factor", 15999),
    "code 0x0A for 100 Hz, as upstream's bmi270": ("bmi270", "ODR_CODE", {100: 0x0A}),
    "100 Hz at half the rate": ("bmi270", "ODR_CODE", {100: 7}),
    "104 Hz at twice the rate": ("lsm6dsox.lsm6", "ODR_CODE", {104: 5}),
    "accelerometer's scale of 4 g": ("lsm6dsox", "acc_factor", 8187),
    "+-4 g set": ("lsm6dsox.lsm6", "FS_8_G", 2 << 2),
    "+-16 g set": ("lsm6ds3trc.lsm6", "FS_8_G", 1 << 2),
    "+-500 dps set": ("lsm6dsox.lsm6", "FS_1000_DPS", 2 << 1),
    "+-2000 dps set in the MPU": ("mpu6886", "FS_1000_DPS", 3 << 3),
    "+-4 g set in the BMI": ("bmi270", "FS_8_G", 1),
    "wrong end first": ("lsm6dsox", "low", 1),
    "wrong end first in the MPU": ("mpu6886", "low", 0),
    "wrong register of the FIFO": ("lsm6dsox", "fifo_reg", 0x79),
    "wrong register of the FIFO of the DS3TR-C": ("lsm6ds3trc", "fifo_reg", 0x3F),
    "registers that do not count up": ("lsm6ds3trc.lsm6", "BDU_AND_INCREMENT", 0x40),
    "gyroscope not in the FIFO": ("lsm6ds3trc", "EVERY_SAMPLE", 0x01),
    "temperature alone in the FIFO": ("mpu6886", "ACC_AND_GYRO", 0x10),
}


@pytest.mark.parametrize("name", SEEDS)
def test_a_seeded_fault_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    where, what, value = SEEDS[name]
    chip, _, room = where.partition(".")
    module = importlib.import_module("barsensor.drivers." + (room or chip))
    target = module if what.isupper() or what[0].isupper() else getattr(module, CLASS[chip])
    rate_hz = imu_scenes.CHIPS[chip][2][0]
    monkeypatch.setattr(target, what, value)
    bench = imu_scenes.steady(chip, rate_hz, blob_file(tmp_path))
    with pytest.raises(AssertionError):
        as_it_must_be(bench, rate_hz)


def as_it_must_be(bench: Any, rate_hz: int) -> None:
    compare(bench.rows, bench.fake.taken, period_ms(bench))
    assert len(bench.rows) / (bench.world.now_ms / 1000 - 1.1) == pytest.approx(rate_hz, rel=0.05)


@pytest.mark.parametrize(("control", "torn"), [(0x04, True), (0x44, False)])
def test_output_registers_tear_without_block_data_update(control: int, torn: bool) -> None:
    """What upstream leaves off: the stand-in shows it, and `test_block_data_update_is_on` that ours has it on."""
    from chips.lsm6dsox import FakeLsm6dsox  # noqa: PLC0415

    values = [(value, 0, 4096, 0, 0, 0) for value in (250, 260) * 20]
    fake: Any = FakeLsm6dsox()
    for reg, value in ((0x12, control), (0x10, 0x4C)):
        fake.write(reg, bytes((value,)))
    for value in values:
        fake.push(*value)
    fake.advance(15)
    seen, word = set(), bytearray(2)
    for now_ms in range(20, 200, 7):
        fake.advance(now_ms)
        fake.read(0x28, word)
        seen.add(word[0] | word[1] << 8)
    assert (max(seen) - min(seen) > 12) is torn
