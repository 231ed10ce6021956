"""Sets and reps in the store: what is kept up step by step is what everything derived anew would be."""

import json
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import postgreskit
from barcore import protocol
from barhold.model import Anchor, Edit, Lifter, SetKey, Wearer
from barhold.store import People, Store, database, derived, maintenance, schema
from barhold.training import edits, sets, wall_time
from hostkit import raw
from teamkit import add_lifter

DEVICES = ("00112233445566aa", "ffeeddccbbaa9988")
LOG = 0xFEDCBA98
START_MS = 1_790_000_000_000
HOUR_MS = 3_600_000
LIFTERS = ("Ada", "Mia")


def log_of(boots: int) -> list[bytes]:
    """Return a log in which each boot has four sets, the third a lone lift, and corrections of the set before."""
    raws: list[bytes] = []

    def add(kind: int, t_ms: int, values: tuple[int, ...], boot: int, flags: int = 0) -> None:
        raws.append(raw(kind, t_ms, values, flags, boot, len(raws)))

    for boot in range(1, boots + 1):
        add(protocol.BOOT, 0, (protocol.RESET_WAKE, 0, 1, 0, 0), boot)
        for number, count in enumerate((3, 4, 1, 2)):
            first_ms = 10_000 + number * 60_000
            for at in range(count):
                t_ms = first_ms + at * 6_000
                add(protocol.REP, t_ms, (number, at + 1, 900, 2500, 1100, 800, 300, 700, 50), boot)
            if number == 1:  # of the set before, and of this one
                add(protocol.CORRECTION, 10_000, (0, 1, protocol.DROP_REP, 0), boot)
                add(protocol.CORRECTION, first_ms, (1, 1, protocol.SET_FLAGS, protocol.DISTURBED), boot)
            add(protocol.SET_END, first_ms + count * 6_000, (number, count, 300, 9000), boot, int(count == 1))
    return raws


RAWS = log_of(4)


def numbers(least: int, most: int) -> st.SearchStrategy[int]:
    return st.integers(least, most)


RECORDS = st.tuples(st.just("records"), st.sampled_from(DEVICES), numbers(0, len(RAWS) - 1), numbers(1, 25))
ANCHORS = st.tuples(
    st.just("anchor"), st.sampled_from(DEVICES), numbers(1, 4), numbers(0, 200_000), numbers(-3, 3), numbers(1, 60)
)
WEARERS = st.tuples(st.just("wear"), st.sampled_from(DEVICES), numbers(-4, 12), st.sampled_from(("", *LIFTERS)))
EDITS = st.tuples(
    st.just("edit"), st.sampled_from(DEVICES), numbers(1, 4), numbers(0, 3), numbers(0, 3), st.sampled_from(
        ("split", "merge", "drop", "drop all", "warm-up", "working", "lifter", "load", "note")
    ),
)  # fmt: skip
UNDO = st.tuples(st.just("undo"), numbers(0, 20))
HISTORIES = st.lists(st.one_of(RECORDS, RECORDS, ANCHORS, WEARERS, EDITS, UNDO), min_size=1, max_size=25)


class History:
    """Does to a store what a history says."""

    def __init__(self, store: Store) -> None:
        self.store, self.people = store, People(store)
        for name in LIFTERS:
            self.people.add_lifter(Lifter(name))

    def play(self, steps: list[tuple]) -> None:
        for kind, *values in steps:
            getattr(self, kind)(*values)

    def records(self, device: str, first: int, count: int) -> None:
        self.store.add_records(device, LOG, RAWS[first : first + count], START_MS + first)

    def anchor(self, device: str, boot: int, t_ms: int, hours: int, rtt_ms: int) -> None:
        utc_ms = START_MS + boot * 24 * HOUR_MS + t_ms + (hours * HOUR_MS if hours > 1 else hours)
        self.store.add_anchor(Anchor(device, LOG, boot, t_ms, utc_ms, rtt_ms))

    def wear(self, device: str, half_days: int, name: str) -> None:
        self.people.wear(Wearer(device, START_MS + half_days * 12 * HOUR_MS, name))

    def edit(self, device: str, boot: int, number: int, at: int, action: str) -> None:
        start_ms = 10_000 + number * 60_000
        value = {
            "split": {"rep": start_ms + at * 6_000},
            "merge": {"with": [device, LOG, boot, start_ms + 60_000]},
            "drop": {"rep": start_ms + at * 6_000},
            "drop all": {"all": True},
            "lifter": {"lifter": ("", *LIFTERS)[at % 3]},
            "load": {"amount": 60.5, "unit": "kg"} if at else {},
            "note": {"text": "x" * at},
        }.get(action, {})
        count = len(self.people.edits())
        key = SetKey(device, LOG, boot, start_ms)
        made = Edit(f"{count:032x}", key, action.partition(" ")[0], json.dumps(value), START_MS + count)
        self.store.rename(device, "bar")
        self.people.add_edits([made])

    def undo(self, at: int) -> None:
        known = self.people.edits()
        if known:
            self.people.undo(known[at % len(known)].edit_id, START_MS + 1)


def differences(store: Store) -> list[str]:
    with database.writing(store.engine) as connection:
        return derived.find_differences(connection)


def from_records(store: Store) -> list:
    """Return what all records together give, by the rules that know of no tables."""
    people = People(store)
    counted = sets.training_sets(store.records(), store.anchors(), wall_time.moment(0))
    return edits.apply(counted, people.edits(), people.wearers())


def is_anchored(store: Store) -> bool:
    """Tell whether each sensor has an anchored boot: then no time depends on when the records came."""
    with store.engine.connect() as connection:
        anchored = connection.scalars(
            sa.select(schema.boot.c.log_number).where(schema.boot.c.time_quality == "anchored")
        )
        return set(anchored) == set(connection.scalars(sa.select(schema.boot.c.log_number)))


def check(store: Store, steps: list[tuple]) -> None:
    History(store).play(steps)
    found = list(store.training_sets())
    expected = from_records(store)
    if is_anchored(store):
        assert found == expected
    else:
        assert sorted(item.key for item in found) == sorted(item.key for item in expected)
    assert differences(store) == []
    assert list(store.training_sets()) == found


@pytest.fixture(scope="module")
def empty() -> Iterator[Store]:
    """Give a store in memory that stays empty."""
    with Store.open("sqlite://") as store:
        yield store


def copy_of(empty: Store) -> Store:
    """Return a new store in memory: to copy it is far quicker than to make the schema anew."""
    engine = database.bare_engine(database.locate("sqlite://"))
    with empty.engine.connect() as source, engine.connect() as target:
        source.connection.driver_connection.backup(target.connection.driver_connection)
    return Store(engine)


@settings(max_examples=150, deadline=None)
@given(steps=HISTORIES)
def test_incremental_and_rebuilt_tables_are_equal(empty: Store, steps: list[tuple]) -> None:
    with copy_of(empty) as store:
        check(store, steps)


@pytest.mark.long
@settings(max_examples=3000, deadline=None)
@given(steps=HISTORIES)
def test_incremental_and_rebuilt_tables_are_equal_in_many_more_histories(empty: Store, steps: list[tuple]) -> None:
    with copy_of(empty) as store:
        check(store, steps)


@pytest.fixture
def on_postgres(postgres: postgreskit.Server, postgres_database: str) -> Iterator[Store]:
    with Store.open(postgres.url(postgres_database)) as store:
        yield store


def check_anew(store: Store, steps: list[tuple]) -> None:
    """Check a history in a database that holds another one's."""
    with database.writing(store.engine) as connection:
        for table in reversed(schema.metadata.sorted_tables):
            connection.execute(table.delete())
    check(store, steps)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=HISTORIES)
def test_incremental_and_rebuilt_tables_are_equal_in_postgresql(on_postgres: Store, steps: list[tuple]) -> None:
    check_anew(on_postgres, steps)


@pytest.mark.long
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=HISTORIES)
def test_they_are_equal_in_postgresql_in_many_more_histories(on_postgres: Store, steps: list[tuple]) -> None:
    check_anew(on_postgres, steps)


def test_the_last_sessions_of_everybody_include_those_of_who_trains_rarely(database_place):
    add_lifter(database_place, "Ada", "01" * 8, START_MS, sessions=24)
    add_lifter(database_place, "Mia", "02" * 8, START_MS - 40 * 24 * HOUR_MS, sessions=2)
    add_lifter(database_place, "Tom", "03" * 8, START_MS - 2 * HOUR_MS)
    with Store.open(database_place) as store:
        everything = sets.sessions(store.sets.stream())
        for count in (1, 2, 6, 20, 27):
            assert store.sets.last_sessions(count) == everything[-count:]
        assert {session[0].lifter for session in store.sets.last_sessions(2)} == {"Ada", "Tom"}
        assert store.sets.owner_names() == sorted(one.owner for one in store.sets.owners()) == ["Ada", "Mia", "Tom"]
        for name in ("Ada", "Mia", "Tom"):
            own = [session for session in everything if session[0].lifter == name]
            assert store.sets.last_sessions(3, name) == own[-3:]


@pytest.mark.parametrize("damaged", ["", "[[1,2", "[[1,2]]", "[7]", "7"])
def test_a_set_whose_reps_cannot_be_read_is_left_out_named_by_a_check_and_rebuilt(tmp_path, damaged):
    with Store.open(tmp_path / "b.db") as store:
        store.add_records(DEVICES[0], LOG, log_of(1), START_MS)
        whole = list(store.training_sets())
        with store.engine.begin() as connection:
            of_one = schema.training_set.c.set_id == whole[1].set_id
            connection.execute(schema.training_set.update().where(of_one).values(rep_values=damaged))
        assert list(store.training_sets()) == [whole[0], *whole[2:]]
        assert maintenance.find_differences(store) == [f"set {whole[1].set_id} differs from its records"]
        maintenance.rebuild(store)
        assert list(store.training_sets()) == whole
