"""A turn by the sensor's button: firmware in real MicroPython, the virtual radio, unmodified bleak, and the store."""

import asyncio
import sys
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("the virtual radio needs POSIX sockets", allow_module_level=True)

from barhold.model import Lifter, Wearer
from barhold.store import People, Store
from radio import rig

DEVICE = f"{1:016x}"


def test_a_press_between_two_syncs_is_the_next_lifters_turn(tmp_path: Path) -> None:
    db = tmp_path / "b.db"
    with Store.open(db) as store:
        for name in ("Mia", "Noa"):
            People(store).add_lifter(Lifter(name))
        People(store).wear(Wearer(DEVICE, 0, "Mia"))

    async def test() -> list[int]:
        async with rig.radio(rig.told(records=3, press_at="MIA")):
            taken = [(await rig.synced(db)).turns]
            while len(taken) < 20 and not taken[-1]:
                await asyncio.sleep(0.2)
                taken.append((await rig.synced(db)).turns)
            return taken

    assert rig.run(test())[-1] == 1
    with Store.open(db) as store:
        assert [(wearer.device_id, wearer.lifter) for wearer in People(store).wearers()] == [
            (DEVICE, "Mia"),
            (DEVICE, "Noa"),
        ]
