"""The store itself: idempotent writes, one transaction each, and reads in key order."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from types import TracebackType
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, Table, and_, func, select, tuple_

from barcore import record as codec
from barcore.protocol import NO_SEQ, RECORD_BYTES
from barhold.errors import StoreError
from barhold.model import Anchor, Lifter, StoredRecord, TrainingSet
from barhold.store import derived, schema
from barhold.store.database import open_engine, writing
from barhold.store.derived_rows import Log, find_log, logs, run
from barhold.store.error_messages import place, translated
from barhold.store.holes import missing_ranges
from barhold.store.results import Added, Device, Quarantined
from barhold.store.training_sets import TrainingSets
from barhold.training import wall_time

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

_CONFLICT = "another record is stored under this key"
_ROWS_PER_READ = 1000
_ROWS_PER_CHECK = 500
# The records come as one value: what each value costs is most of what a sync costs this computer.
_INSERT_AT_ONCE = f"""
    insert into record (log_number, seq, raw)
    select ?, seq, substr(raws, 1 + {RECORD_BYTES} * (at::int - 1), {RECORD_BYTES})
    from (select ?::bytea as raws) as given, unnest(?::bigint[]) with ordinality as each (seq, at)
    order by at
    on conflict do nothing
    returning seq
"""  # noqa: S608 - a constant
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
        by_seq = [(_seq(device_id, raw), bytes(raw)) for raw in raws]
        if not by_seq:
            return Added(0, 0, 0)
        with translated(self._engine.url), writing(self._engine) as connection:
            log = take_log(connection, device_id, log_id, received_utc_ms)
            new = insert_records(connection, log, by_seq)
            # Read back: only what the database really holds now may be acknowledged.
            after = stored_raws(connection, log, by_seq)
            if any(seq not in after for seq, _ in by_seq):
                raise vanished(connection, schema.record)
            conflicts: list[Row] = [
                {"device_id": device_id, "log_id": log_id, "seq": seq, "raw": raw}
                for seq, raw in by_seq
                if after[seq] != raw
            ]
            insert_new(
                connection, schema.quarantine, [_quarantine_row(row, _CONFLICT, received_utc_ms) for row in conflicts]
            )
            if new:
                note_received(connection, log, received_utc_ms)
                derived.records_changed(connection, log, [after[seq] for seq in sorted(new)])
        return Added(len(new), len(by_seq) - len(new) - len(conflicts), len(conflicts))

    def quarantine(self, device_id: str, log_id: int, seq: int, raw: bytes, reason: str, received_utc_ms: int) -> None:
        """Keep bytes that are no record of this log, and why; the same bytes at the same place are kept once."""
        row: Row = {"device_id": device_id, "log_id": log_id, "seq": seq, "raw": raw}
        with translated(self._engine.url), writing(self._engine) as connection:
            ensure_device(connection, device_id)
            insert_new(connection, schema.quarantine, [_quarantine_row(row, reason, received_utc_ms)])

    def add_anchor(self, anchor: Anchor) -> int:
        """Keep, per log and boot, the anchor of the least round trip; on a tie the one stored first stays.

        An anchor that contradicts the stored one beyond round trips and drift is kept beside it, and changes nothing.
        Returns by how many ms its clock is ahead then; otherwise 0.
        """
        with translated(self._engine.url), writing(self._engine) as connection:
            ensure_device(connection, anchor.device_id)
            difference_ms, is_better = keep_anchor(connection, anchor)
            if is_better:
                derived.anchor_changed(connection, anchor.device_id, anchor.log_id, anchor.boot)
        return difference_ms

    def accept_anchor(self, anchor: Anchor) -> None:
        """Let an anchor count whatever others say of its boot; the one that counted before is kept beside it."""
        with translated(self._engine.url), writing(self._engine) as connection:
            ensure_device(connection, anchor.device_id)
            before = stored_anchor(connection, anchor)
            if before and wall_time.contradiction_ms(anchor, before):
                put(connection, schema.disputed_anchor, asdict(before))
            put(connection, schema.anchor, asdict(anchor))
            derived.anchor_changed(connection, anchor.device_id, anchor.log_id, anchor.boot)

    def disputed_anchors(self) -> list[tuple[Anchor, Anchor]]:
        """Return each anchor that counts together with one of another clock that contradicts it."""
        table, other = schema.anchor, schema.disputed_anchor
        same = [table.c[name] == other.c[name] for name in ("device_id", "log_id", "boot")]
        wanted = select(table, other).join(other, and_(*same)).order_by(table.c.device_id, table.c.utc_ms)
        with translated(self._engine.url), self._engine.connect() as connection:
            rows = connection.execute(wanted).all()
        return [(Anchor(*row[:6]), Anchor(*row[6:])) for row in rows]

    def keep_key(self, device_id: str, key: bytes, since_utc_ms: int) -> None:
        """Keep the key of a paired sensor, in the place of an older one."""
        table = schema.trust
        values: Row = {"key": key, "since_utc_ms": since_utc_ms}
        with translated(self._engine.url), writing(self._engine) as connection:
            ensure_device(connection, device_id)
            insert_new(connection, table, [{"device_id": device_id} | values])
            connection.execute(table.update().where(table.c.device_id == device_id).values(values))

    def forget_key(self, device_id: str) -> bool:
        """Forget the sensor's key; tell whether there was one."""
        table = schema.trust
        with translated(self._engine.url), writing(self._engine) as connection:
            return bool(connection.execute(table.delete().where(table.c.device_id == device_id)).rowcount)

    def key_of(self, device_id: str) -> bytes | None:
        """Return the key of a paired sensor; None for one whose key is not here."""
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
            of_log = {"device_id": device_id, "log_id": log_id}
            log = find_log(connection, device_id, log_id)
            for table, key in ((schema.record, {"log_number": log.number if log else -1}), (schema.quarantine, of_log)):
                found = connection.scalar(select(func.max(table.c.seq)).filter_by(**key))
                last = max(last, -1 if found is None else found)
        return last + 1

    def missing(self, device_id: str, log_id: int, first_seq: int, end_seq: int) -> list[tuple[int, int]]:
        """Return the ranges (first seq, seq after the last) of `first_seq` up to `end_seq` without a stored record."""
        with translated(self._engine.url), self._engine.connect() as connection:
            log = find_log(connection, device_id, log_id)
            if log is None:
                return [(first_seq, end_seq)] if first_seq < end_seq else []
            return missing_ranges(connection, log.number, first_seq, end_seq)

    def records(self, device_id: str | None = None) -> Iterator[StoredRecord]:
        """Yield records in the order of (device id, log id, seq), in which the boots of a log ascend."""
        table = schema.record
        with translated(self._engine.url), self._engine.connect() as connection:
            for log in logs(connection, device_id):
                wanted = select(table.c.seq, table.c.raw).filter_by(log_number=log.number).order_by(table.c.seq)
                for rows in connection.execution_options(yield_per=_ROWS_PER_READ).execute(wanted).partitions():
                    yield from (StoredRecord(*log.key, seq, raw) for seq, raw in rows)

    @property
    def sets(self) -> TrainingSets:
        """The training sets as they count today."""
        return TrainingSets(self._engine)

    def training_sets(self) -> Iterator[TrainingSet]:
        """Yield all training sets as they count today, in order of time."""
        return self.sets.stream()

    def impossible_times(self) -> list[str]:
        """Name what is stored and cannot be true, and which every view therefore leaves out."""
        with translated(self._engine.url), self._engine.connect() as connection:
            return derived.impossible_times(connection)

    def lifters(self) -> list[Lifter]:
        """Return all lifters in the order of their names."""
        wanted = select(schema.lifter).order_by(schema.lifter.c.name)
        with translated(self._engine.url), self._engine.connect() as connection:
            return [Lifter(row.name, row.plan, row.exercise or "") for row in connection.execute(wanted)]

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


def _seq(device_id: str, raw: bytes) -> int:
    """Return the seq of a record; StoreError for bytes that must never reach the table."""
    if len(raw) != RECORD_BYTES or not codec.is_valid(raw) or codec.header(raw)[3] == NO_SEQ:
        raise StoreError(f"sensor {device_id}: {raw.hex()} is no record to store: the batch was refused, sync again")
    return codec.header(raw)[3]


def _quarantine_row(row: Row, reason: str, received_utc_ms: int) -> Row:
    return {**row, "reason": reason, "received_utc_ms": received_utc_ms}


def take_log(connection: Connection, device_id: str, log_id: int, received_utc_ms: int) -> Log:
    """Return a log, which is added where no record of it came before; nobody else writes of its sensor meanwhile."""
    lock_device(connection, device_id)
    log = find_log(connection, device_id, log_id)
    if log is None:
        add_device(connection, device_id)
        wanted = "insert into log (device_id, log_id, received_utc_ms) values (?, ?, ?)"
        run(connection, wanted, (device_id, log_id, received_utc_ms))
        log = find_log(connection, device_id, log_id)
    if log is None:
        raise vanished(connection, schema.log)
    return log


def note_received(connection: Connection, log: Log, received_utc_ms: int) -> None:
    """Keep when the newest record of a log came."""
    wanted = "update log set received_utc_ms = ? where number = ? and received_utc_ms < ?"
    run(connection, wanted, (received_utc_ms, log.number, received_utc_ms))


def keep_anchor(connection: Connection, anchor: Anchor) -> tuple[int, bool]:
    """Keep an anchor as `Store.add_anchor` says; return by how many ms it contradicts, and whether it counts now."""
    before = stored_anchor(connection, anchor)
    difference_ms = wall_time.contradiction_ms(anchor, before) if before else 0
    if difference_ms:
        put(connection, schema.disputed_anchor, asdict(anchor))
        return difference_ms, False
    is_better = before is None or anchor.rtt_ms < before.rtt_ms
    if is_better:
        put(connection, schema.anchor, asdict(anchor))
    return 0, is_better


def stored_anchor(connection: Connection, anchor: Anchor) -> Anchor | None:
    """Return the anchor that counts for the same boot."""
    key = {"device_id": anchor.device_id, "log_id": anchor.log_id, "boot": anchor.boot}
    row = connection.execute(select(schema.anchor).filter_by(**key)).mappings().first()
    return Anchor(**row) if row else None


def put(connection: Connection, table: Table, row: Row) -> None:
    """Insert a row, in the place of an older one of its key."""
    upsert(connection, table, [row], lambda new, _: new.device_id.is_not(None))


def ensure_device(connection: Connection, device_id: str) -> None:
    """Make sure that rows may name this sensor, and that nobody else writes of it before this transaction ends."""
    lock_device(connection, device_id)
    add_device(connection, device_id)


def lock_device(connection: Connection, device_id: str) -> None:
    """Make sure that nobody else writes of this sensor before this transaction ends."""
    if connection.dialect.name == "postgresql":  # SQLite has one writer at a time
        run(connection, "select pg_advisory_xact_lock(hashtextextended(?, 0))", (device_id,))


def add_device(connection: Connection, device_id: str) -> None:
    """Make sure that rows may name this sensor."""
    wanted = "insert into device (device_id, name, firmware, seen_utc_ms) values (?, '', '', 0) on conflict do nothing"
    run(connection, wanted, (device_id,))


def insert_records(connection: Connection, log: Log, records: Sequence[tuple[int, bytes]]) -> set[int]:
    """Insert records by (seq, bytes) where their key is free; of two with one key the first. Return the new seqs."""
    if connection.dialect.name == "postgresql":
        seqs, raws = [seq for seq, _ in records], b"".join([raw for _, raw in records])
        return {seq for (seq,) in run(connection, _INSERT_AT_ONCE, (log.number, raws, seqs))}
    before = stored_raws(connection, log, records)
    new = {seq: raw for seq, raw in reversed(records) if seq not in before}
    wanted = "insert into record (log_number, seq, raw) values (?, ?, ?) on conflict do nothing"
    run(connection, wanted, [(log.number, seq, new[seq]) for seq in sorted(new)])
    return set(new)


def insert_new(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert the rows whose key is free; StoreError if the database does not hold all of them afterwards."""
    if rows:
        connection.execute(_insert(connection, table).on_conflict_do_nothing(), rows)
        _check_kept(connection, table, rows)


def _check_kept(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Raise StoreError unless SQLite holds the keys of all rows; in PostgreSQL a role may not read what it writes."""
    keys = list(table.primary_key.columns)
    numbers_rows_itself = any(key.name not in rows[0] for key in keys)
    if connection.dialect.name != "sqlite" or numbers_rows_itself or table is schema.record:  # which is read back
        return
    for first in range(0, len(rows), _ROWS_PER_CHECK):
        wanted = {tuple(row[key.name] for key in keys) for row in rows[first : first + _ROWS_PER_CHECK]}
        kept = connection.scalar(select(func.count()).select_from(table).where(tuple_(*keys).in_(wanted)))
        if kept != len(wanted):
            raise vanished(connection, table)


def vanished(connection: Connection, table: Table) -> StoreError:
    """Return the error for rows that were written and are not there."""
    step = "remove the trigger that deletes them, or use another database"
    where = place(connection.engine.url)
    return StoreError(f"database {where}: rows of {table.name} were gone as soon as they were written: {step}")


def upsert(connection: Connection, table: Table, rows: Sequence[Row], wins: Callable[[Any, Any], Any]) -> None:
    """Insert the rows whose key is free, and put those in the place of the old ones for which `wins(new, old)`."""
    statement = _insert(connection, table)
    new = {column.name: statement.excluded[column.name] for column in table.columns if not column.primary_key}
    keys, better = list(table.primary_key.columns), wins(statement.excluded, table.c)
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=new, where=better), rows)
    _check_kept(connection, table, rows)


def _insert(connection: Connection, table: Table) -> "postgresql.Insert | sqlite.Insert":
    # Only the one that is needed: PostgreSQL's brings a tenth of all that a command imports.
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert  # noqa: PLC0415

        return insert(table)
    from sqlalchemy.dialects.sqlite import insert as insert_sqlite  # noqa: PLC0415

    return insert_sqlite(table)


def stored_raws(connection: Connection, log: Log, records: Sequence[tuple[int, bytes]]) -> dict[int, bytes]:
    """Return seq -> raw of what is stored under the seqs of these records."""
    seqs = {seq for seq, _ in records}
    wanted = "select seq, raw from record where log_number = ? and seq between ? and ?"
    return {seq: raw for seq, raw in run(connection, wanted, (log.number, min(seqs), max(seqs))) if seq in seqs}
