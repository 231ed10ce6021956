"""The live view: what it shows of each record, running hold and all, and that hearing one twice changes nothing."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from barcore import protocol
from barhold.cli._live_screen import LiveScreen, big
from barhold.errors import InputError
from barhold.live.view_state import HOLDING, LOWERING, RISING, WAITING, LiveView
from barhold.recordings import reader
from barhold.recordings.replay import records
from barhold.recordings.writer import Capture
from hostkit import DATA, raw, rep


def live(kind: int, number: int = 1, rom_mm: int = 300, hold_ms: int = 0) -> bytes:
    return raw(kind, 0, (1, number, rom_mm, hold_ms), seq=protocol.NO_SEQ)


def test_a_rep_runs_through_the_view() -> None:
    view = LiveView()
    assert (view.phase, view.target_ms) == (WAITING, 2000)
    view.feed(live(protocol.RISE), 10.0)
    assert (view.phase, view.rep, view.hold_ms(10.5)) == (RISING, 1, 0)
    view.feed(live(protocol.TOP), 11.0)
    assert (view.phase, view.hold_ms(12.5)) == (HOLDING, 1500)
    assert view.feed(live(protocol.TARGET, hold_ms=2000), 13.1) == "set 1 rep 1: target reached"
    assert view.hold_ms(13.6) == 2500
    view.feed(live(protocol.HOLD_END, hold_ms=2400), 13.7)
    assert (view.phase, view.hold_ms(99.0)) == (LOWERING, 2400)
    line = view.feed(rep(10_000, hold_ms=2410, flags=protocol.PARTIAL), 15.0)
    assert line == "set 1 rep 1: hold 2.41 s +- 0.05, range 30 cm (partial)"
    assert (view.phase, view.rep, view.hold_ms(99.0)) == (WAITING, 1, 2410)


def test_what_is_heard_again_after_a_break_is_shown_once() -> None:
    view = LiveView()
    assert view.feed(rep(10_000), 0.0)
    assert not view.feed(rep(10_000), 1.0)
    assert len(view.reps) == 1


def test_sets_begin_with_their_target_end_and_are_corrected() -> None:
    view = LiveView()
    view.feed(raw(protocol.SET_START, 0, (1, 2, 2500)), 0.0)
    assert view.target_ms == 2500
    for number in range(1, 10):
        view.feed(rep(number * 5000, number=number), 0.0)
    assert [counted.rep.number for counted in view.reps] == [4, 5, 6, 7, 8, 9]
    assert view.feed(raw(protocol.CORRECTION, 45_000, (1, 9, protocol.DROP_REP, 0)), 0.0) == "set 1 rep 9: taken back"
    assert [counted.rep.number for counted in view.reps] == [4, 5, 6, 7, 8]
    assert view.feed(raw(protocol.SET_END, 0, (1, 8, 300, 60_000)), 0.0) == "set 1 ended: 8 reps"
    assert (
        view.feed(raw(protocol.SET_END, 0, (2, 1, 300, 0), flags=protocol.LONE), 0.0) == "set 2: a lone lift, not a set"
    )
    assert (view.sets, view.rep) == (1, 0)


@pytest.mark.parametrize("kind", [protocol.BOOT, protocol.HEALTH, protocol.GAP, protocol.TEXT, protocol.TIME_ANCHOR])
def test_what_is_no_training_leaves_the_view_alone(kind: int) -> None:
    view = LiveView()
    values = {protocol.TEXT: (1, 1, b"x"), protocol.GAP: (0, 1), protocol.TIME_ANCHOR: (1, 1)}
    assert view.feed(raw(kind, 0, values.get(kind, (0, 0, 1, 0, 0)[: 5 if kind == protocol.BOOT else 4])), 0.0) == ""
    assert view == LiveView()


def test_a_recorded_training_as_plain_lines() -> None:
    view = LiveView()
    lines = [view.feed(one, 0.0) for one in records(reader.read(DATA / "six-reps.csv"))]
    said = [line for line in lines if line]
    assert len([line for line in said if " rep " in line]) == 6
    assert said[-1] == "set 1 ended: 6 reps"


def test_the_picture_has_the_big_number_the_hold_and_the_last_reps() -> None:
    view = LiveView()
    shown = LiveScreen(view, False)
    shown.sensor("bar-1", 3900)
    for number in (11, 12):
        view.feed(rep(number * 5000, number=number), 0.0)
    view.feed(live(protocol.TOP, 13), 0.0)
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(shown.picture(1.0))
    text = console.export_text()
    assert "bar-1, 3.90 V   set 1   holding" in text
    assert "1.0 of 2 s" in text
    assert text.index("rep 12: hold") < text.index("rep 11: hold")
    assert big(13)[0].rstrip() in text
    assert max(len(line) for line in text.splitlines()) <= 80


def test_every_digit_is_another() -> None:
    assert len({tuple(big(digit)) for digit in range(10)}) == 10
    assert {len(row) for row in big(1234567890)} == {len(big(1234567890)[0])}


# --- capture ------------------------------------------------------------------------------------------------------


def sample(t_ms: int, x: int = 0) -> bytes:
    return t_ms.to_bytes(4, "little") + x.to_bytes(2, "little") + bytes(10)


def times(path: Path) -> list[int]:
    return [int(t) for t in reader.unpack(reader.read(path).samples)["t_ms"]]


def test_ticks_that_wrap_go_on_and_a_restart_shows_as_a_gap(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    top = (1 << 30) - 10
    with Capture(path) as capture:
        capture.add(sample(top - 10) + sample(top))
        capture.add(sample(0) + sample(10))
        capture.add(sample(5))
        capture.add(sample(15))
    assert times(path) == [0, 10, 20, 30, 1030, 1040]


def test_until_the_end_only_a_part_is_there(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    with Capture(path) as capture:
        capture.add(sample(0) + sample(10))
        assert [one.name for one in tmp_path.iterdir()] == ["x.csv.part"]
    assert [one.name for one in tmp_path.iterdir()] == ["x.csv"]
    assert capture.close()


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot be written .*name another file"):
        Capture(tmp_path / "no" / "x.csv")
