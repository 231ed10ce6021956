import json
from array import array

import pytest

from barcore import event, protocol, record
from barcore.detector import Detector
from barhold.recordings import reader, replay
from hostkit import DATA, barhold

REP = (1, 1, 900, 2500, 1100, 800, 300, 700, 50)


@pytest.fixture
def scripted(monkeypatch):
    """Let the detector, whatever it is fed, leave `events` at given sample counts (None: at its end)."""

    def script(events):
        seen = {"count": 0}

        def leave(detector, when):
            for at, kind, flags, t_ms, values in events:
                if at == when:
                    ints = [kind, flags, t_ms, *values]
                    detector.events.push(array("i", ints + [0] * (event.EVENT_INTS - len(ints))))

        def feed(detector, *_sample):
            seen["count"] += 1
            leave(detector, seen["count"])

        monkeypatch.setattr(Detector, "feed", feed)
        monkeypatch.setattr(Detector, "finish", lambda detector: leave(detector, None))

    return script


def rep_at(at, t_ms, number, flags=0, set_number=1):
    return at, protocol.REP, flags, t_ms, (set_number, number, *REP[2:])


def test_lasting_events_become_the_records_the_sensor_would_log(scripted):
    taken = reader.read(DATA / "lone-lift.csv")
    scripted([(100, protocol.TOP, 0, 900, (1, 1, 200, 0)), rep_at(600, 1000, 1), rep_at(None, 9000, 2)])
    raws = list(replay.records(taken))
    assert all(record.is_valid(raw) for raw in raws)
    assert [record.header(raw) for raw in raws] == [
        (protocol.REP, 0, replay.BOOT, 0, 1000),
        (protocol.REP, 0, replay.BOOT, 1, 9000),
    ]
    assert record.payload(raws[0]) == REP


def test_lone_dropped_and_corrected_reps(scripted):
    taken = reader.read(DATA / "lone-lift.csv")
    scripted(
        [
            rep_at(100, 500, 1),
            (101, protocol.SET_END, protocol.LONE, 4000, (1, 1, 300, 3500)),
            *(rep_at(600 + 400 * i, 5000 + 5000 * i, i + 1, protocol.PARTIAL, set_number=2) for i in range(3)),
            (1500, protocol.CORRECTION, 0, 10_000, (2, 2, protocol.DROP_REP, 0)),
            (1501, protocol.CORRECTION, 0, 15_000, (2, 3, protocol.SET_FLAGS, 0)),
        ]
    )
    (found,) = replay.training_sets(taken)
    assert [(rep.start_ms, rep.flags) for rep in found.reps] == [(5000, protocol.PARTIAL), (15_000, 0)]


def test_json_lines_are_in_the_recordings_own_clock(scripted, tmp_path):
    path = tmp_path / "late.csv"
    lines = (DATA / "lone-lift.csv").read_text().splitlines()
    shifted = [f"{float(line.partition(',')[0]) + 1000:.3f},{line.partition(',')[2]}" for line in lines[1:]]
    path.write_text("\n".join([lines[0], *shifted]))
    scripted([rep_at(300, 2000, 1), rep_at(600, 7000, 2, protocol.PARTIAL | protocol.DISTURBED)])
    result = barhold("replay", path, "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    first, second = [json.loads(line) for line in result.stdout.splitlines()]
    asked_for = ("type", "trace", "start_s", "top_s", "down_s", "end_s", "hold_s", "rom_m", "partial")
    assert [first[key] for key in asked_for] == ["rep", "late.csv", 1002.0, 1002.9, 1005.4, 1006.5, 2.5, 0.3, False]
    assert (first["set"], first["rep"], first["hold_err_s"], first["flags"]) == (1, 1, 0.05, [])
    assert (second["partial"], second["flags"]) == (True, ["partial", "disturbed"])


def test_the_table_numbers_sets_and_reps(scripted):
    scripted([rep_at(400 + 400 * i, 2000 + 6000 * i, i % 2 + 1, set_number=i // 2) for i in range(4)])
    rows = [
        line.split()[:2] for line in barhold("replay", DATA / "lone-lift.csv").stdout.splitlines() if "2.50" in line
    ]
    assert rows == [["1", "1"], ["1", "2"], ["2", "1"], ["2", "2"]]


def test_an_uncalibrated_sensor_is_said_once(scripted):
    scripted(
        [rep_at(400 + 400 * i, 2000 + 6000 * i, i + 1, protocol.UNCALIBRATED | protocol.CLIPPED) for i in range(2)]
    )
    shown = barhold("replay", DATA / "lone-lift.csv").stdout
    assert (shown.count("calibrated"), shown.count("clipped")) == (1, 2)
