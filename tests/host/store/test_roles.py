"""What gateways and coaches may do in a shared database, asked of a real server by real roles."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import postgreskit
from barhold.errors import StoreError
from barhold.model import Anchor, Edit, Lifter, SetKey, Wearer
from barhold.store import Device, People, Store, schema
from fake_sensor import LOG, make
from hostkit import DATA, barhold, barhold_process, rep, stored

WESTS, EASTS, FRESH = "00112233445566aa", "ffeeddccbbaa9988", "0000000000000001"
NOW = 1_790_000_000_000
TABLES = {table.name for table in schema.metadata.sorted_tables}
KEY = bytes(range(32))


@pytest.fixture(scope="module")
def gym(postgres: postgreskit.Server) -> Iterator["Gym"]:
    """A team's database that no test changes."""
    with postgreskit.database(postgres) as name, opened(Gym(postgres, name)) as found:
        yield found


@pytest.fixture
def own_gym(postgres: postgreskit.Server, postgres_database: str) -> Iterator["Gym"]:
    """The same for a test that changes it."""
    with opened(Gym(postgres, postgres_database)) as found:
        yield found


@contextmanager
def opened(found: "Gym") -> Iterator["Gym"]:
    """Ada trains at west with one sensor, Bob at east with another; Anna coaches both."""
    with Store.open(found.url("admin")) as store:
        for number, (device, name) in enumerate(((WESTS, "Ada"), (EASTS, "Bob"))):
            fill(store, number, device, name)
    found.apply()
    try:
        yield found
    finally:
        for role in ("west", "east", "anna"):
            found.run("admin", f"drop owned by {found.name(role)}; drop role {found.name(role)}")


def fill(store: Store, number: int, device: str, name: str) -> None:
    store.add_device(Device(device, f"bar-{number}", "0.1.0", 5))
    store.add_records(device, LOG, [one.raw for one in stored([rep(10_000), rep(16_000), rep(22_000)])], NOW)
    store.add_anchor(Anchor(device, LOG, 1, 5, NOW, 9))
    store.add_anchor(Anchor(device, LOG, 1, 5, NOW + 6 * 3_600_000, 9))  # another clock says otherwise
    store.quarantine(device, LOG, 99, b"\1" * 32, "its CRC is wrong", 5)
    store.keep_key(device, bytes([number]) * 32, 5)
    people = People(store)
    people.add_lifter(Lifter(name))
    people.wear(Wearer(device, 0, name))
    people.add_edits([Edit(f"{number:032}", SetKey(device, LOG, 1, 10_000), "note", '"x"', 5)])
    with store.engine.begin() as connection:
        kept = {"recording_id": f"{number:064}", "device_id": device, "name": "x", "kept_utc_ms": 1}
        connection.execute(schema.recording.insert(), kept | {"csv_zlib": b"\0"})
        text = dict.fromkeys(("source", "workout", "exercise", "kind", "load", "unit", "note"), "w")
        row = {"import_id": f"{number:064}", "lifter": name, "start_utc_ms": 1}
        connection.execute(schema.imported.insert(), row | text | {"set_index": 0, "reps": 8})


SENSORS = "select device_id from record join log on log.number = log_number"


class Gym:
    """The database and its three roles, whose names are this test's own: roles belong to the whole server."""

    def __init__(self, server: postgreskit.Server, database: str) -> None:
        self.server, self.database = server, database

    def name(self, role: str) -> str:
        return role if role == postgreskit.ADMIN else f"{role}_{self.database}"

    def url(self, role: str) -> str:
        return self.server.url(self.database, self.name(role))

    def run(self, role: str, statement: str) -> list[tuple]:
        return self.server.run(statement, self.database, self.name(role))

    def apply(self) -> None:
        """What a DBA does: the printed SQL, twice, then the logins."""
        printed = barhold("db", "roles")
        assert printed.exit_code == 0
        for _ in range(2):
            self.run("admin", printed.stdout)
        for role, group in (("west", "gateway"), ("east", "gateway"), ("anna", "coach")):
            self.run("admin", f"create role {self.name(role)} login in role barhold_{group}")
        for role, lifter in (("west", "Ada"), ("east", "Bob")):
            self.run("admin", f"insert into barhold_access.serves values ('{self.name(role)}', '{lifter}')")


def test_psql_takes_the_file_as_it_is_printed(own_gym: Gym) -> None:
    psql = (postgreskit.binaries() or Path()) / "psql"
    if not psql.exists():
        pytest.skip("no psql here: apt-get install postgresql-client")
    at = ["-h", own_gym.server.folder, "-p", str(own_gym.server.port), "-U", "admin", "-d", own_gym.database]
    printed = barhold("db", "roles").stdout
    done = subprocess.run(
        [psql, "-v", "ON_ERROR_STOP=1", *at], input=printed, text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_table_is_guarded(gym: Gym) -> None:
    guarded = gym.run(
        "admin", "select relname from pg_class where relrowsecurity and relnamespace = 'public'::regnamespace"
    )
    assert {name for (name,) in guarded} == TABLES


@pytest.mark.parametrize("table", sorted(TABLES))
def test_a_gateway_reads_its_own_lifters_and_no_others(gym: Gym, table: str) -> None:
    for role, device, lifter in (("west", WESTS, "Ada"), ("east", EASTS, "Bob")):
        column = {"lifter": "name", "imported": "lifter"}.get(table, "device_id")
        of_log = f"{table} join log on log.number = log_number"
        source = of_log if "log_number" in schema.metadata.tables[table].columns else table
        seen = {value for (value,) in gym.run(role, f"select {column} from {source}")}
        assert seen == {device if column == "device_id" else lifter}
    assert len(gym.run("admin", f"select 1 from {table}")) > len(gym.run("west", f"select 1 from {table}"))


@pytest.mark.parametrize("table", sorted(TABLES))
def test_a_coach_reads_all_but_keys_and_writes_nothing(gym: Gym, table: str) -> None:
    import psycopg.errors  # noqa: PLC0415 - an extra

    denied = pytest.raises(psycopg.errors.InsufficientPrivilege)
    if table == "trust":
        with denied:
            gym.run("anna", "select key from trust")
    else:
        assert gym.run("anna", f"select * from {table}") == gym.run("admin", f"select * from {table}")
    column = next(iter(schema.metadata.tables[table].columns)).name
    for statement in (
        f"delete from {table}",
        f"update {table} set {column} = {column}",
        f"insert into {table} default values",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            gym.run("anna", statement)


@pytest.mark.parametrize(
    "statement",
    [
        "delete from record",
        "update record set raw = raw",
        "update record set seq = 0",
        "truncate record",
        "delete from edit",
        "update edit set value = ''",
        "delete from wearer",
        "delete from quarantine",
        "drop table record",
        "alter table record disable row level security",
        "create table mine (x int)",
        "insert into barhold_access.serves values (current_user, 'Bob')",
        "select * from barhold_access.serves",
        "update alembic_version set version_num = '0001'",
        f"insert into wearer values ('{EASTS}', 99, 'Ada')",
        f"insert into wearer values ('{WESTS}', 99, 'Bob')",
        f"insert into anchor values ('{EASTS}', 1, 1, 1, 1, 1)",
        f"insert into trust values ('{EASTS}', decode(repeat('00', 32), 'hex'), 1)",
        f"insert into edit values ('{'e' * 32}', '{EASTS}', 1, 1, 1, 'drop', '1', 1)",
        "insert into imported select repeat('c', 64), 'w', 'Bob', 1, '', '', 1, '', '', '', 1, null, ''",
    ],
)
def test_a_gateway_cannot(gym: Gym, statement: str) -> None:
    import psycopg.errors  # noqa: PLC0415 - an extra

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        gym.run("west", statement)


def test_what_a_gateway_changes_of_others_stays(own_gym: Gym) -> None:
    before = [own_gym.run("admin", f"select * from {table} order by 1") for table in ("device", "trust")]
    own_gym.run("west", f"update device set name = 'mine' where device_id = '{EASTS}'")
    own_gym.run("west", f"delete from trust where device_id = '{EASTS}'")
    own_gym.run("west", f"update trust set key = key, since_utc_ms = 77 where device_id = '{EASTS}'")
    own_gym.run("west", "update edit set undone_utc_ms = 7 where edit_id like '%1'")
    assert [own_gym.run("admin", f"select * from {table} order by 1") for table in ("device", "trust")] == before
    assert own_gym.run("admin", "select 1 from edit where undone_utc_ms is not null") == []


def test_a_gateway_syncs_and_its_commands_work(own_gym: Gym) -> None:
    with Store.open(own_gym.url("west")) as store:
        for device in (WESTS, FRESH):  # a sensor of its lifter, and one that nobody knew
            store.add_device(Device(device, "bar", "0.2.0", 9))
            log = LOG if device == FRESH else LOG + 1
            assert store.next_seq(device, log) == 0
            assert store.add_records(device, log, [make(0), make(1)], 9).new == 2
            assert store.add_records(device, log, [make(1), make(1, t_ms=1)], 9).conflicts == 1
            assert store.next_seq(device, log) == 2
            store.keep_key(device, bytes(32), 9)
            assert store.key_of(device) == bytes(32)
            assert store.forget_key(device) is True
        people = People(store)
        people.add_lifter(Lifter("Cleo"))
        people.wear(Wearer(FRESH, 5, "Cleo"))
        edit = Edit("f" * 32, SetKey(FRESH, LOG, 1, 1), "note", '"x"', 1)
        people.add_edits([edit])
        assert people.undo(edit.edit_id, 5) is True
        assert {one.name for one in people.lifters()} == {"Ada", "Cleo"}
        assert {one.device_id for one in store.devices()} == {WESTS, FRESH}
    with Store.open(own_gym.url("east")) as store:
        assert {one.device_id for one in store.records()} == {EASTS}
        assert store.key_of(WESTS) is None


def test_computers_of_one_lifter_share_the_key_and_others_do_not(own_gym: Gym) -> None:
    with Store.open(own_gym.url("east")) as store:
        assert store.key_of(WESTS) is None
    own_gym.run("admin", f"insert into barhold_access.serves values ('{own_gym.name('east')}', 'Ada')")
    with Store.open(own_gym.url("west")) as west, Store.open(own_gym.url("east")) as east:
        west.keep_key(WESTS, KEY, 9)
        assert east.key_of(WESTS) == KEY
        east.keep_key(WESTS, bytes(32), 10)
        assert west.key_of(WESTS) == bytes(32), "whoever pairs it anew gives the others its key"
        assert west.key_of(EASTS) is None


def test_the_commands_work_as_a_gateway_and_as_a_coach(own_gym: Gym) -> None:
    done = barhold_process("sync", "--virtual", DATA / "six-reps.csv", BARHOLD_DB=own_gym.url("west"))
    assert done.returncode == 0, done.stderr
    again = barhold_process("sync", "--virtual", DATA / "six-reps.csv", BARHOLD_DB=own_gym.url("west"))
    assert again.returncode == 0, again.stderr
    for role, devices in (("west", 2), ("east", 1), ("anna", 3)):
        listed = barhold("sets", "--json", db=own_gym.url(role))
        assert (listed.exit_code, len(listed.stdout.splitlines())) == (0, devices), listed.stderr
        assert barhold("check", db=own_gym.url(role)).exit_code == 1


def test_a_refusal_is_one_line_with_the_next_step(gym: Gym) -> None:
    for role, device in (("anna", WESTS), ("west", EASTS)):
        with Store.open(gym.url(role)) as store, pytest.raises(StoreError, match="your database role may not") as err:
            store.add_records(device, LOG, [make(0)], 9)
        assert "\n" not in str(err.value)


def test_a_handed_on_sensor_takes_its_log_along(own_gym: Gym) -> None:
    with Store.open(own_gym.url("admin")) as store:
        People(store).wear(Wearer(WESTS, 50, "Bob"))
    assert own_gym.run("west", "select 1 from record") == []
    assert {device for (device,) in own_gym.run("east", SENSORS)} == {WESTS, EASTS}


FAR = 1 << 62


@pytest.mark.parametrize("since", [FAR, NOW * 2, 60])
def test_a_gateway_cannot_take_a_sensor_back_by_a_time(own_gym: Gym, since: int) -> None:
    import psycopg.errors  # noqa: PLC0415 - an extra

    with Store.open(own_gym.url("admin")) as store:
        People(store).wear(Wearer(WESTS, 50, "Bob"))
    statement = f"insert into wearer (device_id, since_utc_ms, lifter) values ('{WESTS}', {since}, 'Ada')"
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        own_gym.run("west", statement)
    own_gym.run("west", f"update wearer set lifter = 'Ada' where device_id = '{WESTS}'")
    for table in ("record", "training_set", "trust", "wearer"):
        assert own_gym.run("west", f"select 1 from {table}") == [], table


def test_a_gateway_cannot_plant_a_later_time_on_a_sensor_of_its_own(own_gym: Gym) -> None:
    import psycopg.errors  # noqa: PLC0415 - an extra

    for since in (FAR, NOW * 2):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            own_gym.run("west", f"insert into wearer values ('{WESTS}', {since}, 'Ada')")


def test_a_hand_over_dated_in_the_future_gives_nothing_until_then(own_gym: Gym) -> None:
    with Store.open(own_gym.url("admin")) as store:
        People(store).wear(Wearer(WESTS, FAR, "Bob"))
    assert {device for (device,) in own_gym.run("west", SENSORS)} == {WESTS}
    assert {device for (device,) in own_gym.run("east", SENSORS)} == {EASTS}
    assert own_gym.run("east", f"select 1 from trust where device_id = '{WESTS}'") == []


def test_a_wearer_who_got_a_sensor_back_cannot_cut_the_time_of_the_one_between(own_gym: Gym) -> None:
    import psycopg.errors  # noqa: PLC0415 - an extra

    with Store.open(own_gym.url("admin")) as store:
        People(store).wear(Wearer(WESTS, 50, "Bob"))
        People(store).wear(Wearer(WESTS, 100, "Ada"))
    for since in (49, 60):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            own_gym.run("west", f"insert into wearer values ('{WESTS}', {since}, 'Ada')")
    own_gym.run("west", f"insert into wearer values ('{WESTS}', 120, 'Ada')")


def test_a_gateway_derives_sets_of_its_own_sensors_only(own_gym: Gym) -> None:
    [(log,)] = own_gym.run("admin", f"select number from log where device_id = '{EASTS}'")
    own_gym.run("west", f"delete from training_set where log_number = {log}")
    own_gym.run("west", f"update training_set set owner = 'Ada' where log_number = {log}")
    assert own_gym.run("admin", f"select owner from training_set where log_number = {log}") == [("Bob",)]
    with Store.open(own_gym.url("west")) as store:
        assert [item.lifter for item in store.training_sets()] == ["Ada"]
        more = [one.raw for one in stored([rep(10_000), rep(16_000), rep(22_000), rep(28_000)])]
        assert store.add_records(WESTS, LOG, more, NOW).new == 1
        assert [len(item.reps) for item in store.training_sets()] == [4]


@pytest.mark.parametrize("view", ["set_view", "rep_view"])
def test_a_view_shows_each_role_its_own(gym: Gym, view: str) -> None:
    for role, seen in (("west", {WESTS}), ("east", {EASTS}), ("anna", {WESTS, EASTS})):
        assert {device for (device,) in gym.run(role, f"select device_id from {view}")} == seen


def test_at_head_nobody_needs_the_right_to_migrate(own_gym: Gym) -> None:
    for role in ("west", "anna"):
        Store.open(own_gym.url(role)).close()
    own_gym.run("admin", "update alembic_version set version_num = '0002'")
    for role in ("west", "anna"):
        with pytest.raises(StoreError, match="may not do this here: ask whoever administers"):
            Store.open(own_gym.url(role))


def test_the_guard_is_quick(gym: Gym) -> None:
    # Asked once for a statement, not once for a row: with thousands of records that would be seen by the lifter.
    [(plan,)] = gym.run("west", "explain (format json) select raw from record")
    assert "'InitPlan'" in str(plan)
    assert "'SubPlan'" not in str(plan)
