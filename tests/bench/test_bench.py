"""`poe bench detect` on tiny runs: a row per scenario and method, bounds that can fail, peers that find reps."""

import json
import os
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from importlib.util import find_spec

import numpy as np
import pytest
from typer.testing import CliRunner

import postgreskit
from barcore import record
from barcore.detector import Detector
from barhold import generate
from barhold.errors import InputError
from barhold.model import StoredRecord
from barhold.recordings import reader
from barhold.recordings.reader import Recording
from barhold.store import Store, maintenance
from barhold.training import sets
from bench import __main__ as bench_main
from bench import cases, cost, found, gym, gym_rows, peers, run, store, table, years
from bench.peers import rule
from hostkit import DATA, ROOT, TEST_PATHS
from mpy import rig

QUICK = ("--seeds", 1, "--no-cost")
ALONE = (*QUICK, "--no-peers")
HAVE_PEERS = all(find_spec(name) for peer in peers.PEERS for name in peer.packages)
needs_peers = pytest.mark.skipif(not HAVE_PEERS, reason="the extra `bench` is not installed")


def run_bench(*args):
    """Run `poe bench` in this process."""
    return CliRunner().invoke(bench_main.bench, [str(arg) for arg in args], env={"NO_COLOR": "1", "COLUMNS": "100"})


def bench_process(*args, **env):
    """Run `poe bench` as a process of its own."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(str(ROOT / name) for name in TEST_PATHS), **env}
    command = [sys.executable, "-m", "bench", *map(str, args)]
    return subprocess.run(command, check=False, env=env, capture_output=True, text=True, timeout=60)


@pytest.fixture
def folder(tmp_path):
    """Two recordings with truth, a third without."""
    made = tmp_path / "recordings"
    made.mkdir()
    for name, source in (("normal-0", "six-reps"), ("normal-1", "mixed-set"), ("other-0", "lone-lift")):
        (made / f"{name}.csv").write_bytes((DATA / f"{source}.csv").read_bytes())
        if name != "other-0":
            (made / f"{name}.json").write_bytes((DATA / f"{source}.json").read_bytes())
    return made


def rows(result, kind):
    assert result.exit_code == 0, result.stderr
    found_rows = [json.loads(line) for line in result.stdout.splitlines()]
    return [row for row in found_rows if row["type"] == kind]


def test_a_folder_is_scored_and_every_scenario_has_its_row(folder):
    result = run_bench("detect", folder, "--no-peers", "--no-cost")
    assert result.exit_code == 0, result.stderr
    line = next(line.split() for line in result.stdout.splitlines() if line.strip().startswith("normal"))
    assert line[:7] == ["normal", "2", "12", "12", "1.000", "0", "0"]
    assert "other" not in result.stdout  # has no truth
    assert max(len(line) for line in result.stdout.splitlines()) <= 100


def test_in_a_pipe_no_column_is_cut_short():
    args = ("detect", "--only", "bottom-pause", "--only", "uncalibrated", *ALONE)
    done = bench_process(*args, COLUMNS="", TERM="xterm-256color")
    assert done.returncode == 0, done.stderr
    assert "bottom-pause" in done.stdout
    assert "\N{HORIZONTAL ELLIPSIS}" not in done.stdout
    assert max(len(line) for line in done.stdout.splitlines()) <= 80


def test_json_is_pure_and_names_every_scenario():
    result = run_bench("detect", "--only", "normal", "--only", "fast", *ALONE, "--json")
    assert [row["scenario"] for row in rows(result, "bench_scenario")] == ["normal", "fast"]
    (method,) = rows(result, "bench_method")
    assert (method["method"], method["recordings"], method["times_ours"]) == ("barhold", 2, 1)
    assert {row["group"] for row in rows(result, "bench_bound")} == {"usual", "all"}


def test_a_bad_detector_falls_short_visibly(monkeypatch, folder):
    feed = Detector.feed

    def deaf(self, t_ms, ax, ay, az, gx, gy, gz):
        feed(self, t_ms, ax // 2, ay // 2, az // 2, gx, gy, gz)

    monkeypatch.setattr(Detector, "feed", deaf)
    result = run_bench("detect", folder, "--no-peers", "--no-cost")
    assert result.exit_code == 0
    assert "falls short" in result.stdout
    assert "0.000!" in result.stdout


@pytest.mark.parametrize("only", [(), ("--only", "normal")])
def test_the_examples_run(only, folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = run_bench("detect", "--help").stdout.splitlines()
    examples = [line.strip() for line in text if line.strip().startswith("poe bench detect")]
    assert len(examples) == 2
    example = examples[bool(only)]
    assert run_bench(*shlex.split(example)[2:]).exit_code == 0


def test_wrong_input_is_one_line(tmp_path, folder):
    for args, words in (
        (["--only", "nonsense", *ALONE], "no scenario nonsense; there are normal,"),
        ([tmp_path / "none", *ALONE], "is no folder"),
        ([tmp_path, *ALONE], "no recording with truth"),
        ([folder, "--only", "fast", *ALONE], "no recording of fast with truth"),
    ):
        result = run_bench("detect", *args)
        assert (result.exit_code, result.stdout) == (2, "")
        assert words in result.stderr


def test_a_folder_gives_at_most_so_many_of_a_scenario(folder):
    assert [case.recording.name for case in cases.from_folder(folder, 1)] == ["normal-0.csv"]


def test_what_left_during_the_recording_has_its_moment():
    made = generate.session(1, sets=1, reps=4, hold_s=2.5)
    told = found.ours(Recording("x", 0.0, made.rate_hz, made.samples))
    assert [rep.start_ms for rep in told.reps] == sorted(told.rep_told_ms)
    for rep in told.reps:
        end_ms = rep.start_ms + rep.rise_ms + rep.hold_ms + rep.fall_ms
        assert 0 < told.rep_told_ms[rep.start_ms] - end_ms < 3000
    assert len(told.target_told_ms) == 4


def test_a_missing_package_names_the_extra(monkeypatch):
    monkeypatch.setattr(peers, "find_spec", lambda name: None if name == "vqf" else object())
    result = run_bench("detect", "--only", "normal", *QUICK)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "the peers need vqf: pip install 'barhold[bench]'" in result.stderr


def test_the_cost_under_micropython():
    measured = cost.measure(reader.read(DATA / "lone-lift.csv").samples, runs=2)
    assert measured.samples == 1811
    assert 0.5 < measured.median_us < measured.p99_us <= measured.worst_us <= measured.worst_once_us
    assert measured.bytes_per_sample == 0
    assert 100 < measured.median_bytecodes < measured.worst_bytecodes


def test_what_allocates_shows_in_the_cost(tmp_path):
    script = (rig.HERE / "cost.py").read_text()
    assert script.count("        at += 7\n    return gc.mem_alloc()") == 1
    seeded = tmp_path / "cost.py"
    seeded.write_text(
        script.replace("        at += 7\n    return gc", "        kept = [at]\n        at += 7\n    return gc")
    )
    said = rig.run(seeded, "1", stdin=reader.read(DATA / "lone-lift.csv").samples)
    assert int(said.split()[1]) >= 16 * 1811


def test_the_rules_that_peers_get():
    up, down, rest = [0.3] * 100, [-0.3] * 100, [0.0] * 200
    bounce = [-0.3] * 10 + [0.3] * 10
    speed = np.array(rest + up + rest + bounce + rest + down + rest + up + rest + down + rest)
    rises = [i for i in range(1, len(speed)) if speed[i] > 0.1 >= speed[i - 1]]
    falls = [i for i in range(1, len(speed)) if speed[i] < -0.1 <= speed[i - 1]]
    reps = rule.reps(speed, rises, falls, 100.0)
    assert [round(rep.start_s, 1) for rep in reps] == [2.0, 10.2]
    assert [round(rep.hold_s, 1) for rep in reps] == [4.2, 2.0]  # a dip within the zone belongs to the hold
    assert [round(rep.rom_m, 2) for rep in reps] == [0.30, 0.30]
    assert len(rule.in_sets(reps).reps) == 2
    assert rule.in_sets(reps[:1]).reps == ()


@needs_peers
def test_the_peers_stand_beside_ours(folder):
    result = run_bench("detect", folder, *QUICK, "--json")
    methods = [row["method"] for row in rows(result, "bench_scenario") if row["scenario"] == "normal"]
    assert methods == ["barhold", "find_peaks", "skdh", "ruptures"]
    by_name = {row["method"]: row for row in rows(result, "bench_method")}
    assert [by_name[name]["found"] for name in ("barhold", "find_peaks", "ruptures")] == [6, 6, 6]
    assert by_name["skdh"]["found"] >= 3
    assert all(row["us_per_sample"] > 0 for row in by_name.values())
    shown = run_bench("detect", folder, *QUICK).stdout
    for peer in peers.PEERS:
        assert " ".join(peer.settings.split()[:4]) in " ".join(shown.split())


@needs_peers
def test_peers_bear_a_recording_without_motion():
    made = generate.play(3, [[generate.RepPlan()]])
    short = Recording("still", 0.0, made.rate_hz, made.samples[: 16 * 208])
    for finder in peers.finders().values():
        assert finder(short).reps == ()


def test_a_run_times_every_finder_on_every_case(folder):
    (result,) = run.run({"none": lambda taken: found.Found(())}, cases.from_folder(folder))
    assert result.samples == sum(len(case.recording.samples) // 16 for case in cases.from_folder(folder))
    assert 0 < result.us_per_sample < 1000
    assert len(result.all_scored) == 2


def test_the_readme_of_the_bench_names_every_peers_package():
    text = (ROOT / "tests/bench/README.md").read_text(encoding="utf-8")
    for name in ("scipy", "vqf", "scikit-digital-health", "ruptures"):
        assert name in text


@pytest.mark.parametrize(
    ("sessions_per_year", "commands"),
    [(6, ["check"]), pytest.param(years.SESSIONS_PER_YEAR, ["sets", "check", "report"], marks=pytest.mark.long)],
)
def test_years_are_stored_and_read_in_both_databases(monkeypatch, sessions_per_year, commands):
    assert set(commands) <= set(bench_main._reading_commands())
    monkeypatch.setattr(bench_main, "_reading_commands", lambda: commands)
    monkeypatch.setattr(years, "SESSIONS_PER_YEAR", sessions_per_year)
    result = run_bench("store", "--years", 2, "--runs", 1, "--lifters", 0, "--json")
    kinds = ["SQLite", "PostgreSQL"]
    if postgreskit.binaries() is None or find_spec("psycopg") is None:
        assert "PostgreSQL is not measured" in result.stderr or "psycopg" in result.stderr
        kinds.pop()
    came = rows(result, "bench_ingest")
    assert [(row["store"], row["sessions"]) for row in came] == [(kind, 2 * sessions_per_year) for kind in kinds]
    assert all(row["records"] > 50 * row["sessions"] for row in came)
    read = rows(result, "bench_read")
    assert [(row["store"], row["command"]) for row in read] == [(kind, name) for kind in kinds for name in commands]
    for row in read:
        assert row["met"] == (row["whole_cpu_s"] <= 0.7 and row["growth"] <= 2)
        assert row["growth"] == pytest.approx(row["whole_s"] / row["half_s"])
        assert row["whole_cpu_s"] > 0


@pytest.mark.long
def test_a_gyms_rows_are_what_syncs_would_leave(database_place):
    gym_rows.fill(database_place, 1)
    gym_rows.multiply(database_place, 3)
    with Store.open(database_place) as opened:
        assert [owner.sets for owner in opened.sets.owners()] == [450, 450, 450]
        assert maintenance.find_differences(opened) == []
        opened.add_records("ff" * 8, 1, next(years.days(1)).raws, years.FIRST_UTC_MS)


@pytest.mark.long
def test_a_small_gym_is_measured_against_every_bound(tmp_path):
    figures = gym.measure(lambda name: str(tmp_path / f"{name}.db"), lifters=2, runs=1, long_years=2)
    assert len({figure.what for figure in figures}) > 10
    assert all(figure.value > 0 for figure in figures)


def test_a_figure_meets_its_bound_from_the_right_side():
    assert gym.Figure("x", 1.2, 1.2, "x").met
    assert not gym.Figure("x", 1.3, 1.2, "x").met
    assert gym.Figure("x", 0.8, 0.8, "x", at_least=True).met
    assert not gym.Figure("x", 0.7, 0.8, "x", at_least=True).met
    [_, shown] = table.gym("SQLite", [gym.Figure("x", 1.3, 1.2, "x")])
    assert "falls short" in [str(cell) for cell in shown.columns[-1].cells]


def test_a_slow_command_falls_short():
    assert store.Reading("sets", 0.9, 1.4, 0.7).met
    assert not store.Reading("sets", 0.9, 1.4, 0.8).met
    assert not store.Reading("sets", 0.5, 1.2, 0.7).met
    measured = store.Measured("SQLite", 10, 1500, 75_000, 15.0, (store.Reading("sets", 0.5, 1.2, 0.7),))
    [_, shown, said] = table.store(measured)
    assert "5000 records/s" in said.plain
    assert "falls short" in [str(cell) for cell in shown.columns[-1].cells]


def test_the_years_are_training_as_the_sensor_logs_it():
    some = list(years.days(1))
    raws = [raw for day in some for raw in day.raws]
    stored_ones = [StoredRecord(years.DEVICE_ID, years.LOG_ID, seq, raw) for seq, raw in enumerate(raws)]
    assert all(record.is_valid(raw) and record.header(raw)[3] == seq for seq, raw in enumerate(raws))
    found_sets = sets.training_sets(stored_ones, [day.anchor for day in some], datetime(2030, 1, 1, tzinfo=UTC))
    assert (len(some), len(found_sets), sum(len(one.reps) for one in found_sets)) == (150, 600, 6000)
    assert len(sets.sessions(found_sets)) == 150
    assert {one.time_quality for one in found_sets} == {"anchored"}


def test_where_no_server_can_be_had_the_reason_is_reported(monkeypatch, tmp_path):
    monkeypatch.setattr(postgreskit, "binaries", lambda: None)
    missing = pytest.raises(InputError, match="is not measured: no PostgreSQL server here: apt-get install")
    with missing, store.postgresql(None):
        pass
    result = run_bench("store", "--years", 2, "--runs", 1, "--db", tmp_path / "x.db")
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
    assert result.stderr.endswith("postgresql+psycopg://user@host/name\n")
