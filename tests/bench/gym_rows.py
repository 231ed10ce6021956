"""Fills a gym's store: one lifter's training as syncs bring it, and that of many others as rows."""

from dataclasses import replace

from barhold.model import Lifter, SetKey, Wearer
from barhold.store import People, Store, database, derived, derived_rows
from barhold.store import store as writes
from bench import years

SETS, REPS = 3, 8
_LATER_MS = 60_000
_COLUMNS = ("row_id", *derived_rows.SET_COLUMNS)


def lifter_name(number: int) -> str:
    """Return a lifter's name."""
    return f"Lifter {number:03}"


def device_id(number: int) -> str:
    """Return the id of a lifter's sensor."""
    return f"{number + 1:016x}"


def fill(place: str, count: int) -> int:
    """Store some years of the first lifter's training; return how many records that is."""
    days = list(years.days(count, SETS, REPS))
    raws = [raw for day in days for raw in day.raws]
    with Store.open(place) as store:
        _know(People(store), range(1))
        with database.writing(store.engine) as connection:
            log = writes.take_log(connection, device_id(0), years.LOG_ID, days[-1].synced_utc_ms)
            writes.insert_records(connection, log, list(enumerate(raws)))
            for day in days:
                writes.keep_anchor(connection, replace(day.anchor, device_id=device_id(0)))
            derived.records_changed(connection, log, raws)
    return len(raws)


def multiply(place: str, lifters: int) -> None:
    """Let so many lifters in all have trained as the first one has, each a minute later than the one before.

    The rows are those that syncs would leave, but none is derived: a test proves with a few lifters that `barhold db
    check` finds no difference.
    """
    with Store.open(place) as store:
        _know(People(store), range(1, lifters))
        with database.writing(store.engine) as connection:
            wanted = f"select {', '.join(_COLUMNS)} from training_set order by row_id"
            sets = [dict(zip(_COLUMNS, row, strict=True)) for row in derived_rows.run(connection, wanted)]
            for number in range(1, lifters):
                for statement in _copies(number):
                    derived_rows.run(connection, statement)
                moved = [tuple(_moved(row, number, len(sets)).values()) for row in sets]
                derived_rows.put(connection, "training_set", _COLUMNS, 1, moved)
            if connection.dialect.name == "postgresql":
                for sequence, last in (("log_number_seq", lifters), ("training_set_row_id_seq", lifters * len(sets))):
                    derived_rows.run(connection, f"select setval('{sequence}', {last})")


def _know(people: People, numbers: range) -> None:
    names = {device_id(number): lifter_name(number) for number in numbers}
    people.put_team(
        [Lifter(name) for name in names.values()], [Wearer(device, 0, name) for device, name in names.items()]
    )


def _copies(number: int) -> list[str]:
    """Return the statements that copy the first lifter's log, records, anchors and boots."""
    device, log, by_ms = f"'{device_id(number)}'", number + 1, number * _LATER_MS
    boot = "first_seq, last_seq, last_ms, utc_at_0_ms + {}, {}, boot, in_order, time_quality"
    return [
        f"insert into log (number, device_id, log_id, received_utc_ms)"
        f" select {log}, {device}, log_id, received_utc_ms + {by_ms} from log where number = 1",
        f"insert into record (seq, log_number, raw) select seq, {log}, raw from record where log_number = 1",
        f"insert into anchor (device_id, log_id, boot, t_ms, utc_ms, rtt_ms) select {device}, log_id, boot, t_ms,"
        f" utc_ms + {by_ms}, rtt_ms from anchor where device_id = '{device_id(0)}'",
        f"insert into boot (first_seq, last_seq, last_ms, utc_at_0_ms, log_number, boot, in_order, time_quality)"
        f" select {boot.format(by_ms, log)} from boot where log_number = 1",
    ]


def _moved(row: dict, number: int, sets: int) -> dict:
    """Return the row of the same set of another lifter."""
    by_ms = number * _LATER_MS
    key = SetKey(device_id(number), years.LOG_ID, row["boot"], row["start_ms"])
    return row | {
        "row_id": row["row_id"] + number * sets,
        "set_id": key.set_id,
        "log_number": number + 1,
        "start_utc_ms": row["start_utc_ms"] + by_ms,
        "end_utc_ms": row["end_utc_ms"] + by_ms,
        "owner": lifter_name(number),
    }
