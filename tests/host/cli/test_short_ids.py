"""Ids can be shortened in every command that takes one."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from barhold.errors import RefusedError
from barhold.link import ble
from barhold.link.endpoint import Endpoint
from barhold.model import Lifter
from barhold.store import People, Recordings, Store, recording_id_of
from fake_room import FakeRoom
from fake_sensor import FakeLog, ModernSensor, make
from hostkit import DATA, barhold, root_command
from teamkit import HOUR_MS, add_lifter

ID, OTHER = "a1b2000000003fb6", "c3d4000000004ccc"
SHORT = ("a1b2", "3fb6", "A1B200", "barhold-3fb6")
NOW_MS = 1_795_000_000_000
BY_RADIO = {
    "sync": ["sync", ...],
    "live": ["live", "--sensor", ...],
    "serve": ["serve", ..., "--port", "0", "--seconds", "0.2"],
    "plan push": ["plan", "push", "--sensor", ...],
    "name": ["name", "bar-9", "--sensor", ...],
    "calibrate": ["calibrate", "--yes", "--sensor", ...],
    "time": ["time", "--sensor", ...],
    "doctor": ["doctor", "--sensor", ..., "--seconds", "0.1"],
    "record": ["record", "r.csv", "--sensor", ...],
    "update": ["update", ...],
}
"""Each with `...` where the sensor stands."""
BY_CABLE = {
    "pair": ["pair", "--usb", "--wait", "0.1", "--sensor", ...],
    "keys push": ["keys", "push", "--usb", "--wait", "0.1", "--sensor", ...],
}
OF_AN_OWNER = {
    "check": ["check", "--json", "--lifter", ...],
    "sets": ["sets", "--json", "--lifter", ...],
    "report": ["report", "--out", "-", "--lifter", ...],
    "week": ["week", "--json", "--lifter", ...],
    "export": ["export", "jsonl", "--lifter", ...],
    "load": ["load", "60kg", "--json", "--lifter", ...],
}
OF_A_WORN_SENSOR = {
    "turn": ["turn", "--json", "--sensor", ...],
    "lifter wear": ["lifter", "wear", "Tom", "--sensor", ...],
}


def filled_in(words: list, text: str) -> list[str]:
    return [text if word is ... else word for word in words]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a database with sets of two sensors, each of nobody, and a lifter."""
    db = tmp_path_factory.mktemp("ids") / "b.db"
    for device_id in (ID, OTHER):
        add_lifter(db, "nobody", device_id, NOW_MS - HOUR_MS, load_kg=50)
        with Store.open(db) as store:
            store.rename(device_id, f"barhold-{device_id[-4:]}")
    with Store.open(db) as store:
        People(store).remove("nobody")
        People(store).add_lifter(Lifter("Tom"))
    return db


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Give the addresses that were connected to, in a room with both sensors; each connection ends at once."""
    addresses: list[str] = []
    room = FakeRoom(monkeypatch)
    for address, device_id in (("A", ID), ("B", OTHER)):
        room.add(address, ModernSensor(FakeLog({}), device=bytes.fromhex(device_id), name=f"barhold-{device_id[-4:]}"))

    async def connect(found: Endpoint) -> None:
        addresses.append(found.address)
        raise RefusedError("far enough")

    monkeypatch.setattr(ble, "connect", connect)
    return addresses


def test_every_command_that_takes_an_id_is_here() -> None:
    commands, taking = [("", root_command())], set()
    while commands:
        path, command = commands.pop()
        commands += [(f"{path} {name}".strip(), below) for name, below in getattr(command, "commands", {}).items()]
        for parameter in command.params:
            metavar = parameter.metavar or ""
            if "SENSOR" in metavar or "ID" in metavar.split("|"):
                taking.add(path)
    assert taking == {*BY_RADIO, *BY_CABLE, *OF_AN_OWNER, *OF_A_WORN_SENSOR}


@pytest.mark.parametrize("command", BY_RADIO)
def test_a_sensor_by_radio(
    command: str, reached: list[str], trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = barhold(*filled_in(BY_RADIO[command], SHORT[len(command) % 2]), db=trained)
    assert set(reached) == {"A"}, result.stderr


@pytest.mark.parametrize("command", BY_CABLE)
def test_a_sensor_on_the_cable_is_the_one_that_is_meant(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BARHOLD_CONFIG", str(tmp_path))
    barhold("keys", "make")
    room = FakeRoom(monkeypatch)
    log = FakeLog({seq: make(seq) for seq in range(2)})
    sensor = room.plug("P", ModernSensor(log, device=bytes.fromhex(ID), name="barhold-3fb6"))
    with Store.open(tmp_path / "b.db") as store:
        for short in (SHORT[0], "c3d4"):
            sensor.modern.key = b""
            result = barhold(*filled_in(BY_CABLE[command], short), db=tmp_path / "b.db")
            if short == "c3d4":
                assert ID in result.stderr
            elif command == "pair":
                assert (result.exit_code, store.key_of(ID)) == (0, sensor.modern.key), result.stderr
            else:
                assert "c3d4" not in result.stderr


@pytest.mark.parametrize("command", OF_AN_OWNER)
def test_a_sensor_whose_sets_are_shown(command: str, trained: Path) -> None:
    whole = barhold(*filled_in(OF_AN_OWNER[command], ID), db=trained)
    assert whole.exit_code in (0, 1), whole.stderr  # 1: the plan is not met
    for short in SHORT:
        result = barhold(*filled_in(OF_AN_OWNER[command], short), db=trained)
        assert result.exit_code == whole.exit_code, result.stderr
        assert without_ids(result.stdout) == without_ids(whole.stdout)


def without_ids(text: str) -> str:
    """Return the output without the ids and times of edits, which are new at each run."""
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    return repr(
        [{key: line[key] for key in line if key not in ("edit", "edits", "id", "made")} for line in lines] or len(text)
    )


@pytest.mark.parametrize("command", OF_A_WORN_SENSOR)
def test_a_sensor_that_is_worn(command: str, trained: Path, tmp_path: Path) -> None:
    for short in SHORT:
        with Store.open(trained) as store:
            before = People(store).wearers()
        result = barhold(*filled_in(OF_A_WORN_SENSOR[command], short), db=trained)
        assert result.exit_code == 0, result.stderr
        with Store.open(trained) as store:
            assert {wearer.device_id for wearer in People(store).wearers() if wearer not in before} <= {ID}
        assert OTHER not in result.stdout


def test_a_part_that_two_sensors_have_is_refused_with_both(tmp_path: Path) -> None:
    for device_id in (ID, "a1b2ffffffff4ddd"):
        add_lifter(tmp_path / "b.db", "nobody", device_id, NOW_MS)
    with Store.open(tmp_path / "b.db") as store:
        People(store).remove("nobody")
    result = barhold("report", "--out", "-", "--lifter", "a1b2", db=tmp_path / "b.db")
    assert result.exit_code == 2
    assert "2 sensors match" in result.stderr
    assert "a1b2ffffffff4ddd" in result.stderr


def test_recordings_sets_and_edits(trained: Path) -> None:
    csv = (DATA / "six-reps.csv").read_text(encoding="utf-8")
    with Store.open(trained) as store:
        Recordings(store).keep(csv, "six", None, NOW_MS)
    assert barhold("replay", "--from-store", recording_id_of(csv)[:6], db=trained).exit_code == 0
    [last, *_] = [json.loads(line)["id"] for line in barhold("sets", "--json", db=trained).stdout.splitlines()]
    assert barhold("load", "61kg", "--set", last[:4], db=trained).exit_code == 0
    assert barhold("sets", "--edit", last[:4], "note", "short", db=trained).exit_code == 0
    with Store.open(trained) as store:
        edit = People(store).edits()[-1]
    undone = barhold("sets", "--undo", edit.edit_id[:6], db=trained)
    assert undone.exit_code == 0, undone.stderr
