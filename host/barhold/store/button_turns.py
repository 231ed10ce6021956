"""Makes the turns count that a sensor's button took: each TURN record becomes a row of the table wearer.

Records are the truth, and a TURN gives only the sensor's own time. So this runs when all records of a log are stored
and the clocks of its boots are known. It may run again on the same records: what counts already is left alone.
"""

from sqlalchemy import select

from barcore import record
from barhold.errors import StoreError
from barhold.model import Wearer
from barhold.store import derived, schema
from barhold.store import derived_rows as rows
from barhold.store.database import writing
from barhold.store.error_messages import translated
from barhold.store.people import People
from barhold.store.results import ButtonTurns
from barhold.store.store import Store, insert_new
from barhold.training import bar_turns, wall_time
from barhold.training.people import Wearing

_SAME_MS = 60_000
"""A turn of a lifter who is not known any more is left alone where something was said so near to it."""


def take(store: Store, device_id: str, log_id: int, first_seq: int, end_seq: int) -> ButtonTurns:
    """Let the turns in records `first_seq` up to `end_seq` of a log count; what the database refuses is counted too."""
    with translated(store.engine.url), store.engine.connect() as connection:
        log = rows.find_log(connection, device_id, log_id)
        if log is None:
            return ButtonTurns()
        raws = [raw for raw in rows.raws(connection, log, first_seq, end_seq - 1) if bar_turns.is_turn(raw)]
        if not raws:
            return ButtonTurns()
        boots = rows.boots(connection, log, {record.header(raw)[2] for raw in raws})
        names = {bar_turns.lifter_id(name): name for name in connection.scalars(select(schema.lifter.c.name))}
    wearers = [known for known in People(store).wearers() if known.device_id == device_id]
    new: list[Wearer] = []
    for raw in raws:
        _, _, boot, _, t_ms = record.header(raw)
        utc_ms = boots[boot].clock.utc_at_0_ms + t_ms if boot in boots else 0
        turn = Wearer(device_id, utc_ms, names.get(record.payload(raw)[0], ""))
        if wall_time.is_possible(utc_ms) and _is_news(turn, [*wearers, *new]):
            new.append(turn)
    return _keep(store, new)


def _is_news(turn: Wearer, wearers: list[Wearer]) -> bool:
    """Return whether a turn changes who lifts; one of somebody who is not known any more only where nobody spoke."""
    if not turn.lifter and any(abs(known.since_utc_ms - turn.since_utc_ms) < _SAME_MS for known in wearers):
        return False
    return Wearing(wearers).lifter(turn.device_id, turn.since_utc_ms) != turn.lifter


def _keep(store: Store, turns: list[Wearer]) -> ButtonTurns:
    """Keep each turn in a transaction of its own: a gateway may not name everybody, and a sync must not end there."""
    taken = refused = 0
    for turn in turns:
        row = {"device_id": turn.device_id, "since_utc_ms": turn.since_utc_ms, "lifter": turn.lifter or None}
        try:
            with translated(store.engine.url), writing(store.engine) as connection:
                insert_new(connection, schema.wearer, [row])
                derived.wearers_changed(connection, turn.device_id)
            taken += 1
        except StoreError:
            refused += 1
    return ButtonTurns(taken, refused)
