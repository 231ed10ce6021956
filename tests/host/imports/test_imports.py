"""Imports: three generations of Strong, Hevy's two units, damaged files, repeated imports, and round trips."""

import json
import locale
import os
import resource
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barhold.errors import InputError
from barhold.exports import hevy, strong
from barhold.exports.dialects import Dialect
from barhold.imports import fields, layouts, matching, parse, table
from barhold.imports.parse import ImportOptions
from barhold.model import Lifter, Load
from barhold.store import People, Store
from barhold.store.imported_sets import ImportedSets
from hostkit import ROOT, barhold
from trainingkit import START, filled, made_session, made_set

GEN_1 = "Date,Workout Name,Duration,Exercise Name,Set Order,Weight,Reps,Distance,Seconds,Notes,Workout Notes,RPE\n"
GEN_1_NO_RPE = GEN_1.replace(",RPE", "")
GEN_2 = (
    "Date;Workout Name;Exercise Name;Set Order;Weight;Weight Unit;Reps;RPE;Distance;Distance Unit;Seconds;Notes;"
    "Workout Notes\n"
)
GEN_3 = (
    "Workout #;Date;Workout Name;Duration (sec);Exercise Name;Set Order;Weight (kg);Reps;RPE;Distance (meters);"
    "Seconds;Notes;Workout Notes\n"
)
HEVY = (
    '"title","start_time","end_time","description","exercise_title","superset_id","exercise_notes","set_index",'
    '"set_type","weight_kg","reps","distance_km","duration_seconds","rpe"\n'
)
HEVY_LB = HEVY.replace("weight_kg", "weight_lbs").replace("distance_km", "distance_miles")
HT = "Hip Thrust (Barbell)"
FILES = {
    "strong 1": GEN_1
    + f'2026-11-22 18:00:12,"Legs",1h 5m,"{HT}",W,"40",10,0,0,"","",\n'
    + f'2026-11-22 18:00:12,"Legs",1h 5m,"{HT}",1,"62.5",8,0,0,"","",\n'
    + f'2026-11-22 18:00:12,"Legs",1h 5m,"{HT}",2,"62.5",7,0,0,"","",9\n',
    "strong 1 without RPE": GEN_1_NO_RPE
    + f'2026-11-22 18:00:12,"Legs",1h 5m,"{HT}",W,"40",10,0,0,"",""\n'
    + f'2026-11-22 18:00:12,"Legs",1h 5m,"{HT}",1,"62,5",8,0,0,"",""\n'
    + f'2026-11-22 18:00:12,"Legs",1h 5m,"{HT}",2,"62.50",7,0,0,"",""\n',
    "strong 2": GEN_2
    + f'2026-11-22 18:00:12;"Legs";"{HT}";W;40;kg;10;;;;0;"";""\n'
    + f'2026-11-22 18:00:12;"Legs";"{HT}";1;62,5;kg;8;;;;0;"";""\n'
    + f'2026-11-22 18:00:12;"Legs";"{HT}";Rest Timer;0;kg;0;;;;90;"";""\n'
    + f'2026-11-22 18:00:12;"Legs";"{HT}";2;62.5;kg;7;;;;0;;\n',
    "strong 3": "\ufeff"
    + GEN_3
    + f'"1";"2026-11-22 18:00:12";"Legs";"3900";"{HT}";"W";"40.0";"10.0";"";"";"0.0";"";""\n'
    + f'"1";"2026-11-22 18:00:12";"Legs";"3900";"{HT}";"1";"62.5";"8.0";"";"";"0.0";"";""\n'
    + f'"1";"2026-11-22 18:00:12";"Legs";"3900";"{HT}";"Rest Timer";"";"";"";"";"90.0";"";""\n'
    + f'"1";"2026-11-22 18:00:12";"Legs";"3900";"{HT}";"2";"62.5";"7.0";"";"";"0.0";"";""\n',
}


@pytest.fixture(autouse=True)
def _utc(monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def read(tmp_path):
    """Give a function that reads a file of this content."""

    def run(content, **wish):
        path = tmp_path / "log.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return parse.read(path, ImportOptions(**wish))

    return run


def figures(sets):
    return [(item.load, item.reps, item.kind) for item in sets]


# --- what the programs write --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_each_generation_of_strong_gives_the_same_sets(name, read):
    found = read(FILES[name], unit="" if name in ("strong 2", "strong 3") else "kg")
    assert (found.faults, found.without_reps) == ([], 0)
    assert figures(found.sets) == [
        (Load(40, "kg"), 10, "warmup"), (Load(62.5, "kg"), 8, "normal"), (Load(62.5, "kg"), 7, "normal"),
    ]  # fmt: skip
    assert {item.start_utc_ms for item in found.sets} == {
        int(datetime(2026, 11, 22, 18, 0, 12, tzinfo=UTC).timestamp()) * 1000
    }
    assert [item.set_index for item in found.sets] == [1, 2, 3]


def test_a_set_has_the_same_id_in_every_generation(read):
    ids = {tuple(one.import_id for one in read(text, unit="kg").sets) for text in FILES.values()}
    assert len(ids) == 1
    assert len(next(iter(ids))) == len(set(next(iter(ids)))) == 3


@pytest.mark.parametrize(("header", "unit"), [(HEVY, "kg"), (HEVY_LB, "lb")])
def test_hevy_in_kilograms_and_in_pounds(header, unit, read):
    row = '"Legs","22 Dec 2025, 08:00","22 Dec 2025, 09:10","","Hip Thrust (Barbell)",,"felt, ""good""\nand more",'
    found = read(
        header + row + '0,"warmup",95,12,,,\n' + row + '1,"normal",135.5,8,,3,8.5\n' + row + '2,"dropset",,6,,,\n'
    )
    assert found.faults == []
    assert figures(found.sets) == [
        (Load(95, unit), 12, "warmup"), (Load(135.5, unit), 8, "normal"), (None, 6, "dropset"),
    ]  # fmt: skip
    assert [item.hold_s for item in found.sets] == [None, 3, None]
    assert found.sets[0].note == 'felt, "good"\nand more'
    assert found.sets[0].start_utc_ms == int(datetime(2025, 12, 22, 8, tzinfo=UTC).timestamp()) * 1000


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-22 18:30:05", datetime(2026, 11, 22, 18, 30, 5)),
        ("2026-11-22 18:30", datetime(2026, 11, 22, 18, 30)),
        ("2026-11-22 6:30:05\u202fPM", datetime(2026, 11, 22, 18, 30, 5)),
        ("2026-11-22 12:00:05\u202fam", datetime(2026, 11, 22, 0, 0, 5)),
        ("2026-11-22 12:00:05 PM", datetime(2026, 11, 22, 12, 0, 5)),
        ("2026-11-22T18:30:05Z", datetime(2026, 11, 22, 18, 30, 5, tzinfo=UTC)),
        ("2026-11-22T18:30:05.250+02:00", datetime(2026, 11, 22, 16, 30, 5, 250_000, tzinfo=UTC)),
        ("22 Dec 2025, 08:00", datetime(2025, 12, 22, 8)),
        ("2 December 2025, 08:00", datetime(2025, 12, 2, 8)),
        ("May 22, 2026, 12:57 PM", datetime(2026, 5, 22, 12, 57)),
        ("Sept 2, 2026, 1:07 AM", datetime(2026, 9, 2, 1, 7)),
    ],
)
def test_every_way_of_writing_a_date(text, moment):
    assert fields.moment("Date", text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "", "yesterday", "22.11.2026 18:00", "2026-13-01 10:00", "31 Feb 2026, 10:00", "2026-11-22", "13:00",
        "Xyz 2, 2026, 1:07 AM", "2026-11-22 13:00 PM", "2026-11-22 25:00", "22 Janvember 2025, 08:00", "2026-11-22T99",
        "\u0662\u0660\u0662\u0666-11-22 18:30", "0001-01-01 10:00", "9999-12-31T10:00",
    ],
)  # fmt: skip
def test_a_cell_that_is_not_a_date_says_how_to_write_one(text):
    with pytest.raises(ValueError, match="is not a date: write it as"):
        fields.moment("Date", text)


def test_english_month_names_are_read_and_written_in_a_german_locale(read):
    before = locale.setlocale(locale.LC_ALL)
    names = [one for one in ("de_DE.UTF-8", "de_DE.utf8", "C.UTF-8") if _has(one)]
    try:
        locale.setlocale(locale.LC_ALL, names[0] if names else "C")
        assert fields.moment("start_time", "22 Dec 2025, 08:00") == datetime(2025, 12, 22, 8)
        assert '"2 May 2026, ' in hevy.to_csv([made_session(datetime(2026, 5, 2, 8, tzinfo=UTC))])
    finally:
        locale.setlocale(locale.LC_ALL, before)


def _has(name):
    try:
        locale.setlocale(locale.LC_ALL, name)
    except locale.Error:
        return False
    return True


def test_other_exercises_and_sets_without_reps_are_counted_but_not_stored(read):
    text = GEN_2 + "".join(
        f"2026-11-22 18:00:12;Legs;{exercise};1;60;kg;{reps};;;;0;;\n"
        for exercise, reps in ((HT, 8), ("Plank", 0), (HT, 0), (HT, ""), ("Bench Press", 5), ("Plank", 0))
    )
    found = read(text)
    assert (len(found.sets), found.others, found.without_reps) == (1, Counter({"Plank": 2, "Bench Press": 1}), 2)
    assert len(read(text, exercises=("bench",)).sets) == 1
    assert len(read(text, exercises=("",)).sets) == 2


def test_identical_rows_are_two_sets(read):
    row = f"2026-11-22 18:00:12;Legs;{HT};1;60;kg;8;;;;0;;\n"
    found = read(GEN_2 + row + row)
    assert [item.set_index for item in found.sets] == [1, 2]
    assert len({item.import_id for item in found.sets}) == 2


def test_defused_cells_are_restored(read):
    found = read(GEN_2 + f"2026-11-22 18:00:12;'=1+1;{HT};1;60;kg;8;;;;0;'-easy;\n")
    assert (found.sets[0].workout, found.sets[0].note) == ("=1+1", "-easy")


# --- damage -------------------------------------------------------------------------------------------------------

ROW = f"2026-11-22 18:00:12;Legs;{HT};1;60;kg;8;;;;0;;\n"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (ROW.replace("60;kg", "60;stone"), "Weight Unit 'stone' is neither kg nor lbs"),
        (ROW.replace("60;kg", "60;"), "Weight Unit '' is neither kg nor lbs"),
        (ROW.replace(";60;", ";heavy;"), "Weight 'heavy' is not a number: write it as 62.5 or 62,5"),
        (ROW.replace(";60;", ";-60;"), "Weight '-60' is negative: correct it"),
        (ROW.replace(";60;", ";1e9;"), "Weight '1e9' is over 1000 kg"),
        (ROW.replace(";60;", ";nan;"), "Weight 'nan' is not a number"),
        (ROW.replace(";60;", ";\u0666\u0660;"), "is not a number"),
        (ROW.replace(";60;", ";60000;"), "Weight '60000' is over 1000 kg: correct it"),
        (ROW.replace(";8;", ";8.5;"), "Reps '8.5' is not a whole number"),
        (ROW.replace(";8;", ";1001;"), "Reps '1001' is too large (over 1000)"),
        (ROW.replace("2026-11-22", "22/11/26"), "Date '22/11/26 18:00:12' is not a date"),
        (ROW.replace(";1;60", ";X;60"), "Set Order 'X' is no number, W, D or F"),
        (ROW[:30] + "\n", "3 cells, but the header has 13: was the file cut off here? Export it again"),
        (ROW[:-2] + ';;;"cut', "14"),
        (f'2026-11-22 18:00:12;"Legs;{HT};1;60', "unexpected end of data"),
        (f'2026-11-22 18:00:12;"Legs"x;{HT};1;60;kg;8;;;;0;;\n', "expected after"),
    ],
)  # fmt: skip
def test_an_unusable_line_is_named_and_nothing_is_stored(row, said, tmp_path):
    path, db = tmp_path / "log.csv", tmp_path / "b.db"
    path.write_text(GEN_2 + ROW + row, encoding="utf-8")
    for args in (["--dry-run"], []):
        result = barhold("import", path, *args, db=db)
        assert (result.exit_code, result.stdout) == (2, "")
        assert len(result.stderr.splitlines()) == 1
        assert f"{path}, line 3: " in result.stderr or "14" in said
        if said != "14":
            assert said in result.stderr
        assert "nothing was stored" in result.stderr
    with Store.open(db) as store:
        assert ImportedSets(store).all() == []


def test_lines_are_counted_as_an_editor_does_despite_quoted_newlines(read):
    good = f'2026-11-22 18:00:12;"two\nlines";{HT};1;60;kg;8;;;;0;"three\r\nmore\nlines";\n'
    found = read(GEN_2 + good + good + ROW.replace(";8;", ";x;"))
    assert [fault.partition(": ")[0].rpartition(", ")[2] for fault in found.faults] == ["line 10"]
    assert len(found.sets) == 2
    assert found.sets[0].workout == "two\nlines"


def test_at_most_twenty_faults_are_printed(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(GEN_2 + ROW + ROW.replace(";8;", ";x;") * 30)
    result = barhold("import", path, db=tmp_path / "b.db")
    lines = result.stderr.splitlines()
    assert (result.exit_code, len(lines)) == (2, 21)
    assert [f"line {number}:" in line for number, line in zip(range(3, 23), lines, strict=False)] == [True] * 20
    assert "30 lines cannot be used (see above), so nothing was stored" in lines[-1]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "line 1: these are not the columns of Strong or Hevy"),
        (b"Date,Reps\n", "not the columns of Strong or Hevy"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "line 1: not UTF-8"),
        ((GEN_2 + ROW).encode("utf-16-le"), "line 1: not text: export it again, or save it as CSV UTF-8"),
        ((GEN_2 + ROW + ROW.replace("Legs", "Gl\u00fcte")).encode("latin-1"), "line 3: not UTF-8"),
        ((GEN_2 + ROW + "\0\n").encode(), "line 3: not text"),
        (b"x" * 300_000, "not the columns of Strong or Hevy"),
        ((GEN_2 + ROW.replace("Legs", "x" * 200_000)).encode(), "field larger than field limit"),
    ],
)
def test_a_file_that_is_not_an_export_ends_in_one_line(content, said, tmp_path):
    path = tmp_path / "log.csv"
    path.write_bytes(content)
    result = barhold("import", path, db=tmp_path / "b.db")
    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (2, "", 1)
    assert said in result.stderr
    assert str(path) in result.stderr


def test_a_folder_or_a_missing_file_ends_in_one_line(tmp_path):
    for name, said in (
        (".", "is a folder: name a CSV that Strong or Hevy exported"),
        ("none.csv", "No such file or directory"),
    ):
        result = barhold("import", tmp_path / name, db=tmp_path / "b.db")
        assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
        assert said in result.stderr


def test_files_with_too_many_bytes_or_rows_are_refused(tmp_path, monkeypatch):
    path = tmp_path / "log.csv"
    path.write_text(GEN_2 + ROW * 5)
    monkeypatch.setattr(table, "MOST_ROWS", 4)
    assert "line 6: over 4 sets" in barhold("import", path, db=tmp_path / "b.db").stderr
    with path.open("ab") as file:
        file.truncate(table.MOST_BYTES + 1)
    assert "over 64 MB" in barhold("import", path, db=tmp_path / "b.db").stderr


def test_a_file_without_units_asks_for_one(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(FILES["strong 1"])
    result = barhold("import", path, db=tmp_path / "b.db")
    assert result.exit_code == 2
    assert "line 2: Weight has no unit in this file: name it with --unit kg or --unit lb" in result.stderr
    assert barhold("import", path, "--unit", "lb", db=tmp_path / "b.db").exit_code == 0
    with Store.open(tmp_path / "b.db") as store:
        assert {item.load.unit for item in ImportedSets(store).all()} == {"lb"}


@settings(deadline=None)
@given(st.binary(max_size=300), st.sampled_from([GEN_1, GEN_2, GEN_3, HEVY]))
def test_arbitrary_bytes_never_crash_the_import(tmp_path_factory, content, header):
    path = tmp_path_factory.mktemp("fuzz") / "log.csv"
    path.write_bytes(header.encode() + content)
    with suppress(InputError):
        assert all(item.reps for item in parse.read(path, ImportOptions(exercises=("",), unit="kg")).sets)


# --- the store ----------------------------------------------------------------------------------------------------


def test_a_dry_run_stores_nothing_and_a_second_import_changes_nothing(tmp_path):
    path, db = tmp_path / "log.csv", tmp_path / "b.db"
    path.write_text(FILES["strong 2"])
    dry = barhold("import", path, "--dry-run", db=db)
    assert "3 sets: 3 new, 0 changed, 0 already stored; nothing was stored (--dry-run)" in dry.stdout
    assert "40, 62.5, 62.5 kg" in dry.stdout
    assert "nothing has been imported yet" in barhold("import", "--list", db=db).stderr
    assert "3 sets: 3 new, 0 changed, 0 already stored\n" in barhold("import", path, db=db).stdout
    with Store.open(db) as store:
        first = ImportedSets(store).all()
    assert figures(first) == [
        (Load(40, "kg"), 10, "warmup"), (Load(62.5, "kg"), 8, "normal"), (Load(62.5, "kg"), 7, "normal"),
    ]  # fmt: skip
    assert "0 new, 0 changed, 3 already stored" in barhold("import", path, db=db).stdout
    path.write_text(FILES["strong 3"], encoding="utf-8")
    assert "0 new, 0 changed, 3 already stored" in barhold("import", path, db=db).stdout
    with Store.open(db) as store:
        assert ImportedSets(store).all() == first
    lines = [json.loads(line) for line in barhold("import", "--list", "--json", db=db).stdout.splitlines()]
    assert [(line["type"], line["schema"], line["reps"], line["state"]) for line in lines] == [
        ("imported", 1, 10, "known"), ("imported", 1, 8, "known"), ("imported", 1, 7, "known"),
    ]  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are POSIX")
def test_a_full_disk_stores_nothing(tmp_path):
    path, db = tmp_path / "log.csv", filled(tmp_path / "b.db")
    path.write_text(GEN_2 + "".join(ROW.replace("Legs", f"Legs {number}") for number in range(2000)))
    limit = db.stat().st_size + 40_000
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "host"), str(ROOT / "firmware")])}
    done = subprocess.run(
        [sys.executable, "-m", "barhold", "import", str(path), "--json", "--db", str(db)],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        check=False, capture_output=True, text=True, env=env,
    )  # fmt: skip
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert done.stderr.startswith(f"barhold: database {db}: ")
    with Store.open(db) as store:
        assert (ImportedSets(store).all(), People(store).edits()) == ([], [])


def test_a_corrected_row_replaces_the_stored_one(tmp_path):
    path, db = tmp_path / "log.csv", tmp_path / "b.db"
    path.write_text(FILES["strong 2"])
    barhold("import", path, db=db)
    path.write_text(FILES["strong 2"].replace(";62.5;kg;7", ";65;kg;6"))
    assert "0 new, 1 changed, 2 already stored" in barhold("import", path, db=db).stdout
    with Store.open(db) as store:
        assert figures(ImportedSets(store).all())[2] == (Load(65, "kg"), 6, "normal")


def test_the_lifter_must_be_known_and_gets_separate_sets(tmp_path):
    path, db = tmp_path / "log.csv", tmp_path / "b.db"
    path.write_text(FILES["strong 2"])
    assert "nobody has this name" in barhold("import", path, "--lifter", "Ana", db=db).stderr
    with Store.open(db) as store:
        People(store).add_lifter(Lifter("Ana"))
    assert "3 new" in barhold("import", path, "--lifter", "Ana", db=db).stdout
    assert "3 new" in barhold("import", path, db=db).stdout
    with Store.open(db) as store:
        assert Counter(item.lifter for item in ImportedSets(store).all()) == {"Ana": 3, "": 3}


@pytest.mark.parametrize("args", [[], ["x.csv", "--list"], ["x.csv", "--unit", "stone"]])
def test_contradictory_options_end_in_one_line(args, tmp_path):
    result = barhold("import", *args, db=tmp_path / "b.db")
    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (2, "", 1)


# --- Barhold's own sessions ---------------------------------------------------------------------------------------


def imported(start=START, loads=(60, 62.5, 65), exercise=HT, workout="Legs", kind="normal", lifter=""):
    ms = int(start.timestamp() * 1000)
    return [
        matching.ImportedSet(
            f"{workout}{exercise}{ms}{i}", "strong", lifter, ms, workout, exercise, i, kind,
            Load(load, "kg") if load else None, 8, None, "",
        )
        for i, load in enumerate(loads, start=1)
    ]  # fmt: skip


def loads_given(groups, sessions, known=()):
    edits = matching.imported_load_edits(matching.match_sets(groups, sessions), known, 1)
    return {edit.key.start_ms: json.loads(edit.value)["amount"] for edit in edits}


def test_a_workout_that_matches_one_session_gives_it_its_loads():
    session = made_session()
    [edit, *_] = matching.imported_load_edits(matching.match_sets([imported()], [session]), (), 77)
    assert (edit.key, edit.action, edit.made_utc_ms) == (session[0].key, "load", 77)
    assert json.loads(edit.value) == {"amount": 60, "unit": "kg"}
    assert list(loads_given([imported()], [session]).values()) == [60, 62.5, 65]
    near = imported(START - timedelta(minutes=14))
    assert list(loads_given([near], [session]).values()) == [60, 62.5, 65]


def test_a_doubtful_match_changes_nothing():
    session = made_session()
    assert loads_given([imported(START - timedelta(minutes=16))], [session]) == {}
    assert loads_given([imported(loads=(60, 62.5))], [session]) == {}
    assert loads_given([imported(lifter="Ana")], [session]) == {}
    assert loads_given([imported(), imported(exercise="Glute Bridge")], [session]) == {}
    assert loads_given([imported()], [session, made_session(START + timedelta(minutes=5))]) == {}
    estimated = [
        type(item)(**{n: getattr(item, n) for n in item.__slots__} | {"time_quality": "estimated"}) for item in session
    ]
    assert loads_given([imported()], [estimated]) == {}


def test_a_load_given_by_hand_stays_and_an_edit_is_made_once():
    session = made_session(loads=(Load(50, "kg"), None, None))
    assert list(loads_given([imported()], [session]).values()) == [62.5, 65]
    known = {edit.edit_id for edit in matching.imported_load_edits(matching.match_sets([imported()], [session]), (), 1)}
    assert loads_given([imported()], [session], known) == {}


def test_warm_ups_may_be_missing_from_the_workout_or_the_session():
    session = [made_set(START - timedelta(minutes=4), warm_up=True, number=9), *made_session()]
    assert list(loads_given([imported()], [session]).values()) == [60, 62.5, 65]
    assert list(loads_given([imported(loads=(20,), kind="warmup") + imported()], [made_session()]).values()) == [
        60,
        62.5,
        65,
    ]


def test_imported_loads_become_edits_that_a_second_import_does_not_repeat(tmp_path):
    db, path = filled(tmp_path / "b.db"), tmp_path / "log.csv"
    path.write_text(FILES["strong 2"].replace(";W;", ";1;"))
    assert "3 loads for Barhold's own sets; nothing was stored" in barhold("import", path, "--dry-run", db=db).stdout
    with Store.open(db) as store:
        assert People(store).edits() == []
    assert "3 new, 0 changed, 0 already stored; 3 loads" in barhold("import", path, db=db).stdout
    assert "loads" not in barhold("import", path, db=db).stdout.splitlines()[-1]
    assert [json.loads(line)["load"] for line in barhold("sets", "--json", db=db).stdout.splitlines()] == [
        {"amount": amount, "unit": "kg"} for amount in (40, 62.5, 62.5)
    ]
    with Store.open(db) as store:
        people = People(store)
        edits = people.edits()
        given = sorted((edit.key.start_ms, edit.action, json.loads(edit.value)["amount"]) for edit in edits)
        assert given == [(10_000, "load", 40), (190_000, "load", 62.5), (370_000, "load", 62.5)]
        for edit in edits:
            people.undo(edit.edit_id, 5)
    barhold("import", path, db=db)
    with Store.open(db) as store:
        assert len(People(store).edits()) == 3  # undone, and so they stay


# --- round trips --------------------------------------------------------------------------------------------------

LOADS = st.none() | st.builds(
    Load, st.integers(1, 16_000).map(lambda sixteenths: sixteenths / 16), st.sampled_from(["kg", "lb"])
)
NOTES = st.text(alphabet="ab1;,\"'=+-@\t\r\n \u00e9", max_size=12)
SETS = st.lists(st.tuples(LOADS, st.integers(2, 15), st.booleans(), NOTES), min_size=1, max_size=5)


def built(days):
    return [
        [
            made_set(START + timedelta(days=day, minutes=3 * i), (2500,) * reps, load, warm, note, number=i + 1)
            for i, (load, reps, warm, note) in enumerate(sets)
        ]
        for day, sets in enumerate(days)
    ]


@settings(deadline=None)
@given(st.lists(SETS, min_size=1, max_size=3), st.sampled_from(Dialect))
def test_a_strong_export_imports_with_the_same_loads_and_reps(tmp_path_factory, days, dialect):
    sessions = built(days)
    path = tmp_path_factory.mktemp("back") / "strong.csv"
    path.write_bytes(strong.to_csv(sessions, dialect).encode())
    found = parse.read(path, ImportOptions())
    assert found.faults == []
    own = [item for session in sessions for item in session]
    assert [(s.reps, s.kind) for s in found.sets] == [(len(s.reps), "warmup" if s.warm_up else "normal") for s in own]
    for theirs, item in zip(found.sets, own, strict=True):
        assert (theirs.load is None) == (item.load is None)
        if theirs.load and item.load:
            same = dialect == Dialect.SEMICOLON or theirs.load.unit == item.load.unit
            assert theirs.load == item.load if same else kg(theirs.load) == pytest.approx(kg(item.load), abs=0.0006)
    assert [item.hold_s for item in found.sets] == [2.5] * len(own)
    assert [item.note for item in found.sets] == [strong.hold_note(item) for item in own]


@settings(deadline=None)
@given(st.lists(SETS, min_size=1, max_size=3))
def test_a_hevy_export_imports_with_the_same_loads_and_reps(tmp_path_factory, days):
    sessions = built(days)
    path = tmp_path_factory.mktemp("back") / "hevy.csv"
    path.write_bytes(hevy.to_csv(sessions).encode())
    found = parse.read(path, ImportOptions())
    assert found.faults == []
    own = [item for session in sessions for item in session]
    assert [(s.reps, s.kind) for s in found.sets] == [(len(s.reps), "warmup" if s.warm_up else "normal") for s in own]
    for theirs, item in zip(found.sets, own, strict=True):
        assert (theirs.load is None) == (item.load is None)
        if theirs.load and item.load:
            assert kg(theirs.load) == pytest.approx(kg(item.load), abs=0.0006)


def kg(load):
    return load.amount * (0.45359237 if load.unit == "lb" else 1)


def test_every_layout_is_recognised_by_its_columns():
    for header, source, unit in (
        (GEN_1, "strong", ""), (GEN_2, "strong", ""), (GEN_3, "strong", "kg"),
        (GEN_3.replace("(kg)", "(lbs)"), "strong", "lb"), (HEVY, "hevy", "kg"), (HEVY_LB, "hevy", "lb"),
    ):  # fmt: skip
        names = header.strip().replace('"', "").replace(";", ",").split(",")
        layout = layouts.detect(names)
        assert layout is not None
        assert (layout.source, layout.unit, bool(layout.unit_column)) == (source, unit, header == GEN_2)
