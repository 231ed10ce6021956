"""Reads and writes the rows that `derived` keeps: plain SQL, since a sync runs each statement for every batch."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection

from barcore import protocol, record
from barhold.model import Anchor, Edit, Rep, SetKey, TrainingSet, Wearer
from barhold.store import schema
from barhold.training import people, wall_time
from barhold.training.sets import owner

UNKNOWN = wall_time.Clock(0, "")
"""The clock of a boot that is new."""
_SET_COLUMNS = tuple(column.name for column in schema.training_set.columns if column.name != "row_id")
_REP_COLUMNS = tuple(column.name for column in schema.rep.columns if column.name != "row_id")
_BOOT_COLUMNS = "boot, first_seq, last_seq, last_ms, utc_at_0_ms, time_quality, in_order"
_READ_SETS = f"select row_id, {', '.join(_SET_COLUMNS)} from training_set"  # noqa: S608 - constants
_READ_REPS = f"select row_id, {', '.join(_REP_COLUMNS)} from rep"  # noqa: S608
_ADD_SET = f"insert into training_set (row_id, {', '.join(_SET_COLUMNS)}) values (?{', ?' * len(_SET_COLUMNS)})"  # noqa: S608
_ADD_REP = f"insert into rep (row_id, {', '.join(_REP_COLUMNS)}) values (?{', ?' * len(_REP_COLUMNS)})"  # noqa: S608


class Log(NamedTuple):
    """What names one log of one sensor."""

    device_id: str
    log_id: int


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


class SetRows(NamedTuple):
    """The rows of one set."""

    row: tuple[Any, ...]  # without its row_id; set_id comes first
    reps: list[tuple[int, ...]]


def run(connection: Connection, statement: str, values: Any = ()) -> list[tuple[Any, ...]]:
    """Run a statement with ? for each value, once or for each of a list of rows of values; return the rows found."""
    if connection.dialect.name == "postgresql":
        result = connection.exec_driver_sql(statement.replace("?", "%s"), values)
        return [tuple(row) for row in result] if result.returns_rows else []
    # SQLAlchemy's own way takes four times as long as SQLite itself, and a sync runs two dozen statements a batch.
    driver: Any = connection.connection.driver_connection
    cursor = driver.executemany(statement, values) if isinstance(values, list) else driver.execute(statement, values)
    return cursor.fetchall()  # type: ignore[no-any-return]


# --- what is said -------------------------------------------------------------------------------------------------


def raws(connection: Connection, log: Log, first_seq: int, last_seq: int, boot: int | None = None) -> list[bytes]:
    """Return the records of a log from one seq to another, in seq order; those of one boot where it is named."""
    wanted = "select raw from record where device_id = ? and log_id = ? and seq between ? and ? order by seq"
    rows = run(connection, wanted, (*log, first_seq, last_seq))
    return [raw for (raw,) in rows if boot is None or record.header(raw)[2] == boot]


def anchors(connection: Connection, log: Log, first: int, last: int) -> list[Anchor]:
    """Return the anchors of some boots, without those that cannot be true."""
    wanted = "select boot, t_ms, utc_ms, rtt_ms from anchor where device_id = ? and log_id = ? and boot between ? and ?"
    found = [Anchor(*log, *row) for row in run(connection, wanted, (*log, first, last))]
    return [anchor for anchor in found if is_possible(anchor)]


def is_possible(anchor: Anchor) -> bool:
    """Return whether both moments of an anchor can be true."""
    return wall_time.is_possible(anchor.utc_ms) and wall_time.is_possible(anchor.utc_ms - anchor.t_ms)


def received_utc_ms(connection: Connection, log: Log) -> int:
    """Return when the newest record of a log came; never before 2020."""
    rows = run(connection, "select received_utc_ms from log where device_id = ? and log_id = ?", log)
    return max([wall_time.FIRST_UTC_MS, *(int(received_ms) for (received_ms,) in rows)])


def wearing(connection: Connection, device_id: str) -> people.Wearing:
    """Return who wore a sensor when."""
    rows = run(connection, "select since_utc_ms, lifter from wearer where device_id = ?", (device_id,))
    return people.Wearing(Wearer(device_id, since_ms, lifter or "") for since_ms, lifter in rows)


def edits(connection: Connection, log: Log, boot: int) -> list[Edit]:
    """Return the edits that count of one boot's sets, in the order in which they were made."""
    wanted = (
        "select edit_id, start_ms, action, value, made_utc_ms from edit where device_id = ? and log_id = ? and boot = ?"
        " and undone_utc_ms is null order by made_utc_ms, edit_id"
    )
    return [Edit(row[0], SetKey(*log, boot, row[1]), *row[2:]) for row in run(connection, wanted, (*log, boot))]


def edited(connection: Connection, log: Log, boots: Collection[int]) -> set[int]:
    """Return which of some boots have edits that count."""
    if not boots:
        return set()
    wanted = (
        "select distinct boot from edit where device_id = ? and log_id = ? and boot between ? and ?"
        " and undone_utc_ms is null"
    )
    return {boot for (boot,) in run(connection, wanted, (*log, min(boots), max(boots)))} & set(boots)


# --- boots --------------------------------------------------------------------------------------------------------


def boots(connection: Connection, log: Log, first: int, last: int) -> dict[int, Boot]:
    """Return the stored boots from one number to another."""
    wanted = f"select {_BOOT_COLUMNS} from boot where device_id = ? and log_id = ? and boot between ? and ?"  # noqa: S608
    rows = run(connection, wanted, (*log, first, last))
    return {row[0]: Boot(row[0], row[1], row[2], row[3], wall_time.Clock(row[4], row[5]), bool(row[6])) for row in rows}


def anchored_around(connection: Connection, log: Log, first: int, last: int) -> tuple[int, int]:
    """Return the anchored boots next to some boots, or bounds beyond all boots where there is none."""
    wanted = """
        select
            (select max(boot) from boot where device_id = ? and log_id = ? and boot < ? and time_quality = 'anchored'),
            (select min(boot) from boot where device_id = ? and log_id = ? and boot > ? and time_quality = 'anchored')
    """
    [(before, after)] = run(connection, wanted, (*log, first, *log, last))
    return -1 if before is None else before, (1 << 31) - 1 if after is None else after


def write_boot(connection: Connection, log: Log, boot: Boot) -> None:
    """Write a boot's row, in the place of an older one."""
    values = (boot.first_seq, boot.last_seq, boot.last_ms, *_clock(boot), int(boot.in_order))
    wanted = f"""
        insert into boot (device_id, log_id, {_BOOT_COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?, ?)
        on conflict (device_id, log_id, boot) do update set first_seq = excluded.first_seq,
            last_seq = excluded.last_seq, last_ms = excluded.last_ms, utc_at_0_ms = excluded.utc_at_0_ms,
            time_quality = excluded.time_quality, in_order = excluded.in_order
    """  # noqa: S608
    run(connection, wanted, (*log, boot.boot, *values))


def _clock(boot: Boot) -> tuple[int, str]:
    return boot.clock.utc_at_0_ms, boot.clock.quality


def shift(connection: Connection, log: Log, run_of_boots: Sequence[Boot], by_ms: int) -> None:
    """Move boots that follow each other, of which only the clocks changed, and their sets."""
    which = (run_of_boots[0].clock.quality, *log, run_of_boots[0].boot, run_of_boots[-1].boot)
    of_boots = "where device_id = ? and log_id = ? and boot between ? and ?"
    moved = "start_utc_ms = start_utc_ms + ?, end_utc_ms = end_utc_ms + ?, time_quality = ?"
    run(connection, f"update training_set set {moved} {of_boots}", (by_ms, by_ms, *which))  # noqa: S608
    run(connection, f"update boot set utc_at_0_ms = utc_at_0_ms + ?, time_quality = ? {of_boots}", (by_ms, *which))  # noqa: S608


# --- sets ---------------------------------------------------------------------------------------------------------


def starts(connection: Connection, log: Log, boot: Boot, count: int) -> Sequence[tuple[int, int]]:
    """Return first_seq and start_ms of the last sets that began before the new records, the last one first."""
    wanted = (
        "select first_seq, start_ms from training_set where device_id = ? and log_id = ? and boot = ?"
        " and first_seq <= ? order by first_seq desc limit ?"
    )
    return [(row[0], row[1]) for row in run(connection, wanted, (*log, boot.boot, boot.new_from_seq, count))]


def stored(connection: Connection, log: Log, boot: int, from_seq: int) -> dict[int, SetRows]:
    """Return by row_id the stored sets of a boot whose first record has this seq or a later one."""
    wanted = f"{_READ_SETS} where device_id = ? and log_id = ? and boot = ? and first_seq >= ?"
    return _with_reps(connection, run(connection, wanted, (*log, boot, from_seq)), True)


def stored_everywhere(connection: Connection) -> dict[int, SetRows]:
    """Return by row_id all stored sets."""
    return _with_reps(connection, run(connection, _READ_SETS), False)


def _with_reps(connection: Connection, rows: Iterable[Any], is_part: bool) -> dict[int, SetRows]:
    found = {row[0]: SetRows(tuple(row[1:]), []) for row in rows}
    if found:
        part = f" where row_id in ({_numbers(found)})" if is_part else ""
        for row in run(connection, f"{_READ_REPS}{part} order by row_id, number"):
            if row[0] in found:
                found[row[0]].reps.append(tuple(row[1:]))
    return found


def replace(connection: Connection, before: dict[int, SetRows], derived: Iterable[SetRows]) -> None:
    """Put sets in the place of the stored ones `before`; those that are the same stay untouched."""
    after = {rows.row[0]: rows for rows in derived}
    gone = {row_id for row_id, rows in before.items() if after.get(rows.row[0]) != rows}
    ids = {rows.row[0]: row_id for row_id, rows in before.items()}
    new = [rows for set_id, rows in after.items() if set_id not in ids or ids[set_id] in gone]
    # Drawn before anything goes: SQLite's next one is the one after the largest there is.
    fresh = iter(_next_ids(connection, sum(rows.row[0] not in ids for rows in new)))
    if gone:
        run(connection, f"delete from rep where row_id in ({_numbers(gone)})")  # noqa: S608 - numbers
        run(connection, f"delete from training_set where row_id in ({_numbers(gone)})")  # noqa: S608
    if new:
        numbered = [(ids.get(rows.row[0]) or next(fresh), rows) for rows in new]
        run(connection, _ADD_SET, [(row_id, *rows.row) for row_id, rows in numbered])
        run(connection, _ADD_REP, [(row_id, *rep) for row_id, rows in numbered for rep in rows.reps])


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
    wanted = (
        "select row_id, boot, start_utc_ms, lifter from training_set"
        " where device_id = ? and log_id = ? and boot between ? and ?"
    )
    changed = []
    for row_id, boot, start_utc_ms, before in run(connection, wanted, (*log, min(numbers), max(numbers))):
        lifter = worn.lifter(log.device_id, start_utc_ms) or None
        if boot in numbers and lifter != before:
            changed.append((lifter, lifter or log.device_id, row_id))
    if changed:
        run(connection, "update training_set set lifter = ?, owner = ? where row_id = ?", changed)


def set_rows(item: TrainingSet, first_seq: int) -> SetRows:
    """Return the rows of a set."""
    key, load = item.key, item.load
    row = (
        *(key.set_id, *key, first_seq, item.number),
        *(wall_time.utc_ms(item.start_utc), wall_time.utc_ms(item.end_utc), item.time_quality),
        *(owner(item), item.lifter or None, len(item.reps)),
        *(load.amount if load else None, load.unit if load else None),
        *(int(item.warm_up), int(item.working), item.note or None, ",".join(item.edits) or None),
    )
    return SetRows(row, [_rep_row(rep) for rep in item.reps])


def _rep_row(rep: Rep) -> tuple[int, ...]:
    rom_mm, peak_mm_s = round(rep.rom_m * 1000), round(rep.peak_m_s * 1000)
    times_ms = (rep.start_ms, rep.rise_ms, rep.hold_ms, rep.fall_ms, rep.bottom_ms)
    return (rep.number, rep.flags, *times_ms, rom_mm, peak_mm_s, rep.hold_err_ms)


def _numbers(found: Iterable[int]) -> str:
    return ", ".join(map(str, found))
