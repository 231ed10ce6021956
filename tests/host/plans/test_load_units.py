import pytest

from barhold.errors import InputError
from barhold.model import Load
from barhold.plans import load_units


@pytest.mark.parametrize(
    ("text", "load"),
    [
        ("60kg", Load(60, "kg")),
        ("132.5 lb", Load(132.5, "lb")),
        (" 62,5 KG ", Load(62.5, "kg")),
        ("45lbs", Load(45, "lb")),
        ("1000kg", Load(1000, "kg")),
    ],
)
def test_a_load_is_a_number_and_its_unit(text, load):
    assert load_units.parse(text) == load
    assert load_units.parse(load_units.as_text(load)) == load


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("60", "60 needs a unit: write 60kg or 60lb"),
        ("60 stone", "stone is not kg or lb"),
        ("0kg", "over 0 and at most 1000 kg"),
        ("1000.1kg", "at most 1000 kg"),
        ("2205 lb", "at most 1000 kg"),
        ("-5kg", "a number and its unit"),
        ("1e3kg", "e is not kg or lb|a number and its unit"),
        ("nankg", "a number and its unit"),
        ("", "a number and its unit"),
        ("6\u0660kg", "is not kg or lb"),
    ],
)
def test_anything_else_is_reported(text, words):
    with pytest.raises(InputError, match=words):
        load_units.parse(text)


def test_a_pound_is_its_kilograms():
    assert load_units.in_kg(Load(100, "lb")) == pytest.approx(45.359237)
    assert load_units.in_kg(Load(100, "kg")) == 100
