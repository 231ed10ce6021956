import pytest

from barhold.training import sensor_names

ANNA, BEN = "a1b2000000003fb6", "3fb6000000009999"
NAMES = {ANNA: "bar-1", BEN: ""}


def test_a_sensor_that_nobody_named_is_called_by_the_end_of_its_id():
    assert sensor_names.sensor_name(ANNA) == "barhold-3fb6"
    assert sensor_names.sensor_name(ANNA, "bar-1") == "bar-1"


def test_sets_without_a_lifter_belong_to_the_sensor_by_its_name():
    assert [sensor_names.owner_name(owner, NAMES) for owner in ("Mia", ANNA, BEN)] == ["Mia", "bar-1", "barhold-9999"]


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        ("bar-1", [ANNA]),
        ("BAR-1", [ANNA]),
        ("a1b2", [ANNA]),
        ("A1B2", [ANNA]),
        (ANNA, [ANNA]),
        ("9999", [BEN]),
        ("barhold-9999", [BEN]),
        ("3fb6", [ANNA, BEN]),  # the end of one, the beginning of the other
        ("999", []),
        ("bar-2", []),
        ("", []),
    ],
)
def test_a_sensor_is_meant_by_its_name_or_by_either_end_of_its_id(wanted, ids):
    assert sensor_names.matching_ids(wanted, {ANNA: "bar-1", BEN: "bar-7"}) == ids


def test_an_owner_is_meant_by_name_or_by_a_part_of_the_sensors_id():
    owners = ["Mia", BEN]
    assert sensor_names.matching_owner("Mia", owners, NAMES) == "Mia"
    assert sensor_names.matching_owner("9999", owners, NAMES) == BEN
    assert sensor_names.matching_owner("bar-1", owners, NAMES) == "bar-1"  # it has counted nothing
    assert sensor_names.matching_owner("", owners, NAMES) == ""
