"""The drivers under real MicroPython: the same integers as here, and no byte of heap for a sample."""

from pathlib import Path

import imu_scenes

from driverkit import CHIPS, blob_file
from mpy import rig

MPY = Path(rig.__file__).parent


def test_both_interpreters_read_the_same(tmp_path: Path) -> None:
    there = rig.run(MPY / "drivers.py").splitlines()
    assert there == imu_scenes.everything(blob_file(tmp_path))
    assert len(there) > 4000


def test_a_thousand_reads_take_no_heap() -> None:
    lines = rig.run(MPY / "drivers_heap.py").splitlines()
    assert [line.split()[0] for line in lines] == CHIPS
    for line in lines:
        _, _, grown, _, count, expected, *_ = line.split()
        assert grown == "0", line
        assert count == expected
        assert int(count) > 4000
