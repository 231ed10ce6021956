"""`barhold start` on a pseudo-terminal, with a sensor on a cable: answered, left at every step and taken up again."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("a pseudo-terminal is POSIX", allow_module_level=True)

from barcore import protocol, record
from barhold.cli._command_list import COMMANDS
from barhold.cli._start_progress import StartProgress
from barhold.cli._start_steps import STEPS
from barhold.store import People, Store
from fake_sensor import FakeLog, ModernSensor, make
from hostkit import ROOT, barhold, rep
from pty_board import Board, running
from terminal import CTRL_C, CTRL_D, Terminal

DEVICE = b"\xa1\xb2\x00\x00\x00\x00\x3f\xb6"
POSES = [(0, 0, 0, 0, 0, 0), *[(0, 0, n, (1 << n) - 1, 0, 1500) for n in range(1, 6)],
         (2, 0, 6, 63, 0, 1500), (2, 0, 7, 63, 900, 1500)]  # fmt: skip
ANSWERS = {
    "find": (),
    "name": (("What would you like to call it?", "bar-2"),),
    "pair": (("Pair it now?", "y"),),
    "calibrate": (("Calibrate it now?", "y"),),
    "lifter": (("Who lifts with it?", "Mia"),),
    "plan": (("Which plan?", "glute-bridge"),),
    "set": (("Watch a test set now?", "y"),),
}
DONE = {
    "find": "Found barhold-3fb6: id a1b2000000003fb6",
    "name": "It is now called bar-2.",
    "pair": "Paired.",
    "calibrate": "Calibrated: 7 poses fit to 0.9 mg.",
    "lifter": "What bar-2 counts from now on is Mia's.",
    "plan": "tells you when a pause has lasted 2 s.",
    "set": "The set is stored: 2 reps.",
}


@pytest.fixture
def board() -> Iterator[Board]:
    sensor = ModernSensor(FakeLog({seq: make(seq) for seq in range(5)}), device=DEVICE, name="barhold-3fb6")
    sensor.modern.cable = True
    sensor.modern.calibration = list(POSES)
    with running(Board(sensor, noise=b"")) as board:
        yield board


@pytest.fixture
def start(board: Board, tmp_path: Path) -> Callable[[], Terminal]:
    paths = os.pathsep.join([str(ROOT / "host"), str(ROOT / "firmware")])
    env = {**os.environ, "PYTHONPATH": paths, "BARHOLD_DB": str(tmp_path / "b.db"), "TERM": "xterm"}
    command = [sys.executable, "-m", "barhold", "start", "--serial-port", board.port]
    return lambda: Terminal(command, env)


def speak_a_set(board: Board) -> None:
    """Let the sensor count two reps and end the set."""
    log, sensor = board.sensor.log, board.sensor
    for raw in (rep(10_000, number=1), rep(16_000, number=2), ended_set()):
        kind, flags, boot, _, t_ms = record.header(raw)
        lasting = bytearray(protocol.RECORD_BYTES)
        record.pack_into(lasting, 0, kind, flags, boot, log.next_seq, t_ms, record.payload(raw))
        log.raws[log.next_seq] = bytes(lasting)
        log.next_seq += 1
        sensor.spoken.append(bytes(lasting))


def ended_set() -> bytes:
    raw = bytearray(protocol.RECORD_BYTES)
    record.pack_into(raw, 0, protocol.SET_END, 0, 1, 0, 20_000, (1, 2, 300, 0))
    return bytes(raw)


def answer(terminal: Terminal, board: Board, name: str) -> None:
    """Do one step to its end."""
    for question, reply in ANSWERS[name]:
        terminal.expect(question)
        terminal.type(reply)
    if name == "set":
        terminal.expect("bar-2, 3.90 V")  # the live view is connected
        speak_a_set(board)
    terminal.expect(DONE[name])


def test_each_step_is_taken_and_what_it_asked_is_kept(
    start: Callable[[], Terminal], board: Board, tmp_path: Path
) -> None:
    with start() as terminal:
        for number, step in enumerate(STEPS, 1):
            terminal.expect(f"Step {number} of {len(STEPS)}: {step.title}")
            answer(terminal, board, step.name)
        terminal.expect("barhold sync")
        terminal.expect("barhold check")
        assert terminal.ended() == 0
    modern = board.sensor.modern
    assert (modern.name, modern.target_ms, modern.long_ms) == ("bar-2", 2000, 3000)
    assert modern.actions[-1] == protocol.CALIBRATE_KEEP
    with Store.open(tmp_path / "b.db") as store:
        assert [device.name for device in store.devices()] == ["bar-2"]
        assert store.key_of(DEVICE.hex()) == modern.key
        assert [(lifter.name, lifter.plan) for lifter in People(store).lifters()] == [("Mia", "glute-bridge")]
        assert [(wearer.device_id, wearer.lifter) for wearer in People(store).wearers()] == [(DEVICE.hex(), "Mia")]
    assert StartProgress.load() == StartProgress()  # the next run begins anew


@pytest.mark.parametrize("key", [CTRL_C, CTRL_D])
def test_left_at_every_step_it_goes_on_there(key: str, start: Callable[[], Terminal], board: Board) -> None:
    for number in range(2, len(STEPS) + 1):
        with start() as terminal:  # the first step asks nothing where there is one sensor
            terminal.expect(f"Step {number - 1} of {len(STEPS)}: {STEPS[number - 2].title}")
            answer(terminal, board, STEPS[number - 2].name)
            terminal.expect(f"Step {number} of {len(STEPS)}: ")
            terminal.expect(ANSWERS[STEPS[number - 1].name][0][0])
            terminal.press_until(key, f"Left at step {number} of {len(STEPS)}. `barhold start` goes on from there.")
            assert terminal.ended() == 0
        assert StartProgress.load().done == [step.name for step in STEPS[: number - 1]]


def test_left_in_the_middle_of_the_test_set_it_goes_on_there(start: Callable[[], Terminal], board: Board) -> None:
    with start() as terminal:
        for step in STEPS[:-1]:
            answer(terminal, board, step.name)
        terminal.expect("Watch a test set now?")
        terminal.type("")
        terminal.expect("bar-2, 3.90 V")
        terminal.press_until(CTRL_C, "Left at step 7 of 7.")
        assert terminal.ended() == 0
    with start() as terminal:
        terminal.expect("Going on with bar-2")
        answer(terminal, board, "set")
        assert terminal.ended() == 0


def test_a_step_that_fails_can_be_tried_again_or_skipped(start: Callable[[], Terminal], board: Board) -> None:
    board.sensor.modern.calibration = [(0, 0, 0, 0, 0, 0), (3, 9, 7, 63, 25_000, 1500), *POSES]
    with start() as terminal:
        for name in ("find", "name", "pair"):
            answer(terminal, board, name)
        terminal.expect("Calibrate it now?")
        terminal.type("y")
        terminal.expect("the poses contradict each other")
        terminal.expect("Try again?")
        terminal.type("n")
        terminal.expect("Skipped.")
        terminal.expect("Step 5 of 7")


def test_without_a_terminal_it_prints_commands_that_exist(tmp_path: Path) -> None:
    result = barhold("start", db=tmp_path / "b.db")
    assert result.exit_code == 0
    commands = [line.split() for line in result.stdout.splitlines() if line.startswith("  barhold ")]
    assert [words[1] for words in commands] == [
        *("scan", "scan", "name", "pair", "calibrate", "lifter", "lifter", "plan", "plan", "plan", "live"),
    ]
    known = {name for section in COMMANDS.values() for name in section}
    assert {words[1] for words in commands} <= known


def test_progress_that_cannot_be_read_begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BARHOLD_CONFIG", str(tmp_path))
    StartProgress("a1b2000000003fb6", "bar-2", "", "Mia", ["find"]).save()
    assert StartProgress.load().done == ["find"]
    for text in ("", "[]", "{}", '{"device_id": 1, "name": "", "serial_port": "", "lifter": "", "done": []}'):
        (tmp_path / "start.json").write_text(text)
        assert StartProgress.load() == StartProgress()
