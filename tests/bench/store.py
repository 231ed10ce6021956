"""Years of training through the store, and how long commands take to read them, as processes: SQLite and PostgreSQL."""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from sqlalchemy import Engine, text

import postgreskit
from barhold.errors import BarholdError, InputError
from barhold.store import Store
from barhold.store.database import bare_engine, locate
from barhold.store.error_messages import translated
from bench import years
from bench.years import Day

LIMIT_CPU_S = 0.7
RUNS = 5
Two = contextlib.AbstractContextManager[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Reading:
    """One command over half of the years and over all of them; the least of some runs, s."""

    command: str
    half_s: float
    whole_s: float
    whole_cpu_s: float  # of this computer's processors, without the server's share

    @property
    def growth(self) -> float:
        """How many times longer twice the years take; 2 is linear."""
        return self.whole_s / self.half_s

    @property
    def met(self) -> bool:
        """Whether both bounds hold."""
        return self.whole_cpu_s <= LIMIT_CPU_S and self.growth <= 2


@dataclass(frozen=True, slots=True)
class Measured:
    """What one kind of store did."""

    store: str
    years: int
    sessions: int
    records: int
    ingested_s: float
    readings: tuple[Reading, ...]

    @property
    def records_per_s(self) -> float:
        """How quickly records come in, a transaction for each session as a sync has it."""
        return self.records / self.ingested_s


def measure(store: str, places: Two, count: int, commands: Sequence[str], runs: int = RUNS) -> Measured:
    """Fill one new store with half of `count` years and one with all, and read them by turns with each command."""
    sessions = count * years.SESSIONS_PER_YEAR
    with places as (half, whole):
        _ingest(half, islice(years.days(count), sessions // 2))
        took_s, records = _ingest(whole, years.days(count))
        readings = tuple(_read(command, half, whole, runs) for command in commands)
    return Measured(store, count, sessions, records, took_s, readings)


@contextlib.contextmanager
def sqlite() -> Iterator[tuple[str, str]]:
    """Give the places of two new SQLite files that go afterwards."""
    with tempfile.TemporaryDirectory(prefix="barhold-") as folder:
        yield str(Path(folder) / "half.db"), str(Path(folder) / "whole.db")


def postgresql(url: str | None) -> Two:
    """Give the URLs of two new databases that go afterwards; see `databases`."""
    return _two(databases(url))


@contextlib.contextmanager
def _two(many: contextlib.AbstractContextManager[Callable[[str], str]]) -> Iterator[tuple[str, str]]:
    with many as new_database:
        yield new_database("half"), new_database("whole")


def databases(url: str | None, durable: bool = True) -> contextlib.AbstractContextManager[Callable[[str], str]]:
    """Give what makes a new database of a name, which goes afterwards: on the server of `url`, else on one of its own.

    One of its own waits for the disk at each commit if it is `durable`. InputError, at the latest on entering, says why
    there is none.
    """
    if url is not None and locate(url).get_backend_name() != "postgresql":
        raise InputError("name the PostgreSQL server as --db postgresql+psycopg://user@host/name")
    return _new_databases(url, durable)


@contextlib.contextmanager
def _new_databases(url: str | None, durable: bool) -> Iterator[Callable[[str], str]]:
    with contextlib.ExitStack() as undo:
        found = locate(undo.enter_context(_server(durable)) if url is None else url)
        engine = bare_engine(found)
        undo.callback(engine.dispose)

        def new_database(part: str) -> str:
            name = f"barhold_bench_{os.getpid()}_{part}"
            _run(engine, f"create database {name}")
            undo.callback(_run, engine, f"drop database {name} with (force)")
            return found.set(database=name).render_as_string(hide_password=False)

        yield new_database


def _ingest(where: str, some: Iterator[Day]) -> tuple[float, int]:
    """Store these sessions as syncs would; return the seconds that the store took, and how many records."""
    took_s, records = 0.0, 0
    with Store.open(where) as store:
        for day in some:
            began_s = time.perf_counter()
            store.add_anchor(day.anchor)
            added = store.add_records(years.DEVICE_ID, years.LOG_ID, day.raws, day.synced_utc_ms)
            took_s += time.perf_counter() - began_s
            records += added.new
    return took_s, records


def _read(command: str, half: str, whole: str, runs: int) -> Reading:
    # By turns: what else the computer does then weighs on both alike.
    some = [(_timed(half, command), _timed(whole, command)) for _ in range(runs)]
    half_s = min(one[0] for one, _ in some)
    return Reading(command, half_s, min(one[0] for _, one in some), min(one[1] for _, one in some))


def _timed(where: str, command: str) -> tuple[float, float]:
    with tempfile.TemporaryDirectory(prefix="barhold-") as folder:
        env = {**os.environ, "BARHOLD_DB": where, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        began_s, before_s = time.perf_counter(), _childrens_cpu_s()
        done = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "barhold", command], cwd=folder, env=env, capture_output=True, text=True, check=False
        )
        took_s, cpu_s = time.perf_counter() - began_s, _childrens_cpu_s() - before_s
    if done.returncode not in (0, 1):  # of check 1 is an answer
        raise BarholdError(f"barhold {command} ended with {done.returncode}: {done.stderr.strip()}")
    return took_s, cpu_s


def _childrens_cpu_s() -> float:
    times = os.times()
    return times.children_user + times.children_system


def _run(engine: Engine, statement: str) -> None:
    with translated(engine.url), engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text(statement))


@contextlib.contextmanager
def _server(durable: bool) -> Iterator[str]:
    """Start a server as the tests do."""
    if postgreskit.binaries() is None:
        raise InputError(f"PostgreSQL is not measured: {postgreskit.WHY_NOT}, or name one with --db")
    with postgreskit.own_server(durable) as server:
        yield server.url("postgres")
