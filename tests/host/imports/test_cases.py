"""Files as people really have them: one case for each kind of fault that other importers were reported to trip over."""

import json
import time
import unicodedata
from pathlib import Path

import pytest
from babel import Locale
from hypothesis import given, settings
from hypothesis import strategies as st

from barhold.imports import fields, month_names, parse
from barhold.imports.parse import ImportOptions
from barhold.model import Load
from barhold.store import Store
from barhold.store.imported_sets import ImportedSets
from hostkit import ROOT, barhold
from trainingkit import filled

SHARED = ROOT.parent / "shared" / "cases" / "imports"
HT = "Hip Thrust (Barbell)"
STRONG_1 = "Date,Workout Name,Duration,Exercise Name,Set Order,Weight,Reps,Distance,Seconds,Notes,Workout Notes,RPE\n"
STRONG_3 = (
    '"Workout #";"Date";"Workout Name";"Duration (sec)";"Exercise Name";"Set Order";"Weight (kg)";"Reps";"RPE";'
    '"Distance (meters)";"Seconds";"Notes";"Workout Notes"\n'
)
HEVY = (
    '"title","start_time","end_time","description","exercise_title","superset_id","exercise_notes","set_index",'
    '"set_type","weight_kg","reps","distance_km","duration_seconds","rpe"\n'
)
# The languages in which Hevy's app is offered, and Dutch.
LANGUAGES = ("en", "de", "es", "fr", "it", "ja", "ko", "nl", "pt", "ru", "tr", "zh")


def strong(order, weight="60.0", reps="8", exercise=HT, note="", seconds=""):
    row = ("1", "2026-11-20 18:00:00", "Legs", "1800", exercise, order, weight, reps, "", "", seconds, note, "")
    return ";".join(f'"{cell}"' for cell in row) + "\n"


def hevy(start="5 Nov 2026, 18:00", exercise=HT, index=0):
    return f'"Legs","{start}","{start}","","{exercise}",,"",{index},"normal",60,8,,,\n'


def months_of(words):
    return HEVY + "".join(hevy(f"5 {word} 2026, 18:00") for word in words.split())


def read(tmp_path, text, **options):
    path = tmp_path / "log.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return parse.read(path, ImportOptions(**options))


def figures(result):
    return [(s.kind, s.load.amount if s.load else None, s.load.unit if s.load else None, s.reps) for s in result.sets]


# --- the cases ----------------------------------------------------------------------------------------------------

FR = "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc."
PT = "Jan Fev Mar Abr Mai Jun Jul Ago Set Out Nov Dez"
TR = "Oca Şub Mar Nis May Haz Tem Ağu Eyl Eki Kas Ara"
PELVICA = unicodedata.normalize("NFC", "Elevação Pélvica (Barra)")
CASES = {
    "strong_floatdust.csv": (
        STRONG_3 + strong("1", "52.163122550000004", "10") + strong("2", "74.99999999999999"),
        [("normal", 52.163, "kg", 10), ("normal", 75, "kg", 8)],
    ),
    "strong_note_row.csv": (
        STRONG_3
        + strong("Note", "", "", note="pad under the bar")
        + strong("W", "40.0", "10")
        + strong("1", "60.0", "10")
        + strong("Rest Timer", "", "", seconds="90.0")
        + strong("2", "60.0", "9"),
        [("warmup", 40, "kg", 10), ("normal", 60, "kg", 10), ("normal", 60, "kg", 9)],
    ),
    "strong_rawquote_other.csv": (
        STRONG_3 + strong("1", "40.0", "9", "T Bar Row", '4" belt') + strong("1", "60.0", "9"),
        [("normal", 60, "kg", 9)],
    ),
    "strong_kg_column.csv": (
        "Date,Workout Name,Exercise Name,Set Order,kg,Reps,km,Seconds,Notes\r\n"
        f'2026-11-20 18:00:00,"W1D1","{HT}",0,70.0,8,0.0,0,""\r\n'
        f'2026-11-20 18:00:00,"W1D1","{HT}",1,70.0,8,0.0,0,""\r\n',
        [("normal", 70, "kg", 8)] * 2,
    ),
    "strong_leading_blank.csv": (
        f'\n{STRONG_1}2026-11-20 18:00:00,"A",5m,"{HT}",1,60.0,8,0,0,"","",\n',
        [("normal", 60, "kg", 8)],
    ),
    "hevy_sep.csv": ("sep=,\n" + HEVY + hevy(), [("normal", 60, "kg", 8)]),
    "hevy_months_fr.csv": (months_of(FR), [("normal", 60, "kg", 8)] * 12),
    "hevy_months_pt.csv": (months_of(PT), [("normal", 60, "kg", 8)] * 12),
    "hevy_months_tr.csv": (months_of(TR), [("normal", 60, "kg", 8)] * 12),
    "hevy_pt_names.csv": (
        HEVY + hevy(exercise=PELVICA) + hevy(exercise=PELVICA, index=1),
        [("normal", 60, "kg", 8)] * 2,
    ),
}


def contents(name):
    """Return our own text of a case, and the shared file where it lies beside the checkout."""
    shared = SHARED / name
    return [CASES[name][0].encode(), *([shared.read_bytes()] if shared.is_file() else [])]


@pytest.mark.parametrize("name", CASES)
def test_each_case_gives_its_sets(name, tmp_path):
    exercises = ("elevação",) if "names" in name else parse.EXERCISES
    for content in contents(name):
        result = read(tmp_path, content, unit="kg", exercises=exercises)
        assert result.faults == []
        assert figures(result) == CASES[name][1]


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared cases do not lie beside this checkout")
def test_every_shared_case_has_a_test():
    assert {path.name for path in SHARED.iterdir()} == set(CASES)


def test_the_months_of_a_year_are_twelve_different_ones(tmp_path):
    for name in ("hevy_months_fr.csv", "hevy_months_pt.csv", "hevy_months_tr.csv"):
        for content in contents(name):
            starts = [s.start_utc_ms for s in read(tmp_path, content).sets]
            assert [time.gmtime(ms / 1000).tm_mon for ms in starts] == list(range(1, 13))


# --- numbers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("52.163122550000004", 52.163), ("74.99999999999999", 75), ("61.23496995", 61.235), ("0.1250", 0.125),
        ("0.0625", 0.0625), ("62,5", 62.5), (" 62.5 ", 62.5), ("5.2163e1", 52.163), ("+60", 60), ("60.", 60),
        (".5", 0.5), ("0" * 5000 + "60", 60), ("60." + "0" * 5000, 60), ("", 0), ("-0", 0), ("1e-400", 0),
    ],
)  # fmt: skip
def test_any_finite_decimal_is_a_number(text, value):
    assert fields.number("Weight", text) == value


@pytest.mark.parametrize("text", ["nan", "inf", "1_000", "0x10", "1,234.5", "1.2.3", "--1", "1e", "٦٠", "sixty"])
def test_what_is_no_decimal_is_refused(text):
    with pytest.raises(ValueError, match=r"is not a number: write it as 62\.5 or 62,5"):
        fields.number("Weight", text)


@pytest.mark.parametrize("text", ["9" * 400, "1e999", "-1", "-1e-9"])
def test_a_number_out_of_range_is_refused_in_a_short_message(text):
    with pytest.raises(ValueError, match=r"is too large|is negative") as error:
        fields.number("Weight", text)
    assert len(str(error.value)) < 100


@settings(deadline=None)
@given(st.integers(1, 4400))
def test_pounds_that_went_through_kilograms_keep_no_dust(half_pounds):
    kg = half_pounds / 2 * 0.45359237
    for text in (repr(kg), repr(kg * 3 / 3), f"{kg:.17f}", repr(kg).replace(".", ",")):
        assert abs(fields.number("Weight", text) - kg) <= 0.0005
        assert len(repr(fields.number("Weight", text)).partition(".")[2]) <= 4


# --- rows that are no sets ----------------------------------------------------------------------------------------


def test_a_note_is_kept_with_the_set_that_follows_it(tmp_path):
    for content in contents("strong_note_row.csv"):
        result = read(tmp_path, content)
        assert [s.note for s in result.sets] == ["pad under the bar", "", ""]
        assert result.not_sets == {"Note": 1, "Rest Timer": 1}


def test_a_note_after_the_last_set_goes_to_that_set(tmp_path):
    result = read(tmp_path, STRONG_3 + strong("1", note="own") + strong("Note", "", "", note="after"))
    assert [s.note for s in result.sets] == ["own\nafter"]


@pytest.mark.parametrize("word", ["Note", "NOTE", "Rest Timer", "rest timer", "Pausentimer", "Minuteur de repos", "--"])
def test_a_row_that_is_no_set_is_counted_in_any_language(word, tmp_path):
    result = read(tmp_path, STRONG_3 + strong("1") + strong(word, "", "") + strong("2") + strong(word, "0", "0"))
    assert (result.faults, len(result.sets), result.not_sets) == ([], 2, {word: 2})


def test_an_unknown_kind_of_set_with_reps_is_a_fault(tmp_path):
    assert "Set Order 'X' is no number, W, D or F" in read(tmp_path, STRONG_3 + strong("X")).faults[0]
    for word in ("w", "1", "drop"):  # what Strong writes means nothing in a file of Hevy's
        result = read(tmp_path, HEVY + hevy().replace("normal", word))
        assert f"set_type '{word}' is none of normal, warmup, dropset, failure" in result.faults[0]


def test_the_command_says_what_was_left_out(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(CASES["strong_note_row.csv"][0])
    said = barhold("import", path, "--dry-run", db=tmp_path / "b.db").stderr
    assert "left out: 2 rows that are not sets (1 Note, 1 Rest Timer); notes were kept" in said


# --- faults in lines of other exercises ---------------------------------------------------------------------------


def test_a_broken_quote_in_another_exercise_is_one_warning_that_names_the_line(tmp_path):
    for content in contents("strong_rawquote_other.csv"):
        result = read(tmp_path, content)
        assert len(result.warnings) == 1
        assert f"{tmp_path / 'log.csv'}, line 2: " in result.warnings[0]
    path = tmp_path / "log.csv"
    imported = barhold("import", path, db=tmp_path / "b.db")
    assert imported.exit_code == 0
    assert f"warning: {path}, line 2:" in imported.stderr
    assert "1 set: 1 new" in imported.stdout


BROKEN = [
    strong("1", exercise="T Bar Row", note='4" belt'),
    strong("1", exercise="T Bar Row", note='"'),
    strong("1", exercise="T Bar Row").replace('"1800"', '"1800'),
    strong("1", exercise="T Bar Row").replace('"T Bar', 'T "Bar'),
    '"1";"2026-11-20 18:00:00";"Legs";"1800";"T Bar Row";"1"\n',
    strong("1", exercise="T Bar Row").rstrip() + ';"more"\n',
    strong("1", exercise="T Bar Row", note="x" * 140_000),
    strong("X", exercise="T Bar Row", weight="heavy", reps="many"),
]


@settings(deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=8), st.integers(0, len(BROKEN) - 1))
def test_no_damage_in_other_exercises_changes_the_wanted_sets(tmp_path_factory, order, number):
    folder, broken = tmp_path_factory.mktemp("broken"), BROKEN[number]
    good = [strong(str(number), reps=str(number + 1)) for number in range(1, len(order) + 1)]
    lines = [line for is_broken, line in zip(order, good, strict=True) for line in ([broken] if is_broken else [line])]
    result = read(folder, STRONG_3 + "".join([*lines, strong("9", reps="99")]))
    kept = [line for is_broken, line in zip(order, good, strict=True) if not is_broken]
    assert result.faults == []
    assert [s.reps for s in result.sets] == [good.index(line) + 2 for line in kept] + [99]


@pytest.mark.parametrize(
    "line",
    [
        strong("1", note='4" belt'),
        strong("1").replace('"1800"', '"1800'),
        strong("1", exercise="T Bar Row").replace('"T Bar', '"hip thrust" T Bar'),
        '"1";"2026-11-20 18:00:00";"Legs";"1800"\n',
    ],
)
def test_damage_that_may_concern_a_wanted_set_is_a_fault(line, tmp_path):
    result = read(tmp_path, STRONG_3 + strong("1") + line + strong("2"))
    assert [fault.split(": ")[0] for fault in result.faults] == [f"{tmp_path / 'log.csv'}, line 3"]
    assert len(result.sets) == 2


def test_a_file_that_was_cut_off_is_a_fault_in_any_exercise(tmp_path):
    cut = (STRONG_3 + strong("1") + strong("1", exercise="T Bar Row"))[:-30]
    assert "was the file cut off here?" in read(tmp_path, cut).faults[0] or "unexpected end" in cut


# --- layouts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "before", ["", "\n", "\r\n\r\n", "sep=,\n", "\nsep=,\n\n", '"sep=,"\r\n', "SEP=,\n", "\ufeff\n"]
)
def test_what_may_stand_before_the_header_is_skipped_and_lines_are_counted_with_it(before, tmp_path):
    row = f'2026-11-20 18:00:00,"A",5m,"{HT}",1,60.0,8,0,0,"","",\n'
    result = read(tmp_path, before + STRONG_1 + row + row.replace(",8,", ",x,"), unit="kg")
    assert figures(result) == [("normal", 60, "kg", 8)]
    assert f"line {before.count(chr(10)) + 3}: " in result.faults[0]


def test_excels_line_names_the_delimiter_even_if_it_is_unusual(tmp_path):
    result = read(tmp_path, "sep=|\n" + (HEVY + hevy().replace("Nov 2026,", "Nov 2026 ")).replace(",", "|"))
    assert figures(result) == [("normal", 60, "kg", 8)]


@pytest.mark.parametrize(
    ("column", "unit"),
    [("Weight (kg)", "kg"), ("Weight (lbs)", "lb"), ("WEIGHT (LB)", "lb"), ("kg", "kg"), ("lbs", "lb"), ("Lb", "lb")],
)
def test_strongs_column_of_loads_names_their_unit(column, unit, tmp_path):
    for order in (f"Date,Exercise Name,Set Order,{column},Reps\n", f"New,Date,Exercise Name,Set Order,{column},Reps\n"):
        cells = f"2026-11-20 18:00:00,{HT},1,60,8\n"
        result = read(tmp_path, order + ("?," if order.startswith("New") else "") + cells)
        assert figures(result) == [("normal", 60, unit, 8)]


def test_utf_16_with_its_mark_is_read(tmp_path):
    assert len(read(tmp_path, (HEVY + hevy()).encode("utf-16")).sets) == 1


# --- months -------------------------------------------------------------------------------------------------------


def words_of(language):
    """Return each word that the Unicode CLDR has for a month, with its number."""
    names = Locale.parse(language).months
    return {
        (word, number)
        for context in ("format", "stand-alone")
        for width in ("abbreviated", "wide")
        for number, word in names[context][width].items()
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_month_of_every_language_is_known_with_and_without_full_stops_and_accents(language):
    for word, number in words_of(language):
        plain = "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))
        for form in (
            word,
            word.rstrip("."),
            word.upper(),
            plain,
            *(unicodedata.normalize(f, word) for f in ("NFC", "NFD")),
        ):
            assert month_names.month_number(form) == number, form
            assert fields.moment("start_time", f"5 {form} 2026, 18:00").month == number


def test_no_word_means_two_months():
    keys = [month_names._key(word) for words in month_names._WORDS.values() for word in words.split()]
    assert len(keys) == len(set(keys)) == len(month_names._MONTHS)


def test_a_month_is_never_guessed_from_its_first_letters():
    for word in month_names._MONTHS:
        for length in range(1, len(word)):
            if word[:length] not in month_names._MONTHS:
                assert month_names.month_number(word[:length]) is None
        assert month_names.month_number(word + "x") is None
    for word in ("Janvember", "Marzipan", "jui", "13月", "0월", "Lis", "Dec5", "", "."):
        assert month_names.month_number(word) is None
        with pytest.raises(ValueError, match="is not a date"):
            fields.moment("start_time", f"5 {word} 2026, 18:00")


@pytest.mark.parametrize(
    "text", ["5 de dez. de 2025, 18:00", "5. Dez. 2025, 18:00", "dic 5, 2025, 6:00 PM", "2025年12月5日 18:00"]
)
def test_a_date_is_read_in_the_ways_that_languages_write_it(text):
    assert fields.moment("start_time", text).isoformat() == "2025-12-05T18:00:00"


# --- exercise names -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
@pytest.mark.parametrize("said", ["elevação pélvica", "ELEVAÇÃO", "elevacao pelvica", "Pélvica (Barra)"])
def test_a_name_is_found_in_any_normal_form(form, said, tmp_path):
    for other in ("NFC", "NFD"):
        content = HEVY + hevy(exercise=unicodedata.normalize(other, PELVICA))
        assert len(read(tmp_path, content, exercises=(unicodedata.normalize(form, said),)).sets) == 1


def test_when_no_name_matches_the_nearest_ones_are_offered(tmp_path):
    path = tmp_path / "log.csv"
    for content in contents("hevy_pt_names.csv"):
        path.write_bytes(content)
        result = barhold("import", path, db=tmp_path / "b.db")
        assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (2, "", 1)
        assert "no set of hip thrust or glute bridge: choose with --exercise" in result.stderr
        assert "Pélvica (Barra)" in unicodedata.normalize("NFC", result.stderr)


def test_the_most_similar_name_is_offered_first():
    names = dict.fromkeys(["Bench Press", "Squat", "Hip Trust (Machine)", "Row", "Curl", "Plank"], 9)
    assert parse.nearest(names, ("hip thrust",))[0] == "Hip Trust (Machine)"
    assert len(parse.nearest(names, ("hip thrust",))) == parse.NAMES_OFFERED


# --- the dry run --------------------------------------------------------------------------------------------------


def workout(path, *rows):
    row = f'2026-11-22 18:00:12,"Legs",5m,"{HT}",'
    path.write_text(STRONG_1 + "".join(f'{row}{order},{kg},8,0,0,"","",\n' for order, kg in rows))
    return path


def test_the_dry_run_shows_the_match_behind_a_warm_up_and_every_set_that_would_change(tmp_path, zone):
    zone("UTC")
    db = filled(tmp_path / "b.db", sets=2)
    path = workout(tmp_path / "log.csv", ("W", 20), (1, 60), (2, 62.5))
    dry = barhold("import", path, "--unit", "kg", "--dry-run", db=db).stdout
    assert "18:00" in next(line for line in dry.splitlines() if HT in line).split("new")[1]  # same as
    changed = dry.partition("Stored sets that change")[2].splitlines()
    assert [line.split() for line in changed if "Barhold" in line and "counted" in line] == [
        ["2026-11-22", "18:00:12,", "counted", "by", "Barhold", "no", "load", "60", "kg"],
        ["2026-11-22", "18:03:12,", "counted", "by", "Barhold", "no", "load", "62.5", "kg"],
    ]
    lines = barhold("import", path, "--unit", "kg", "--dry-run", "--json", db=db).stdout.splitlines()
    assert [json.loads(line)["gives_load"] for line in lines] == [False, True, True]
    barhold("import", path, "--unit", "kg", db=db)
    loads = [json.loads(line)["load"]["amount"] for line in barhold("sets", "--json", db=db).stdout.splitlines()]
    assert loads == [60, 62.5]
    assert "Stored sets that change" not in barhold("import", path, "--unit", "kg", "--dry-run", db=db).stdout


def test_the_dry_run_shows_what_a_corrected_row_was_and_will_be(tmp_path, zone):
    zone("UTC")
    path, db = tmp_path / "log.csv", tmp_path / "b.db"
    barhold("import", workout(path, (1, 60), (2, 60)), "--unit", "kg", db=db)
    dry = barhold("import", workout(path, (1, 60), (2, 65)), "--unit", "kg", "--dry-run", db=db).stdout
    [line] = [line for line in dry.splitlines() if "set 2" in line]
    assert line.split()[-4:] == ["60", "kg", "65", "kg"]
    assert "set 1" not in dry


# --- time zones ---------------------------------------------------------------------------------------------------


def stored(db):
    with Store.open(db) as store:
        return ImportedSets(store).all()


def test_the_same_file_read_in_another_zone_moves_nothing_and_says_so(tmp_path, zone):
    path, db = tmp_path / "log.csv", tmp_path / "b.db"
    path.write_text(HEVY + hevy() + hevy(index=1))
    zone("Europe/Berlin")
    barhold("import", path, db=db)
    first = stored(db)
    assert {s.zone for s in first} == {"+01:00"}
    assert time.gmtime(first[0].start_utc_ms / 1000).tm_hour == 17
    zone("America/New_York")
    again = barhold("import", path, db=db)
    assert "2 sets: 0 new, 0 changed, 2 already stored" in again.stdout
    assert (
        "2 sets kept the stored time, which was read in +01:00; this computer is in -05:00 now. To move them, import "
        "again with --zone -05:00" in again.stderr
    )
    assert stored(db) == first


def test_a_zone_that_is_named_moves_the_sets_and_the_dry_run_shows_it(tmp_path, zone):
    path, db = tmp_path / "log.csv", tmp_path / "b.db"
    path.write_text(HEVY + hevy())
    zone("UTC")
    barhold("import", path, db=db)
    dry = barhold("import", path, "--zone", "-05:00", "--dry-run", db=db)
    assert "1 changed" in dry.stdout
    assert "2026-11-05 18:00" in dry.stdout.partition("Stored sets that change")[2]
    assert "2026-11-05 23:00" in dry.stdout.partition("Stored sets that change")[2]
    barhold("import", path, "--zone", "America/New_York", db=db)
    [moved] = stored(db)
    assert (time.gmtime(moved.start_utc_ms / 1000).tm_hour, moved.zone) == (23, "-05:00")


@pytest.mark.parametrize("text", ["Nowhere/City", "+1", "+ab:cd", "+99:00", "../../etc/passwd", "/etc", "Europe", "\0"])
def test_a_zone_that_is_none_is_one_line(text, tmp_path):
    result = barhold("import", tmp_path / "x.csv", "--zone", text, db=tmp_path / "b.db")
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
    assert "not a time zone: write it as Europe/Berlin or +01:00" in result.stderr


# --- Hevy's notes of ours -----------------------------------------------------------------------------------------


def test_holds_that_our_own_hevy_export_notes_come_back(tmp_path):
    rows = [hevy(index=i).replace('"",0', '"mean holds 2.40, 2.55 s; easy",0', 1) for i in range(2)]
    rows = [row.replace(',,"",', ',,"mean holds 2.40, 2.55 s; easy",') for row in rows]
    assert [s.hold_s for s in read(tmp_path, HEVY + "".join(rows)).sets] == [2.4, 2.55]


def test_a_load_is_kept_as_the_file_says_it(tmp_path):
    assert read(tmp_path, HEVY + hevy()).sets[0].load == Load(60, "kg")
    assert Path(tmp_path / "log.csv").is_file()
