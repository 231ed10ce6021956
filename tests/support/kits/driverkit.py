"""For the drivers' tests: the firmware's drivers on the stand-ins for their chips."""

from pathlib import Path
from typing import Any

import imu_scenes
import pytest
from chips.bmi270 import config_blob

CHIPS = sorted(imu_scenes.CHIPS)


@pytest.fixture(name="bench")
def bench_fixture(tmp_path: Path) -> Any:
    """Give a maker of benches: bench("lsm6dsox", rate_hz=208, ...)."""
    config = blob_file(tmp_path)

    def make(chip: str, rate_hz: int = 0, **options: Any) -> Any:
        return imu_scenes.Bench(chip, rate_hz, options.pop("config", config), **options)

    return make


def blob_file(folder: Path) -> str:
    """Write the configuration that the stand-in for the BMI270 takes; return its path."""
    path = folder / "bmi270.bin"
    path.write_bytes(config_blob())
    return str(path)


def period_ms(bench: Any) -> float:
    """Return the nominal period of a bench's chip."""
    return 1000 / bench.driver.rate_hz
