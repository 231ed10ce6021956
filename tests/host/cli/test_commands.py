"""The commands with a sensor: in this process over stand-in links, and as processes over a pseudo-terminal."""

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from barcore import frame, protocol, record
from barhold.cli._live_screen import big
from barhold.doctor import host
from barhold.errors import RefusedError
from barhold.link import ble
from barhold.recordings import reader
from barhold.store import Recordings, Store
from fake_room import FakeRoom
from fake_sensor import FakeLog, ModernSensor, make
from hostkit import DATA, ROOT, barhold, rep
from pty_board import Board, running

posix = pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal is POSIX")
LYING = b"".join(struct.pack("<I6h", 10 * i, 0, 0, 4096, 0, 0, 0) for i in range(600))
ONE, TWO = b"\x11" * 8, b"\x22" * 8


def sensor(device: bytes = ONE, name: str = "bar-1", records: int = 5, **options: object) -> ModernSensor:
    return ModernSensor(FakeLog({seq: make(seq) for seq in range(records)}), device=device, name=name, **options)


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> FakeRoom:
    return FakeRoom(monkeypatch)


@pytest.fixture
def db(tmp_path: Path) -> Path:
    return tmp_path / "b.db"


def words(text: str) -> str:
    return " ".join(text.split())


def lines_of(stdout: str) -> list[dict[str, object]]:
    """Return the objects of what must be JSON Lines and nothing else, without what each of them has."""
    lines = [json.loads(line) for line in stdout.splitlines()]
    assert all(line.pop("schema") == 1 for line in lines)
    return lines


KEY = bytes(range(32))


# --- scan ---------------------------------------------------------------------------------------------------------


def test_scan_lists_name_id_battery_unsynced_and_signal(room: FakeRoom, db: Path) -> None:
    room.add("AA:1", sensor())
    result = barhold("scan", db=db)
    assert (result.exit_code, words(result.stderr)) == (0, "barhold: listening for sensors, for up to 5 s")
    assert "bar-1 1111111111111111 80 % 5 open -50 dBm AA:1" in words(result.stdout)
    [line] = barhold("scan", "--json", db=db).stdout.splitlines()
    assert json.loads(line) | {"address": ""} == {
        "type": "sensor", "schema": 1, "name": "bar-1", "id": ONE.hex(), "link": "ble", "address": "",
        "battery_pct": 80, "battery_mv": 3900, "unsynced": 5, "rssi_dbm": -50, "firmware": "0.2.0", "access": "open",
    }  # fmt: skip
    assert room.open_now == 0


def test_scan_shows_also_one_that_does_not_answer(room: FakeRoom, db: Path) -> None:
    room.add("AA:1", sensor())
    room.fails["AA:1"] = 1
    result = barhold("scan", db=db)
    assert "bar-1 - 80 % 5 - -50 dBm AA:1" in words(result.stdout)
    assert "timed out" in result.stderr
    assert room.connected == []
    barhold("scan", "--no-ask", db=db)
    assert room.connected == []


def test_scan_does_not_take_a_look_alike_for_the_sensor(room: FakeRoom, db: Path) -> None:
    room.add("AA:1", sensor())
    with Store.open(db) as store:
        store.keep_key(ONE.hex(), b"k" * 32, 0)
    result = barhold("scan", db=db)
    assert "WARNING: this may be an impostor" in result.stderr
    assert ONE.hex() not in result.stdout


def test_scan_of_nothing_says_what_to_do(room: FakeRoom, db: Path) -> None:
    for args in (["scan"], ["scan", "--json"], ["scan", "--usb"]):
        result = barhold(*args, db=db)
        assert (result.exit_code, result.stdout) == (0, "")
    assert "no sensor found nearby: switch it on" in barhold("scan", db=db).stderr


# --- sync ---------------------------------------------------------------------------------------------------------


def test_sync_fetches_from_the_only_sensor_and_twice_adds_nothing(room: FakeRoom, db: Path) -> None:
    room.add("AA:1", sensor())
    first = barhold("sync", db=db)
    assert first.stdout == "bar-1: 5 records, 5 new, 0 already stored\n"
    assert "looking for a sensor by radio" in first.stderr
    assert "0 new, 1 already stored" in barhold("sync", "bar-1", db=db).stdout


def test_a_loss_on_the_sensor_is_reported_with_its_size(room: FakeRoom, db: Path) -> None:
    one = room.add("AA:1", sensor())
    one.log.raws = {40: make(40), 41: make(41, protocol.GAP, (7, 39))}
    one.log.first_seq, one.log.next_seq = 40, 42
    assert "33 lost on the sensor before this sync" in barhold("sync", db=db).stdout


def test_sync_of_several_tells_each_and_fails_when_one_does(room: FakeRoom, db: Path) -> None:
    room.add("AA:1", sensor())
    room.add("AA:2", sensor(TWO, "bar-2"))
    assert barhold("sync", "--all", db=db).stdout.count("5 new") == 2
    result = barhold("sync", "bar-1", "bar-7", db=db)
    assert result.exit_code == 2
    assert "0 new" in result.stdout
    assert "bar-7: not found nearby" in result.stderr
    several = barhold("sync", db=db)
    assert (several.exit_code, several.stdout) == (2, "")
    assert "2 sensors are there: bar-1, bar-2: choose one" in several.stderr


def test_what_was_fetched_before_a_break_for_good_is_reported(room: FakeRoom, db: Path) -> None:
    room.add("AA:1", sensor(records=90, break_at=33))
    result = barhold("sync", "--wait", "0.1", db=db)
    assert result.exit_code == 2
    assert "so far: bar-1: " in result.stderr
    assert "went down" in result.stderr.splitlines()[-1]


def test_sync_as_json_has_a_line_for_each_sensor_and_for_each_that_failed(room: FakeRoom, db: Path) -> None:
    room.add("AA:1", sensor())
    counts = {"received": 5, "new": 5, "already_stored": 0, "quarantined": 0, "lost": 0, "damaged": 0, "not_held": 0}
    counts["turns"] = counts["clock_ahead_ms"] = 0
    one = {"type": "sync", "device": ONE.hex(), "name": "bar-1", **counts, "recording": None}
    assert lines_of(barhold("sync", "--json", db=db).stdout) == [one]
    room.add("AA:2", sensor(TWO, "bar-2"))
    result = barhold("sync", "bar-2", "bar-7", "--json", db=db)
    assert result.exit_code == 2
    assert lines_of(result.stdout) == [
        {**one, "device": TWO.hex(), "name": "bar-2"},
        {"type": "sync_failed", "sensor": "bar-7", "reason": "not found nearby: switch it on and bring it closer"},
    ]
    assert "bar-7: not found nearby" in result.stderr
    several = barhold("sync", "--json", db=db)
    assert several.exit_code == 2
    [failed] = lines_of(several.stdout)
    assert (failed["type"], failed["sensor"]) == ("sync_failed", None)
    assert str(failed["reason"]).startswith("2 sensors are there")


def test_sync_as_json_tells_what_came_before_a_break_for_good(room: FakeRoom, db: Path) -> None:
    room.add("AA:1", sensor(records=300, break_at=50))
    result = barhold("sync", "bar-1", "--wait", "0.1", "--json", db=db)
    done, failed = lines_of(result.stdout)
    assert result.exit_code == 2
    assert (done["type"], done["name"], done["received"]) == ("sync", "bar-1", done["new"])
    assert 0 < int(str(done["new"])) < 300
    assert (failed["type"], failed["sensor"]) == ("sync_failed", "bar-1")
    assert "went down" in str(failed["reason"])


def test_sync_as_json_names_the_recording_that_it_kept(db: Path) -> None:
    result = barhold("sync", "--virtual", DATA / "six-reps.csv", "--keep", "--json", db=db)
    with Store.open(db) as store:
        kept = [one.recording_id for one in Recordings(store).listed()]
    assert [line["recording"] for line in lines_of(result.stdout)] == kept


@pytest.mark.parametrize("args", [["bar-1", "--all"], ["--usb", "--all"], ["--all", "--seed", "2"], ["x", "--usb"]])
def test_sync_takes_one_way_to_say_which(args: list[str], room: FakeRoom, db: Path) -> None:
    result = barhold("sync", *args, db=db)
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
    assert "sync takes one of" in result.stderr


def test_without_a_sensor_it_says_what_it_waits_for_and_gives_up_in_the_stated_time(room: FakeRoom, db: Path) -> None:
    started = time.monotonic()
    result = barhold("sync", "--wait", "0.2", db=db)
    assert time.monotonic() - started < 3
    assert result.exit_code == 2
    assert "no sensor found nearby: switch it on" in result.stderr


# --- what sets a sensor up ----------------------------------------------------------------------------------------


def test_a_name_is_given_and_kept(room: FakeRoom, db: Path) -> None:
    one = room.add("AA:1", sensor())
    barhold("sync", db=db)
    result = barhold("name", "bar-9", db=db)
    assert result.stdout == f"sensor {ONE.hex()} is now called bar-9\n"
    assert one.modern.name == "bar-9"
    with Store.open(db) as store:
        assert [device.name for device in store.devices()] == ["bar-9"]
    assert "0 new" in barhold("sync", "1111", db=db).stdout
    named = barhold("name", "bar-8", "--json", db=db)
    assert lines_of(named.stdout) == [{"type": "name", "device": ONE.hex(), "name": "bar-8"}]


@pytest.mark.parametrize("name", ["", "x" * 21, "\u00e4" * 11, "a\x1bb", " x"])
def test_a_name_that_no_sensor_takes_is_refused_here(name: str, room: FakeRoom, db: Path) -> None:
    room.add("AA:1", sensor())
    result = barhold("name", "--", name, db=db)
    assert (result.exit_code, result.stdout, room.connected) == (2, "", [])
    assert "must be 1..20" in result.stderr


def test_the_plan_goes_to_the_sensor(room: FakeRoom, db: Path) -> None:
    one = room.add("AA:1", sensor())
    assert "bar-1 now cues the target at 2 s and warns of a long pause at 3 s" in barhold("plan", "push", db=db).stdout
    assert (one.modern.target_ms, one.modern.long_ms) == (2000, 3000)


def test_pairing_needs_the_cable_and_a_look_alike_is_refused_from_then_on(room: FakeRoom, db: Path) -> None:
    one = room.add("AA:1", sensor())
    refused = barhold("pair", db=db)
    assert (refused.exit_code, "pairing needs the cable: " in refused.stderr) == (2, True)
    room.plug("/dev/x", one)
    assert "bar-1 has a new key: it answers only this computer" in barhold("pair", "--usb", db=db).stdout
    assert barhold("sync", "--usb", db=db).exit_code == 0
    one.modern.key = b"\1" * 32
    for command in (["sync"], ["live"], ["name", "x"], ["time"], ["record", "x.csv"], ["plan", "push"]):
        alarm = barhold(*command, "--usb", db=db)
        assert alarm.exit_code == 2
        assert "WARNING: this may be an impostor" in alarm.stderr
    assert not Path("x.csv").exists()
    assert "bar-1 is paired with this computer" in barhold("pair", "--usb", db=db).stdout
    assert barhold("sync", "--usb", db=db).exit_code == 0
    assert "has no key now: it answers everybody" in barhold("pair", "--usb", "--forget", db=db).stdout
    assert barhold("sync", "--usb", db=db).exit_code == 0
    who = {"type": "pair", "device": ONE.hex(), "name": "bar-1"}
    paired = barhold("pair", "--usb", "--json", db=db)
    assert lines_of(paired.stdout) == [{**who, "paired": True, "open": False}]
    forgotten = barhold("pair", "--usb", "--forget", "--json", db=db)
    assert lines_of(forgotten.stdout) == [{**who, "paired": False, "open": False}]


def test_a_second_computer_is_paired_by_cable_or_by_the_code(room: FakeRoom, db: Path, tmp_path: Path) -> None:
    one = room.plug("/dev/x", sensor())
    barhold("pair", "--usb", db=db)
    del room.by_cable["/dev/x"]
    one.modern.cable = False
    room.add("AA:1", one)
    second, third = tmp_path / "second.db", tmp_path / "third.db"
    locked = barhold("sync", db=second)
    assert locked.exit_code == 2
    assert "answers only to its owner, and this computer does not have its key" in words(locked.stderr)
    assert "barhold pair --usb" in locked.stderr
    shown = barhold("pair", "--show", db=db).stdout
    code = next(line for line in shown.splitlines() if line.count("-") == 17)
    assert "Whoever has it can use the sensor." in shown
    assert "\u2588" in shown, "the QR code"
    [line] = lines_of(barhold("pair", "--show", "--json", db=db).stdout)
    assert line == {"type": "pairing_code", "device": ONE.hex(), "name": "bar-1", "code": code}
    assert f"has the key of sensor {ONE.hex()}" in barhold("pair", "--code", code, db=second).stdout
    assert barhold("sync", db=second).exit_code == 0
    one.modern.cable = True
    room.plug("/dev/x", one)
    assert "is paired with this computer" in barhold("pair", "--usb", db=third).stdout
    assert barhold("sync", "--usb", db=third).exit_code == 0
    assert "has a new key" in barhold("pair", "--usb", "--new", db=third).stdout
    one.modern.cable = False
    assert "has another key than the one stored here" in words(barhold("sync", db=db).stderr)


def test_a_sensor_is_opened_for_a_class_and_closed_again(room: FakeRoom, db: Path, tmp_path: Path) -> None:
    one = room.plug("/dev/x", sensor())
    unpaired = barhold("pair", "--open", "--usb", db=db)
    assert (unpaired.exit_code, "has no key and answers everybody" in words(unpaired.stderr)) == (2, True)
    barhold("pair", "--usb", db=db)
    one.modern.cable = False
    room.add("AA:1", one)
    other = tmp_path / "other.db"
    assert "bar-1 answers everybody until you run" in barhold("pair", "--open", db=db).stdout
    for computer in (db, other):
        [line] = lines_of(barhold("scan", "--json", db=computer).stdout)
        assert line["access"] == "open"
        assert doctor(computer, "--no-mount")["access"][0] == "note"
        assert barhold("sync", db=computer).exit_code == 0
    assert barhold("pair", "--close", db=other).exit_code == 2
    assert "bar-1 answers only computers that have its key" in barhold("pair", "--close", db=db).stdout
    [mine], [theirs] = (lines_of(barhold("scan", "--json", db=computer).stdout) for computer in (db, other))
    assert (mine["access"], theirs["access"]) == ("paired", "locked")
    assert (theirs["id"], theirs["name"], theirs["battery_mv"], theirs["firmware"]) == (ONE.hex(), "bar-1", None, None)
    assert barhold("sync", db=other).exit_code == 2


def test_pair_says_what_it_cannot_do(room: FakeRoom, db: Path) -> None:
    for args, said in (
        (["--show"], "no key is in the database: connect the sensor by cable"),
        (["--code", "ABCD"], "this pairing code is not complete or has a wrong character"),
        (["--open", "--close"], "pair takes one of --open and --close"),
        (["--new"], "pairing needs the cable"),
    ):
        refused = barhold("pair", *args, db=db)
        assert refused.exit_code == 2
        assert said in words(refused.stderr)


def test_the_key_that_signs_goes_to_the_sensor(room: FakeRoom, db: Path, tmp_path: Path) -> None:
    one = room.plug("/dev/x", sensor())
    file = tmp_path / "signing.pem"
    [made] = lines_of(barhold("keys", "make", file, "--json").stdout)
    told = barhold("keys", "push", file, "--usb", db=db).stdout
    assert told == f"bar-1 now accepts updates signed with {made['fingerprint']}\n"
    pushed = barhold("keys", "push", file, "--usb", "--json", db=db)
    who = {"type": "key_push", "device": ONE.hex(), "name": "bar-1"}
    assert lines_of(pushed.stdout) == [{**who, "fingerprint": made["fingerprint"]}]
    assert one.modern.name == "bar-1"
    public = barhold("keys", "show", file, "--public").stdout
    assert lines_of(barhold("keys", "show", file, "--public", "--json").stdout) == [{**made, "public": public}]


def test_time_tells_the_start_and_later_the_drift(room: FakeRoom, db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room.add("AA:1", sensor())
    monkeypatch.setattr("barhold.cli.time.utc_clock", lambda: lambda: 1_900_000_000_000)
    first = barhold("time", db=db)
    assert "boot 1" in first.stdout
    assert "drift: not known" in first.stdout
    with Store.open(db) as store:
        [known] = store.anchors()
        store.accept_anchor(replace(known, t_ms=known.t_ms - 100_000, utc_ms=known.utc_ms - 100_010))
    [line] = barhold("time", "--json", db=db).stdout.splitlines()
    assert json.loads(line)["drift_ppm"] == -100


def test_a_clock_that_contradicts_is_told_by_time_sync_and_doctor_until_one_is_accepted(
    room: FakeRoom, db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.add("AA:1", sensor())
    ahead_ms = 6 * 3_600_000
    clock = [1_900_000_000_000]
    monkeypatch.setattr("barhold.cli.time.utc_clock", lambda: lambda: clock[0])
    assert "differs" not in barhold("time", db=db).stderr
    clock[0] += ahead_ms
    told = barhold("time", "--json", db=db)
    assert "this computer's clock differs by 6 h 0 min from the one that synced" in told.stderr
    line = json.loads(told.stdout)
    assert (line["clock_ahead_ms"], line["drift_ppm"], line["accepted"]) == (ahead_ms, None, False)
    assert "two computers' clocks differ by 6 h 0 min" in host.database(str(db)).found
    assert json.loads(barhold("time", "--accept", "--json", db=db).stdout)["accepted"] is True
    assert json.loads(barhold("time", "--json", db=db).stdout)["clock_ahead_ms"] == 0


# --- calibrate ----------------------------------------------------------------------------------------------------


POSES = [(0, 0, 0, 0, 0, 0), (1, 0, 0, 0, 0, 0), (0, 1, 0, 0, 0, 0),
         *[(0, 0, n, (1 << n) - 1, 0, 1500) for n in range(1, 6)],
         (2, 0, 6, 63, 0, 1500), (2, 4, 6, 63, 0, 0), (2, 0, 7, 63, 900, 1500)]  # fmt: skip


def test_calibrate_leads_through_the_poses_and_keeps_the_result(room: FakeRoom, db: Path) -> None:
    one = room.add("AA:1", sensor())
    one.modern.calibration = list(POSES)
    result = barhold("calibrate", "--yes", db=db)
    assert result.stdout == "bar-1 is calibrated: 7 poses fit to 0.9 mg\n"
    said = result.stderr
    assert "lay it on a face it has not lain on yet and leave it still (6 to go: x up, x down," in said
    assert "not taken: moved" in said
    assert "taken: pose 1, noise 1.5 mg" in said
    assert "now lean it on something" in said
    assert "not taken: too like an earlier pose" in said
    assert one.modern.actions[0] == protocol.CALIBRATE_BEGIN
    assert one.modern.actions[-1] == protocol.CALIBRATE_KEEP


def test_calibrate_as_json_has_a_line_for_each_pose_and_one_at_the_end(room: FakeRoom, db: Path) -> None:
    one = room.add("AA:1", sensor())
    one.modern.calibration = list(POSES)
    result = barhold("calibrate", "--yes", "--json", db=db)
    *poses, last = lines_of(result.stdout)
    assert [(line["type"], line["pose"], line["noise_mg"]) for line in poses] == [("pose", n, 1.5) for n in range(1, 8)]
    assert poses[1]["faces"] == ["x up", "x down"]
    who = {"type": "calibration", "device": ONE.hex(), "name": "bar-1"}
    assert last == {**who, "poses": 7, "misfit_mg": 0.9, "kept": True}
    assert one.modern.actions[-1] == protocol.CALIBRATE_KEEP
    assert "not taken: moved" in result.stderr


def test_a_calibration_that_fails_says_why_and_changes_nothing(room: FakeRoom, db: Path) -> None:
    one = room.add("AA:1", sensor())
    one.modern.calibration = [(0, 0, 0, 0, 0, 0), (3, 9, 7, 63, 25_000, 1500)]
    result = barhold("calibrate", "--yes", db=db)
    assert result.exit_code == 2
    assert "the poses contradict each other by over 10 mg: begin again" in result.stderr
    assert protocol.CALIBRATE_KEEP not in one.modern.actions
    assert one.modern.actions[-1] == protocol.CALIBRATE_CANCEL


def test_nobody_moving_the_sensor_ends_it(room: FakeRoom, db: Path) -> None:
    one = room.add("AA:1", sensor())
    one.modern.calibration = [(0, 0, 0, 0, 0, 0), (0, 4, 1, 1, 0, 0)]
    result = barhold("calibrate", "--yes", db=db)
    assert result.exit_code == 2
    assert "40 poses in a row were refused (too like an earlier pose)" in result.stderr


@pytest.mark.parametrize(("poses", "status"), [(0, 0), (7, 2)])
def test_a_keep_whose_answer_was_lost_is_found_out_by_the_state(
    poses: int, status: int, room: FakeRoom, db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = room.add("AA:1", sensor())
    one.modern.calibration = [*POSES, (0, 0, poses, 0, 0, 0)]
    update = one.modern.update

    def refuses_keep(kind: int, nonce: int, body: bytes, now_ms: int) -> list[bytes]:
        if (kind, body) == (protocol.CALIBRATE, bytes((protocol.CALIBRATE_KEEP,))):
            return [frame.pack(protocol.STATUS, nonce, bytes((protocol.CALIBRATE, protocol.BAD_BODY)))]
        return update(kind, nonce, body, now_ms)

    monkeypatch.setattr(one.modern, "update", refuses_keep)
    assert barhold("calibrate", "--yes", db=db).exit_code == status


def test_calibrate_without_a_terminal_needs_yes(room: FakeRoom, db: Path) -> None:
    result = barhold("calibrate", db=db)
    assert (result.exit_code, room.scans) == (2, 0)
    assert "run it in a terminal, or with --yes" in result.stderr


# --- record -------------------------------------------------------------------------------------------------------


def test_what_is_recorded_is_what_replay_finds(room: FakeRoom, db: Path, tmp_path: Path) -> None:
    taken = reader.read(DATA / "six-reps.csv")
    room.add("AA:1", sensor(samples=taken.samples))
    file = tmp_path / "new.csv"
    seconds = taken.duration_s - 0.05
    result = barhold("record", file, "--seconds", str(seconds), db=db)
    assert result.exit_code == 0
    again = reader.read(file)
    assert again.samples == taken.samples[: len(again.samples)]
    assert len(taken.samples) - len(again.samples) < 16 * 20
    assert barhold("replay", file, "--json").stdout.count('"rep"') == barhold(
        "replay", DATA / "six-reps.csv", "--json"
    ).stdout.count('"rep"')
    assert list(tmp_path.glob("*.part")) == []


def test_a_break_keeps_what_came_and_goes_on(room: FakeRoom, db: Path, tmp_path: Path) -> None:
    one = room.add("AA:1", sensor(samples=LYING, break_at=20))
    one.heals = True
    file = tmp_path / "new.csv"
    result = barhold("record", file, "--seconds", "3", db=db)
    assert result.exit_code == 0
    assert len(room.connected) == 2
    assert reader.read(file).duration_s >= 3


def test_a_break_for_good_keeps_what_came_and_says_so(room: FakeRoom, db: Path, tmp_path: Path) -> None:
    room.add("AA:1", sensor(samples=LYING, break_at=20))
    file = tmp_path / "new.csv"
    result = barhold("record", file, "--wait", "0.1", db=db)
    assert result.exit_code == 2
    assert "went down" in result.stderr
    assert reader.read(file).duration_s > 1
    assert list(tmp_path.glob("*.part")) == []


def test_losses_are_counted_and_show_as_a_gap(room: FakeRoom, db: Path, tmp_path: Path) -> None:
    one = room.add("AA:1", sensor(samples=LYING))
    one.skip[100] = 50
    result = barhold("record", tmp_path / "new.csv", "--seconds", "3", db=db)
    assert "50 lost on the way" in result.stdout
    times = reader.unpack(reader.read(tmp_path / "new.csv").samples)["t_ms"]
    assert max(times[1:] - times[:-1]) == 510


def test_record_as_json_has_its_figures_and_the_id_that_it_is_kept_under(
    room: FakeRoom, db: Path, tmp_path: Path
) -> None:
    one = room.add("AA:1", sensor(samples=LYING))
    one.skip[100] = 50
    file = tmp_path / "new.csv"
    [line] = lines_of(barhold("record", file, "--seconds", "3", "--keep", "--json", db=db).stdout)
    taken = reader.read(file)
    with Store.open(db) as store:
        [kept] = Recordings(store).listed()
    assert line == {
        "type": "record", "file": str(file), "samples": len(reader.unpack(taken.samples)),
        "seconds": taken.duration_s, "gaps": 1, "lost": 50, "recording": kept.recording_id,
    }  # fmt: skip


def test_a_file_is_not_replaced_unasked_and_none_is_left_for_nothing(room: FakeRoom, db: Path, tmp_path: Path) -> None:
    file = tmp_path / "old.csv"
    file.write_text("mine")
    room.add("AA:1", sensor(samples=LYING))
    refused = barhold("record", file, "--seconds", "1", db=db)
    assert (refused.exit_code, room.connected, file.read_text()) == (2, [], "mine")
    assert "--overwrite" in refused.stderr
    assert barhold("record", file, "--seconds", "1", "--overwrite", db=db).exit_code == 0
    assert file.read_text() != "mine"
    room.by_radio.clear()
    assert barhold("record", tmp_path / "none.csv", "--wait", "0", db=db).exit_code == 2
    assert barhold("record", tmp_path / "no" / "x.csv", db=db).exit_code == 2
    assert [path.name for path in tmp_path.glob("*.csv*")] == ["old.csv"]


# --- doctor -------------------------------------------------------------------------------------------------------


def doctor(db: Path, *args: str) -> dict[str, tuple[str, str, str]]:
    lines = [json.loads(line) for line in barhold("doctor", "--json", *args, db=db).stdout.splitlines()]
    assert all(line["next_step"] or line["status"] in ("ok", "note") for line in lines)
    return {line["what"]: (line["status"], line["found"], line["next_step"]) for line in lines}


def test_doctor_finds_nothing_wrong_with_a_good_sensor(room: FakeRoom, db: Path) -> None:
    room.add("AA:1", sensor(samples=LYING)).modern.key = KEY
    with Store.open(db) as store:
        store.keep_key(ONE.hex(), KEY, 0)
    found = doctor(db)
    assert {status for status, _, _ in found.values()} == {"ok", "note"}
    assert {"system", "database", "cable", "bluetooth", "sensor", "protocol", "firmware", "battery", "access", "log",
            "clock", "rest noise"} <= found.keys()  # fmt: skip
    assert found["rest noise"][1].startswith("0.0 mg, reads 1.000 g at rest")
    assert found["log"][1] == "5 records held, 5 not synced yet"


def test_doctor_names_what_is_wrong_with_a_next_step(room: FakeRoom, db: Path) -> None:
    one = room.add("AA:1", sensor(samples=LYING))
    one.modern.battery_mv, one.modern.state = 3350, protocol.STATE_UNCALIBRATED | protocol.STATE_LOW_BATTERY
    one.samples = b"".join(struct.pack("<I6h", 10 * i, 0, 0, 4900, 0, 0, 0) for i in range(600))
    found = doctor(db)
    assert found["battery"] == ("fail", "3.35 V, nearly empty", "charge it before training")
    assert found["state"][0] == "warn"
    assert found["rest noise"] == ("warn", "0.0 mg, reads 1.196 g at rest, turns by 0.0 degrees/s", "barhold calibrate")
    assert barhold("doctor", db=db).exit_code == 2


def test_what_needs_something_done_comes_first_and_never_says_ok(room: FakeRoom, db: Path) -> None:
    one = room.add("AA:1", sensor(samples=LYING))
    one.modern.flash_bytes = (20_000, 2_000_000)
    result = barhold("doctor", "--no-mount", db=db)
    assert result.exit_code == 2, "a warning needs something done"
    ranks = ("fail", "warn", "ok  ", "note")
    lines = [line for line in result.stdout.splitlines() if line[:4] in ranks]
    assert "warn flash: 20 of 2000 kB free" in lines
    order = [ranks.index(line[:4]) for line in lines]
    assert order == sorted(order)


def test_doctor_works_without_a_sensor_and_without_bluetooth(
    room: FakeRoom, db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert doctor(db)["sensor"][0] == "warn"

    async def off(*_: object) -> list[object]:
        raise RefusedError("Bluetooth is off: switch it on")

    monkeypatch.setattr(ble, "discover", off)
    assert doctor(db)["bluetooth"] == ("warn", "Bluetooth is off", "switch it on")
    room.plug("/dev/null", sensor(samples=LYING))
    assert doctor(db)["sensor"][:2] == ("ok", f"bar-1 ({ONE.hex()}), sim")


def test_doctor_of_an_old_sensor_says_what_it_lacks(room: FakeRoom, db: Path) -> None:
    room.add("AA:1", sensor()).modern.minor = 0
    found = doctor(db)
    assert found["protocol"][0] == found["rest noise"][0] == "warn"
    assert found["battery"][:2] == ("ok", "this board cannot measure it")


def test_doctor_shows_a_look_alike_and_a_restless_sensor(room: FakeRoom, db: Path) -> None:
    shaken = b"".join(struct.pack("<I6h", 10 * i, 900 * (i % 2), 0, 4096, 0, 0, 0) for i in range(1200))
    room.add("AA:1", sensor(samples=shaken))
    assert doctor(db)["rest noise"][:2] == ("warn", "not still within 10 s: it was moved")
    with Store.open(db) as store:
        store.keep_key(ONE.hex(), b"k" * 32, 0)
    assert doctor(db)["sensor"][0] == "fail"


def test_the_mount_is_checked_by_one_slow_rep(room: FakeRoom, db: Path) -> None:
    rows = reader.unpack(reader.read(DATA / "six-reps.csv").samples)
    rep_rows = [(int(t_ms), *(int(one) for one in axes)) for t_ms, axes in rows if 6_000 < t_ms < 12_700]
    there, end_ms = rep_rows[0][1:4], rep_rows[-1][0]

    def lying(start_ms: int, axes: tuple[int, ...], count: int = 400) -> bytes:
        return b"".join(struct.pack("<I6h", start_ms + 10 * i, *axes, 0, 0, 0) for i in range(count))

    begin = lying(0, there, 590) + b"".join(struct.pack("<I6h", *row) for row in rep_rows)
    one = room.add("AA:1", sensor())
    turned = (there[2], there[0], there[1])
    for samples, wanted in (
        (begin + lying(end_ms + 10, there), ("ok", "a rep of 27 cm, the clip turned by 0 degrees", "")),
        (begin + lying(end_ms + 10, turned), ("warn", "a rep of 27 cm, the clip turned by ", "the clip is loose")),
        (lying(0, there, 3000), ("fail", "no rep within 20 s", "lift the bar by 10 cm or more")),
    ):
        one.samples, one.index = samples, 0
        found = doctor(db, "--mount")["mount"]
        assert all(got.startswith(start) for got, start in zip(found, wanted, strict=True)), found


# --- as processes over a pseudo-terminal --------------------------------------------------------------------------


def started(*args: object) -> "subprocess.Popen[str]":
    paths = os.pathsep.join([str(ROOT / "host"), str(ROOT / "firmware")])
    env = {**os.environ, "PYTHONPATH": paths, "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "barhold", *map(str, args)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)


@pytest.fixture
def board() -> Iterator[Board]:
    with running(Board(sensor(records=300, samples=LYING * 3, cable=True))) as served:
        yield served


@posix
def test_sync_as_a_process_over_a_cable(board: Board, db: Path) -> None:
    out, err = started("sync", "--serial-port", board.port, "--db", db).communicate(timeout=60)
    assert out == "bar-1: 300 records, 300 new, 0 already stored\n"
    assert [line.partition(":")[0] for line in err.splitlines()] == ["barhold"] * 2
    with Store.open(db) as store:
        assert {r.seq: r.raw for r in store.records()} == board.sensor.log.raws


@posix
def test_live_as_a_process_shows_plain_lines_stores_and_ends_by_ctrl_c_with_0(board: Board, db: Path) -> None:
    one = rep(10_000, hold_ms=2400)
    header = record.header(one)
    lasting = bytearray(32)
    record.pack_into(lasting, 0, header[0], 0, 1, 300, 10_000, record.payload(one))
    board.sensor.spoken += [
        make(protocol.NO_SEQ, protocol.RISE, (1, 1, 90, 0)),
        make(protocol.NO_SEQ, protocol.TOP, (1, 1, 300, 0)),
        make(protocol.NO_SEQ, protocol.TARGET, (1, 1, 300, 2000)),
        bytes(lasting),
    ]
    board.sensor.log.raws[300], board.sensor.log.next_seq = bytes(lasting), 301
    process = started("live", "--serial-port", board.port, "--db", db)
    assert process.stdout
    lines = [process.stdout.readline() for _ in range(2)]
    assert lines == ["set 1 rep 1: target reached\n", "set 1 rep 1: hold 2.40 s +- 0.05, range 30 cm\n"]
    wait_for(lambda: board.sensor.log.acked == 301)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (0, "")
    assert err.splitlines()[-1] == "barhold: stopped; 0 sets seen"
    assert "Traceback" not in err
    assert board.sensor.modern.answer.state == 0  # it said BYE


@posix
def test_live_as_json_has_a_line_for_each_thing_as_it_happens(board: Board, db: Path) -> None:
    one = rep(10_000, hold_ms=2400, flags=protocol.PARTIAL)
    for kind, flags, t_ms, values in (
        (protocol.TARGET, 0, 0, (1, 1, 300, 2000)),
        (protocol.REP, protocol.PARTIAL, 10_000, record.payload(one)),
        (protocol.CORRECTION, 0, 10_000, (1, 1, protocol.DROP_REP, 0)),
        (protocol.SET_END, protocol.LONE, 0, (1, 1, 300, 0)),
    ):
        raw = bytearray(32)
        record.pack_into(raw, 0, kind, flags, 1, protocol.NO_SEQ, t_ms, values)
        board.sensor.spoken.append(bytes(raw))
    process = started("live", "--json", "--serial-port", board.port, "--db", db)
    assert process.stdout
    lines = lines_of("".join(process.stdout.readline() for _ in range(5)))  # each is there before the command ends
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (0, ""), err
    assert lines == [
        {"type": "connected", "device": ONE.hex(), "name": "bar-1", "battery_mv": 3900},
        {"type": "target", "set": 1, "rep": 1, "hold_s": 2.0},
        {"type": "rep", "set": 1, "rep": 1, "hold_s": 2.4, "hold_err_s": 0.05, "rise_s": 0.9, "fall_s": 1.1,
         "bottom_s": 0.8, "rom_m": 0.3, "peak_m_s": 0.7, "partial": True, "flags": ["partial"]},
        {"type": "corrected", "set": 1, "rep": 1, "dropped": True},
        {"type": "set_end", "set": 1, "reps": 1, "lone": True},
    ]  # fmt: skip


@posix
def test_record_as_a_process_ends_by_ctrl_c_with_a_whole_file(board: Board, db: Path, tmp_path: Path) -> None:
    file = tmp_path / "new.csv"
    process = started("record", file, "--serial-port", board.port, "--db", db)
    wait_for(lambda: board.sensor.index > 200)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 0, err
    assert out.startswith(f"{file}: ")
    assert reader.read(file).duration_s > 1
    assert "Traceback" not in err


@posix
def test_a_sync_that_is_interrupted_ends_with_130(db: Path) -> None:
    silent = Board(sensor())
    silent.sensor.modern.update = lambda *_: []  # type: ignore[method-assign]
    with running(silent):
        process = started("sync", "--serial-port", silent.port, "--db", db)
        wait_for(lambda: len(silent.seen) > 20)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err


def wait_for(done: Callable[[], bool], seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < until, "it did not come to pass"
        time.sleep(0.01)


# --- on a terminal ------------------------------------------------------------------------------------------------


def on_terminal(*args: object, until: Callable[[str], bool]) -> tuple[int, str]:
    """Run the command on a pseudo-terminal of its own, press Ctrl-C there once `until` holds of what it shows."""
    fd, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
    paths = os.pathsep.join([str(ROOT / "host"), str(ROOT / "firmware")])
    env = {**os.environ, "PYTHONPATH": paths, "TERM": "xterm"}
    command = [sys.executable, "-m", "barhold", *map(str, args)]
    process = subprocess.Popen(command, stdin=child, stdout=child, stderr=child, env=env, start_new_session=True)
    os.close(child)
    shown, limit_s = "", time.monotonic() + 20
    pressed = False
    while time.monotonic() < limit_s:
        if not select.select([fd], [], [], 0.1)[0]:
            continue
        try:
            shown += os.read(fd, 65536).decode(errors="replace")
        except OSError:
            break
        if not pressed and until(shown):
            process.send_signal(signal.SIGINT)
            pressed = True
    os.close(fd)
    return process.wait(20), shown


@posix
def test_live_on_a_terminal_shows_the_big_number_and_the_running_hold(board: Board, db: Path) -> None:
    board.sensor.spoken.append(make(protocol.NO_SEQ, protocol.TOP, (1, 7, 300, 0)))
    status, shown = on_terminal(
        "live", "--serial-port", board.port, "--db", db, until=lambda text: "holding" in text and "0.3 of 2 s" in text
    )
    assert status == 0
    assert big(7)[0].rstrip() in shown
    assert "bar-1, 3.90 V" in shown
    assert "stopped; 0 sets seen" in shown
    assert "Traceback" not in shown


@posix
def test_sync_on_a_terminal_has_a_bar_and_ends_with_the_line(board: Board, db: Path) -> None:
    status, shown = on_terminal("sync", "--serial-port", board.port, "--db", db, until=lambda _: False)
    assert status == 0
    assert "\x1b[" in shown
    assert "300 new" in shown
    assert "/300" in shown
