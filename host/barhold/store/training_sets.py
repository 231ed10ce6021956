"""Reads training sets as they count today: those of one lifter, of some weeks, or the last ones, through an index."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select, text

from barhold.model import Load, Rep, SetKey, TrainingSet
from barhold.store import derived, rep_values, schema
from barhold.store.error_messages import translated
from barhold.store.results import Owner
from barhold.training import next_set, sets, wall_time

_SETS_PER_READ = 500
_SETS_OF_A_SESSION = 16
"""How many sets are read at first for each requested session; more are read if they are not enough."""
_TABLE, _LOG = schema.training_set, schema.log
_OF_SET = (
    *("boot", "start_ms", "number", "start_utc_ms", "end_utc_ms", "time_quality"),
    *("owner", "load", "load_unit", "warm_up", "working", "note", "edits", "rep_values"),
)
_SHOWN = (_LOG.c.device_id, _LOG.c.log_id, *(_TABLE.c[name] for name in _OF_SET))
# From each owner straight to the next one in the index.
_OWNER_NAMES = """
    with recursive known (owner) as (
        select min(owner) from training_set
        union all
        select (select min(owner) from training_set where owner > known.owner) from known where known.owner is not null
    )
    select owner from known where owner is not null
"""


class TrainingSets:
    """The sets in one store. Owners are lifters, or sensors' ids as long as nobody is named."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    def stream(
        self, owner: str = "", since: datetime | None = None, until: datetime | None = None
    ) -> Iterator[TrainingSet]:
        """Yield sets in order of time, from `since` on and before `until`, a few hundred at a time in memory."""
        wanted = _in_order(_select(_TABLE.c.row_id).where(*_which(owner, since, until)))
        with translated(self._engine.url), self._engine.connect() as connection:
            ids = connection.scalars(wanted).all()
            for at in range(0, len(ids), _SETS_PER_READ):
                part = _TABLE.c.row_id.in_(ids[at : at + _SETS_PER_READ])
                yield from _training_sets(connection.execute(_in_order(_select(*_SHOWN).where(part))).all())

    def last(
        self, count: int, owner: str = "", since: datetime | None = None, until: datetime | None = None
    ) -> list[TrainingSet]:
        """Return the last sets, in order of time."""
        with translated(self._engine.url), self._engine.connect() as connection:
            return _training_sets(_last_rows(connection, count, _which(owner, since, until)))

    def last_sessions(
        self, count: int, owner: str = "", since: datetime | None = None, until: datetime | None = None
    ) -> list[list[TrainingSet]]:
        """Return the last sessions, in the order of their beginnings; without an owner those of everybody."""
        which = _which(owner, since, until)
        wanted = count * _SETS_OF_A_SESSION
        with translated(self._engine.url), self._engine.connect() as connection:
            while True:
                rows = {_key(row): row for row in _last_rows(connection, wanted, which)}
                sessions = sets.sessions(_training_set(row, ()) for row in rows.values())
                whole = sessions if len(rows) < wanted else _surely_whole(sessions)
                if len(whole) >= count or len(rows) < wanted:
                    shown = [rows[item.key] for session in whole[-count:] for item in session]
                    return sets.sessions(_training_sets(shown))
                wanted *= 4

    def owner_names(self) -> list[str]:
        """Return the owners of all sets in alphabetical order; a gym's whole table is not read for that."""
        with translated(self._engine.url), self._engine.connect() as connection:
            return list(connection.scalars(text(_OWNER_NAMES)))

    def owners(self) -> list[Owner]:
        """Return whose sets are stored, in the order of their last sets."""
        columns = (func.count(), func.min(_TABLE.c.start_utc_ms), func.max(_TABLE.c.start_utc_ms))
        wanted = select(_TABLE.c.owner, *columns).where(*_which("", None, None)).group_by(_TABLE.c.owner)
        with translated(self._engine.url), self._engine.connect() as connection:
            rows = connection.execute(wanted).all()
        found = [Owner(row[0], row[1], wall_time.moment(row[2]), wall_time.moment(row[3])) for row in rows]
        return sorted(found, key=lambda owner: (owner.last_utc, owner.owner))

    def named(self, set_id: str) -> list[TrainingSet]:
        """Return the sets whose id begins with `set_id`, in order of time."""
        begins = _TABLE.c.set_id.between(set_id, set_id + "z" * 10)
        with translated(self._engine.url), self._engine.connect() as connection:
            return _training_sets(connection.execute(_in_order(_select(*_SHOWN).where(begins))))

    def of_boot(self, key: SetKey) -> list[TrainingSet]:
        """Return the sets of the boot that `key` is of, in order of time."""
        same = (_LOG.c.device_id == key.device_id, _LOG.c.log_id == key.log_id, _TABLE.c.boot == key.boot)
        with translated(self._engine.url), self._engine.connect() as connection:
            return _training_sets(connection.execute(_in_order(_select(*_SHOWN).where(*same))))

    def counted_of_boot(self, key: SetKey) -> list[TrainingSet]:
        """Return the sets of the boot that `key` is of, as the sensor counted them, whatever people said since."""
        with translated(self._engine.url), self._engine.connect() as connection:
            return derived.counted_of_boot(connection, key)


def _which(owner: str, since: datetime | None, until: datetime | None) -> list[ColumnElement[bool]]:
    """Return what selects sets by owner and time; times that cannot be true are never selected."""
    first_ms = 0 if since is None else max(0, wall_time.utc_ms(since))
    end_ms = wall_time.LAST_UTC_MS if until is None else min(wall_time.utc_ms(until), wall_time.LAST_UTC_MS)
    in_time = [_TABLE.c.start_utc_ms >= first_ms, _TABLE.c.start_utc_ms < end_ms]
    return [_TABLE.c.owner == owner, *in_time] if owner else in_time


def _select(*columns: ColumnElement[Any]) -> Select[Any]:
    """Begin a query of sets with the logs that they are of."""
    return select(*columns).select_from(_TABLE.join(_LOG, _LOG.c.number == _TABLE.c.log_number))


def _in_order(wanted: Select[Any]) -> Select[Any]:
    return wanted.order_by(_TABLE.c.start_utc_ms, _LOG.c.device_id, _TABLE.c.number)


def _last_rows(connection: Connection, count: int, which: Iterable[ColumnElement[bool]]) -> Sequence[Row[Any]]:
    backwards = (_TABLE.c.start_utc_ms.desc(), _LOG.c.device_id.desc(), _TABLE.c.number.desc())
    return connection.execute(_select(*_SHOWN).where(*which).order_by(*backwards).limit(count)).all()[::-1]


def _surely_whole(sessions: Sequence[list[TrainingSet]]) -> list[list[TrainingSet]]:
    """Return the sessions that begin too late to have a set before the first one that was read."""
    earliest = sessions[0][0].start_utc + next_set.LONGEST_SET + sets.SESSION_GAP
    return [session for session in sessions if session[0].start_utc >= earliest]


def _key(row: Row[Any]) -> SetKey:
    device_id, log_id, boot, start_ms, *_ = tuple(row)
    return SetKey(device_id, log_id, boot, start_ms)


def _training_sets(rows: Iterable[Row[Any]]) -> list[TrainingSet]:
    """Return the sets in rows of `_SHOWN`; one whose reps cannot be read is left out, and `db check` names it."""
    found = ((row, rep_values.unpack(row.rep_values)) for row in rows)
    return [_training_set(row, reps) for row, reps in found if reps is not None]


def _training_set(row: Row[Any], reps: tuple[Rep, ...]) -> TrainingSet:
    device_id, log_id, boot, start_ms, number, start_utc_ms, end_utc_ms, quality, *said = tuple(row)
    owner, load, load_unit, warm_up, working, note, edits, _ = said
    return TrainingSet(
        device_id,
        boot,
        number,
        wall_time.moment(start_utc_ms),
        wall_time.moment(end_utc_ms),
        quality,
        reps,
        SetKey(device_id, log_id, boot, start_ms),
        lifter="" if owner == device_id else owner,
        load=None if load is None else Load(load, load_unit),
        warm_up=bool(warm_up),
        working=bool(working),
        note=note or "",
        edits=tuple(edits.split(",")) if edits else (),
    )
