"""Reads and writes the rows that `derived` keeps: plain SQL, since a sync runs each statement for every batch."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection

from barcore import protocol, record
from barhold.model import Anchor, Edit, SetKey, TrainingSet, Wearer
from barhold.store import rep_values, schema
from barhold.training import people, wall_time
from barhold.training.sets import owner

UNKNOWN = wall_time.Clock(0, "")
"""The clock of a boot that is new."""
SET_COLUMNS = (
    "set_id",
    *(column.name for column in schema.training_set.columns if column.name not in ("row_id", "set_id")),
)
_BOOT_COLUMNS = ("boot", "first_seq", "last_seq", "last_ms", "utc_at_0_ms", "time_quality", "in_order")
_ALL_BOOTS = f"select {', '.join(_BOOT_COLUMNS)} from boot"  # noqa: S608 - our own names
_ALL_SETS = f"select row_id, {', '.join(SET_COLUMNS)} from training_set"  # noqa: S608
_MOST_BOOT = (1 << 31) - 1
_ROWS_AT_ONCE = 500


class Log(NamedTuple):
    """What names one log of one sensor, and the number that stands for it in this database."""

    device_id: str
    log_id: int
    number: int

    @property
    def key(self) -> tuple[str, int]:
        """Return what names the log in every database."""
        return self.device_id, self.log_id


@dataclass(slots=True)
class Boot:
    """A row of the table boot, and what a change does to it."""

    boot: int
    first_seq: int
    last_seq: int
    last_ms: int
    clock: wall_time.Clock = UNKNOWN
    in_order: bool = True
    new_from_seq: int = protocol.NO_SEQ  # the first of the new records; NO_SEQ where there is none

    @property
    def has_new_records(self) -> bool:
        """Whether the change brings records."""
        return self.new_from_seq != protocol.NO_SEQ

    def add(self, seq: int, t_ms: int) -> None:
        """Note a new record."""
        self.first_seq, self.last_seq = min(seq, self.first_seq), max(seq, self.last_seq)
        self.last_ms = max(t_ms, self.last_ms)
        self.new_from_seq = min(seq, self.new_from_seq)


class SetRow(NamedTuple):
    """The row of one set."""

    row: tuple[Any, ...]  # without its row_id; set_id comes first

    @property
    def first_seq(self) -> int:
        """Return the seq of the first record that tells of the set."""
        return int(self.row[SET_COLUMNS.index("first_seq")])

    @property
    def start_ms(self) -> int:
        """Return when the set's first rep began, ms since the sensor's start."""
        return int(self.row[SET_COLUMNS.index("start_ms")])


def run(connection: Connection, statement: str, values: Any = ()) -> list[tuple[Any, ...]]:
    """Run a statement with ? for each value, once or for each of a list of rows of values; return the rows found."""
    if connection.dialect.name == "postgresql":
        result = connection.exec_driver_sql(statement.replace("?", "%s"), values)
        return [tuple(row) for row in result] if result.returns_rows else []
    # SQLAlchemy's own way takes four times as long as SQLite itself, and a sync runs a dozen statements a batch.
    driver: Any = connection.connection.driver_connection
    cursor = driver.executemany(statement, values) if isinstance(values, list) else driver.execute(statement, values)
    return cursor.fetchall()  # type: ignore[no-any-return]


def put(connection: Connection, table: str, columns: Sequence[str], key: int, rows: Sequence[Sequence[Any]]) -> None:
    """Write rows, each in the place of an older one with the same values in the first `key` columns."""
    if not rows:
        return
    kept = ", ".join(f"{name} = excluded.{name}" for name in columns[key:])
    begin = f"insert into {table} ({', '.join(columns)}) values "  # noqa: S608 - our own names
    end = f" on conflict ({', '.join(columns[:key])}) do update set {kept}"
    if connection.dialect.name == "sqlite":
        run(connection, f"{begin}({', '.join('?' * len(columns))}){end}", list(rows))
        return
    for at in range(0, len(rows), _ROWS_AT_ONCE):
        # One round trip, and numbers as they are: what each value costs is most of what a sync costs this computer.
        some = rows[at : at + _ROWS_AT_ONCE]
        values = ", ".join(f"({', '.join(str(value) if type(value) is int else '?' for value in row)})" for row in some)
        run(connection, begin + values + end, tuple(value for row in some for value in row if type(value) is not int))


# --- logs ---------------------------------------------------------------------------------------------------------


def find_log(connection: Connection, device_id: str, log_id: int) -> Log | None:
    """Return a log of which records are stored."""
    rows = run(connection, "select number from log where device_id = ? and log_id = ?", (device_id, log_id))
    return Log(device_id, log_id, rows[0][0]) if rows else None


def logs(connection: Connection, device_id: str | None = None) -> list[Log]:
    """Return the logs of one sensor or of all, in the order of their keys."""
    of_device, values = (" where device_id = ?", (device_id,)) if device_id else ("", ())
    rows = run(connection, f"select device_id, log_id, number from log{of_device} order by 1, 2", values)  # noqa: S608
    return [Log(*row) for row in rows]


# --- what is said -------------------------------------------------------------------------------------------------


def raws(connection: Connection, log: Log, first_seq: int, last_seq: int, boot: int | None = None) -> list[bytes]:
    """Return the records of a log from one seq to another, in seq order; those of one boot where it is named."""
    wanted = "select raw from record where log_number = ? and seq between ? and ? order by seq"
    rows = run(connection, wanted, (log.number, first_seq, last_seq))
    return [raw for (raw,) in rows if boot is None or record.header(raw)[2] == boot]


class Said(NamedTuple):
    """What was said of some boots of a log."""

    anchors: list[Anchor]  # without those that cannot be true
    edited: set[int]  # which boots have edits that count
    worn: people.Wearing  # who wore the sensor when


def said(connection: Connection, log: Log, first: int, last: int) -> Said:
    """Return what was said of the boots from one number to another, in one query."""
    of_boots = "where device_id = ? and log_id = ? and boot between ? and ?"
    wanted = f"""
        select 'anchor', boot, t_ms, utc_ms, rtt_ms, null from anchor {of_boots}
        union all select 'wearer', since_utc_ms, 0, 0, 0, lifter from wearer where device_id = ?
        union all select distinct 'edit', boot, 0, 0, 0, null from edit {of_boots} and undone_utc_ms is null
    """  # noqa: S608 - constants
    which = (*log.key, first, last)
    found = run(connection, wanted, (*which, log.device_id, *which))
    anchors = [Anchor(*log.key, *row[1:5]) for row in found if row[0] == "anchor"]
    wearers = [Wearer(log.device_id, row[1], row[5] or "") for row in found if row[0] == "wearer"]
    return Said(
        [anchor for anchor in anchors if is_possible(anchor)],
        {row[1] for row in found if row[0] == "edit"},
        people.Wearing(wearers),
    )


def is_possible(anchor: Anchor) -> bool:
    """Return whether both moments of an anchor can be true."""
    return wall_time.is_possible(anchor.utc_ms) and wall_time.is_possible(anchor.utc_ms - anchor.t_ms)


def received_utc_ms(connection: Connection, log: Log) -> int:
    """Return when the newest record of a log came; never before 2020."""
    rows = run(connection, "select received_utc_ms from log where number = ?", (log.number,))
    return max([wall_time.FIRST_UTC_MS, *(int(received_ms) for (received_ms,) in rows)])


def edits(connection: Connection, log: Log, boot: int) -> list[Edit]:
    """Return the edits that count of one boot's sets, in the order in which they were made."""
    wanted = (
        "select edit_id, start_ms, action, value, made_utc_ms from edit where device_id = ? and log_id = ? and boot = ?"
        " and undone_utc_ms is null order by made_utc_ms, edit_id"
    )
    return [Edit(row[0], SetKey(*log.key, boot, row[1]), *row[2:]) for row in run(connection, wanted, (*log.key, boot))]


# --- boots --------------------------------------------------------------------------------------------------------


def boots(connection: Connection, log: Log, numbers: Collection[int]) -> dict[int, Boot]:
    """Return those of some boots that are stored."""
    if not numbers:
        return {}
    wanted = f"{_ALL_BOOTS} where log_number = ? and boot in ({_numbers(numbers)})"
    return {row[0]: _boot(row) for row in run(connection, wanted, (log.number,))}


def boot_numbers(connection: Connection, log: Log) -> set[int]:
    """Return the numbers of all boots of a log."""
    return {number for (number,) in run(connection, "select boot from boot where log_number = ?", (log.number,))}


def boots_around(connection: Connection, log: Log, first: int, last: int) -> dict[int, Boot]:
    """Return the stored boots from the last anchored one before `first` to the first anchored one after `last`."""
    anchored = "from boot where log_number = ? and time_quality = 'anchored' and boot"
    before = f"select coalesce(max(boot), -1) {anchored} < ?"
    after = f"select coalesce(min(boot), {_MOST_BOOT}) {anchored} > ?"
    wanted = f"{_ALL_BOOTS} where log_number = ? and boot between ({before}) and ({after}) order by boot"
    rows = run(connection, wanted, (log.number, log.number, first, log.number, last))
    return {row[0]: _boot(row) for row in rows}


def _boot(row: Sequence[Any]) -> Boot:
    boot, first_seq, last_seq, last_ms, utc_at_0_ms, quality, in_order = row
    return Boot(boot, first_seq, last_seq, last_ms, wall_time.Clock(utc_at_0_ms, quality), bool(in_order))


def write_boots(connection: Connection, log: Log, written: Iterable[Boot]) -> None:
    """Write the rows of boots, in the place of older ones."""
    rows = [
        (log.number, one.boot, one.first_seq, one.last_seq, one.last_ms, *_clock(one), int(one.in_order))
        for one in written
    ]
    put(connection, "boot", ("log_number", *_BOOT_COLUMNS), 2, rows)


def _clock(boot: Boot) -> tuple[int, str]:
    return boot.clock.utc_at_0_ms, boot.clock.quality


def shift(connection: Connection, log: Log, run_of_boots: Sequence[Boot], by_ms: int) -> None:
    """Move boots that follow each other, of which only the clocks changed, and their sets."""
    which = (run_of_boots[0].clock.quality, log.number, run_of_boots[0].boot, run_of_boots[-1].boot)
    of_boots = "where log_number = ? and boot between ? and ?"
    moved = "start_utc_ms = start_utc_ms + ?, end_utc_ms = end_utc_ms + ?, time_quality = ?"
    run(connection, f"update training_set set {moved} {of_boots}", (by_ms, by_ms, *which))  # noqa: S608
    run(connection, f"update boot set utc_at_0_ms = utc_at_0_ms + ?, time_quality = ? {of_boots}", (by_ms, *which))  # noqa: S608


# --- sets ---------------------------------------------------------------------------------------------------------


def stored(connection: Connection, log: Log, boot: int) -> dict[int, SetRow]:
    """Return by row_id the stored sets of a boot."""
    return _by_id(run(connection, f"{_ALL_SETS} where log_number = ? and boot = ?", (log.number, boot)))


def stored_last(connection: Connection, log: Log, boot: Boot, count: int) -> dict[int, SetRow]:
    """Return by row_id the last `count` sets that began before a boot's new records, and all later ones.

    Of a boot that has fewer, return all.
    """
    of_boot = "log_number = ? and boot = ?"
    last = f"select first_seq from training_set where {of_boot} and first_seq <= ? order by 1 desc limit 1 offset ?"  # noqa: S608
    wanted = f"{_ALL_SETS} where {of_boot} and first_seq >= coalesce(({last}), 0)"
    which = (log.number, boot.boot)
    return _by_id(run(connection, wanted, (*which, *which, boot.new_from_seq, count - 1)))


def stored_everywhere(connection: Connection) -> dict[int, SetRow]:
    """Return by row_id all stored sets."""
    return _by_id(run(connection, _ALL_SETS))


def _by_id(rows: Iterable[Any]) -> dict[int, SetRow]:
    return {row[0]: SetRow(tuple(row[1:])) for row in rows}


def replace(connection: Connection, before: Mapping[int, SetRow], derived: Iterable[SetRow]) -> None:
    """Put sets in the place of the stored ones `before`; only rows that differ are written."""
    ids = {one.row[0]: row_id for row_id, one in before.items()}
    after = {one.row[0]: one for one in derived}
    gone = [row_id for set_id, row_id in ids.items() if set_id not in after]
    # Drawn before anything goes: SQLite's next one is the one after the largest there is.
    fresh = iter(_next_ids(connection, sum(set_id not in ids for set_id in after)))
    numbered = {ids.get(set_id) or next(fresh): one for set_id, one in after.items()}
    if gone:
        run(connection, f"delete from training_set where row_id in ({_numbers(gone)})")  # noqa: S608 - numbers
    changed = [(row_id, *one.row) for row_id, one in numbered.items() if before.get(row_id) != one]
    put(connection, "training_set", ("row_id", *SET_COLUMNS), 1, changed)


def _next_ids(connection: Connection, count: int) -> Sequence[int]:
    if not count:
        return ()
    if connection.dialect.name == "postgresql":
        wanted = "select nextval('training_set_row_id_seq') from generate_series(1, ?)"
        return [number for (number,) in run(connection, wanted, (count,))]
    [(last,)] = run(connection, "select max(row_id) from training_set")
    return range((last or 0) + 1, (last or 0) + 1 + count)


def name_lifters(connection: Connection, log: Log, numbers: Collection[int], worn: people.Wearing) -> None:
    """Say anew whose the sets of boots without edits are."""
    if not numbers:
        return
    wanted = "select row_id, boot, start_utc_ms, owner from training_set where log_number = ? and boot between ? and ?"
    changed = []
    for row_id, boot, start_utc_ms, before in run(connection, wanted, (log.number, min(numbers), max(numbers))):
        whose = worn.lifter(log.device_id, start_utc_ms) or log.device_id
        if boot in numbers and whose != before:
            changed.append((whose, row_id))
    if changed:
        run(connection, "update training_set set owner = ? where row_id = ?", changed)


def set_row(item: TrainingSet, log: Log, first_seq: int) -> SetRow:
    """Return the row of a set."""
    key, load = item.key, item.load
    values = {
        "set_id": key.set_id,
        "log_number": log.number,
        "start_ms": key.start_ms,
        "first_seq": first_seq,
        "start_utc_ms": wall_time.utc_ms(item.start_utc),
        "end_utc_ms": wall_time.utc_ms(item.end_utc),
        "load": load.amount if load else None,
        "boot": key.boot,
        "number": item.number,
        "reps": len(item.reps),
        "warm_up": int(item.warm_up),
        "working": int(item.working),
        "time_quality": item.time_quality,
        "owner": owner(item),
        "load_unit": load.unit if load else None,
        "note": item.note or None,
        "edits": ",".join(item.edits) or None,
        "rep_values": rep_values.pack(item.reps),
    }
    return SetRow(tuple(values[name] for name in SET_COLUMNS))


def _numbers(found: Iterable[int]) -> str:
    return ", ".join(map(str, found))
