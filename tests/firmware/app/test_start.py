"""The whole firmware from main.start() on, under real MicroPython on the twin worlds: starts, failures, recoveries."""

import re

import pytest

from barcore import protocol
from mpy import rig

XIAO, PLUS2 = "xiao_s3", "m5stickc_plus2"
BOTH = [XIAO, PLUS2]
SAID = "Barhold starts in 2 s; Ctrl-C or the button stops it here"
STOPPED = "Barhold has stopped; reset the board to count again"
RESTART = "('Restart', (2,))"


def starting(*args: str, stdin: bytes = b"", bits_32: bool = False) -> list[str]:
    lines = rig.run(rig.HERE / "start_firmware.py", *args, stdin=stdin, bits_32=bits_32).splitlines()
    return [line for line in lines if line not in (SAID, STOPPED)]


@pytest.mark.parametrize("board", BOTH)
def test_two_seconds_and_a_button_are_left_before_anything_runs(board: str) -> None:
    line, pressed, interrupted = starting("window", board)
    assert line == "stopped by the button; reset the board to count"
    assert re.fullmatch(r"REPL 2\d\d\d 0 \[\]", pressed)
    assert re.fullmatch(r"\('KeyboardInterrupt', \(\)\) 4\d\d\d 0 \[\]", interrupted)


@pytest.mark.parametrize(("board", "bits_32"), [(XIAO, True), (PLUS2, False)])
def test_a_set_is_counted_and_ctrl_c_gives_the_board_to_who_sits_at_the_cable(board: str, bits_32, samples) -> None:
    """The golden numbers; then the watchdog, lamp and tones after Ctrl-C; then the start after a soft reset."""
    assert starting("train", board, stdin=samples("six-reps"), bits_32=bits_32) == [
        "REPL (6, 1, 1)",
        {XIAO: "8000 1 [0]", PLUS2: "8000 0 [0]"}[board],
        f"REPL [{protocol.RESET_POWER_ON}, {protocol.RESET_SOFT}]",
    ]


def test_a_crash_in_the_loop_is_reported_and_followed_by_a_clean_start() -> None:
    """Crashes 8 s after each of four starts: told once, and from the second on the restart waits a minute."""
    *lives, causes = starting("crash", XIAO)
    told = "1 True True ValueError: chip"
    assert lives == [f"{RESTART} 1", told, f"{RESTART} 7", f"{RESTART} 7", f"{RESTART} 7", told]
    boots, _, texts = causes.rpartition(" ")
    assert boots == str([protocol.RESET_POWER_ON] + [protocol.RESET_CRASH] * 3)
    assert int(texts) < 40


def test_a_crash_within_a_set_loses_no_rep_that_was_counted(samples) -> None:
    [line] = starting("crash_keeps", XIAO, stdin=samples("six-reps"))
    assert line == f"{RESTART} True MemoryError: memory allocation failed"


def test_a_crash_with_a_storage_that_fails_too_still_restarts() -> None:
    assert starting("crash_of_storage", XIAO) == [RESTART]


def test_a_hang_is_bitten_by_the_watchdog_and_told_by_the_next_start() -> None:
    bitten, causes = starting("hang", XIAO)
    assert bitten.startswith("('Restart', (3,)) 179")
    assert causes == str([protocol.RESET_POWER_ON, protocol.RESET_WATCHDOG])


def test_it_sleeps_after_three_minutes_and_goes_on_when_moved(samples) -> None:
    asleep, health, wire, awake, whole = starting("sleep", XIAO, stdin=samples("six-reps"))
    assert asleep == "('DeepSleep', (0,)) 184 1"
    battery_mv, noise_ug, free_bytes, largest_bytes = (int(value) for value in health[1:-1].split(","))
    assert (battery_mv, noise_ug, largest_bytes) == (3900, 0, 110_000)
    assert free_bytes > 150_000, "MicroPython's own heap, and what the twin's system has beside it"
    assert wire == "1"
    assert awake == f"REPL (6, 1, 1) [{protocol.RESET_POWER_ON}, {protocol.RESET_WAKE}] 0"
    assert whole == "True"


@pytest.mark.parametrize("board", BOTH)
def test_an_unknown_chip_is_one_line_and_a_minute_of_blinking_then_the_repl_is_free(board: str) -> None:
    line, end = starting("unknown", board)
    assert line.startswith(f"board {board}: ")
    assert end.startswith("REPL 60 (")
    assert end.endswith(" 0")
    assert int(end.partition("(")[2].partition(",")[0]) >= 200


def test_a_failing_self_test_is_reported_and_cued_and_counting_goes_on(samples) -> None:
    first, second = starting("self_test", XIAO, stdin=samples("six-reps"))
    assert first.startswith(
        'REPL (6, 1, 1) ["imu: self-test: accelerometer x 0 mg, must be 50..1700 (50 too little); let it lie still and'
    )
    assert first.endswith(" True")
    assert second == "1", "being moved is no failure"


def test_an_imu_that_dies_and_comes_back_is_cued_and_counts_on(samples) -> None:
    assert starting("dies", XIAO, stdin=samples("six-reps")) == ["REPL (6, 1, 1) True"]


def test_an_imu_gone_for_good_is_restarted_once_and_then_told() -> None:
    first, line, second = starting("gone", XIAO)
    assert first == f"{RESTART} 79 1"
    assert line.startswith("board xiao_s3: no IMU answers")
    assert second == "REPL 139"


def test_a_fifo_of_nonsense_costs_only_its_time(samples) -> None:
    assert starting("nonsense", XIAO, stdin=samples("six-reps")) == ["REPL (6, 1, 1)"]


@pytest.mark.parametrize("scenario", ["full", "no_storage"])
def test_storage_that_takes_nothing_is_cued_and_the_targets_sound_all_the_same(scenario: str, samples) -> None:
    assert starting(scenario, XIAO, stdin=samples("six-reps")) == ["REPL", "6 True"]


@pytest.mark.parametrize(
    "made_of", [("bare",), ("cared",), ("cared", "ended"), ("cared", "linked"), ("cared", "serial")]
)
def test_a_step_in_which_nothing_happens_allocates_nothing(made_of: tuple[str, ...]) -> None:
    [line] = rig.run(rig.HERE / "app_step_allocations.py", *made_of).splitlines()
    assert line == f"0 {'linked' in made_of}"
