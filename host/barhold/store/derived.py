"""Keeps the tables boot and training_set, in the transaction that changes what they follow from.

A set depends on the records of its boot, on the boot's clock (an anchor, or the neighbours where there is none), on
what people said of it, and on who wore the sensor. So each change touches the boots that it is about, and the clocks of
the boots next to them that have no anchor of their own. `rebuild` derives everything anew; a property test proves that
both ways agree.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import Connection, RowMapping, select

from barcore import protocol, record
from barhold.model import Anchor, Edit, SetKey, TrainingSet
from barhold.store import derived_rows as rows
from barhold.store import schema
from barhold.store.derived_rows import Boot, Log
from barhold.training import edits, people, sets, wall_time

_SETS_READ_AGAIN = 2
"""A correction comes while its set or the next one runs: with new records the last two sets are read again."""
_NAMED_AT_MOST = 5


def records_changed(connection: Connection, log: Log, raws: Iterable[bytes]) -> None:
    """Derive what follows from records that are new in this log, in seq order."""
    new: dict[int, list[bytes]] = {}
    for raw in raws:
        new.setdefault(record.header(raw)[2], []).append(raw)
    if not new:
        return
    boots = rows.boots_around(connection, log, min(new), max(new))
    whole = {number: raws for number, raws in new.items() if number not in boots}
    for number, of_boot in new.items():
        for raw in of_boot:
            _, _, _, seq, t_ms = record.header(raw)
            boots.setdefault(number, Boot(number, seq, seq, t_ms)).add(seq, t_ms)
    _update_log(connection, log, dict(sorted(boots.items())), whole)


def anchor_changed(connection: Connection, device_id: str, log_id: int, boot: int) -> None:
    """Derive what follows from another anchor of this boot."""
    log = rows.find_log(connection, device_id, log_id)
    boots = rows.boots_around(connection, log, boot, boot) if log else {}
    if log and boot in boots:
        _update_log(connection, log, boots, {})


def edits_changed(connection: Connection, keys: Iterable[SetKey]) -> None:
    """Derive what follows from edits of these sets that were added or undone."""
    for device_id, log_id, number in {key[:3] for key in keys}:
        if log := rows.find_log(connection, device_id, log_id):
            worn = rows.said(connection, log, number, number).worn
            for boot in rows.boots(connection, log, [number]).values():
                _write(connection, log, [_whole_boot(connection, log, boot, worn)])


def wearers_changed(connection: Connection, device_id: str) -> None:
    """Derive whose sets those of this sensor are."""
    for log in rows.logs(connection, device_id):
        numbers = rows.boot_numbers(connection, log)
        if not numbers:
            continue
        _, edited, worn = rows.said(connection, log, min(numbers), max(numbers))
        boots = rows.boots(connection, log, edited)
        _write(connection, log, [_whole_boot(connection, log, boot, worn) for boot in boots.values()])
        rows.name_lifters(connection, log, numbers - edited, worn)


def counted_of_boot(connection: Connection, key: SetKey) -> list[TrainingSet]:
    """Return the sets of the boot that `key` is of, as the sensor counted them, whatever people said since."""
    log = rows.find_log(connection, key.device_id, key.log_id)
    found: list[TrainingSet] = []
    if log is None:
        return found
    for boot in rows.boots(connection, log, [key.boot]).values():
        raws = rows.raws(connection, log, boot.first_seq, boot.last_seq, boot.boot)
        found += [item.training_set for item in _counted(log, boot, raws).sets]
    return found


def rebuild(connection: Connection) -> None:
    """Derive everything anew from records, anchors, edits and wearers."""
    for table in reversed(schema.DERIVED):
        connection.execute(table.delete())
    for log in rows.logs(connection):
        records_changed(connection, log, rows.raws(connection, log, 0, protocol.NO_SEQ))


def rebuild_log(connection: Connection, log: Log) -> None:
    """Derive everything of one log anew."""
    for table in ("training_set", "boot"):
        rows.run(connection, f"delete from {table} where log_number = ?", (log.number,))  # noqa: S608 - constants
    records_changed(connection, log, rows.raws(connection, log, 0, protocol.NO_SEQ))


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


def impossible_times(connection: Connection) -> list[str]:
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


def _all_sets(connection: Connection) -> dict[str, rows.SetRow]:
    return {found.row[0]: found for found in rows.stored_everywhere(connection).values()}


# --- clocks -------------------------------------------------------------------------------------------------------


def _update_log(connection: Connection, log: Log, boots: dict[int, Boot], whole: Mapping[int, Sequence[bytes]]) -> None:
    """Write the boots that changed, those whose clocks change with them, and their sets.

    `boots` has them and all that their clocks depend on, ascending; `whole` has all records of each boot that is new.
    """
    anchors, edited, worn = rows.said(connection, log, min(boots), max(boots))
    clocks = _clocks(connection, log, boots, anchors)
    moved = [boot for number, boot in boots.items() if boot.clock != clocks[number] or boot.has_new_records]
    shifted: dict[int, int] = {}
    written: list[_Derived] = []
    for boot in moved:
        before, boot.clock = boot.clock, clocks[boot.boot]
        is_edited = boot.boot in edited
        if not boot.has_new_records and not is_edited:
            shifted[boot.boot] = boot.clock.utc_at_0_ms - before.utc_at_0_ms
            continue
        last = None if before != boot.clock or is_edited else _last_sets(connection, log, boot, worn)
        written.append(last or _whole_boot(connection, log, boot, worn, is_edited, whole.get(boot.boot)))
    _write(connection, log, written)
    for run in _runs(boots.values(), shifted):
        rows.shift(connection, log, run, shifted[run[0].boot])
    rows.name_lifters(connection, log, shifted, worn)


def _clocks(
    connection: Connection, log: Log, boots: Mapping[int, Boot], anchors: Iterable[Anchor]
) -> dict[int, wall_time.Clock]:
    # An anchor of a boot that has no record yet sets no clock until one comes.
    anchors = [anchor for anchor in anchors if anchor.boot in boots]
    received_ms = 0 if anchors else rows.received_utc_ms(connection, log)
    return wall_time.clocks({number: boot.last_ms for number, boot in boots.items()}, anchors, received_ms)


def _runs(boots: Iterable[Boot], shifted: Mapping[int, int]) -> list[list[Boot]]:
    """Return the boots that are shifted, those together that follow each other and move alike."""
    alike = groupby(boots, key=lambda boot: (shifted.get(boot.boot), boot.clock.quality))
    return [list(run) for (by_ms, _), run in alike if by_ms is not None]


# --- sets ---------------------------------------------------------------------------------------------------------


class _Derived(NamedTuple):
    """What becomes of a boot's sets."""

    boot: Boot
    before: dict[int, rows.SetRow]  # by row_id, the stored ones
    after: list[rows.SetRow]  # those in their place


def _write(connection: Connection, log: Log, derived: Sequence[_Derived]) -> None:
    """Write boots and their sets."""
    before = {row_id: stored for one in derived for row_id, stored in one.before.items()}
    rows.replace(connection, before, [item for one in derived for item in one.after])
    rows.write_boots(connection, log, [one.boot for one in derived])


def _last_sets(connection: Connection, log: Log, boot: Boot, worn: people.Wearing) -> _Derived | None:
    """Derive the last sets of a boot with new records and no edits; None where that needs all of its records."""
    if not boot.in_order:
        return None
    stored = rows.stored_last(connection, log, boot, _SETS_READ_AGAIN)
    begun = [(one.first_seq, one.start_ms) for one in stored.values() if one.first_seq <= boot.new_from_seq]
    if len(begun) < _SETS_READ_AGAIN:
        return None
    first_seq, start_ms = min(begun)
    raws = rows.raws(connection, log, first_seq, boot.last_seq, boot.boot)
    found = _counted(log, boot, raws)
    if record.header(raws[0])[0] != protocol.REP or not found.in_order or found.earlier_seq >= boot.new_from_seq:
        return None
    if any(item.training_set.key.start_ms < start_ms for item in found.sets):
        return None
    after = [rows.set_row(edits.with_lifter(item.training_set, worn), log, item.first_seq) for item in found.sets]
    return _Derived(boot, stored, after)


def _whole_boot(
    connection: Connection,
    log: Log,
    boot: Boot,
    worn: people.Wearing,
    is_edited: bool = True,
    raws: Sequence[bytes] | None = None,
) -> _Derived:
    """Derive all sets of a boot; one whose records are given is new and has none so far."""
    is_new = raws is not None
    if raws is None:
        raws = rows.raws(connection, log, boot.first_seq, boot.last_seq, boot.boot)
    found = _counted(log, boot, raws)
    boot.in_order = found.in_order
    counted = [item.training_set for item in found.sets]
    first_seqs = {item.training_set.key: item.first_seq for item in found.sets}
    said = rows.edits(connection, log, boot.boot) if is_edited else []
    after = [
        rows.set_row(item, log, first_seqs.get(item.key, boot.first_seq)) for item in edits.apply(counted, said, worn)
    ]
    return _Derived(boot, {} if is_new else rows.stored(connection, log, boot.boot), after)


def _counted(log: Log, boot: Boot, raws: Sequence[bytes]) -> sets.BootSets:
    return sets.sets_of_boot(SetKey(*log.key, boot.boot, 0), b"".join(raws), boot.clock)
