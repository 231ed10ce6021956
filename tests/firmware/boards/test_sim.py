"""The virtual board: time, playing, storage, identity."""

import struct
import time
from array import array
from pathlib import Path

import pytest

from barcore import protocol
from barcore.ticks import MASK
from barsensor import main
from barsensor.boards import sim, storage


def packed(*times_ms: int) -> bytes:
    return b"".join(struct.pack("<I6h", t_ms, i, -i, 4096, 1, 2, -3) for i, t_ms in enumerate(times_ms))


def read_all(board) -> list[tuple[int, ...]]:
    buf = array("i", [0] * 7 * 4)
    rows = []
    while count := board.imu.read(buf, 4):
        rows += [tuple(buf[i * 7 : i * 7 + 7]) for i in range(count)]
    return rows


def test_lamp_and_tone_note_what_they_were_told_when_it_changes() -> None:
    board = sim.open_board(packed(0), start_tick=MASK)
    for hz in (0, 880, 880):
        board.tone(hz)
        board.lamp(hz > 0)
        board.clock.wait_ms(5)
    assert board.tone.told == [(MASK, 0), (4, 880)]
    assert board.lamp.told == [(MASK, False), (4, True)]


def test_where_a_real_board_would_stop_no_handler_of_faults_goes_on() -> None:
    board = sim.open_board(packed(0))
    for stop in (board.power.sleep, board.power.restart):
        with pytest.raises(sim.Stopped):
            stop()
    assert not issubclass(sim.Stopped, Exception), "what the application's handler catches"


def test_the_watchdog_counts_its_feeds_from_guard_on_and_the_button_is_pressed_by_the_test() -> None:
    board = sim.open_board(packed(0))
    board.power.feed()
    board.power.guard(8000)
    board.power.feed()
    assert (board.power.guarded_ms, board.power.feeds) == (8000, 1)
    assert (board.button(), board.power.cause, board.power.battery_mv()) == (False, protocol.RESET_POWER_ON, 0)
    board.button.pressed = True
    assert board.button()


def test_small_files_are_kept_beside_the_log(tmp_path: Path) -> None:
    board = sim.open_board(packed(0), folder=str(tmp_path / "log"))
    board.config.replace("settings", b"x")
    again = sim.open_board(packed(0), folder=str(tmp_path / "log"))
    assert (again.config.names(), again.storage.names()) == (["settings"], [])


def test_samples_come_when_their_time_has_come_gaps_included() -> None:
    board = sim.open_board(packed(0, 10, 19, 3000, 3000))
    assert read_all(board) == [(0, 0, 0, 4096, 1, 2, -3)]
    board.clock.wait_ms(19)
    assert [row[0] for row in read_all(board)] == [10, 19]
    board.clock.wait_ms(2980)
    assert read_all(board) == []
    assert not board.imu.ended()
    board.clock.wait_ms(1)
    assert [row[:3] for row in read_all(board)] == [(3000, 3, -3), (3000, 4, -4)]
    assert board.imu.ended()


def test_a_read_takes_no_more_than_its_limit() -> None:
    board = sim.open_board(packed(*range(10)))
    board.clock.wait_ms(100)
    buf = array("i", [0] * 7 * 10)
    assert [board.imu.read(buf, limit) for limit in (3, 10, 10)] == [3, 7, 0]


@pytest.mark.parametrize("start_tick", [1, (1 << 30) - 5, (1 << 31) + 3])
def test_ticks_start_where_they_are_set_and_wrap(start_tick: int) -> None:
    board = sim.open_board(packed(0, 4, 5, 6), start_tick=start_tick)
    assert board.clock.ticks_ms() == start_tick & MASK
    board.clock.wait_ms(6)
    assert [row[0] for row in read_all(board)] == [(start_tick + t) & MASK for t in (0, 4, 5, 6)]


def test_real_time_passes_at_its_own_pace() -> None:
    board = sim.open_board(packed(0, 30), real_time=True, start_tick=MASK)
    assert board.clock.ticks_ms() in (MASK, 0, 1, 2, 3)
    assert len(read_all(board)) == 1
    before_s = time.monotonic()
    board.clock.wait_ms(30)
    assert time.monotonic() - before_s >= 0.03
    assert [row[0] for row in read_all(board)] == [29]


def test_the_same_recording_has_the_same_identity_and_another_one_has_not() -> None:
    first, again, other = (sim.open_board(packed(*times)) for times in ((0, 1), (0, 1), (0, 2)))
    assert first.device_id == again.device_id != other.device_id
    assert first.storage.new_log_id() == again.storage.new_log_id() != other.storage.new_log_id()


def test_the_caller_may_name_device_and_log() -> None:
    board = sim.open_board(packed(0), device_id=b"sensor01", log_id=5)
    assert (board.device_id, board.storage.new_log_id()) == (b"sensor01", 5)


@pytest.mark.parametrize(
    ("samples", "device_id", "text"),
    [(bytes(17), b"", "17 bytes, no multiple of 16"), (b"", b"seven77", "device_id has 7 bytes, must be 8")],
)
def test_what_cannot_be_played_is_refused(samples: bytes, device_id: bytes, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        sim.open_board(samples, device_id=device_id)


def test_a_folder_keeps_the_log_from_start_to_start(tmp_path: Path) -> None:
    folder = str(tmp_path / "log")
    for start in range(1, 4):
        app = main.compose(sim.open_board(packed(0, 10), folder=folder, log_id=9))
        app.finish()
        assert (app.log.boot, app.log.next_seq, app.log.log_id) == (start, start, 9)


@pytest.mark.parametrize("kind", ["memory", "folder"])
def test_both_storages_keep_the_port(kind: str, tmp_path: Path) -> None:
    store = storage.MemoryStorage(int) if kind == "memory" else storage.FolderStorage(str(tmp_path), int)
    store.replace("a", b"onetwo")
    store.replace("b", b"old")
    store.replace("b", b"new!")
    buf = bytearray(4)
    assert sorted(store.names()) == ["a", "b"]
    assert (store.size("a"), store.size("b")) == (6, 4)
    assert (store.read_into("a", 2, buf), bytes(buf)) == (4, b"etwo")
    assert (store.read_into("a", 5, buf), bytes(buf[:1])) == (1, b"o")
    assert store.read_into("a", 6, buf) == 0
    store.remove("a")
    assert store.names() == ["b"]
    assert (store.read_into("b", 0, buf), bytes(buf)) == (4, b"new!")


def test_a_folder_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(NotADirectoryError):
        storage.FolderStorage(str(tmp_path / "file"), int).names()
    with pytest.raises(NotADirectoryError):
        sim.open_board(packed(0), folder=str(tmp_path / "file"))


def test_a_new_log_never_has_an_id_again(tmp_path: Path) -> None:
    board = sim.open_board(packed(0), folder=str(tmp_path / "log"), log_id=5)
    main.compose(board).log.erase()
    again = main.compose(sim.open_board(packed(0), folder=str(tmp_path / "log"), log_id=5))
    ids = {5, again.log.log_id}
    again.log.erase()
    assert len(ids | {again.log.log_id}) == 3
