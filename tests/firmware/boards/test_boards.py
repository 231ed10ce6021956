"""Every board, opened and driven under real MicroPython through `machine`, on the world it is wired to."""

import re

import pytest

from barcore import protocol
from barhold.generate import scenarios
from barhold.image import firmware_files
from barsensor import boards
from barsensor.boards import known
from mpy import rig

XIAO, PLUS2 = "xiao_s3", "m5stickc_plus2"
BOTH = [XIAO, PLUS2]
NO_PINS = {"WAKE_MG", "LCD_HZ"}


def onboard(*args: str, stdin: bytes = b"") -> list[str]:
    return rig.run(rig.HERE / "drive_board.py", *args, stdin=stdin).splitlines()


@pytest.mark.parametrize(
    ("board", "level", "changes"),
    [(PLUS2, 1, "[(0, 4, 1)]"), (XIAO, 0, "[(0, 4, 0)]"), ("nosuch", 0, "[(0, 4, 0)]"), ("none", 0, "[(0, 4, 0)]")],
)
def test_boot_holds_the_power_on_the_plus2_and_touches_no_pressed_button(board: str, level: int, changes: str) -> None:
    assert onboard("boot", board) == [f"{level} {changes} []"]


def test_boot_drives_the_pin_before_it_does_anything_else() -> None:
    code = (firmware_files.folder() / "barloader/boot.py").read_text(encoding="utf-8")
    assert "boards" not in [line.partition("import ")[2] for line in code.splitlines()], "slow: drivers come with it"
    assert {board.name: board.hold_pin for board in known.KNOWN} == {XIAO: None, PLUS2: 4}
    board = firmware_files.folder() / "barsensor/boards/m5stickc_plus2.py"
    assert "POWER_HOLD = 4" in board.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("board", "said"),
    [
        (XIAO, "LSM6DSOX 104 104 (100, -200, 4096, 32, -64, 96) 9 10"),
        (PLUS2, "MPU6886 100 100 (100, -200, 4096, 32, -64, 96) 10 10"),
    ],
)
def test_a_second_of_samples_comes_through_the_bus(board: str, said: str) -> None:
    """Chip, rate, samples in a second, their axes, the least and the longest step in ms."""
    [line] = onboard("samples", board)
    assert line.rpartition(" ")[0] == said


def test_the_xiao_takes_the_other_chip_at_the_other_address() -> None:
    assert onboard("second_chip", XIAO) == ["LSM6DS3TR-C"]


@pytest.mark.parametrize(("board", "lit"), [(XIAO, 0), (PLUS2, 1)])
def test_lamp_sounder_and_button_are_on_their_pins(board: str, lit: int) -> None:
    off = 1 - lit
    lines = [f"{off} 0 False", f"{lit} (2400, 32768)", f"{lit} (3200, 32768)", f"{off} (3200, 0)", "True"]
    assert onboard("signs", board) == lines


@pytest.mark.parametrize("board", BOTH)
def test_the_battery_is_a_mean_and_unknown_without_a_cell(board: str) -> None:
    assert onboard("battery", board) == ["3900", "3870", "0", "0"]


@pytest.mark.parametrize("board", BOTH)
def test_the_chip_runs_at_full_speed(board: str) -> None:
    """An image for an ESP32 with PSRAM starts at 160 MHz."""
    assert onboard("speed", board) == ["240000000 240000000"]


def test_a_long_import_after_a_soft_reset_does_not_trip_the_watchdog() -> None:
    """A tool at the cable imports the whole application: 11.4 s without a Timer's callback in an emulated ESP32."""
    assert onboard("long_import", PLUS2) == ["None"]


@pytest.mark.parametrize("board", BOTH)
def test_it_knows_who_it_is_and_why_it_started(board: str) -> None:
    identity, causes = onboard("identity", board)
    assert identity == rf"{board} b'\x10 0@P`\x00\x00' [] [] 0"
    assert eval(causes) == [
        protocol.RESET_POWER_ON,
        protocol.RESET_CRASH,  # machine.reset() that nobody planned
        protocol.RESET_WATCHDOG,
        protocol.RESET_WAKE,
        protocol.RESET_SOFT,
        protocol.RESET_UNKNOWN,
    ]


def test_the_xiao_sleeps_until_the_bar_moves_or_the_button_is_pressed() -> None:
    assert onboard("sleep", XIAO) == [
        "('DeepSleep', (0,))",
        "[('ext0', (4, 0)), ('ext1', ((2,), 1))] [4] [1]",  # button low, IMU line high; the button's pull-up is held
        "1 [0]",  # LED and sounder off
        "0 1",  # the bar moves: the line rises
        "4 1 [] False",  # awake: nothing is held, the button works
    ]


def test_the_plus2_sleeps_with_its_power_held_and_wakes_by_two_buttons() -> None:
    assert onboard("sleep", PLUS2) == [
        "('DeepSleep', (0,))",
        "[('ext0', (37, 0)), ('ext1', ((35,), 0))] [4, 27] [1, 0]",  # power on, backlight off, both held
        "0 [0]",
        "True False None",  # screen and IMU asleep
        "4 1 [4] False",  # awake: the power was held all the time
        "1",  # backlight on
    ]


@pytest.mark.parametrize(
    ("board", "wake"), [(XIAO, "[('ext0', (4, 0))]"), (PLUS2, "[('ext0', (37, 0)), ('ext1', ((35,), 0))]")]
)
def test_a_dead_imu_keeps_no_board_awake(board: str, wake: str) -> None:
    assert onboard("sleep_without_imu", board) == [f"('DeepSleep', (0,)) {wake}"]


@pytest.mark.parametrize(("board", "pins"), [(XIAO, "5 and 6"), (PLUS2, "21 and 22")])
def test_a_stuck_bus_is_freed_or_told(board: str, pins: str) -> None:
    assert onboard("stuck", board) == [
        "True 2",
        "True 10",
        f"board {board}: the I2C bus on pins {pins} is held low; check its wires, and that /board names it",
        "False 10",
    ]


@pytest.mark.parametrize("board", BOTH)
def test_what_cannot_be_opened_is_one_line_with_the_next_step(board: str) -> None:
    strange, none, absent, none2, unknown, none3, unnamed, none4 = onboard("wrong", board)
    assert (none, none2, none3, none4) == ("None",) * 4
    assert strange.startswith(f"board {board}: ")
    assert "0x05" in strange
    for chip_id in {XIAO: ("0x6c", "0x6a"), PLUS2: ("0x19",)}[board]:
        assert chip_id in strange
    assert absent.startswith(f"board {board}: ")
    assert "answer" in absent
    assert strange.endswith("; check its wires, and that /board names it")
    assert absent.endswith("; check its wires, and that /board names it")
    assert unknown == "board 'nosuch' is not known: write one of 'm5stickc_plus2 hold=4', 'xiao_s3' to /board and reset"
    assert unnamed.endswith("which board this is: write one of 'm5stickc_plus2 hold=4', 'xiao_s3' to /nofile and reset")


@pytest.mark.parametrize("board", BOTH)
def test_the_watchdog_bites_only_who_does_not_feed_it(board: str) -> None:
    [bitten, power, restarted] = onboard("watchdog", board)
    assert (bitten, restarted) == ("('Restart', (3,)) 8000", "3 ('Restart', (2,)) b'planned'")
    assert power == {XIAO: "0", PLUS2: "1"}[board], "the Plus2 must not switch off while it restarts"


@pytest.mark.parametrize("board", BOTH)
@pytest.mark.parametrize(("name", "said"), [("six-reps", "6 1 1 6"), ("mixed-set", "6 1 1 5")])
def test_a_set_is_counted_and_its_targets_sound_across_the_tick_wrap(board: str, name: str, said: str, samples) -> None:
    """Reps, sets begun and ended, targets: those of the golden records; then overruns, bad words, faults of the log."""
    assert onboard("train", board, stdin=samples(name)) == [said, "0 0 0"]


@pytest.mark.parametrize("board", BOTH)
def test_at_the_faster_rate_no_sample_is_missed_though_each_write_to_flash_stalls_all(board: str, samples) -> None:
    """80 ms is what an erase takes; a set at rest is up to four writes."""
    counted, faults = onboard("train", board, "80", stdin=samples("mixed-set"))
    assert (counted.split()[:3], faults) == (["6", "1", "1"], "0 0 0")


@pytest.mark.parametrize(("board", "gap"), [(XIAO, False), (PLUS2, True)])
def test_the_longest_write_to_flash_loses_no_sample_of_a_set_and_a_gap_at_rest_is_one_overrun(
    board: str, gap: bool
) -> None:
    """1.4 s is the longest flush that was seen on an emulated ESP32; the Plus2's FIFO holds 0.7 s.

    The lifter rests 2 to 4 s at the bottom of every rep, long enough for a sensor to take it for a good moment.
    """
    samples = scenarios.make("bottom-pause", 3).samples
    counted, faults = onboard("stalls", board, "1400", stdin=samples)
    assert counted.split()[1:] == ["1", "1"]
    assert int(counted.split()[0]) >= 6
    assert faults == f"0 True {gap} 0 0"


def test_a_module_per_name_and_a_name_per_module() -> None:
    shared = {"__init__", "board", "esp", "known", "sim", "storage"}
    modules = {path.stem for path in (firmware_files.folder() / "barsensor/boards").glob("*.py")} - shared
    assert modules == set(boards.NAMES)


def pins_in_code(board: str) -> set[tuple[str, str]]:
    """Return (names, numbers) of every line that assigns pins, as the README writes them."""
    code = (firmware_files.folder() / f"barsensor/boards/{board}.py").read_text(encoding="utf-8")
    lines = re.findall(r"^([A-Z][A-Z_0-9, ]*) = (\d[\d, ]*)$", code, re.MULTILINE)
    return {(f"`{names}`", numbers) for names, numbers in lines if names not in NO_PINS}


@pytest.mark.parametrize(("board", "rows"), [(XIAO, 2), (PLUS2, 5)])
def test_the_pin_table_of_the_readme_is_the_code(board: str, rows: int) -> None:
    text = (firmware_files.folder() / "barsensor/boards/README.md").read_text(encoding="utf-8")
    section = text.partition(f"### `{board}`")[2].partition("\n### ")[0]
    told = {
        tuple(cell.strip() for cell in row.split("|")[1:3]) for row in section.splitlines() if row.startswith("| `")
    }
    assert told == pins_in_code(board)
    assert len(told) == rows
