"""`barhold start` on a terminal, with a sensor by radio: firmware in real MicroPython, and bleak on the virtual air."""

import asyncio
import functools
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
from radio.board import HERE
from radio.paced_link import Air
from radio.shell import shell
from terminal import CTRL_C, Terminal

DEVICE = "0000000000003fb6"
ANSWERS = (
    ("Name it", "What would you like to call it?", "bar-2", "It is now called bar-2."),
    ("Pair it with this computer", "", "", "Pairing needs the cable."),
    ("Calibrate it", "Calibrate it now?", "n", ""),
    ("Say who lifts with it", "Who lifts with it?", "Mia", "What bar-2 counts from now on is Mia's."),
    ("Choose a plan", "Which plan?", "", "bar-2 now tells you when a pause has lasted 2 s."),
    ("Do a test set", "Watch a test set now?", "n", "barhold check"),
)
"""Each step after the first: its title, what it asks, the answer, and what it then says."""


def test_a_sensor_by_radio_is_set_up_and_left_at_every_step(tmp_path: Path) -> None:
    paths = os.pathsep.join([str(ROOT / "host"), str(ROOT / "firmware")])
    env = {**os.environ, "PYTHONPATH": paths, "BARHOLD_DB": str(tmp_path / "db"), "TERM": "xterm"}

    def typed(socket: str, work: Callable[[Terminal], None]) -> None:
        with Terminal([sys.executable, HERE / "run_barhold.py", socket, "start"], env) as terminal:
            work(terminal)
            assert terminal.ended() == 0

    async def test() -> None:
        air = Air(interval_ms=5)
        sensor = rig.sensor(air, rig.told("barhold-3fb6", 0x3FB6, records=0))
        async with shell(tmp_path, air) as user, sensor:
            await asyncio.to_thread(typed, user.socket, leave_while_it_looks)
            await asyncio.to_thread(typed, user.socket, leave_at_the_first_question)
            for number, step in enumerate(ANSWERS):
                if step[1]:  # the pairing by radio asks nothing, and is taken on the way to the step after it
                    await asyncio.to_thread(typed, user.socket, functools.partial(answer_and_leave, at=number))

    rig.run(test())
    with Store.open(tmp_path / "db") as store:
        assert [(device.device_id, device.name) for device in store.devices()] == [(DEVICE, "bar-2")]
        assert [(wearer.device_id, wearer.lifter) for wearer in People(store).wearers()] == [(DEVICE, "Mia")]


def leave_while_it_looks(terminal: Terminal) -> None:
    terminal.expect("looking for sensors by radio ... 4 s")
    terminal.press(CTRL_C)
    terminal.expect("Left at step 1 of 7.")


def leave_at_the_first_question(terminal: Terminal) -> None:
    terminal.expect("Found barhold-3fb6: id 0000000000003fb6")
    terminal.expect(ANSWERS[0][1])
    terminal.press_until(CTRL_C, "Left at step 2 of 7.")


def answer_and_leave(terminal: Terminal, at: int) -> None:
    """Go on at a step, take it, and leave at the next question."""
    title, question, reply, said = ANSWERS[at]
    terminal.expect("Going on with")
    terminal.expect(title)
    terminal.expect(question)
    terminal.type(reply)
    terminal.expect(said)
    following = next((step for step in ANSWERS[at + 1 :] if step[1]), None)
    if following:
        terminal.expect(following[1])
        terminal.press_until(CTRL_C, f"Left at step {ANSWERS.index(following) + 2} of 7.")
