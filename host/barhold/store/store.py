"""The store itself: idempotent writes, one transaction each, and reads in key order."""

import os
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, Table, func, select

from barcore import record as codec
from barcore.protocol import NO_SEQ, RECORD_BYTES
from barhold.errors import StoreError
from barhold.model import Anchor, StoredRecord
from barhold.store import schema
from barhold.store.database import open_engine, writing
from barhold.store.error_messages import translated
from barhold.store.holes import missing_ranges
from barhold.store.results import Added, Device, Quarantined

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

_CONFLICT = "another record is stored under this key"
_ROWS_PER_READ = 1000
Row = dict[str, Any]


class Store:
    """A database of records, anchors and devices. When a write returns, it survives a power cut."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def open(cls, path_or_url: str | os.PathLike[str] | None = None) -> "Store":
        """Open or create; None means the env variable BARHOLD_DB, then the platform's data folder."""
        return cls(open_engine(path_or_url))

    @property
    def engine(self) -> Engine:
        """Return the engine, for the other rooms of the store."""
        return self._engine

    def close(self) -> None:
        """Release the database; committed rows are safe without it."""
        self._engine.dispose()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, kind: type[BaseException] | None, err: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def add_device(self, device: Device) -> None:
        """Keep the sensor's name and firmware as it told them last."""
        table = schema.device
        values = {"name": device.name, "firmware": device.firmware, "seen_utc_ms": device.seen_utc_ms}
        with translated(self._engine.url), writing(self._engine) as connection:
            ensure_device(connection, device.device_id)
            connection.execute(table.update().where(table.c.device_id == device.device_id).values(values))

    def rename(self, device_id: str, name: str) -> None:
        """Keep another name of a known sensor, as it has just been given."""
        table = schema.device
        with translated(self._engine.url), writing(self._engine) as connection:
            ensure_device(connection, device_id)
            connection.execute(table.update().where(table.c.device_id == device_id).values(name=name))

    def add_records(self, device_id: str, log_id: int, raws: Sequence[bytes], received_utc_ms: int) -> Added:
        """Store valid records under (device id, log id, seq) in one transaction; StoreError stores none of them."""
        rows = [_record_row(device_id, log_id, bytes(raw), received_utc_ms) for raw in raws]
        if not rows:
            return Added(0, 0, 0)
        with translated(self._engine.url), writing(self._engine) as connection:
            ensure_device(connection, device_id)
            before = stored_raws(connection, rows)
            insert_new(connection, schema.record, rows)
            # Read back: only what the database really holds now may be acknowledged.
            after = stored_raws(connection, rows)
            conflicts = [row for row in rows if after[row["seq"]] != row["raw"]]
            insert_new(connection, schema.quarantine, [_quarantine_row(row, _CONFLICT) for row in conflicts])
        new = len(after.keys() - before.keys())
        return Added(new, len(rows) - new - len(conflicts), len(conflicts))

    def quarantine(self, device_id: str, log_id: int, seq: int, raw: bytes, reason: str, received_utc_ms: int) -> None:
        """Keep bytes that are no record of this log, and why; the same bytes at the same place are kept once."""
        row: Row = {"device_id": device_id, "log_id": log_id, "seq": seq}
        row |= {"raw": raw, "received_utc_ms": received_utc_ms}
        with translated(self._engine.url), writing(self._engine) as connection:
            ensure_device(connection, device_id)
            insert_new(connection, schema.quarantine, [_quarantine_row(row, reason)])

    def add_anchor(self, anchor: Anchor) -> None:
        """Keep, per log and boot, the anchor of the least round trip; on a tie the one stored first stays."""
        table = schema.anchor
        key = {"device_id": anchor.device_id, "log_id": anchor.log_id, "boot": anchor.boot}
        values = {"t_ms": anchor.t_ms, "utc_ms": anchor.utc_ms, "rtt_ms": anchor.rtt_ms}
        with translated(self._engine.url), writing(self._engine) as connection:
            ensure_device(connection, anchor.device_id)
            insert_new(connection, table, [key | values])
            better = table.update().filter_by(**key).where(table.c.rtt_ms > anchor.rtt_ms)
            connection.execute(better.values(values))

    def trust(self, device_id: str, key: bytes, since_utc_ms: int) -> None:
        """Keep the key that the sensor was given, in the place of an older one."""
        table = schema.trust
        values: Row = {"key": key, "since_utc_ms": since_utc_ms}
        with translated(self._engine.url), writing(self._engine) as connection:
            ensure_device(connection, device_id)
            insert_new(connection, table, [{"device_id": device_id} | values])
            connection.execute(table.update().where(table.c.device_id == device_id).values(values))

    def distrust(self, device_id: str) -> bool:
        """Forget the sensor's key; tell whether there was one."""
        table = schema.trust
        with translated(self._engine.url), writing(self._engine) as connection:
            return bool(connection.execute(table.delete().where(table.c.device_id == device_id)).rowcount)

    def key_of(self, device_id: str) -> bytes | None:
        """Return the key that the sensor was given, None for one that has none."""
        wanted = select(schema.trust.c.key).where(schema.trust.c.device_id == device_id)
        with translated(self._engine.url), self._engine.connect() as connection:
            found = connection.scalar(wanted)
        return None if found is None else bytes(found)

    def next_seq(self, device_id: str, log_id: int) -> int:
        """Return the seq after the largest one stored or quarantined in this log; 0 for an unknown log.

        Records below it may be missing: `missing` tells which.
        """
        last = -1
        with translated(self._engine.url), self._engine.connect() as connection:
            for table in (schema.record, schema.quarantine):
                found = connection.scalar(select(func.max(table.c.seq)).filter_by(device_id=device_id, log_id=log_id))
                last = max(last, -1 if found is None else found)
        return last + 1

    def missing(self, device_id: str, log_id: int, first_seq: int, end_seq: int) -> list[tuple[int, int]]:
        """Return the ranges (first seq, seq after the last) of `first_seq` up to `end_seq` without a stored record."""
        with translated(self._engine.url), self._engine.connect() as connection:
            return missing_ranges(connection, device_id, log_id, first_seq, end_seq)

    def records(self, device_id: str | None = None) -> Iterator[StoredRecord]:
        """Yield records in the order of (device id, log id, seq), in which the boots of a log ascend."""
        table = schema.record
        wanted = select(table.c.device_id, table.c.log_id, table.c.seq, table.c.raw)
        if device_id is not None:
            wanted = wanted.where(table.c.device_id == device_id)
        wanted = wanted.order_by(table.c.device_id, table.c.log_id, table.c.seq)
        with translated(self._engine.url), self._engine.connect() as connection:
            for rows in connection.execution_options(yield_per=_ROWS_PER_READ).execute(wanted).partitions():
                yield from map(StoredRecord._make, rows)

    def anchors(self) -> list[Anchor]:
        """Return all anchors in the order of (device id, log id, boot)."""
        table = schema.anchor
        wanted = select(table).order_by(table.c.device_id, table.c.log_id, table.c.boot)
        with translated(self._engine.url), self._engine.connect() as connection:
            return [Anchor(**row) for row in connection.execute(wanted).mappings()]

    def devices(self) -> list[Device]:
        """Return all sensors known, in the order of their ids."""
        wanted = select(schema.device).order_by(schema.device.c.device_id)
        with translated(self._engine.url), self._engine.connect() as connection:
            return [Device(**row) for row in connection.execute(wanted).mappings()]

    def quarantined(self) -> list[Quarantined]:
        """Return everything in quarantine in the order of its arrival."""
        columns = [schema.quarantine.c[name] for name in Quarantined.__dataclass_fields__]
        wanted = select(*columns).order_by(schema.quarantine.c.id)
        with translated(self._engine.url), self._engine.connect() as connection:
            return [Quarantined(**row) for row in connection.execute(wanted).mappings()]


def _record_row(device_id: str, log_id: int, raw: bytes, received_utc_ms: int) -> Row:
    """Return the row of a record; StoreError for bytes that must never reach the table."""
    if len(raw) != RECORD_BYTES or not codec.is_valid(raw) or codec.header(raw)[3] == NO_SEQ:
        raise StoreError(f"sensor {device_id}: {raw.hex()} is no record to store: the batch was refused, sync again")
    kind, flags, boot, seq, t_ms = codec.header(raw)
    key: Row = {"device_id": device_id, "log_id": log_id, "seq": seq}
    columns: Row = {"boot": boot, "type": kind, "flags": flags, "t_ms": t_ms}
    return key | columns | {"received_utc_ms": received_utc_ms, "raw": raw}


def _quarantine_row(row: Row, reason: str) -> Row:
    names = ("device_id", "log_id", "seq", "raw", "received_utc_ms")
    return {name: row[name] for name in names} | {"reason": reason}


def ensure_device(connection: Connection, device_id: str) -> None:
    """Make sure that rows may name this sensor, and that nobody else writes of it before this transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(device_id, 0))))
    row: Row = {"device_id": device_id, "name": "", "firmware": "", "seen_utc_ms": 0}
    insert_new(connection, schema.device, [row])


def insert_new(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert the rows whose key is free."""
    if rows:
        connection.execute(_insert(connection, table).on_conflict_do_nothing(), rows)


def upsert(connection: Connection, table: Table, rows: Sequence[Row], wins: Callable[[Any, Any], Any]) -> None:
    """Insert the rows whose key is free, and put those in the place of the old ones for which `wins(new, old)`."""
    statement = _insert(connection, table)
    new = {column.name: statement.excluded[column.name] for column in table.columns if not column.primary_key}
    keys, better = list(table.primary_key.columns), wins(statement.excluded, table.c)
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=new, where=better), rows)


def _insert(connection: Connection, table: Table) -> "postgresql.Insert | sqlite.Insert":
    # Only the one that is needed: PostgreSQL's brings a tenth of all that a command imports.
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert  # noqa: PLC0415

        return insert(table)
    from sqlalchemy.dialects.sqlite import insert as insert_sqlite  # noqa: PLC0415

    return insert_sqlite(table)


def stored_raws(connection: Connection, rows: list[Row]) -> dict[int, bytes]:
    """Return seq -> raw of what is stored under the keys of `rows`, which are all of one log."""
    table = schema.record
    seqs = {row["seq"] for row in rows}
    wanted = select(table.c.seq, table.c.raw).where(
        table.c.device_id == rows[0]["device_id"],
        table.c.log_id == rows[0]["log_id"],
        table.c.seq.between(min(seqs), max(seqs)),
    )
    return {row.seq: row.raw for row in connection.execute(wanted) if row.seq in seqs}
