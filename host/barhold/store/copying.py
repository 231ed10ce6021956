"""Copies one store into another, SQLite or PostgreSQL: all of it or nothing. Copying twice adds nothing."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, func, select

from barhold.errors import StoreError
from barhold.model import Anchor
from barhold.store import derived, schema
from barhold.store.database import writing
from barhold.store.derived_rows import find_log, logs
from barhold.store.error_messages import place, translated
from barhold.store.store import (
    Row,
    Store,
    insert_new,
    insert_records,
    keep_anchor,
    note_received,
    stored_raws,
    take_log,
    upsert,
    vanished,
)

OnProgress = Callable[[int, int], object]
_ROWS = 1000


def copy(source: Store, target: Store, on_progress: OnProgress = lambda *_: None, replace: bool = False) -> Row:
    """Add what `source` holds to `target` in one transaction; return table -> rows new there.

    `replace` empties the target first. Other bytes under a record's key end it with StoreError, and nothing is copied.
    Sets and reps are not copied: they are derived from what was.
    """
    with translated(source.engine.url), _snapshot(source) as reading:
        sizes = {table: _size(reading, table) for table in schema.SAID}
        total, done = sum(sizes.values()), 0
        with translated(target.engine.url), writing(target.engine) as connection:
            _keep_others_out(connection)
            if replace:
                for table in reversed(schema.metadata.sorted_tables):
                    connection.execute(table.delete())
            before = {table: _size(connection, table) for table in sizes}
            for table in sizes:
                for rows in _batches(reading, table):
                    _add(connection, table, rows, place(target.engine.url))
                    done += len(rows)
                    on_progress(done, total)
            _derive(connection, reading)
            return {table.name: _size(connection, table) - before[table] for table in sizes}


def _derive(connection: Connection, reading: Connection) -> None:
    """Derive what may have changed: the logs of every sensor that the source knows."""
    known = set(reading.scalars(select(schema.device.c.device_id)))
    for log in logs(connection):
        if log.device_id in known:
            derived.rebuild_log(connection, log)


def missing(source: Store, target: Store) -> dict[str, int]:
    """Return by table how many of the target's rows the source does not have; tables with none are left out."""
    with translated(target.engine.url), source.engine.connect() as reading, target.engine.connect() as other:
        counts = {table.name: len(_keys(other, table) - _keys(reading, table)) for table in _COMPARED}
        here, there = _records_per_log(other), _records_per_log(reading)
    counts["record"] = sum(max(0, count - there.get(log, 0)) for log, count in here.items())
    return {name: count for name, count in counts.items() if count}


def _keys(connection: Connection, table: Table) -> set[tuple[Any, ...]]:
    return {tuple(row) for row in connection.execute(select(*table.primary_key.columns))}


def _records_per_log(connection: Connection) -> dict[tuple[str, int], int]:
    number = schema.record.c.log_number
    counts = dict(tuple(row) for row in connection.execute(select(number, func.count()).group_by(number)))
    return {log.key: counts.get(log.number, 0) for log in logs(connection)}


def row_count(store: Store) -> int:
    """Return how many rows a store holds in all, without those that are derived."""
    with translated(store.engine.url), store.engine.connect() as connection:
        return sum(_size(connection, table) for table in schema.SAID)


def _snapshot(source: Store) -> Connection:
    """Return a connection whose reads all see one moment."""
    connection = source.engine.connect()
    if connection.dialect.name == "postgresql":
        return connection.execution_options(isolation_level="REPEATABLE READ")
    return connection  # in SQLite every transaction is that


def _keep_others_out(connection: Connection) -> None:
    """Let readers read and writers wait: a sync of the same records could otherwise wait for this, and this for it."""
    if connection.dialect.name == "postgresql":
        names = ", ".join(table.name for table in schema.metadata.sorted_tables)
        connection.exec_driver_sql(f"lock table {names} in share row exclusive mode")


def _size(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0


def _batches(reading: Connection, table: Table) -> Iterator[list[Row]]:
    # The numbers of logs and of the quarantine are each store's own: only their order is kept.
    columns = [column for column in table.columns if column not in _OWN_NUMBERS]
    wanted = select(*columns).order_by(*table.primary_key.columns)
    if table is schema.record:
        wanted = wanted.join(schema.log).add_columns(schema.log.c.device_id, schema.log.c.log_id)
    found = reading.execution_options(yield_per=_ROWS).execute(wanted)
    return ([dict(row) for row in batch] for batch in found.mappings().partitions())


def _add(connection: Connection, table: Table, rows: Sequence[Row], where: str) -> None:
    wins = _WINS.get(table.name)
    if table is schema.anchor:
        for row in rows:
            keep_anchor(connection, Anchor(**row))
    elif table is schema.log:
        for row in rows:
            note_received(connection, take_log(connection, **row), row["received_utc_ms"])
    elif table is schema.record:
        for (device_id, log_id), group in groupby(rows, key=lambda row: (row["device_id"], row["log_id"])):
            _add_records(connection, device_id, log_id, [(row["seq"], bytes(row["raw"])) for row in group], where)
    elif wins:
        upsert(connection, table, rows, wins)
    else:
        insert_new(connection, table, list(rows))


def _add_records(
    connection: Connection, device_id: str, log_id: int, records: Sequence[tuple[int, bytes]], where: str
) -> None:
    log = find_log(connection, device_id, log_id)
    if log is None:
        raise vanished(connection, schema.log)
    insert_records(connection, log, records)
    there = stored_raws(connection, log, records)
    other = next((seq for seq, raw in records if there.get(seq) != raw), None)
    if other is not None:
        what = f"record of sensor {device_id}, log {log_id:08x}"
        raise StoreError(
            f"database {where} holds another {what}, seq {other}: nothing was copied; copy into an empty one"
        )


# Which of two rows under one key is the later word. What is not named here never changes once it is stored.
_WINS: dict[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    "device": lambda new, old: new.seen_utc_ms > old.seen_utc_ms,
    "trust": lambda new, old: new.since_utc_ms > old.since_utc_ms,
    "edit": lambda new, old: old.undone_utc_ms.is_(None) & new.undone_utc_ms.is_not(None),
    "lifter": lambda new, old: (new.plan != old.plan) | new.exercise.is_distinct_from(old.exercise),
    "wearer": lambda new, old: new.lifter != old.lifter,
}
_OWN_NUMBERS = (schema.quarantine.c.id, schema.log.c.number, schema.record.c.log_number)
_COMPARED = tuple(table for table in schema.SAID if table.name not in ("record", "log", "quarantine"))
