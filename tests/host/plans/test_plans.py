"""Plans: read from TOML, refused with their line, chosen, and brought to the sensor."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barhold.errors import InputError
from barhold.model import Lifter, Load, Wearer
from barhold.plans import library, toml_format
from barhold.plans.plan import DEFAULT, Bounds, Plan, Tempo
from barhold.store import People, Store
from fake_room import FakeRoom
from fake_sensor import FakeLog, ModernSensor
from hostkit import barhold

FULL = """\
# mine
exercise = "hip thrust, narrow"
sets = 3
reps = [8, 10]
hold_s = [1.5, 2.5]
rest_h = [36, 72]
tempo = "20X2"
warm_up_sets = 1
load_step = "5 lb"
"""


def parsed(text, name="mine"):
    return toml_format.parse(name, text.encode(), "mine.toml")


def test_the_built_in_default_is_the_default_and_the_bridge_has_its_targets():
    assert library.find(None) == library.find("hip-thrust") == DEFAULT
    bridge = library.find("glute-bridge")
    assert (bridge.name, bridge.exercise) == ("glute-bridge", "glute bridge")
    assert (bridge.sets, bridge.reps, bridge.hold_s, bridge.rest_h) == (
        *(DEFAULT.sets, DEFAULT.reps, DEFAULT.hold_s, DEFAULT.rest_h),
    )


@pytest.mark.parametrize(
    ("name", "range_m"),
    [
        ("hip-thrust", (0.08, 1.0)), ("glute-bridge", (0.08, 0.5)), ("paused-squat", (0.25, 1.0)),
        ("bench-press", (0.15, 0.8)), ("deadlift", (0.3, 1.1)),
    ],
)  # fmt: skip
def test_each_exercise_has_its_own_range(name, range_m):
    assert library.find(name).range_m == Bounds(*range_m)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("[0.05, 0.5]", "must lie within 0.08 and 1.2"), ("[0.1, 1.3]", "must lie within 0 and 1.2"),
        ("[0.5, 0.1]", "least over most"), ("0.3", "must be two numbers"),
    ],
)  # fmt: skip
def test_a_range_that_no_sensor_can_keep_is_refused(value, reason):
    with pytest.raises(InputError, match=reason):
        parsed(f"range_m = {value}")


def test_every_key_is_read():
    assert parsed(FULL) == Plan(
        "mine", Bounds(3, 3), Bounds(8, 10), Bounds(1.5, 2.5), Bounds(36, 72), Tempo(2, 0, None, 2),
        "hip thrust, narrow", 1, Load(5, "lb"),
    )  # fmt: skip


def test_what_a_plan_leaves_out_is_the_defaults():
    assert parsed("", "hip-thrust") == DEFAULT
    assert parsed("\ufeffreps = 8\r\n# end\r\n").reps == Bounds(8, 8)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("hold_s = [3, 2]", 1, "hold_s = [3, 2]: least over most: write the smaller first, [2, 3]"),
        ("\n# x\nrest_h = [48, 24]\n", 3, "least over most"),
        ('exercise = """a\nb"""\n\n\nreps = [9, 8]', 1, "printable"),
        ("sets = [2,\n  3]\n\n# x\nreps = [\n 9,\n 8]", 5, "least over most"),
        ("sets = 2\nrepps = 3", 2, "repps = 3: unknown key: did you mean reps?"),
        ("colour = 'red'", 1, "unknown key: a plan knows exercise, sets, reps, hold_s"),
        ("[plan]\nsets = 2", 1, "plan = {'sets': 2}: unknown key"),
        ("sets = 2\nhold_ms = [2000, 3000]", 2, "unknown unit 'ms': it is given in seconds, as hold_s"),
        ("rest_days = [1, 2]", 1, "unknown unit 'days': it is given in hours, as rest_h"),
        ("hold = [2, 3]", 1, "needs a unit: write hold_s"),
        ('load_step = "5 stone"', 1, "stone is not kg or lb"),
        ("load_step = 5", 1, "must be a load in quotes"),
        ('hold_s = "2-3"', 1, "must be two numbers, [least, most], as in [2, 3]"),
        ("hold_s = 2", 1, "must be two numbers"),
        ("hold_s = [2]", 1, "must be two numbers"),
        ("hold_s = [2, 2]", 1, "needs room between"),
        ("hold_s = [nan, 3]", 1, "must lie within 0 and 60"),
        ("hold_s = [2, inf]", 1, "must lie within 0 and 60"),
        ("hold_s = [true, 3]", 1, "must be two numbers"),
        ("hold_s = [-1, 3]", 1, "must lie within 0 and 60"),
        ("reps = [6.0, 12]", 1, "must be two whole numbers"),
        ("reps = [1, 12]", 1, "must lie within 2 and 100"),
        ("sets = true", 1, "sets = true: must be two whole numbers"),
        ("sets = 99999999999999999999", 1, "must lie within 1 and 20"),
        ("warm_up_sets = 1.5", 1, "a whole number from 0 to 10"),
        ("warm_up_sets = 11", 1, "a whole number from 0 to 10"),
        ("set_rest_s = 9", 1, "a whole number of seconds from 10 to 1800"),
        ("set_rest_s = 90.5", 1, "a whole number of seconds from 10 to 1800"),
        ('tempo = "2-1-1"', 1, "must be fall, bottom, rise and top"),
        ('tempo = "2-X-1-3"', 1, "must be fall, bottom, rise and top"),
        ("tempo = 2113", 1, "must be fall, bottom, rise and top"),
        ('tempo = "2-1-1-5"', 1, "its pause at the top, 5 s, lies outside hold_s = [2, 3]"),
        ('hold_s = [4, 6]\ntempo = "2-1-1-3"', 2, "lies outside hold_s = [4, 6]"),
        ('tempo = "2-1-1-3"\nhold_s = [4, 6]', 1, "lies outside hold_s = [4, 6]"),
        ("sets =", 1, "not TOML: Invalid value"),
        ("sets = 2\nreps = [6, 12", 2, "not TOML"),
        ("sets = 2\nsets = 3", 2, "not TOML: Cannot overwrite a value"),
        ('exercise = "a', 1, "not TOML"),
        ('exercise = ""', 1, "1 to 60 printable"),
        ("\n\nreps 8", 3, "not TOML"),
    ],
)
def test_what_is_wrong_is_reported_with_its_line(text, line, words):
    with pytest.raises(InputError) as told:
        parsed(text)
    assert str(told.value).startswith(f"mine.toml line {line}: ")
    assert words in str(told.value)
    assert len(str(told.value).splitlines()) == 1


def test_bytes_that_are_no_text_are_reported_with_their_line():
    with pytest.raises(InputError, match=r"mine\.toml line 2: not UTF-8"):
        toml_format.parse("mine", b"sets = 2\nexercise = '\xff'", "mine.toml")


def test_deep_nesting_is_reported():
    with pytest.raises(InputError, match=r"mine\.toml"):
        parsed("a = " + "[" * 8000)


bounds = st.tuples(st.integers(2, 20), st.integers(2, 20)).map(lambda p: Bounds(min(p), max(p)))
windows = st.tuples(st.integers(0, 25), st.integers(1, 20)).map(lambda p: Bounds(p[0] / 2, (p[0] + p[1]) / 2))
plans = st.builds(
    Plan,
    name=st.just("mine"),
    sets=bounds,
    reps=bounds,
    hold_s=windows,
    rest_h=windows,
    exercise=st.text(st.characters(codec="utf-8"), min_size=1, max_size=60).filter(
        lambda t: t.isprintable() and t == t.strip() != ""
    ),
    warm_up_sets=st.integers(0, 10),
    set_rest_s=st.integers(10, 1800),
    load_step=st.none() | st.builds(Load, st.integers(1, 200).map(lambda n: n / 4), st.sampled_from(["kg", "lb"])),
)


def written(plan):
    lines = [
        f"exercise = {json.dumps(plan.exercise, ensure_ascii=False)}",
        f"warm_up_sets = {plan.warm_up_sets}",
        f"set_rest_s = {plan.set_rest_s}",
    ]
    for key in ("sets", "reps", "hold_s", "rest_h"):
        pair = getattr(plan, key)
        lines.append(f"{key} = [{pair.least:g}, {pair.most:g}]")
    lines += [f'tempo = "{plan.tempo}"'] if plan.tempo else []
    lines += [f'load_step = "{plan.load_step.amount:g} {plan.load_step.unit}"'] if plan.load_step else []
    return "\n".join(lines)


@given(plans, st.booleans(), st.none() | st.integers(0, 4))
def test_a_plan_written_and_read_is_the_same(plan, with_tempo, rise):
    tempo = Tempo(2.5, 0, rise, plan.hold_s.least) if with_tempo else None
    plan = replace(plan, tempo=tempo)
    assert parsed(written(plan)) == plan


@given(st.text())
def test_any_text_is_a_plan_or_one_line(text):
    told = ""
    try:
        parsed(text)
    except InputError as error:
        told = str(error)
    assert len(told.splitlines()) <= 1


@pytest.mark.parametrize("text", ["2-1-1-3", "2113", "2-0-X-3", "20x3", "2.5-0-1-2.5"])
def test_a_tempo_is_written_in_either_way(text):
    tempo = Tempo.parse(text)
    assert Tempo.parse(str(tempo)) == tempo


@pytest.fixture
def own(monkeypatch, tmp_path):
    """Give a function that writes a plan of the user's own."""
    monkeypatch.setenv("BARHOLD_CONFIG", str(tmp_path / "config"))

    def write(name, text):
        path = tmp_path / "config" / "plans" / f"{name}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_plan_is_found_by_name_by_file_by_choice_and_by_the_variable(own, monkeypatch, tmp_path):
    own("mine", FULL)
    assert library.find("mine").name == "mine"
    other = tmp_path / "other.toml"
    other.write_text("reps = 7")
    assert library.find(str(other)).name == "other"
    library.choose("mine")
    assert library.find(None).name == "mine"
    monkeypatch.chdir(tmp_path)
    library.choose("other.toml")
    monkeypatch.chdir("/")
    assert library.find(None).reps == Bounds(7, 7)  # the file is remembered wherever one is
    monkeypatch.setenv("BARHOLD_PLAN", "glute-bridge")
    assert library.find(None).name == "glute-bridge"
    assert library.find("mine").name == "mine"


def test_ones_own_plan_goes_before_the_built_in_one(own):
    own("hip-thrust", "reps = 5")
    assert library.find(None).reps == Bounds(5, 5)


def test_a_plan_that_cannot_be_read_is_never_chosen(own):
    own("broken", "hold_s = [3, 2]")
    result = barhold("plan", "use", "broken")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "broken.toml line 1: hold_s = [3, 2]: least over most" in result.stderr
    assert library.find(None) == DEFAULT


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nope", "there are bench-press, deadlift, glute-bridge, hip-thrust, paused-squat"),
        ("none.toml", "none.toml: cannot be read (No such file"),
    ],
)
def test_an_unknown_plan_is_one_line(name, words, own):
    for args in (["plan", "show", name], ["plan", "check", name], ["plan", "push", name], ["check", "--plan", name]):
        result = barhold(*args)
        assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1), args
    assert words in barhold("plan", "check", name).stderr


def test_a_plan_that_is_no_plan_file_is_refused(own, tmp_path):
    big = tmp_path / "big.toml"
    big.write_bytes(b"#" * (library.MAX_BYTES + 1))
    assert "over 16 kB" in barhold("plan", "check", big).stderr
    folder = tmp_path / "folder.toml"
    folder.mkdir()
    assert barhold("plan", "check", folder).exit_code == 2


def test_a_folder_that_cannot_be_written_is_one_line(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("BARHOLD_CONFIG", str(tmp_path / "file"))
    result = barhold("plan", "use", "hip-thrust")
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
    assert "BARHOLD_PLAN" in result.stderr


def test_the_commands_of_plan(own):
    own("mine", FULL)
    assert barhold("plan", "show", "mine").stdout == FULL
    assert json.loads(barhold("plan", "show", "mine", "--json").stdout)["load_step"] == {"amount": 5.0, "unit": "lb"}
    checked = barhold("plan", "check", "mine")
    said = "mine, 3 sets of 8-10 reps, pause 1.5-2.5 s, rest 36-72 h, tempo 2-0-X-2, after 1 for warming up\n"
    assert (checked.exit_code, checked.stdout) == (0, said)
    assert json.loads(barhold("plan", "use", "hip-thrust", "--json").stdout)["chosen"] is True
    assert barhold("plan", "use", "mine").stdout.startswith("chosen: mine")
    lines = [json.loads(line) for line in barhold("plan", "list", "--json").stdout.splitlines()]
    assert {line["name"]: line["chosen"] for line in lines} == {
        "bench-press": False, "deadlift": False, "glute-bridge": False, "hip-thrust": False, "mine": True,
        "paused-squat": False,
    }  # fmt: skip
    assert "chosen, your own" in barhold("plan", "list").stdout


def test_one_broken_plan_does_not_hide_the_others(own):
    own("broken", "x")
    result = barhold("plan", "list")
    assert result.exit_code == 2
    assert "hip-thrust" in result.stdout
    assert "broken.toml line 1: not TOML" in result.stderr


def test_push_brings_the_named_the_wearers_or_the_chosen_plan(own, monkeypatch, tmp_path):
    own("mine", FULL)
    own("slow", "hold_s = [4, 5]")
    room = FakeRoom(monkeypatch)
    sensor = ModernSensor(FakeLog({}), device=b"\1" * 8, name="bar-1")
    room.add("AA:1", sensor)
    db = tmp_path / "b.db"

    def kept(*args):
        result = barhold("plan", "push", *args, db=db)
        assert result.exit_code == 0, result.stderr
        return sensor.modern.target_ms, sensor.modern.long_ms, result.stdout

    assert kept() == (2000, 3000, "bar-1 now cues the target at 2 s and warns of a long pause at 3 s\n")
    assert kept("mine")[:2] == (1500, 2500)
    with Store.open(db) as store:
        People(store).add_lifter(Lifter("Mia", "slow"))
        People(store).wear(Wearer("01" * 8, 0, "Mia"))
    assert kept()[:2] == (4000, 5000)
    assert kept("mine")[:2] == (1500, 2500)
    line = json.loads(kept("mine", "--json")[2])
    assert (line["sensor"], line["plan"], line["target_s"], line["long_s"]) == ("bar-1", "mine", 1.5, 2.5)


def test_the_built_in_plans_are_in_the_package():
    assert sorted(path.name for path in Path(library.BUILT_IN).glob("*.toml")) == [
        "bench-press.toml", "deadlift.toml", "glute-bridge.toml", "hip-thrust.toml", "paused-squat.toml",
    ]  # fmt: skip
