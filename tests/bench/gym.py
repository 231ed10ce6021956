"""A gym's store against its bounds: CPU seconds and resident memory of commands, each as a process of its own.

What is compared with something else is measured by turns in the same run: the gym with one lifter alone, twenty years
with one, and storing with storing as it was before sets and reps were derived (records and anchors alone).
"""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    func,
    select,
    text,
)

from barcore import record
from barhold.errors import BarholdError
from barhold.live.training_service import TrainingService
from barhold.store import Store, database, schema
from barhold.store import store as writes
from bench import gym_rows, years
from bench import store as stores

LIFTERS, LONG_YEARS, RUNS, BATCH = 300, 20, 3, 56
POSTGRES_BYTES = 175
"""A row for each record takes 108 with its entry in the index; docs/architecture.md says why it stays so."""
MEGABYTE = 1 << 20
NOW_MS = years.FIRST_UTC_MS


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure and its bound."""

    what: str
    value: float
    limit: float
    unit: str
    at_least: bool = False

    @property
    def met(self) -> bool:
        """Whether the bound holds."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit


@dataclass(frozen=True, slots=True)
class Cost:
    """What a command took."""

    cpu_s: float
    peak_mb: float


def measure(
    places: Callable[[str], str], lifters: int = LIFTERS, runs: int = RUNS, long_years: int = LONG_YEARS
) -> list[Figure]:
    """Fill stores at new places, and measure all bounds; `places` gives where a store of a name may be."""
    gym, alone, long = (places(name) for name in ("gym", "alone", "long"))
    records = lifters * gym_rows.fill(gym, 1)
    gym_rows.multiply(gym, lifters)
    gym_rows.fill(alone, 1)
    gym_rows.fill(long, long_years)
    for place in (gym, alone, long):
        _settle(place)
    name = gym_rows.lifter_name(0)
    shown = (("check", "--lifter", name), ("report", "--lifter", name, "--out", "page.html"))
    last = ("sets", "--last", "5")
    return [
        *(figure for command in (*shown, last) for figure in _alike("gym", command, alone, gym, 1.2, runs)),
        _absolute(gym, ("check",), 2.5, runs),
        _absolute(gym, ("check", "--week"), 2.5, runs),
        _after_a_set(gym, gym_rows.device_id(0)),
        *_export(gym, records),
        *(
            figure
            for command in (*shown, last)
            for figure in _alike(f"{long_years} years", command, alone, long, 1.3, runs)[:1]
        ),
        _ingest(places),
        *_size(gym, records),
    ]


@contextlib.contextmanager
def places(kind: str, db: str | None) -> Iterator[Callable[[str], str]]:
    """Give what names new places in SQLite or PostgreSQL, which go afterwards."""
    if kind == "SQLite":
        with tempfile.TemporaryDirectory(prefix="barhold-") as folder:
            yield lambda name: str(Path(folder) / f"{name}.db")
    else:
        with stores.databases(db, durable=False) as new_database:
            yield new_database


def _settle(place: str) -> None:
    """Do what the database does by itself sooner or later, so that no command pays for it."""
    with Store.open(place) as store, store.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("vacuum analyze"))
        else:
            connection.exec_driver_sql("pragma wal_checkpoint(truncate)")


def _alike(where: str, command: Sequence[str], small: str, large: str, limit: float, runs: int) -> list[Figure]:
    """Measure a command by turns in two stores: how many times as long it takes in the large one, and its memory."""
    pairs = [(_cost(small, command), _cost(large, command)) for _ in range(runs)]
    least, most = min(one.cpu_s for one, _ in pairs), min(other.cpu_s for _, other in pairs)
    words = " ".join(command[:2] if command[1:2] != ["--out"] else command[:1])
    return [
        Figure(f"{where}: {words}, {most:.2f} s, times the small store", most / least, limit, "x"),
        Figure(f"{where}: {words}, memory", min(other.peak_mb for _, other in pairs), 90, "MB"),
    ]


def _absolute(place: str, command: Sequence[str], limit_s: float, runs: int) -> Figure:
    return Figure(" ".join(command), min(_cost(place, command).cpu_s for _ in range(runs)), limit_s, "s")


def _export(place: str, records: int) -> list[Figure]:
    cost = _cost(place, ("export", "csv", "--out", "all.csv"))
    return [
        Figure("export csv, a record", cost.cpu_s / records * 1e6, 10, "us"),
        Figure("export csv, memory", cost.peak_mb, 120, "MB"),
    ]


def _after_a_set(place: str, device_id: str) -> Figure:
    """Measure what a live page reads after a set: what it shows of everybody, and the turn at the lane's sensor."""
    with Store.open(place) as store:
        service = TrainingService(store)
        took = []
        for _ in range(5):
            began_s = time.process_time()
            service.refresh(set())
            service.turn(device_id, NOW_MS)
            took.append(time.process_time() - began_s)
    return Figure("what the live page reads after a set", min(took), 0.05, "s")


def _ingest(places: Callable[[str], str]) -> Figure:
    """Store batches with and without deriving from them, by turns; return the ratio of the rates."""
    days = list(years.days(1))
    raws = [raw for day in days for raw in day.raws]
    batches = [raws[at : at + BATCH] for at in range(0, len(raws), BATCH)]
    with Store.open(places("now")) as now, Store.open(places("before")) as before:
        for day in days:
            now.add_anchor(day.anchor)
        _OLD_RECORD.metadata.create_all(before.engine)
        now_s = before_s = 0.0
        for batch in batches:
            before_s += _timed(lambda batch=batch: _store_as_before(before, batch))
            now_s += _timed(lambda batch=batch: now.add_records(years.DEVICE_ID, years.LOG_ID, batch, NOW_MS))
    what = f"storing {1e6 * now_s / len(raws):.0f} us a record in batches of {BATCH}, times the rate before"
    return Figure(what, before_s / now_s, 0.8, "x", at_least=True)


# The table of the schema before, with the statements of its Store.add_records.
_OLD_RECORD = Table(
    "old_record",
    MetaData(),
    Column("device_id", String(16), primary_key=True),
    Column("log_id", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("boot", Integer, nullable=False),
    Column("type", SmallInteger, nullable=False),
    Column("flags", SmallInteger, nullable=False),
    Column("t_ms", BigInteger, nullable=False),
    Column("received_utc_ms", BigInteger, nullable=False),
    Column("raw", LargeBinary, nullable=False),
)


def _store_as_before(store: Store, raws: Sequence[bytes]) -> None:
    rows = [_old_row(raw) for raw in raws]
    with database.writing(store.engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(years.DEVICE_ID, 0))))
        row = {"device_id": years.DEVICE_ID, "name": "", "firmware": "", "seen_utc_ms": 0}
        writes.insert_new(connection, schema.device, [row])
        _old_raws(connection, rows)
        writes.insert_new(connection, _OLD_RECORD, rows)
        after = _old_raws(connection, rows)
        assert all(after[row["seq"]] == row["raw"] for row in rows)


def _old_row(raw: bytes) -> dict[str, object]:
    assert record.is_valid(raw)
    kind, flags, boot, seq, t_ms = record.header(raw)
    key = {"device_id": years.DEVICE_ID, "log_id": years.LOG_ID, "seq": seq}
    return key | {"boot": boot, "type": kind, "flags": flags, "t_ms": t_ms} | {"received_utc_ms": NOW_MS, "raw": raw}


def _old_raws(connection: Connection, rows: Sequence[dict[str, Any]]) -> dict[int, bytes]:
    seqs, table = {row["seq"] for row in rows}, _OLD_RECORD
    wanted = select(table.c.seq, table.c.raw).where(
        table.c.device_id == years.DEVICE_ID,
        table.c.log_id == years.LOG_ID,
        table.c.seq.between(min(seqs), max(seqs)),
    )
    return {row.seq: row.raw for row in connection.execute(wanted) if row.seq in seqs}


def _timed(work: Callable[[], object]) -> float:
    began_s = time.process_time()
    work()
    return time.process_time() - began_s


def _size(place: str, records: int) -> Iterator[Figure]:
    """Measure records and what is derived from them, with all indexes; PostgreSQL's limit is what its rows cost."""
    if "://" in place:
        tables = ("record", *(table.name for table in schema.DERIVED))
        with Store.open(place) as store, store.engine.connect() as connection:
            sizes = [connection.scalar(select(func.pg_total_relation_size(table))) or 0 for table in tables]
        yield Figure("size of records and derived tables, a record", sum(sizes) / records, POSTGRES_BYTES, "bytes")
    else:
        yield Figure("size of the file, a record", Path(place).stat().st_size / records, 115, "bytes")


# The memory that counts is that of the command: what the kernel says of a child begins with its parent's.
_COMMAND = """
import atexit, pathlib, runpy, sys
peak, sys.argv = sys.argv[1], ["barhold", *sys.argv[2:]]
def note():
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    pathlib.Path(peak).write_text(next(line.split()[1] for line in lines if line.startswith("VmHWM")))
atexit.register(note)
runpy.run_module("barhold", run_name="__main__")
"""


def _cost(place: str, command: Sequence[str]) -> Cost:
    """Run a command as a process of its own; return its CPU time and its largest resident memory."""
    with tempfile.TemporaryDirectory(prefix="barhold-") as name:
        folder = Path(name)
        env = {**os.environ, "BARHOLD_DB": place, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        with (folder / "stderr").open("w+") as told:
            child = subprocess.Popen(
                [sys.executable, "-c", _COMMAND, folder / "peak", *command],
                cwd=folder, env=env, stdout=subprocess.DEVNULL, stderr=told,
            )  # fmt: skip
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            if child.returncode not in (0, 1):  # 1 is an answer of check
                told.seek(0)
                raise BarholdError(f"barhold {' '.join(command)} ended with {child.returncode}: {told.read().strip()}")
        return Cost(usage.ru_utime + usage.ru_stime, int((folder / "peak").read_text()) * 1024 / MEGABYTE)
