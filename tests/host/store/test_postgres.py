"""PostgreSQL as a store: what is said when it cannot be reached, servers that go away, and many at once."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

import postgreskit
from barhold.errors import InputError, StoreError
from barhold.store import Store, database, migrate, schema
from fake_sensor import LOG, make
from hostkit import DATA, barhold

DEVICE = "00112233445566aa"


@pytest.fixture
def place(postgres: postgreskit.Server, postgres_database: str) -> str:
    return postgres.url(postgres_database)


def refused(url: str) -> str:
    """Return the one line that a command ends with."""
    done = barhold("sets", "--db", url)
    assert (done.exit_code, done.stdout, len(done.stderr.splitlines())) == (2, "", 1), done.stderr
    assert postgreskit.PASSWORD not in done.stderr
    assert "wr0ng" not in done.stderr
    assert "check it and repeat" not in done.stderr, "no next step"
    return done.stderr


def test_what_cannot_be_reached_is_one_line_with_the_next_step(
    postgres: postgreskit.Server, postgres_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PGPASSWORD", raising=False)
    monkeypatch.setenv("PGPASSFILE", os.devnull)
    tcp = postgres.tcp_url(postgres_database)
    assert "PGPASSWORD" in refused(tcp.replace(postgreskit.PASSWORD, "wr0ng"))
    assert "PGPASSWORD" in refused(tcp.replace(":" + postgreskit.PASSWORD, ""))
    assert "wr0ng" not in refused(tcp.replace(":" + postgreskit.PASSWORD, "") + "?password=wr0ng")
    assert "createdb" in refused(postgres.tcp_url("absent"))
    assert "createuser" in refused(postgres.url(postgres_database, user="absent"))
    assert "start the server" in refused(postgres.tcp_url(postgres_database, port=unused_port()))
    assert "start the server" in refused(postgres.url(postgres_database).replace("host=", "host=/nowhere"))
    assert "host's name" in refused(tcp.replace("127.0.0.1", "no-such-host.invalid"))
    assert "option" in refused(tcp + "?speed=9")
    assert refused("postgresql+psycopg://u:wr0ng@h:port/d")
    assert barhold("sets", "--db", tcp).exit_code == 0


def test_a_silent_server_is_given_up(postgres: postgreskit.Server, postgres_database: str) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        url = postgres.tcp_url(postgres_database, port=deaf.getsockname()[1])
        assert "network" in refused(url + "?connect_timeout=2")


def test_the_short_forms_of_the_url_mean_psycopg(place: str) -> None:
    for scheme in ("postgres", "postgresql"):
        with Store.open(place.replace("postgresql+psycopg", scheme)) as store:
            assert store.engine.dialect.driver == "psycopg"


def test_without_the_driver_the_next_step_is_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "psycopg"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(InputError, match=r"needs the package psycopg: pip install 'barhold\[postgres\]'"):
        Store.open("postgresql+psycopg://u:secret@h/d")


def test_another_programs_tables_are_left_alone(
    postgres: postgreskit.Server, postgres_database: str, place: str
) -> None:
    postgres.run("create table recipes (id int)", postgres_database)
    assert "another program's tables (recipes)" in refused(place)
    wanted = "select relname from pg_class where relnamespace = 'public'::regnamespace"
    assert postgres.run(wanted, postgres_database) == [("recipes",)]


def test_a_commit_is_on_the_servers_disk_whatever_it_prefers(
    postgres: postgreskit.Server, postgres_database: str
) -> None:
    postgres.run(f"alter database {postgres_database} set synchronous_commit = off")
    with Store.open(postgres.url(postgres_database)) as store, store.engine.connect() as connection:
        assert connection.scalar(sa.text("show synchronous_commit")) == "on"


def test_many_may_open_a_new_database_at_once(place: str) -> None:
    with ThreadPoolExecutor(12) as pool:
        stores = list(pool.map(lambda _: Store.open(place), range(12)))
    for store in stores:
        assert store.devices() == []
        store.close()


def test_each_new_record_is_new_to_one_of_those_who_bring_it(place: str) -> None:
    raws = [make(seq) for seq in range(200)]

    def bring(number: int) -> int:
        with Store.open(place) as store:
            return sum(store.add_records(DEVICE, LOG, raws[at : at + 20 + number], 1).new for at in range(0, 200, 20))

    Store.open(place).close()
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(bring, range(8))) == 200


def test_a_connection_that_died_while_idle_is_no_error(
    postgres: postgreskit.Server, place: str, postgres_database: str
) -> None:
    with Store.open(place) as store:
        hang_up(postgres, postgres_database)
        assert store.add_records(DEVICE, LOG, [make(0)], 1).new == 1


def test_a_connection_that_dies_in_a_write_is_said_and_writes_nothing(
    postgres: postgreskit.Server, place: str, postgres_database: str
) -> None:
    with Store.open(place) as store, Store.open(place) as holder:
        store.add_records(DEVICE, LOG, [make(0)], 1)
        with database.writing(holder.engine) as connection:
            connection.execute(schema.device.update().values(name="held"))
            connection.execute(sa.text(f"select pg_advisory_xact_lock(hashtextextended('{DEVICE}', 0))"))
            with ThreadPoolExecutor(1) as pool:
                writing = pool.submit(store.add_records, DEVICE, LOG, [make(1)], 1)
                waits = f"from pg_stat_activity where wait_event_type = 'Lock' and datname = '{postgres_database}'"
                wait_until(postgres, f"select 1 {waits}")
                postgres.run(f"select pg_terminate_backend(pid) {waits}")
                with pytest.raises(StoreError, match="repeat") as err:
                    writing.result()
        assert "\n" not in str(err.value)
        assert [r.seq for r in store.records()] == [0]
        assert store.add_records(DEVICE, LOG, [make(1)], 1).new == 1


def test_a_sensor_that_somebody_holds_is_not_waited_for_for_ever(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store.open(place) as holder, database.writing(holder.engine) as connection:
        connection.execute(sa.text(f"select pg_advisory_xact_lock(hashtextextended('{DEVICE}', 0))"))
        monkeypatch.setattr(database, "_POSTGRES_SESSION", "set lock_timeout = 50")
        with Store.open(place) as store:
            with pytest.raises(StoreError, match="another program held it"):
                store.add_records(DEVICE, LOG, [make(0)], 1)
            assert store.add_records("f" * 16, LOG, [make(0)], 1).new == 1


def test_a_server_that_goes_away_in_a_sync_is_one_line_and_the_next_sync_goes_on(
    postgres: postgreskit.Server, postgres_database: str
) -> None:
    Store.open(postgres.url(postgres_database)).close()
    in_the_middle = 0
    for limit in range(1500, 30_000, 1500):
        with proxy(postgres.port, limit) as port:
            url = postgres.tcp_url(postgres_database, port=port)
            done = barhold("sync", "--virtual", DATA / "six-reps.csv", db=url)
        with Store.open(postgres.url(postgres_database)) as store:
            seqs = [(one.device_id, one.log_id, one.seq) for one in store.records()]
            in_the_middle += bool(store.devices()) and done.exit_code == 2
        assert len(seqs) == len(set(seqs))
        if not done.exit_code:
            break
        assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1), done.stderr
        assert "repeat" in done.stderr or "start the server" in done.stderr
        assert postgreskit.PASSWORD not in done.stderr
    assert done.exit_code == 0
    assert in_the_middle
    assert len(seqs) > 8


def test_a_server_killed_in_a_write_has_what_it_said_it_has() -> None:
    if postgreskit.binaries() is None:
        pytest.skip(postgreskit.WHY_NOT)
    told = 0
    with postgreskit.own_server() as server:
        with Store.open(server.url("postgres")) as store:
            pid = server.pid
            threading.Timer(0.5, os.kill, (pid, signal.SIGQUIT)).start()  # at once, as in a crash
            with pytest.raises(StoreError):  # noqa: PT012 - whichever write it is
                for seq in range(100_000):
                    store.add_records(DEVICE, LOG, [make(seq)], 1)
                    told = seq + 1
        postgreskit.await_end(pid)
        postgreskit.start_again(server)
        with Store.open(server.url("postgres")) as store:
            assert store.next_seq(DEVICE, LOG) in (told, told + 1)
            assert [r.seq for r in store.records()] == list(range(store.next_seq(DEVICE, LOG)))
    assert told > 10


def test_the_migrations_take_no_lock_that_is_left(
    postgres: postgreskit.Server, place: str, postgres_database: str
) -> None:
    with Store.open(place) as store, store.engine.connect() as connection:
        assert not migrate.needed(connection)
    here = f"(select oid from pg_database where datname = '{postgres_database}')"
    assert postgres.run(f"select * from pg_locks where locktype = 'advisory' and database = {here}") == []


def hang_up(postgres: postgreskit.Server, name: str) -> None:
    """End all connections to this database, and none of those that other workers' tests have."""
    postgres.run(
        "select pg_terminate_backend(pid) from pg_stat_activity "
        f"where application_name = 'barhold' and datname = '{name}'"
    )


def wait_until(postgres: postgreskit.Server, statement: str) -> None:
    for _ in range(500):
        if postgres.run(statement):
            return
    raise AssertionError(statement)


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def proxy(port: int, limit: int | None) -> Iterator[int]:
    """Give a port that leads to `port` and is cut, for good, after so many bytes from the client."""
    code = (
        "import asyncio, sys\n"
        "port, left = int(sys.argv[1]), int(sys.argv[2])\n"
        "async def pump(reader, writer, counts):\n"
        "    global left\n"
        "    while data := await reader.read(4096):\n"
        "        left -= len(data) * counts\n"
        "        if left < 0: raise SystemExit\n"
        "        writer.write(data)\n"
        "        await writer.drain()\n"
        "    writer.close()\n"
        "async def serve(reader, writer):\n"
        "    there = await asyncio.open_connection('127.0.0.1', port)\n"
        "    await asyncio.gather(pump(reader, there[1], 1), pump(there[0], writer, 0))\n"
        "async def main():\n"
        "    server = await asyncio.start_server(serve, '127.0.0.1', 0)\n"
        "    print(server.sockets[0].getsockname()[1], flush=True)\n"
        "    await server.serve_forever()\n"
        "asyncio.run(main())\n"
    )
    command = [sys.executable, "-c", code, str(port), str(limit or 10**9)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as child:
        assert child.stdout
        try:
            yield int(child.stdout.readline())
        finally:
            child.kill()
