"""docs/storage.md: its queries run on both databases and give what they say."""

import re

import pytest
import sqlalchemy as sa

from barcore import protocol
from barhold.model import Anchor, Edit, Lifter, Wearer
from barhold.store import People, Store
from hostkit import DEVICE, ROOT, reps, stored

TEXT = (ROOT / "docs" / "storage.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"```sql\n(.*?)```", TEXT, re.DOTALL)
START_MS = 1_795_197_871_000  # in November 2026, the month of the first query


@pytest.fixture
def store(database_place: str):
    """A store with a set of four reps at 60 kg, one of them partial, and a warm-up set."""
    with Store.open(database_place) as store:
        store.add_anchor(Anchor(DEVICE, 1, 1, 0, START_MS, 20))
        raws = [*reps(3), *reps(1, 28_000, flags=protocol.PARTIAL), *reps(2, 200_000, set_number=2)]
        store.add_records(DEVICE, 1, [one.raw for one in stored(raws)], START_MS)
        people = People(store)
        people.add_lifter(Lifter("Mia", "glute-bridge", "glute bridge"))
        people.wear(Wearer(DEVICE, 0, "Mia"))
        first, second = store.training_sets()
        people.add_edits(
            [
                Edit("1" * 32, first.key, "load", '{"amount": 60, "unit": "kg"}', START_MS),
                Edit("2" * 32, second.key, "warm-up", "{}", START_MS),
            ]
        )
        yield store


def test_the_three_queries_give_figures(store: Store) -> None:
    with store.engine.connect() as connection:
        mean, days, partial = ([tuple(row) for row in connection.execute(sa.text(query))] for query in QUERIES)
    assert [(who, float(hold_ms), count) for who, hold_ms, count in mean] == [("Mia", 2500, 4)]
    assert [(who, day, count, float(kg)) for who, day, count, kg in days] == [("Mia", "2026-11-20", 4, 240)]
    assert [(who, float(kg), float(percent)) for who, kg, percent in partial] == [("Mia", 60, 25)]


@pytest.mark.parametrize("view", ["rep_view", "set_view"])
def test_a_view_names_the_exercise_of_the_lifters_plan(store: Store, view: str) -> None:
    wanted = sa.text(f"select distinct lifter, exercise from {view}")
    with store.engine.connect() as connection:
        assert [tuple(row) for row in connection.execute(wanted)] == [("Mia", "glute bridge")]
    People(store).add_lifter(Lifter("Mia"))
    with store.engine.connect() as connection:
        assert [tuple(row) for row in connection.execute(wanted)] == [("Mia", None)]


@pytest.mark.parametrize("view", ["rep_view", "set_view"])
def test_every_column_of_a_view_is_described(store: Store, view: str) -> None:
    with store.engine.connect() as connection:
        names = connection.execute(sa.text(f"select * from {view}")).keys()
    assert [name for name in names if f"`{name}`" not in TEXT] == []
