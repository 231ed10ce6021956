"""People in the store: kept once, in order, and never lost by an undo."""

from collections.abc import Iterator

import pytest

from barhold.errors import StoreError
from barhold.model import Edit, Lifter, SetKey, Wearer
from barhold.store import Device, People, Store

DEVICE, OTHER = "00112233445566aa", "ffeeddccbbaa9988"
KEY = SetKey(DEVICE, 0xFEDCBA98, 1, 12_000)


@pytest.fixture
def store(database_place: str) -> Iterator[Store]:
    with Store.open(database_place) as opened:
        opened.add_device(Device(DEVICE, "bar-1", "0.1.0", 0))
        yield opened


def test_a_lifter_is_kept_once_and_takes_another_plan(store: Store) -> None:
    people = People(store)
    assert people.add_lifter(Lifter("Mia")) is True
    assert people.add_lifter(Lifter("Ada", "glute-bridge")) is True
    assert people.add_lifter(Lifter("Mia", "mine")) is False
    assert people.lifters() == [Lifter("Ada", "glute-bridge"), Lifter("Mia", "mine")]


def test_who_wears_a_sensor_is_kept_in_order_and_can_be_said_anew(store: Store) -> None:
    people = People(store)
    for name in ("Ada", "Mia"):
        people.add_lifter(Lifter(name))
    for since, name in ((20, "Mia"), (10, "Mia"), (10, "Ada")):
        people.wear(Wearer(DEVICE, since, name))
    people.wear(Wearer(OTHER, 5, "Ada"))  # a sensor that was never synced yet
    assert people.wearers() == [Wearer(DEVICE, 10, "Ada"), Wearer(DEVICE, 20, "Mia"), Wearer(OTHER, 5, "Ada")]


def test_an_unknown_lifter_wears_nothing(store: Store) -> None:
    with pytest.raises(StoreError):
        People(store).wear(Wearer(DEVICE, 10, "Nobody"))
    assert People(store).wearers() == []


def test_an_undone_edit_stays_in_the_journal(store: Store) -> None:
    people = People(store)
    one, two = (Edit(f"{n:032x}", KEY, "note", '"x"', 100 + n) for n in range(2))
    people.add_edits([two, one])
    people.add_edits([one])
    assert people.undo(one.edit_id, 500) is True
    assert people.undo(one.edit_id, 600) is False
    assert people.undo("f" * 32, 600) is False
    assert people.edits() == [Edit(one.edit_id, KEY, "note", '"x"', 100, 500), two]


def test_edits_are_added_all_or_none(store: Store) -> None:
    good = Edit("0" * 32, KEY, "note", '"x"', 1)
    with pytest.raises(StoreError):
        People(store).add_edits([good, Edit("1" * 32, KEY._replace(device_id=OTHER), "note", '"x"', 2)])
    assert People(store).edits() == []
