"""A team's lifters: renamed, merged, removed, and as one file."""

import json
from pathlib import Path

import pytest

from barhold.errors import InputError
from barhold.model import Anchor, Edit, Lifter, Wearer
from barhold.store import Device, People, Store
from barhold.training import team
from hostkit import DEVICE, barhold, reps, stored

START_MS = 1_790_000_000_000
HOUR_MS = 3_600_000


@pytest.fixture
def place(database_place: str) -> str:
    """A store in which Ada wore the sensor for its first set and Mia for its second, which an edit gave to Ada."""
    with Store.open(database_place) as store:
        store.add_device(Device(DEVICE, "bar-1", "0.1.0", START_MS))
        store.add_anchor(Anchor(DEVICE, 1, 1, 0, START_MS, 20))
        raws = [*reps(4), *reps(4, 2 * HOUR_MS, set_number=2), *reps(4, 6 * HOUR_MS, set_number=3)]
        store.add_records(DEVICE, 1, [one.raw for one in stored(raws)], START_MS)
        people = People(store)
        for name in ("Ada", "Mia"):
            people.add_lifter(Lifter(name, "glute-bridge", "glute bridge") if name == "Mia" else Lifter(name))
        people.wear(Wearer(DEVICE, 0, "Ada"))
        people.wear(Wearer(DEVICE, START_MS + HOUR_MS, "Mia"))
        last = store.sets.last(1)[0]
        people.add_edits([Edit("1" * 32, last.key, "lifter", '{"lifter": "Ada"}', START_MS)])
    return database_place


def owners(place: str) -> list[str]:
    with Store.open(place) as store:
        return [item.lifter for item in store.training_sets()]


def test_a_renamed_lifter_keeps_all_sets_and_the_plan(place: str) -> None:
    assert owners(place) == ["Ada", "Mia", "Ada"]
    assert barhold("lifter", "rename", "Mia", "Mia S", db=place).exit_code == 0
    assert barhold("lifter", "rename", "Ada", "Ida", db=place).exit_code == 0
    assert owners(place) == ["Ida", "Mia S", "Ida"]
    with Store.open(place) as store:
        assert store.lifters() == [Lifter("Ida"), Lifter("Mia S", "glute-bridge", "glute bridge")]
    assert barhold("db", "check", db=place).exit_code == 0


def test_a_merged_lifter_gives_everything_to_the_other(place: str) -> None:
    assert "is known already" in barhold("lifter", "rename", "Mia", "Ada", db=place).stderr
    assert barhold("lifter", "merge", "Mia", "Ada", db=place).exit_code == 0
    assert owners(place) == ["Ada", "Ada", "Ada"]
    assert barhold("db", "check", db=place).exit_code == 0


def test_the_sets_of_a_removed_lifter_stay_with_the_sensor(place: str) -> None:
    assert "confirm with --yes" in barhold("lifter", "remove", "Mia", db=place).stderr
    assert barhold("lifter", "remove", "Mia", "--yes", db=place).exit_code == 0
    assert owners(place) == ["Ada", "", "Ada"], "and not with the one who wore it before"
    assert barhold("lifter", "remove", "Ada", "--yes", db=place).exit_code == 0
    assert owners(place) == ["", "", ""]
    assert "lifter 'Ada' is not known" in barhold("lifter", "remove", "Ada", "--yes", db=place).stderr
    assert barhold("db", "check", db=place).exit_code == 0


def test_a_team_is_written_and_read_back_into_another_store(place: str, tmp_path: Path) -> None:
    file, other = tmp_path / "team.toml", tmp_path / "other.db"
    assert barhold("lifter", "export", "--out", file, db=place).exit_code == 0
    assert "lifters: 2, wearers: 2" in barhold("lifter", "import", file, db=other).stdout
    with Store.open(place) as store, Store.open(other) as second:
        assert second.lifters() == store.lifters()
        assert People(second).wearers() == People(store).wearers()
    again = barhold("lifter", "export", db=other)
    assert again.stdout == file.read_text()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[lifter]]\nname = 5", "lifter 1: name must be text"),
        ("[[lifter]]\nname = 'Mia'\nage = 5", "lifter 1: 'age' is unknown"),
        ("[[person]]\nname = 'Mia'", "'person' is unknown"),
        ("lifter = 5", "write each lifter under its own"),
        ("[[wearer]]\nsensor = 'bar-1'", "16 hexadecimal digits"),
        ("[[wearer]]\nsensor = '00112233aabbccdd'\nlifter = 'Mia'", "'Mia' is not in the file"),
        ("[[wearer]]\nsensor = '00112233aabbccdd'\nsince = 5", "since must be a time"),
        ("[[wearer]]\nsensor = '00112233aabbccdd'\nsince = 1970-01-01T00:00:00Z", "between 2020 and 2100"),
        ("no toml", "not a team's TOML file"),
    ],
)
def test_a_file_that_is_wrong_is_one_line_that_names_the_place(text: str, told: str) -> None:
    with pytest.raises(InputError, match=told) as error:
        team.from_toml(text.encode(), "team.toml")
    assert str(error.value).startswith("team.toml: ")
    assert "\n" not in str(error.value)


def test_a_hand_over_in_the_future_does_not_count_yet(place: str) -> None:
    with Store.open(place) as store:
        People(store).wear(Wearer(DEVICE, 4_070_908_800_000, "Ada"))  # 2099
        People(store).wear(Wearer(DEVICE, START_MS + 7 * HOUR_MS, "Mia"))
    known = [json.loads(line) for line in barhold("lifter", "list", "--json", db=place).stdout.splitlines()]
    assert [(line["name"], line["wears"]) for line in known] == [("Ada", []), ("Mia", ["bar-1"])]


def test_a_lifter_has_the_exercise_of_the_plan_however_it_was_named(tmp_path: Path) -> None:
    place, team_file = tmp_path / "b.db", tmp_path / "team.toml"
    team_file.write_text(
        '[[lifter]]\nname = "Ada"\nplan = "glute-bridge"\n[[lifter]]\nname = "Tom"\nplan = "not-on-this-computer"\n'
    )
    assert barhold("lifter", "add", "Mia", "--plan", "glute-bridge", db=place).exit_code == 0
    assert barhold("lifter", "import", str(team_file), db=place).exit_code == 0
    with Store.open(place) as store:
        found = {one.name: one.exercise for one in store.lifters()}
    assert found == {"Ada": "glute bridge", "Mia": "glute bridge", "Tom": ""}
