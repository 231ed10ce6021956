"""Keeps the tables boot, training_set and rep, in the transaction that changes what they follow from.

A set depends on the records of its boot, on the boot's clock (an anchor, or the neighbours where there is none), on
what people said of it, and on who wore the sensor. So each change touches the boots that it is about, and the clocks of
the boots next to them that have no anchor of their own. `rebuild` derives everything anew; a property test proves that
both ways agree.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from barcore import protocol, record
from barhold.model import Edit, SetKey, TrainingSet
from barhold.store import derived_rows as rows
from barhold.store import schema
from barhold.store.derived_rows import UNKNOWN, Boot, Log
from barhold.training import edits, people, sets, wall_time

_SETS_READ_AGAIN = 2
"""A correction comes while its set or the next one runs: with new records the last two sets are read again."""
_NAMED_AT_MOST = 5


def records_changed(connection: Connection, device_id: str, log_id: int, raws: Iterable[bytes]) -> None:
    """Derive what follows from records that are new in this log."""
    log = Log(device_id, log_id)
    headers = [record.header(raw) for raw in raws]
    if not headers:
        return
    numbers = {boot for _, _, boot, _, _ in headers}
    stored = rows.boots(connection, log, min(numbers), max(numbers))
    changed = {number: boot for number, boot in stored.items() if number in numbers}
    for _, _, boot, seq, t_ms in headers:
        changed.setdefault(boot, Boot(boot, seq, seq, t_ms)).add(seq, t_ms)
    _update_log(connection, log, changed)


def anchor_changed(connection: Connection, device_id: str, log_id: int, boot: int) -> None:
    """Derive what follows from another anchor of this boot."""
    log = Log(device_id, log_id)
    if changed := rows.boots(connection, log, boot, boot):
        _update_log(connection, log, changed)


def edits_changed(connection: Connection, keys: Iterable[SetKey]) -> None:
    """Derive what follows from edits of these sets that were added or undone."""
    for device_id, log_id, number in {key[:3] for key in keys}:
        log = Log(device_id, log_id)
        for boot in rows.boots(connection, log, number, number).values():
            _derive_boot(connection, log, boot, rows.wearing(connection, device_id))


def wearers_changed(connection: Connection, device_id: str) -> None:
    """Derive whose sets those of this sensor are."""
    table = schema.boot
    found = connection.execute(select(table.c.log_id, table.c.boot).where(table.c.device_id == device_id)).all()
    worn = rows.wearing(connection, device_id)
    for log_id in {log_id for log_id, _ in found}:
        log = Log(device_id, log_id)
        numbers = {boot for of_log, boot in found if of_log == log_id}
        edited = rows.edited(connection, log, numbers)
        for number in edited:
            for boot in rows.boots(connection, log, number, number).values():
                _derive_boot(connection, log, boot, worn)
        rows.name_lifters(connection, log, numbers - edited, worn)


def counted_of_boot(connection: Connection, key: SetKey) -> list[TrainingSet]:
    """Return the sets of the boot that `key` is of, as the sensor counted them, whatever people said since."""
    log = Log(key.device_id, key.log_id)
    found: list[TrainingSet] = []
    for boot in rows.boots(connection, log, key.boot, key.boot).values():
        raws = rows.raws(connection, log, boot.first_seq, boot.last_seq, boot.boot)
        found += [item.training_set for item in _counted(log, boot, raws).sets]
    return found


def rebuild(connection: Connection) -> None:
    """Derive everything anew from records, anchors, edits and wearers."""
    for table in reversed(schema.DERIVED):
        connection.execute(table.delete())
    for device_id, log_id in connection.execute(select(schema.log.c.device_id, schema.log.c.log_id)).all():
        raws = rows.raws(connection, Log(device_id, log_id), 0, protocol.NO_SEQ)
        records_changed(connection, device_id, log_id, raws)


def rebuild_log(connection: Connection, device_id: str, log_id: int) -> None:
    """Derive everything of one log anew."""
    log = Log(device_id, log_id)
    of_log = "device_id = ? and log_id = ?"
    reps = f"delete from rep where row_id in (select row_id from training_set where {of_log})"  # noqa: S608 - constants
    for statement in (reps, f"delete from training_set where {of_log}", f"delete from boot where {of_log}"):  # noqa: S608
        rows.run(connection, statement, log)
    records_changed(connection, device_id, log_id, rows.raws(connection, log, 0, protocol.NO_SEQ))


def find_differences(connection: Connection) -> list[str]:
    """Return what the tables say otherwise than everything derived anew; the tables are left derived anew."""
    boots_before, before = _all_boots(connection), _all_sets(connection)
    rebuild(connection)
    after = _all_sets(connection)
    found = []
    for set_id in sorted(before.keys() | after.keys()):
        if before.get(set_id) != after.get(set_id):
            missing, extra = set_id not in before, set_id not in after
            what = "is missing" if missing else "should not be there" if extra else "differs from its records"
            found.append(f"set {set_id} {what}")
    if not found and boots_before != _all_boots(connection):
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


def edit_of(row: RowMapping) -> Edit:
    """Return the edit in a row."""
    key = SetKey(row["device_id"], row["log_id"], row["boot"], row["start_ms"])
    return Edit(row["edit_id"], key, row["action"], row["value"], row["made_utc_ms"], row["undone_utc_ms"])


def _all_boots(connection: Connection) -> set[tuple[Any, ...]]:
    return {tuple(row) for row in connection.execute(select(schema.boot))}


def _all_sets(connection: Connection) -> dict[str, rows.SetRows]:
    return {found.row[0]: found for found in rows.stored_everywhere(connection).values()}


# --- clocks -------------------------------------------------------------------------------------------------------


def _update_log(connection: Connection, log: Log, changed: dict[int, Boot]) -> None:
    """Write the changed boots, those whose clocks change with them, and their sets."""
    boots, clocks = _with_clocks(connection, log, changed)
    moved = [boot for number, boot in boots.items() if boot.clock != clocks[number] or boot.has_new_records]
    edited = rows.edited(connection, log, [boot.boot for boot in moved])
    worn = rows.wearing(connection, log.device_id)
    shifted: dict[int, int] = {}
    for boot in moved:
        before, boot.clock = boot.clock, clocks[boot.boot]
        if not boot.has_new_records and boot.boot not in edited:
            shifted[boot.boot] = boot.clock.utc_at_0_ms - before.utc_at_0_ms
        elif before != boot.clock or boot.boot in edited or not _derive_last_sets(connection, log, boot, worn):
            _derive_boot(connection, log, boot, worn, boot.boot in edited, before == UNKNOWN)
    for run in _runs(boots.values(), shifted):
        rows.shift(connection, log, run, shifted[run[0].boot])
    rows.name_lifters(connection, log, shifted, worn)


def _with_clocks(
    connection: Connection, log: Log, changed: dict[int, Boot]
) -> tuple[dict[int, Boot], dict[int, wall_time.Clock]]:
    """Return the changed boots with all that their clocks depend on or change, and the clocks of all of them."""
    before, after = rows.anchored_around(connection, log, min(changed), max(changed))
    boots = dict(sorted((rows.boots(connection, log, before, after) | changed).items()))
    # Without the anchors of boots that have no record yet: they set no clock until one comes.
    anchors = [anchor for anchor in rows.anchors(connection, log, min(boots), max(boots)) if anchor.boot in boots]
    received_ms = 0 if anchors else rows.received_utc_ms(connection, log)
    return boots, wall_time.clocks({number: boot.last_ms for number, boot in boots.items()}, anchors, received_ms)


def _runs(boots: Iterable[Boot], shifted: Mapping[int, int]) -> list[list[Boot]]:
    """Return the boots that are shifted, those together that follow each other and move alike."""
    alike = groupby(boots, key=lambda boot: (shifted.get(boot.boot), boot.clock.quality))
    return [list(run) for (by_ms, _), run in alike if by_ms is not None]


# --- sets ---------------------------------------------------------------------------------------------------------


def _derive_last_sets(connection: Connection, log: Log, boot: Boot, worn: people.Wearing) -> bool:
    """Derive the last sets of a boot with new records and no edits; False where that needs all of its records."""
    starts = rows.starts(connection, log, boot, _SETS_READ_AGAIN)
    if not boot.in_order or len(starts) < _SETS_READ_AGAIN:
        return False
    first_seq, start_ms = starts[-1]
    raws = rows.raws(connection, log, first_seq, boot.last_seq, boot.boot)
    found = _counted(log, boot, raws)
    if record.header(raws[0])[0] != protocol.REP or not found.in_order or found.earlier_seq >= boot.new_from_seq:
        return False
    if any(item.training_set.key.start_ms < start_ms for item in found.sets):
        return False
    derived = [rows.set_rows(edits.with_lifter(item.training_set, worn), item.first_seq) for item in found.sets]
    rows.replace(connection, rows.stored(connection, log, boot.boot, first_seq), derived)
    rows.write_boot(connection, log, boot)
    return True


def _derive_boot(
    connection: Connection, log: Log, boot: Boot, worn: people.Wearing, is_edited: bool = True, is_new: bool = False
) -> None:
    """Derive all sets of a boot; one that is new has none so far."""
    found = _counted(log, boot, rows.raws(connection, log, boot.first_seq, boot.last_seq, boot.boot))
    boot.in_order = found.in_order
    counted = [item.training_set for item in found.sets]
    first_seqs = {item.training_set.key: item.first_seq for item in found.sets}
    said = rows.edits(connection, log, boot.boot) if is_edited else []
    derived = [
        rows.set_rows(item, first_seqs.get(item.key, boot.first_seq)) for item in edits.apply(counted, said, worn)
    ]
    rows.replace(connection, {} if is_new else rows.stored(connection, log, boot.boot, 0), derived)
    rows.write_boot(connection, log, boot)


def _counted(log: Log, boot: Boot, raws: Sequence[bytes]) -> sets.BootSets:
    return sets.sets_of_boot(SetKey(*log, boot.boot, 0), b"".join(raws), boot.clock)
