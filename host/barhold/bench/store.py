"""Years of training through the store, and how long commands take to read them, as processes: SQLite and PostgreSQL."""

import contextlib
import importlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from barhold import firmware
from barhold.bench import years
from barhold.bench.years import Day
from barhold.errors import BarholdError, InputError
from barhold.store import Store
from barhold.store.database import bare_engine, locate
from barhold.store.refusals import translated

LIMIT_S = 1.5
RUNS = 5
Place = contextlib.AbstractContextManager[str]


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
        return self.whole_s <= LIMIT_S and self.growth <= 2


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


def measure(store: str, place: Place, count: int, commands: Sequence[str], runs: int = RUNS) -> Measured:
    """Fill a new store with `count` years in two halves, and read it by each command after each."""
    made, middle = years.days(count), count * years.SESSIONS_PER_YEAR // 2
    with place as where:
        Store.open(where).close()
        first_s, records = _ingest(where, islice(made, middle))
        half = [_read(where, command, runs) for command in commands]
        second_s, more = _ingest(where, made)
        whole = [_read(where, command, runs) for command in commands]
    readings = tuple(Reading(name, one[0], *two) for name, one, two in zip(commands, half, whole, strict=True))
    return Measured(store, count, count * years.SESSIONS_PER_YEAR, records + more, first_s + second_s, readings)


@contextlib.contextmanager
def sqlite() -> Iterator[str]:
    """Give the place of a new SQLite file that goes afterwards."""
    with tempfile.TemporaryDirectory(prefix="barhold-") as folder:
        yield str(Path(folder) / "bench.db")


def postgresql(url: str | None) -> Place:
    """Give the URL of a new database that goes afterwards: on the server of `url`, else on one started for this.

    InputError, at the latest on entering, says why there is none.
    """
    if url is not None and locate(url).get_backend_name() != "postgresql":
        raise InputError("name the PostgreSQL server as --db postgresql+psycopg://user@host/name")
    return _new_database(_server() if url is None else contextlib.nullcontext(url))


@contextlib.contextmanager
def _new_database(server: Place) -> Iterator[str]:
    with server as where:
        found, name = locate(where), f"barhold_bench_{os.getpid()}"
        engine = bare_engine(found)
        try:
            _run(engine, f"create database {name}")
            try:
                yield found.set(database=name).render_as_string(hide_password=False)
            finally:
                _run(engine, f"drop database {name} with (force)")
        finally:
            engine.dispose()


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


def _read(where: str, command: str, runs: int) -> tuple[float, float]:
    some = [_timed(where, command) for _ in range(runs)]
    return min(took_s for took_s, _ in some), min(cpu_s for _, cpu_s in some)


def _timed(where: str, command: str) -> tuple[float, float]:
    with tempfile.TemporaryDirectory(prefix="barhold-") as folder:
        path = [str(firmware.folder()), str(Path(__file__).parents[2]), *sys.path]
        env = {**os.environ, "BARHOLD_DB": where, "PYTHONPATH": os.pathsep.join(filter(None, path))}
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
def _server() -> Iterator[str]:
    """Start a server as the tests do, whose rig no wheel carries."""
    tests = firmware.folder().parent / "tests"
    if not (tests / "postgreskit.py").is_file():
        raise InputError("PostgreSQL is not measured: name a server with --db, or run this in a clone")
    sys.path.insert(0, str(tests))
    try:
        rig: Any = importlib.import_module("postgreskit")
    finally:
        sys.path.remove(str(tests))
    if rig.binaries() is None:
        raise InputError(f"PostgreSQL is not measured: {rig.WHY_NOT}, or name one with --db")
    with rig.own_server(durable=True) as server:
        yield server.url("postgres")
