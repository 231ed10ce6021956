"""Updates end to end under real MicroPython: the loader, two slots, safe mode, and a host that speaks frames."""

import re

import pytest

from mpy import rig

READY, RESTART, WATCHDOG = "sent 4 0", "('Restart', 2)", "('Restart', 3)"
OLD, NEW, SAFE = "hello 0.2.0 0", "hello 0.3.0 0", "hello 0.0.0 64"
BEGUN, GOES_ON = "begun 1 0 True", "begun 2 0 True"
ON_TRIAL, TRIED = "(1, 1, 0, 1)", "(1, 1, 1, 1)"
A_CONFIRMED, B_CONFIRMED = "(0, 0, 0, 0)", "(1, 0, 0, 0)"
SAID = re.compile(r"Barhold |Traceback|  File|\w+Error|the application has failed")


def updating(*args: str, stdin: bytes = b"", bits_32: bool = False) -> list[str]:
    lines = rig.run(rig.HERE / "updating.py", *args, stdin=stdin, bits_32=bits_32).splitlines()
    return [line for line in lines if line and not SAID.match(line)]


def test_a_new_version_is_tried_and_confirmed_and_one_cut_short_goes_back() -> None:
    assert updating("good") == [
        *(OLD, BEGUN, READY, RESTART, ON_TRIAL),
        *(NEW, f"('REPL', 0) {TRIED}"),  # 20 s are not 30
        *(OLD, f"('REPL', 0) {A_CONFIRMED}"),
        *(OLD, BEGUN, READY, NEW, f"({RESTART}, ('REPL', 0), {B_CONFIRMED})"),
    ]


@pytest.mark.parametrize(
    ("kind", "ends", "after_s"),
    [
        ("import", RESTART, 2),
        ("syntax", RESTART, 2),
        ("missing", RESTART, 2),
        ("loop", RESTART, 2),
        ("hang", WATCHDOG, 60),
        ("deaf", RESTART, 122),
    ],
)
def test_a_new_version_that_fails_goes_back_by_itself(kind: str, ends: str, after_s: int) -> None:
    *before, tried, old, after = updating("crashing", kind)
    assert before == [OLD, BEGUN, READY, RESTART]
    assert tried == f"{ends} {TRIED} {after_s}"
    assert (old, after) == (OLD, f"('REPL', 0) {A_CONFIRMED}")


@pytest.mark.parametrize("bits_32", [False, True], ids=["native", "32 bits"])
def test_an_update_whose_power_goes_is_resumed(bits_32: bool) -> None:
    assert updating("resumed", bits_32=bits_32) == [
        *(OLD, BEGUN, "sent 2 13", f"('REPL', 0) {A_CONFIRMED}"),
        *(OLD, GOES_ON, READY, f"{RESTART} {ON_TRIAL}"),
        *(NEW, f"('REPL', 0) {B_CONFIRMED}"),
    ]


def test_a_boot_loop_ends_in_safe_mode_which_takes_an_update() -> None:
    assert updating("boot_loop") == [
        *(f"{RESTART} (0, 0, {tries}, 0)" for tries in range(3)),
        "('REPL', 0) (0, 2, 0, 0)",
        "('DeepSleep', 0) 600 ['ext0'] 301",
        *(SAFE, BEGUN, READY, f"{RESTART} (1, 1, 0, 0)"),
        *(NEW, f"('REPL', 0) {B_CONFIRMED}"),
    ]


def test_a_restart_that_was_planned_is_no_crash() -> None:
    """`machine.reset()` reports a hard reset, as a crash below MicroPython does."""
    assert updating("planned") == [f"{RESTART} {A_CONFIRMED}"] * 4


def test_a_version_that_begins_to_crash_gives_way_to_the_one_before() -> None:
    assert updating("other_slot") == [
        *(OLD, BEGUN, READY, RESTART, NEW, f"('REPL', 0) {B_CONFIRMED}"),
        *[f"{RESTART} {B_CONFIRMED}"] * 3,  # switched off in between: no crashes that follow each other
        f"{RESTART} (1, 0, 1, 0)",
        f"{RESTART} (1, 0, 2, 0)",
        *(OLD, f"('REPL', 0) {A_CONFIRMED}"),
    ]


def test_a_set_while_an_update_arrives_is_counted_whole(samples) -> None:
    assert updating("counting", stdin=samples("six-reps")) == [
        *(OLD, BEGUN, READY, RESTART),
        "True True",  # blocks were refused while the set went on, and only for that
        "6 1 1",
        *(NEW, f"('REPL', 0) {B_CONFIRMED}"),
    ]
