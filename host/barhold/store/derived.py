"""Keeps the tables boot, training_set and rep, in the transaction that changes what they follow from.

A set depends on the records of its boot, on the boot's clock (an anchor, or the neighbours where there is none), on
what people said of it, and on who wore the sensor. So each change touches the boots that it is about, and the clocks of
the boots next to them that have no anchor of their own. `rebuild` derives everything anew; a property test proves that
both ways agree.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, func, select, text

from barcore import protocol, record
from barhold.model import Anchor, Edit, Rep, SetKey, TrainingSet, Wearer
from barhold.store import schema
from barhold.training import edits, people, sets, wall_time
from barhold.training.sets import CountedSet, owner

Row = dict[str, Any]
_SET_COLUMNS = tuple(column.name for column in schema.training_set.columns if column.name != "row_id")
_REP_COLUMNS = tuple(column.name for column in schema.rep.columns if column.name != "row_id")
_SETS_READ_AGAIN = 2
"""A correction comes while its set or the next one runs: with new records the last two sets are read again."""
_NAMED_AT_MOST = 5
_UNKNOWN = wall_time.Clock(0, "")  # of a boot that is new


class _Log(NamedTuple):
    """What names one log of one sensor."""

    device_id: str
    log_id: int

    def rows(self, table: Any) -> ColumnElement[bool]:
        """Return what selects the log's rows of a table."""
        return and_(table.c.device_id == self.device_id, table.c.log_id == self.log_id)


@dataclass(slots=True)
class _Boot:
    """A row of the table boot, and what this change does to it."""

    boot: int
    first_seq: int
    last_seq: int
    last_ms: int
    clock: wall_time.Clock = _UNKNOWN
    in_order: bool = True
    new_from_seq: int = protocol.NO_SEQ  # the first of the new records; NO_SEQ where there is none

    def add(self, seq: int, t_ms: int) -> None:
        """Note a new record."""
        self.first_seq, self.last_seq = min(seq, self.first_seq), max(seq, self.last_seq)
        self.last_ms = max(t_ms, self.last_ms)
        self.new_from_seq = min(seq, self.new_from_seq)


class _Derived(NamedTuple):
    """The rows of one set."""

    row: tuple[Any, ...]  # in the order of _SET_COLUMNS
    reps: list[tuple[int, ...]]  # in the order of _REP_COLUMNS


def records_changed(connection: Connection, device_id: str, log_id: int, raws: Iterable[bytes]) -> None:
    """Derive what follows from records that are new in this log."""
    log = _Log(device_id, log_id)
    headers = [record.header(raw) for raw in raws]
    if not headers:
        return
    known = _boots(connection, log, schema.boot.c.boot.in_({boot for _, _, boot, _, _ in headers}))
    for _, _, boot, seq, t_ms in headers:
        known.setdefault(boot, _Boot(boot, seq, seq, t_ms)).add(seq, t_ms)
    _update_log(connection, log, known)


def anchor_changed(connection: Connection, device_id: str, log_id: int, boot: int) -> None:
    """Derive what follows from another anchor of this boot."""
    log = _Log(device_id, log_id)
    if known := _boots(connection, log, schema.boot.c.boot == boot):
        _update_log(connection, log, known)


def edits_changed(connection: Connection, keys: Iterable[SetKey]) -> None:
    """Derive what follows from edits of these sets that were added or undone."""
    for device_id, log_id, number in {key[:3] for key in keys}:
        log = _Log(device_id, log_id)
        for boot in _boots(connection, log, schema.boot.c.boot == number).values():
            _derive_boot(connection, log, boot, _wearing(connection, device_id))


def wearers_changed(connection: Connection, device_id: str) -> None:
    """Derive whose sets those of this sensor are."""
    table = schema.boot
    found = connection.execute(select(table.c.log_id, table.c.boot).where(table.c.device_id == device_id))
    boots: dict[int, list[int]] = {}
    for log_id, boot in found:
        boots.setdefault(log_id, []).append(boot)
    wearing = _wearing(connection, device_id)
    for log_id, numbers in boots.items():
        log = _Log(device_id, log_id)
        edited = _edited(connection, log, numbers)
        for boot in _boots(connection, log, table.c.boot.in_(edited)).values():
            _derive_boot(connection, log, boot, wearing)
        _name_lifters(connection, log, {number for number in numbers if number not in edited}, wearing)


def counted_of_boot(connection: Connection, key: SetKey) -> list[TrainingSet]:
    """Return the sets of the boot that `key` is of, as the sensor counted them, whatever people said since."""
    log = _Log(key.device_id, key.log_id)
    found: list[TrainingSet] = []
    for boot in _boots(connection, log, schema.boot.c.boot == key.boot).values():
        raws = _raws(connection, log, boot.first_seq, boot.last_seq, boot.boot)
        found += [item.training_set for item in _counted(log, boot, raws).sets]
    return found


def rebuild(connection: Connection) -> None:
    """Derive everything anew from records, anchors, edits and wearers."""
    for table in reversed(schema.DERIVED):
        connection.execute(table.delete())
    logs = select(schema.record.c.device_id, schema.record.c.log_id).distinct()
    for device_id, log_id in connection.execute(logs).all():
        raws = _raws(connection, _Log(device_id, log_id), 0, protocol.NO_SEQ)
        records_changed(connection, device_id, log_id, raws)


def rebuild_log(connection: Connection, device_id: str, log_id: int) -> None:
    """Derive everything of one log anew."""
    log = _Log(device_id, log_id)
    of_log = select(schema.training_set.c.row_id).where(log.rows(schema.training_set))
    connection.execute(schema.rep.delete().where(schema.rep.c.row_id.in_(of_log)))
    for table in (schema.training_set, schema.boot):
        connection.execute(table.delete().where(log.rows(table)))
    records_changed(connection, device_id, log_id, _raws(connection, log, 0, protocol.NO_SEQ))


def differences(connection: Connection) -> list[str]:
    """Return what the tables say otherwise than everything derived anew; the tables are left derived anew."""
    found: list[str] = []
    boots_before = _boot_rows(connection)
    sets_before = {derived.row[0]: derived for derived in stored(connection).values()}
    rebuild(connection)
    sets_after = {derived.row[0]: derived for derived in stored(connection).values()}
    for set_id in sorted(sets_before.keys() | sets_after.keys()):
        if sets_before.get(set_id) != sets_after.get(set_id):
            is_missing, is_extra = set_id not in sets_before, set_id not in sets_after
            what = "is missing" if is_missing else "should not be there" if is_extra else "differs from its records"
            found.append(f"set {set_id} {what}")
    if not found and boots_before != _boot_rows(connection):
        found.append("the table boot differs from the records")
    return found


def impossible(connection: Connection) -> list[str]:
    """Name the stored times that cannot be true; what depends on them is left out."""
    table, anchor = schema.training_set, schema.anchor
    found = []
    for outside in (table.c.start_utc_ms < 0, table.c.start_utc_ms >= wall_time.LAST_UTC_MS):
        wanted = select(table.c.set_id, table.c.start_utc_ms).where(outside).limit(_NAMED_AT_MOST)
        found += [
            f"set {set_id}: its time, {utc_ms} ms since 1970, cannot be true; it is left out (`barhold db rebuild`)"
            for set_id, utc_ms in connection.execute(wanted)
        ]
    for outside in (anchor.c.utc_ms < wall_time.FIRST_UTC_MS, anchor.c.utc_ms >= wall_time.LAST_UTC_MS):
        anchors = select(anchor.c.device_id, anchor.c.boot, anchor.c.utc_ms).where(outside).limit(_NAMED_AT_MOST)
        found += [
            f"sensor {row[0]}, boot {row[1]}: its anchor, {row[2]} ms since 1970, cannot be true; times are estimated"
            for row in connection.execute(anchors)
        ]
    return found


def _boot_rows(connection: Connection) -> set[tuple[Any, ...]]:
    return {tuple(row) for row in connection.execute(select(schema.boot))}


# --- clocks -------------------------------------------------------------------------------------------------------


def _update_log(connection: Connection, log: _Log, changed: dict[int, _Boot]) -> None:
    """Write the changed boots, those whose clocks change with them, and their sets."""
    boots, clocks = _with_clocks(connection, log, changed)
    moved = [
        boot for number, boot in boots.items() if boot.clock != clocks[number] or boot.new_from_seq != protocol.NO_SEQ
    ]
    edited = _edited(connection, log, [boot.boot for boot in moved])
    wearing = _wearing(connection, log.device_id)
    shifted = set()
    for boot in moved:
        before, boot.clock = boot.clock, clocks[boot.boot]
        if boot.new_from_seq == protocol.NO_SEQ and boot.boot not in edited:
            _shift(connection, log, boot, boot.clock.utc_at_0_ms - before.utc_at_0_ms)
            shifted.add(boot.boot)
        elif before != boot.clock or boot.boot in edited or not _derive_last_sets(connection, log, boot, wearing):
            _derive_boot(connection, log, boot, wearing)
    _name_lifters(connection, log, shifted, wearing)


def _with_clocks(
    connection: Connection, log: _Log, changed: dict[int, _Boot]
) -> tuple[dict[int, _Boot], dict[int, wall_time.Clock]]:
    """Return the changed boots with all that their clocks depend on or change, and the clocks of all of them."""
    table = schema.boot
    first, last = min(changed), max(changed)
    anchored = log.rows(table) & (table.c.time_quality == wall_time.ANCHORED)
    before = connection.scalar(select(func.max(table.c.boot)).where(anchored & (table.c.boot < first)))
    after = connection.scalar(select(func.min(table.c.boot)).where(anchored & (table.c.boot > last)))
    lowest, highest = -1 if before is None else before, 1 << 31 if after is None else after
    boots = _boots(connection, log, table.c.boot.between(lowest, min(highest, (1 << 31) - 1))) | changed
    boots = dict(sorted(boots.items()))
    anchors = _anchors(connection, log, min(boots), max(boots))
    received = connection.scalar(select(schema.log.c.received_utc_ms).where(log.rows(schema.log))) or 0
    received = max(received, wall_time.FIRST_UTC_MS)
    return boots, wall_time.clocks({number: boot.last_ms for number, boot in boots.items()}, anchors, received)


def _boots(connection: Connection, log: _Log, which: ColumnElement[bool]) -> dict[int, _Boot]:
    table = schema.boot
    columns = (table.c.boot, table.c.first_seq, table.c.last_seq, table.c.last_ms)
    wanted = select(*columns, table.c.utc_at_0_ms, table.c.time_quality, table.c.in_order).where(
        log.rows(table) & which
    )
    found = connection.execute(wanted).all()
    return {row[0]: _Boot(*row[:4], wall_time.Clock(row[4], row[5]), bool(row[6])) for row in found}


def _anchors(connection: Connection, log: _Log, first: int, last: int) -> list[Anchor]:
    """Return the anchors of some boots, without those that cannot be true."""
    table = schema.anchor
    wanted = select(table).where(log.rows(table) & table.c.boot.between(first, last))
    anchors = [Anchor(**row) for row in connection.execute(wanted).mappings()]
    return [anchor for anchor in anchors if is_possible(anchor)]


def is_possible(anchor: Anchor) -> bool:
    """Return whether both moments of an anchor can be true."""
    return wall_time.is_possible(anchor.utc_ms) and wall_time.is_possible(anchor.utc_ms - anchor.t_ms)


def _shift(connection: Connection, log: _Log, boot: _Boot, by_ms: int) -> None:
    """Move the sets of a boot of which only the clock changed."""
    table = schema.training_set
    values = {
        "start_utc_ms": table.c.start_utc_ms + by_ms,
        "end_utc_ms": table.c.end_utc_ms + by_ms,
        "time_quality": boot.clock.quality,
    }
    connection.execute(table.update().where(log.rows(table) & (table.c.boot == boot.boot)).values(values))
    _write_boot(connection, log, boot)


def _write_boot(connection: Connection, log: _Log, boot: _Boot) -> None:
    table = schema.boot
    values: Row = {
        "first_seq": boot.first_seq,
        "last_seq": boot.last_seq,
        "last_ms": boot.last_ms,
        "utc_at_0_ms": boot.clock.utc_at_0_ms,
        "time_quality": boot.clock.quality,
        "in_order": int(boot.in_order),
    }
    updated = connection.execute(table.update().where(log.rows(table) & (table.c.boot == boot.boot)).values(values))
    if not updated.rowcount:
        connection.execute(table.insert(), [{**log._asdict(), "boot": boot.boot, **values}])


# --- sets ---------------------------------------------------------------------------------------------------------


def _derive_last_sets(connection: Connection, log: _Log, boot: _Boot, wearing: people.Wearing) -> bool:
    """Derive the last sets of a boot with new records and no edits; False where that needs all of its records."""
    table = schema.training_set
    of_boot = log.rows(table) & (table.c.boot == boot.boot)
    columns = (table.c.first_seq, table.c.start_ms)
    before_new = select(*columns).where(of_boot & (table.c.first_seq <= boot.new_from_seq))
    starts = connection.execute(before_new.order_by(table.c.first_seq.desc()).limit(_SETS_READ_AGAIN)).all()
    if not boot.in_order or len(starts) < _SETS_READ_AGAIN:
        return False
    first_seq, start_ms = starts[-1]
    raws = _raws(connection, log, first_seq, boot.last_seq, boot.boot)
    found = _counted(log, boot, raws)
    if record.header(raws[0])[0] != protocol.REP or not found.in_order or found.earlier_seq >= boot.new_from_seq:
        return False
    if any(item.training_set.key.start_ms < start_ms for item in found.sets):
        return False
    rows = [_derived(item, edits.named(item.training_set, wearing)) for item in found.sets]
    _replace(connection, of_boot & (table.c.first_seq >= first_seq), rows)
    _write_boot(connection, log, boot)
    return True


def _derive_boot(connection: Connection, log: _Log, boot: _Boot, wearing: people.Wearing) -> None:
    """Derive all sets of a boot."""
    table = schema.training_set
    found = _counted(log, boot, _raws(connection, log, boot.first_seq, boot.last_seq, boot.boot))
    boot.in_order = found.in_order
    counted = [item.training_set for item in found.sets]
    first_seqs = {item.training_set.key: item.first_seq for item in found.sets}
    said = _edits(connection, log, boot.boot)
    rows = [
        _derived(CountedSet(item, first_seqs.get(item.key, boot.first_seq)), item)
        for item in edits.apply(counted, said, wearing)
    ]
    _replace(connection, log.rows(table) & (table.c.boot == boot.boot), rows)
    _write_boot(connection, log, boot)


def _counted(log: _Log, boot: _Boot, raws: Sequence[bytes]) -> sets.BootSets:
    return sets.of_boot(SetKey(log.device_id, log.log_id, boot.boot, 0), b"".join(raws), boot.clock)


def _raws(connection: Connection, log: _Log, first_seq: int, last_seq: int, boot: int | None = None) -> list[bytes]:
    """Return the records of a log from one seq to another, in seq order; those of one boot where it is named."""
    table = schema.record
    wanted = select(table.c.raw).where(log.rows(table) & table.c.seq.between(first_seq, last_seq))
    raws = connection.scalars(wanted.order_by(table.c.seq)).all()
    return [raw for raw in raws if boot is None or record.header(raw)[2] == boot]


def _wearing(connection: Connection, device_id: str) -> people.Wearing:
    table = schema.wearer
    rows = connection.execute(select(table).where(table.c.device_id == device_id)).mappings()
    return people.Wearing(Wearer(row["device_id"], row["since_utc_ms"], row["lifter"] or "") for row in rows)


def _edits(connection: Connection, log: _Log, boot: int) -> list[Edit]:
    """Return the edits of one boot's sets, in the order in which they were made."""
    table = schema.edit
    wanted = select(table).where(log.rows(table) & (table.c.boot == boot) & table.c.undone_utc_ms.is_(None))
    return [
        edit_of(row) for row in connection.execute(wanted.order_by(table.c.made_utc_ms, table.c.edit_id)).mappings()
    ]


def edit_of(row: RowMapping) -> Edit:
    """Return the edit in a row."""
    key = SetKey(row["device_id"], row["log_id"], row["boot"], row["start_ms"])
    return Edit(row["edit_id"], key, row["action"], row["value"], row["made_utc_ms"], row["undone_utc_ms"])


def _edited(connection: Connection, log: _Log, boots: Sequence[int]) -> set[int]:
    """Return which of some boots have edits that count."""
    table = schema.edit
    of_boots = (
        table.c.boot == boots[0]
        if len(boots) == 1
        else table.c.boot.between(min(boots, default=0), max(boots, default=0))
    )
    wanted = select(table.c.boot).where(log.rows(table) & of_boots & table.c.undone_utc_ms.is_(None)).distinct()
    return set(connection.scalars(wanted)) & set(boots)


def _name_lifters(connection: Connection, log: _Log, boots: Collection[int], wearing: people.Wearing) -> None:
    """Say anew whose the sets of boots without edits are."""
    table = schema.training_set
    if not boots:
        return
    of_boots = log.rows(table) & table.c.boot.between(min(boots), max(boots))
    wanted = select(table.c.row_id, table.c.boot, table.c.start_utc_ms, table.c.lifter).where(of_boots)
    for row_id, boot, start_utc_ms, before in connection.execute(wanted).all():
        lifter = wearing.lifter(log.device_id, start_utc_ms) or None
        if boot in boots and lifter != before:
            values = {"lifter": lifter, "owner": lifter or log.device_id}
            connection.execute(table.update().where(table.c.row_id == row_id).values(values))


# --- rows ---------------------------------------------------------------------------------------------------------


def _derived(counted: CountedSet, item: TrainingSet) -> _Derived:
    key, load = item.key, item.load
    row = (
        *(key.set_id, *key, counted.first_seq, item.number),
        *(wall_time.utc_ms(item.start_utc), wall_time.utc_ms(item.end_utc), item.time_quality),
        *(owner(item), item.lifter or None, len(item.reps)),
        *(load.amount if load else None, load.unit if load else None),
        *(int(item.warm_up), int(item.working), item.note or None, ",".join(item.edits) or None),
    )
    return _Derived(row, [_rep_row(rep) for rep in item.reps])


def _rep_row(rep: Rep) -> tuple[int, ...]:
    rom_mm, peak_mm_s = round(rep.rom_m * 1000), round(rep.peak_m_s * 1000)
    times_ms = (rep.start_ms, rep.rise_ms, rep.hold_ms, rep.fall_ms, rep.bottom_ms)
    return (rep.number, rep.flags, *times_ms, rom_mm, peak_mm_s, rep.hold_err_ms)


def _replace(connection: Connection, which: ColumnElement[bool], rows: Sequence[_Derived]) -> None:
    """Put sets in the place of the stored ones that `which` selects; those that are the same stay untouched."""
    before, after = stored(connection, which), {derived.row[0]: derived for derived in rows}
    gone = {row_id for row_id, derived in before.items() if after.get(derived.row[0]) != derived}
    ids = {derived.row[0]: row_id for row_id, derived in before.items()}
    new = [derived for set_id, derived in after.items() if ids.get(set_id) is None or ids[set_id] in gone]
    # Drawn before anything goes: SQLite's next one is the one after the largest there is.
    fresh = iter(_next_ids(connection, sum(derived.row[0] not in ids for derived in new)))
    if gone:
        connection.execute(schema.rep.delete().where(schema.rep.c.row_id.in_(gone)))
        connection.execute(schema.training_set.delete().where(schema.training_set.c.row_id.in_(gone)))
    if new:
        _insert(connection, [(ids.get(derived.row[0]) or next(fresh), derived) for derived in new])


def _insert(connection: Connection, numbered: Sequence[tuple[int, _Derived]]) -> None:
    set_rows = [{"row_id": row_id, **dict(zip(_SET_COLUMNS, found.row, strict=True))} for row_id, found in numbered]
    connection.execute(schema.training_set.insert(), set_rows)
    rep_rows = [
        {"row_id": row_id, **dict(zip(_REP_COLUMNS, rep, strict=True))}
        for row_id, found in numbered
        for rep in found.reps
    ]
    connection.execute(schema.rep.insert(), rep_rows)


def _next_ids(connection: Connection, count: int) -> Sequence[int]:
    if connection.dialect.name == "postgresql":
        wanted = text("select nextval('training_set_row_id_seq') from generate_series(1, :count)")
        return connection.scalars(wanted, {"count": count}).all()
    last = connection.scalar(select(func.max(schema.training_set.c.row_id))) or 0
    return range(last + 1, last + 1 + count)


def stored(connection: Connection, which: ColumnElement[bool] | None = None) -> dict[int, _Derived]:
    """Return the stored rows of the sets that `which` selects, or of all."""
    table = schema.training_set
    columns = [table.c[name] for name in _SET_COLUMNS]
    wanted = select(table.c.row_id, *columns)
    found = connection.execute(wanted if which is None else wanted.where(which)).all()
    sets_found = {row[0]: _Derived(tuple(row[1:]), []) for row in found}
    reps = select(schema.rep.c.row_id, *(schema.rep.c[name] for name in _REP_COLUMNS))
    if which is not None:
        reps = reps.where(schema.rep.c.row_id.in_(sets_found))
    for row in connection.execute(reps.order_by(schema.rep.c.row_id, schema.rep.c.number)) if sets_found else ():
        if row[0] in sets_found:
            sets_found[row[0]].reps.append(tuple(row[1:]))
    return sets_found
