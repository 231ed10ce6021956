"""`barhold start` on a terminal, with a sensor by radio: firmware in real MicroPython, and bleak on the virtual air."""

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("the virtual radio needs POSIX sockets and terminals", allow_module_level=True)

from barhold.store import People, Store
from hostkit import ROOT
from radio import rig
from radio.air import Air
from radio.board import HERE
from radio.shell import shell
from terminal import CTRL_C, Terminal

DEVICE = "0000000000003fb6"


def test_a_sensor_by_radio_is_set_up_and_left_twice_on_the_way(tmp_path: Path) -> None:
    paths = os.pathsep.join([str(ROOT / "host"), str(ROOT / "firmware")])
    env = {**os.environ, "PYTHONPATH": paths, "BARHOLD_DB": str(tmp_path / "db"), "TERM": "xterm"}

    def typed(socket: str, work: Callable[[Terminal], None]) -> None:
        with Terminal([sys.executable, HERE / "run_barhold.py", socket, "start"], env) as terminal:
            work(terminal)

    async def test() -> None:
        air = Air(interval_ms=5)
        sensor = rig.sensor(air, rig.told("barhold-3fb6", 0x3FB6, records=0))
        async with shell(tmp_path, air) as user, sensor:
            for work in (leave_while_it_looks, leave_after_the_name, finish):
                await asyncio.to_thread(typed, user.socket, work)

    rig.run(test())
    with Store.open(tmp_path / "db") as store:
        assert [(device.device_id, device.name) for device in store.devices()] == [(DEVICE, "bar-2")]
        assert [(wearer.device_id, wearer.lifter) for wearer in People(store).wearers()] == [(DEVICE, "Mia")]


def leave_while_it_looks(terminal: Terminal) -> None:
    terminal.expect("looking for sensors by radio ... 4 s")
    terminal.press(CTRL_C)
    terminal.expect("Left at step 1 of 7.")
    assert terminal.ended() == 0


def leave_after_the_name(terminal: Terminal) -> None:
    terminal.expect("Found barhold-3fb6: id 0000000000003fb6")
    terminal.expect("What would you like to call it?")
    terminal.type("bar-2")
    terminal.expect("It is now called bar-2.")
    terminal.expect("Pairing needs the cable.")
    terminal.expect("Calibrate it now?")
    terminal.press(CTRL_C)
    terminal.expect("Left at step 4 of 7.")
    assert terminal.ended() == 0


def finish(terminal: Terminal) -> None:
    terminal.expect("Going on with bar-2")
    for question, reply in (
        ("Calibrate it now?", "n"),
        ("Who lifts with it?", "Mia"),
        ("Which plan?", ""),
    ):
        terminal.expect(question)
        terminal.type(reply)
    terminal.expect("bar-2 now tells you when a pause has lasted 2 s.")
    terminal.expect("Watch a test set now?")
    terminal.type("n")
    terminal.expect("barhold check")
    assert terminal.ended() == 0
