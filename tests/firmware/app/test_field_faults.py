"""Faults that others met in the field: each goes on counting as far as possible, and is told in the log.

The whole firmware on the XIAO's twin, from main.start() on; six reps are trained meanwhile, from the eighth second on.
Sources: threads about MicroPython's ESP32 port (`BLE.active` that times out, `gap_advertise` and `gatts_write` that
raise, I2C that answers ENODEV for a while, EIO of the flash) and of devices whose crystal stopped.
"""

import pytest

from barcore import protocol
from barsensor import app
from mpy import rig

XIAO, PLUS2 = "xiao_s3", "m5stickc_plus2"


def starting(*args: str, stdin: bytes = b"") -> list[str]:
    said = (
        "Barhold starts in 2 s; Ctrl-C or the button stops it here",
        "Barhold has stopped; reset the board to count again",
    )
    lines = rig.run(rig.HERE / "start_firmware.py", *args, stdin=stdin).splitlines()
    return [line for line in lines if line not in said]


@pytest.mark.parametrize(
    ("fault", "from_ms", "for_ms", "told"),
    [
        ("start", 0, 15_000, "radio: 2 faults"),
        ("advertise", 20_000, 15_000, "radio: "),
        ("set_value", 60_000, 40_000, "radio: "),
        ("i2c", 25_000, 400, "imu: "),
        ("i2c", 5_000, 30, "imu: "),
        ("flash", 60_000, 20_000, "flash: "),
    ],
)
def test_a_fault_for_a_while_costs_no_rep_and_is_reported(
    fault: str, from_ms: int, for_ms: int, told: str, samples
) -> None:
    ended, last = starting("field", XIAO, fault, str(from_ms), str(for_ms), stdin=samples("six-reps"))
    assert ended == "('DeepSleep', (0,)) (6, 1, 1)"
    assert told in last
    assert last.endswith("True"), "the radio is on again"


@pytest.mark.parametrize("gone_ms", [3000, 30_000])
def test_an_imu_that_does_not_answer_within_a_set_costs_only_the_reps_of_that_time(gone_ms: int, samples) -> None:
    ended, last = starting("field", XIAO, "i2c", "25000", str(gone_ms), stdin=samples("six-reps"))
    reps, _, closed = eval(ended[-9:])
    assert reps >= (4 if gone_ms == 3000 else 1)
    assert closed >= 1
    assert "imu: " in last


def test_what_the_first_write_of_a_start_keeps_waiting_is_no_loss() -> None:
    """2.1 s on an emulated ESP32, in which the Plus2's FIFO overruns three times; nobody trains then."""
    assert starting("first_flush", PLUS2) == ["[0] [] 1"]


@pytest.mark.parametrize("board", [XIAO, PLUS2])
def test_a_power_cut_within_a_set_costs_no_rep_that_had_ended(board: str, samples) -> None:
    """At 30 s: the fourth rep has ended 1.4 s ago, the fifth is under way. Each note stalls as for an erased block."""
    cut, after = starting("cut", board, "30000", "450", stdin=samples("six-reps"))
    assert cut.startswith("('Restart', (1,)) (0, 0, 0) "), "nothing of it was in the log yet"
    assert after == f"(4, 1, 0) [{protocol.RESET_POWER_ON}, {protocol.RESET_POWER_ON}] True"


def test_without_the_chips_own_store_all_is_counted_and_kept(samples) -> None:
    assert starting("no_nvs", XIAO, stdin=samples("six-reps")) == ["REPL (6, 1, 1) []"]


def test_where_a_note_stalls_for_longer_than_the_fifo_bridges_none_is_made_again(samples) -> None:
    (few, _), (many, _) = (
        starting("cut", PLUS2, "30000", str(stall_ms), stdin=samples("six-reps")) for stall_ms in (700, 5)
    )
    assert int(few.split()[-1]) == int(many.split()[-1]) - 4


@pytest.mark.parametrize("board", [XIAO, PLUS2])
def test_brown_outs_at_each_start_are_no_crashes_wear_no_flash_and_cost_no_later_set(board: str, samples) -> None:
    """3 s into each start, as when the radio draws its first current from a tired cell."""
    loop, after = starting("brown_out", board, "3500", stdin=samples("six-reps"))
    assert loop == f"4 0 {[protocol.RESET_POWER_ON] * 4}", "of 20 starts four wrote, none was a crash"
    assert after == "REPL (6, 1, 1) 5 power: 4 or more starts in a row ended within a minute; check battery and wires"


def test_a_clock_that_stops_is_a_crash_that_is_reported_and_restarted() -> None:
    ended, last = starting("stopped_clock", XIAO)
    assert ended == "('Restart', (2,))"
    assert last.startswith("ClockError: the clock stands at ")
    assert app.STOPPED_STEPS * app.STEP_MS == 5000
