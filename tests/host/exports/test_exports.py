"""Exports: the content of each format, cell by cell, and files that are written whole or not at all."""

import csv
import io
import json
import os
import resource
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import icalendar
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pyarrow import parquet

from barcore import protocol
from barhold import files
from barhold.errors import InputError
from barhold.exports import hevy, ical, rows, selection, strong
from barhold.exports import parquet as parquet_export
from barhold.exports.dialects import Dialect
from barhold.model import Lifter, Load, Wearer
from barhold.plans.plan import Bounds, Plan
from barhold.store import People, Store
from hostkit import DEVICE, ROOT, barhold
from trainingkit import START, filled, made_rep, made_session, made_set

EVIL = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "'=1", "''@", "=cmd|' /C calc'!A0"]


# --- cells --------------------------------------------------------------------------------------------------------


@given(st.text(alphabet="'=+-@\t\r\nab1 ;\","))
@example("'=1")
def test_a_defused_cell_is_no_formula_and_restores_exactly(text):
    cell = files.defuse_csv_cell(text)
    assert not cell or cell[0] not in "=+-@\t\r\n"
    assert files.restore_csv_cell(cell) == text


@pytest.mark.parametrize("evil", EVIL)
def test_formulas_are_defused_in_every_text_column(evil):
    item = made_set(note=evil, lifter=evil, load=Load(60, "kg"))
    [row] = csv.DictReader(io.StringIO(rows.to_csv(rows.SET_COLUMNS, rows.per_set([item])), newline=""))
    assert row["note"] == row["lifter"] == "'" + evil
    [row] = csv.DictReader(io.StringIO(hevy.to_csv([[item]]), newline=""))
    assert row["exercise_notes"][0] == "m"  # our words come first: nothing to defuse
    [row] = csv.DictReader(io.StringIO(strong.to_csv([[item]]), newline=""))
    assert row["Notes"][0] == "m"


def test_numbers_are_not_defused():
    item = made_set()
    cold = {**next(rows.per_set([item])), "hold_mean_s": -1.5}
    assert rows.to_csv(["hold_mean_s"], [{"hold_mean_s": cold["hold_mean_s"]}]) == "hold_mean_s\n-1.5\n"


# --- CSV, Parquet -------------------------------------------------------------------------------------------------


def test_a_row_per_rep_has_every_figure_and_its_sets():
    item = made_set(holds_ms=(2100, 2500), load=Load(62.5, "kg"), lifter="Ana")
    item = replace(item, reps=(made_rep(1, 2100, 5), made_rep(2)))
    text = rows.to_csv(rows.REP_COLUMNS, rows.per_rep([item]))
    assert text.splitlines()[0] == ",".join(rows.REP_COLUMNS)
    first, second = csv.DictReader(io.StringIO(text))
    assert first == {
        "lifter": "Ana", "device": "00112233aabbccdd", "set_start": "2026-11-22T18:00:12.345+00:00", "set": "1",
        "warm_up": "false", "load": "62.5", "load_unit": "kg", "rep": "1", "hold_s": "2.1", "hold_err_s": "0.05",
        "rise_s": "0.9", "fall_s": "1.1", "bottom_s": "0.8", "rom_m": "0.3125", "peak_m_s": "0.7",
        "flags": "partial;clipped",
    }  # fmt: skip
    assert protocol.PARTIAL | protocol.CLIPPED == 5
    assert (second["rep"], second["hold_s"], second["flags"]) == ("2", "2.5", "")


def test_a_row_per_set_summarises_its_reps():
    [row] = csv.DictReader(io.StringIO(rows.to_csv(rows.SET_COLUMNS, rows.per_set([made_set(note='a "b", c\nd')]))))
    assert (row["reps"], row["hold_mean_s"], row["hold_min_s"], row["hold_max_s"]) == ("3", "2.4", "2.1", "2.6")
    assert (row["load"], row["load_unit"], row["edited"], row["note"]) == ("", "", "false", 'a "b", c\nd')


def test_parquet_has_the_same_rows_with_types(tmp_path):
    db = filled(tmp_path / "b.db", sessions=2)
    barhold("export", "parquet", "--out", tmp_path / "r.parquet", db=db)
    barhold("export", "csv", "--out", tmp_path / "r.csv", db=db)
    table = parquet.read_table(tmp_path / "r.parquet")
    assert table.column_names == list(rows.REP_COLUMNS)
    assert {str(table.schema.field(name).type) for name in ("set_start", "load", "rep", "warm_up", "flags")} == {
        "timestamp[ms, tz=UTC]", "double", "int32", "bool", "string",
    }  # fmt: skip
    lines = list(csv.DictReader((tmp_path / "r.csv").read_text().splitlines()))
    assert len(lines) == 48
    for mine, line in zip(table.to_pylist(), lines, strict=True):
        assert mine["set_start"] == datetime.fromisoformat(line["set_start"])
        assert [mine["rep"], mine["hold_s"], mine["rom_m"]] == [
            int(line["rep"]), float(line["hold_s"]), float(line["rom_m"]),
        ]  # fmt: skip
        assert mine["load"] is None


def test_jsonl_equals_the_output_of_sets_json(tmp_path):
    db = filled(tmp_path / "b.db", sessions=2)
    assert barhold("export", "jsonl", db=db).stdout == barhold("sets", "--json", db=db).stdout != ""


# --- Strong, Hevy -------------------------------------------------------------------------------------------------


def test_strong_files_have_its_columns_units_and_warm_ups(zone):
    zone("Europe/Berlin")
    session = made_session(loads=(Load(20, "kg"), Load(135.5, "lb"), None))
    session[0] = made_set(warm_up=True, load=Load(20, "kg"), note="easy")
    header, *lines = strong.to_csv([session], Dialect.SEMICOLON).splitlines()
    assert header == (
        "Date;Workout Name;Exercise Name;Set Order;Weight;Weight Unit;Reps;RPE;Distance;Distance Unit;Seconds;Notes;"
        "Workout Notes;Workout Duration"
    )
    start = "2026-11-22 19:00:12;Hip thrust;Hip Thrust (Barbell)"
    assert lines == [
        f'{start};W;20;kg;3;;0;km;0;"mean hold 2.40 s; easy";Barhold;7m',
        f"{start};1;135.5;lbs;3;;0;km;0;mean hold 2.40 s;Barhold;7m",
        f"{start};2;0;kg;3;;0;km;0;mean hold 2.40 s;Barhold;7m",
    ]  # fmt: skip


def test_hevy_files_have_its_columns_and_english_months(zone):
    zone("America/New_York")
    sets = made_session(datetime(2026, 5, 2, 1, 4, tzinfo=UTC), (Load(60, "kg"), Load(135, "lb"), None))
    header, *lines = hevy.to_csv([sets]).splitlines()
    assert header == (
        '"title","start_time","end_time","description","exercise_title","superset_id","exercise_notes","set_index",'
        '"set_type","weight_kg","reps","distance_km","duration_seconds","rpe"'
    )
    assert lines[0] == (
        '"Hip thrust","1 May 2026, 21:04","1 May 2026, 21:10","Barhold","Hip Thrust (Barbell)","",'
        '"mean holds 2.40, 2.40, 2.40 s",0,"normal",60.0,3,"","",""'
    )
    assert [line.split(",")[-5] for line in lines] == ["60.0", "61.235", '""']


def test_a_file_of_pounds_only_stays_in_pounds():
    text = hevy.to_csv([made_session(loads=(Load(135, "lb"), Load(140.5, "lb"), None))])
    assert '"weight_lbs"' in text.splitlines()[0]
    assert '"distance_miles"' in text.splitlines()[0]
    assert [line.split(",")[-5] for line in text.splitlines()[1:]] == ["135.0", "140.5", '""']


# --- iCalendar ----------------------------------------------------------------------------------------------------

NOW = START + timedelta(hours=2)
REST_24_48 = Plan()


def test_the_next_session_is_at_the_usual_time_once_the_rest_is_over():
    [first, second, third] = ical.planned(made_session(), REST_24_48, NOW)
    assert first[0] == START + timedelta(hours=48)  # 24 h after its start is under 24 h after its end
    assert first[1] - first[0] == timedelta(minutes=20)
    for (_, end), (start, _) in ((first, second), (second, third)):
        assert timedelta(hours=24) <= start - end <= timedelta(hours=48)


def test_if_the_usual_time_does_not_fit_the_session_is_as_soon_as_the_rest_allows():
    session = made_session()
    [first, *_] = ical.planned(session, Plan(rest_h=Bounds(20, 22)), NOW)
    assert first[0] == session[-1].end_utc + timedelta(hours=20)


def test_nothing_is_planned_for_the_past():
    for days in (1.5, 3, 400):
        now = START + timedelta(days=days)
        starts = [start for start, _ in ical.planned(made_session(), REST_24_48, now)]
        assert now <= starts[0] <= now + timedelta(hours=48)
        assert starts == sorted(starts)


def test_daylight_saving_keeps_the_time_on_the_wall(zone):
    zone("Europe/Berlin")
    saturday = datetime(2026, 10, 24, 16, 0, tzinfo=UTC)  # 18:00 there; the clocks go back in the night
    [first, *_] = ical.planned(made_session(saturday), REST_24_48, saturday + timedelta(hours=1))
    assert f"{first[0].astimezone():%d %H:%M}" in ("25 18:00", "26 18:00")
    assert first[0] - saturday == timedelta(hours=25) or first[0] - saturday == timedelta(hours=49)


def test_a_second_calendar_moves_the_events_of_the_first(tmp_path):
    last = [(made_session(), REST_24_48), ([made_set(lifter="Ana")], Plan(name="glute-bridge"))]
    first = icalendar.Calendar.from_ical(ical.calendar(last, NOW))
    again = icalendar.Calendar.from_ical(ical.calendar(last, NOW + timedelta(hours=30)))
    events = first.walk("VEVENT")
    assert [str(event["SUMMARY"]) for event in events] == ["hip-thrust"] * 3 + ["glute-bridge: Ana"] * 3
    assert len({str(event["UID"]) for event in events}) == 6
    assert [event["UID"] for event in again.walk("VEVENT")] == [event["UID"] for event in events]
    assert first["VERSION"] == "2.0"
    assert events[0].start == START.replace(microsecond=0) + timedelta(hours=48)
    assert "Stop on pain" in str(events[0]["DESCRIPTION"])


# --- the command --------------------------------------------------------------------------------------------------


def test_each_lifters_sessions_follow_their_own_plan(tmp_path):
    db = filled(tmp_path / "b.db")
    with Store.open(db) as store:
        People(store).add_lifter(Lifter("Ana", "glute-bridge"))
        People(store).wear(Wearer(DEVICE, 0, "Ana"))
    events = icalendar.Calendar.from_ical(barhold("export", "ical", db=db).stdout).walk("VEVENT")
    assert [str(event["SUMMARY"]) for event in events] == ["glute-bridge: Ana"] * 3


def test_an_export_that_matches_nothing_says_what_is_stored(tmp_path, zone):
    zone("Europe/Berlin")
    db = filled(tmp_path / "b.db", sessions=2)
    with Store.open(db) as store:
        People(store).add_lifter(Lifter("Ana"))
        People(store).wear(Wearer(DEVICE, round((START + timedelta(days=1)).timestamp() * 1000), "Ana"))
    assert "nothing to export" in barhold("export", "csv", db=tmp_path / "new.db").stderr
    assert f"there are sets of {DEVICE}, Ana\n" in barhold("export", "csv", "--lifter", "Bob", db=db).stderr
    early = barhold("export", "csv", "--until", "2026-11-01", db=db).stderr
    assert "no set lies in this time; the stored ones are of 2026-11-22 to 2026-11-24" in early


def test_last_sessions_are_one_for_each_lifter_or_unassigned_sensor():
    ana, none, later = [made_set(lifter="Ana")], [made_set()], [made_set(START + timedelta(days=1), lifter="Ana")]
    assert selection.last_sessions([ana, none, later]) == [later, none]


def test_since_and_until_include_both_days(tmp_path, zone):
    zone("UTC")
    db = filled(tmp_path / "b.db", sessions=3)

    def starts(*args):
        lines = barhold("export", "jsonl", *args, db=db).stdout.splitlines()
        return sorted({json.loads(line)["start"][:10] for line in lines})

    assert starts() == ["2026-11-22", "2026-11-24", "2026-11-26"]
    assert starts("--since", "2026-11-24") == ["2026-11-24", "2026-11-26"]
    assert starts("--until", "2026-11-24") == ["2026-11-22", "2026-11-24"]
    assert starts("--since", "2026-11-22T19:00", "--until", "2026-11-26T00:00+00:00") == ["2026-11-24"]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["csv", "--since", "yesterday"], "--since yesterday: not a date; write it as 2026-11-22"),
        (["csv", "--since", "0001-01-01"], "--since 0001-01-01: not a date"),
        (["csv", "--until", "9999-12-31"], "--until 9999-12-31: not a date"),
        (["csv", "--lifter", "Bob"], "--lifter Bob has no sets"),
        (["csv", "--since", "2040-01-01"], "no set lies in this time"),
        (["parquet"], "Parquet is a binary format: name a file, for example --out reps.parquet"),
        (["fit", "--out", "kept.txt"], "kept.txt: cannot be created (File exists): name a folder that can be written"),
        (["fit", "--out", "two.fit"], "2 sessions need a folder"),
        (["csv", "--out", "."], ". is a folder: name a file"),
        (["csv", "--out", "kept.txt"], "kept.txt exists: name another file, or replace it with --overwrite"),
        (["csv", "--out", "no/such/x.csv"], "no/such/x.csv: cannot be written (No such file or directory)"),
        (["odt"], "'odt'"),
    ],
)
def test_an_impossible_export_ends_in_one_line_and_leaves_no_file(args, said, tmp_path, monkeypatch):
    db = filled(tmp_path / "b.db", sessions=2)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    (tmp_path / "work" / "kept.txt").write_text("mine")
    result = barhold("export", *args, db=db)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    if args != ["odt"]:
        assert len(result.stderr.splitlines()) == 1
    assert {path.name: path.read_text() for path in (tmp_path / "work").iterdir()} == {"kept.txt": "mine"}


def test_fit_writes_one_file_for_each_session(tmp_path):
    db = filled(tmp_path / "b.db", sessions=2)
    (tmp_path / "fit").mkdir()
    assert barhold("export", "fit", "--out", tmp_path / "fit", db=db).exit_code == 0
    assert sorted(path.name for path in (tmp_path / "fit").iterdir()) == [
        "barhold-20261122T180012Z-00112233aabbccdd.fit", "barhold-20261124T180012Z-00112233aabbccdd.fit",
    ]  # fmt: skip
    one = barhold("export", "fit", "--since", "2026-11-24", "--out", tmp_path / "one.fit", db=db)
    assert one.stdout == f"{tmp_path / 'one.fit'}: {(tmp_path / 'one.fit').stat().st_size} bytes\n"
    assert (tmp_path / "one.fit").read_bytes()[8:12] == b".FIT"


def test_an_existing_file_is_refused_at_the_first_difference(tmp_path):
    out = tmp_path / "out"
    out.write_bytes(b"mine")

    def pieces():
        yield b"other"
        pytest.fail("the rest of the store is read for nothing")

    with pytest.raises(InputError, match="exists: name another file, or replace it with --overwrite"):
        files.write_pieces_atomically(out, pieces())
    assert (out.read_bytes(), list(tmp_path.iterdir())) == (b"mine", [out])


@pytest.mark.parametrize("what", ["csv", "jsonl", "strong", "hevy", "ical", "parquet"])
def test_every_format_is_reproducible_and_replaces_only_with_overwrite(what, tmp_path):
    db, out = filled(tmp_path / "b.db"), tmp_path / "out"
    assert barhold("export", what, "--out", out, db=db).exit_code == 0
    first = out.read_bytes()
    if what != "ical":  # it says when it was made
        assert barhold("export", what, "--out", out, db=db).stdout == f"{out}: {len(first)} bytes, already there\n"
    out.write_bytes(b"mine")
    assert barhold("export", what, "--out", out, db=db).exit_code == 2
    assert out.read_bytes() == b"mine"
    assert barhold("export", what, "--out", out, "--overwrite", db=db).exit_code == 0
    if what != "ical":
        assert out.read_bytes() == first
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith("out")) == ["out"]


# --- row by row ---------------------------------------------------------------------------------------------------


def test_csv_yields_each_line_before_the_next_set_is_read():
    read = []
    lines = rows.csv_lines(rows.REP_COLUMNS, rows.per_rep(read.append(1) or made_set() for _ in count()))
    assert next(lines).startswith("lifter,device,")
    assert read == []
    assert DEVICE in next(lines)
    assert read == [1]


def test_parquet_keeps_one_group_of_rows_in_memory(monkeypatch, tmp_path):
    monkeypatch.setattr(parquet_export, "_GROUP_ROWS", 4)
    read = []
    table = rows.per_set(read.append(1) or made_set() for _ in range(10))
    pieces = parquet_export.pieces(rows.SET_COLUMNS, table)
    first = next(pieces)
    assert len(read) == 4
    (tmp_path / "sets.parquet").write_bytes(first + b"".join(pieces))
    assert parquet.read_metadata(tmp_path / "sets.parquet").num_row_groups == 3
    assert parquet.read_table(tmp_path / "sets.parquet").num_rows == 10


def test_pieces_that_break_off_leave_the_old_file_and_no_part_of_the_new(tmp_path):
    def broken():
        yield b"new"
        raise InputError("the database is gone")

    (tmp_path / "out").write_bytes(b"old")
    with pytest.raises(InputError, match="the database is gone"):
        files.write_pieces_atomically(tmp_path / "out", broken(), overwrite=True)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"out": b"old"}


def test_pieces_that_a_file_already_holds_are_not_written_again(tmp_path):
    assert files.write_pieces_atomically(tmp_path / "out", [b"a", b"bc"]) == (3, True)
    assert files.write_pieces_atomically(tmp_path / "out", [b"abc"]) == (3, False)
    with pytest.raises(InputError, match="exists"):
        files.write_pieces_atomically(tmp_path / "out", [b"abd"])
    assert files.write_pieces_atomically(tmp_path / "out", [b"abd"], overwrite=True) == (3, True)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"out": b"abd"}


# --- whole or not at all ------------------------------------------------------------------------------------------


def test_either_all_files_are_written_or_none(tmp_path):
    with pytest.raises(InputError, match="cannot be written"):
        files.write_atomically({tmp_path / "a": b"1", tmp_path / "no" / "b": b"2"})
    assert list(tmp_path.iterdir()) == []
    files.write_atomically({tmp_path / "a": b"1", tmp_path / "b": b"2"})
    with pytest.raises(InputError, match="exists"):
        files.write_atomically({tmp_path / "c": b"3", tmp_path / "a": b"4"})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"1", "b": b"2"}


def test_a_symbolic_link_is_followed_and_a_device_is_not_replaced(tmp_path):
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    files.write_atomically({tmp_path / "link": b"new"}, overwrite=True)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"
    if os.path.exists("/dev/full"):
        with pytest.raises(InputError, match="No space left on device"):
            files.write_atomically({tmp_path / "new": b"1", type(tmp_path)("/dev/full"): b"2"}, overwrite=True)
        assert stat.S_ISCHR(os.stat("/dev/full").st_mode)
        assert not (tmp_path / "new").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are POSIX")
@pytest.mark.parametrize("what", ["csv", "jsonl"])
def test_a_full_disk_leaves_the_old_file_and_no_part_of_the_new(what, tmp_path):
    db, out = filled(tmp_path / "b.db", sessions=20, sets=6), tmp_path / "out"
    assert barhold("export", what, "--since", "2026-12-30", "--out", out, db=db).exit_code == 0
    before = out.read_bytes()
    env = {**os.environ, "PYTHONPATH": f"{ROOT / 'host'}{os.pathsep}{ROOT / 'firmware'}", "BARHOLD_DB": str(db)}
    limit = 64_000  # the database needs half of it for the index of its log
    done = subprocess.run(
        [sys.executable, "-m", "barhold", "export", what, "--out", str(out), "--overwrite"],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        check=False, capture_output=True, text=True, env=env,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert "out: cannot be written (File too large): free some space" in done.stderr
    assert out.read_bytes() == before
    assert [path for path in tmp_path.iterdir() if path.name.endswith(".part")] == []
