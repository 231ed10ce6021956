"""Lifters, who wears which sensor since when, and the journal of edits."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict

from sqlalchemy import ColumnElement, Connection, func, select

from barhold.errors import InputError
from barhold.model import Edit, Lifter, SetKey, Wearer
from barhold.store import derived, schema
from barhold.store.database import writing
from barhold.store.error_messages import translated
from barhold.store.store import Row, Store, ensure_device, insert_new, put
from barhold.training import people
from barhold.training.edits import LIFTER, read_value


class People:
    """The tables lifter, wearer and edit of one store; each write is one transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._engine = store.engine

    def add_lifter(self, lifter: Lifter) -> bool:
        """Store a lifter, replacing one of the same name; return whether the name is new."""
        table = schema.lifter
        with translated(self._engine.url), writing(self._engine) as connection:
            known = connection.scalar(select(table.c.name).where(table.c.name == lifter.name))
            _put_lifter(connection, lifter)
        return known is None

    def lifters(self) -> list[Lifter]:
        """Return all lifters in the order of their names."""
        return self._store.lifters()

    def rename(self, name: str, new_name: str) -> None:
        """Give a lifter another name everywhere; one who has that name already takes over all that was theirs.

        InputError for a lifter who is not known.
        """
        with translated(self._engine.url), writing(self._engine) as connection:
            insert_new(connection, schema.lifter, [{**self._known(connection, name), "name": new_name}])
            self._move(connection, name, new_name)

    def remove(self, name: str) -> None:
        """Forget a lifter; their sets stay, as those of their sensors. InputError for one who is not known."""
        with translated(self._engine.url), writing(self._engine) as connection:
            self._known(connection, name)
            self._move(connection, name, "")

    def _known(self, connection: Connection, name: str) -> Row:
        row = connection.execute(select(schema.lifter).where(schema.lifter.c.name == name)).mappings().first()
        if row is None:
            raise InputError(f"lifter {name!r} is not known: see `barhold lifter list`")
        return dict(row)

    def _move(self, connection: Connection, name: str, new_name: str) -> None:
        """Give all that is of one lifter to another, or to nobody."""
        of_name = {"lifter": new_name or None}
        worn = schema.wearer.c.lifter == name
        sensors = connection.scalars(select(schema.wearer.c.device_id).where(worn).distinct()).all()
        connection.execute(schema.wearer.update().where(worn).values(of_name))
        connection.execute(schema.imported.update().where(schema.imported.c.lifter == name).values(of_name))
        edited = connection.execute(select(schema.edit).where(schema.edit.c.action == LIFTER)).mappings().all()
        of_lifter = [derived.edit_of(row) for row in edited]
        named = [edit for edit in of_lifter if read_value(edit).get("lifter") == name]
        for edit in named:
            said = json.dumps({"lifter": new_name})
            connection.execute(schema.edit.update().where(schema.edit.c.edit_id == edit.edit_id).values(value=said))
        connection.execute(schema.lifter.delete().where(schema.lifter.c.name == name))
        for device_id in sensors:
            derived.wearers_changed(connection, device_id)
        derived.edits_changed(connection, [edit.key for edit in named])

    def put_team(self, lifters: Sequence[Lifter], wearers: Sequence[Wearer]) -> None:
        """Store lifters and wearers, replacing what is stored of them: all or nothing."""
        with translated(self._engine.url), writing(self._engine) as connection:
            for lifter in lifters:
                _put_lifter(connection, lifter)
            for wearer in wearers:
                ensure_device(connection, wearer.device_id)
                row = {"device_id": wearer.device_id, "since_utc_ms": wearer.since_utc_ms}
                put(connection, schema.wearer, {**row, "lifter": wearer.lifter or None})
            for device_id in sorted({wearer.device_id for wearer in wearers}):
                derived.wearers_changed(connection, device_id)

    def wear(self, wearer: Wearer) -> None:
        """From its moment on the sensor's sets are the lifter's, who must be known."""
        table = schema.wearer
        key = {"device_id": wearer.device_id, "since_utc_ms": wearer.since_utc_ms}
        with translated(self._engine.url), writing(self._engine) as connection:
            ensure_device(connection, wearer.device_id)
            insert_new(connection, table, [key | {"lifter": wearer.lifter or None}])
            connection.execute(table.update().filter_by(**key).values(lifter=wearer.lifter or None))
            derived.wearers_changed(connection, wearer.device_id)

    def take_turn(self, turn: Wearer, since_seen_ms: int | None = None) -> Wearer:
        """From its moment on the sensor's sets are the lifter's, until the next turn; return the row that says so.

        A lifter whose turn it already is keeps it. With `since_seen_ms`, the start of the turn that the asker saw
        (0 for none), a turn that somebody else has taken since then stays: the InputError says whose it is.
        """
        with translated(self._engine.url), writing(self._engine) as connection:
            ensure_device(connection, turn.device_id)
            lifters = connection.scalars(select(schema.lifter.c.name).where(schema.lifter.c.name == turn.lifter)).all()
            if not lifters:
                raise InputError(f"lifter {turn.lifter!r} is not known: `barhold lifter add {turn.lifter!r}` first")
            current = people.Wearing(_wearers(connection, turn.device_id)).turn(turn.device_id, turn.since_utc_ms)
            if current and current.lifter == turn.lifter:
                return current
            if since_seen_ms is not None and since_seen_ms != (current.since_utc_ms if current else 0):
                raise InputError(f"it is {(current and current.lifter) or 'nobody'}'s turn now: choose again")
            insert_new(connection, schema.wearer, [asdict(turn)])
            derived.wearers_changed(connection, turn.device_id)
        return turn

    def wearers(self) -> list[Wearer]:
        """Return who wears what since when, in the order of (device id, since)."""
        with translated(self._engine.url), self._engine.connect() as connection:
            return _wearers(connection)

    def add_edits(self, edits: Iterable[Edit]) -> None:
        """Add entries to the journal, all or none."""
        with translated(self._engine.url), writing(self._engine) as connection:
            add_edits(connection, list(edits))

    def assign_edits(self, edit_ids: Iterable[str], key: SetKey) -> None:
        """Give edits that were made before their set existed the key of that set."""
        table = schema.edit
        wanted = table.update().where(table.c.edit_id.in_(list(edit_ids)))
        with translated(self._engine.url), writing(self._engine) as connection:
            connection.execute(wanted.values(**key._asdict()))
            derived.edits_changed(connection, [key])

    def undo(self, edit_id: str, now_utc_ms: int) -> bool:
        """Mark one entry as undone; tell whether it was there and not undone yet."""
        table = schema.edit
        wanted = table.update().where(table.c.edit_id == edit_id, table.c.undone_utc_ms.is_(None))
        with translated(self._engine.url), writing(self._engine) as connection:
            is_undone = bool(connection.execute(wanted.values(undone_utc_ms=now_utc_ms)).rowcount)
            if is_undone:
                row = connection.execute(select(table).where(table.c.edit_id == edit_id)).mappings().one()
                derived.edits_changed(connection, [derived.edit_of(row).key])
        return is_undone

    def edits(self) -> list[Edit]:
        """Return the journal in the order in which it was written; those undone are marked."""
        return self._edits()

    def edits_of_boot(self, key: SetKey) -> list[Edit]:
        """Return the part of the journal that is about the boot that `key` is of."""
        table = schema.edit
        return self._edits(*(table.c[name] == getattr(key, name) for name in ("device_id", "log_id", "boot")))

    def planned_edits(self) -> list[Edit]:
        """Return the edits that wait for their sets; see barhold.training.next_set."""
        table = schema.edit
        return self._edits(table.c.log_id == 0, table.c.boot == 0, table.c.undone_utc_ms.is_(None))

    def edits_named(self, edit_ids: Collection[str]) -> list[Edit]:
        """Return the edits with these ids."""
        return self._edits(schema.edit.c.edit_id.in_(list(edit_ids)))

    def last_change(self) -> list[Edit]:
        """Return the edits made last and not undone since; those made at once belong together."""
        table = schema.edit
        last_ms = select(func.max(table.c.made_utc_ms)).where(table.c.undone_utc_ms.is_(None)).scalar_subquery()
        return self._edits(table.c.made_utc_ms == last_ms, table.c.undone_utc_ms.is_(None))

    def next_made_ms(self, now_utc_ms: int) -> int:
        """Return the moment under which an edit is added: now, but after every edit that is there.

        The journal's order is its meaning, so a clock that was set back must not put an edit before older ones.
        """
        with translated(self._engine.url), self._engine.connect() as connection:
            last_ms = connection.scalar(select(func.max(schema.edit.c.made_utc_ms)))
        return max(now_utc_ms, 0 if last_ms is None else last_ms + 1)

    def _edits(self, *which: ColumnElement[bool]) -> list[Edit]:
        wanted = select(schema.edit).where(*which).order_by(schema.edit.c.made_utc_ms, schema.edit.c.edit_id)
        with translated(self._engine.url), self._engine.connect() as connection:
            return [derived.edit_of(row) for row in connection.execute(wanted).mappings()]


def _put_lifter(connection: Connection, lifter: Lifter) -> None:
    table = schema.lifter
    said: Row = {"plan": lifter.plan, "exercise": lifter.exercise or None}
    insert_new(connection, table, [{"name": lifter.name, **said}])
    connection.execute(table.update().where(table.c.name == lifter.name).values(said))


def _wearers(connection: Connection, device_id: str | None = None) -> list[Wearer]:
    table = schema.wearer
    wanted = select(table).order_by(table.c.device_id, table.c.since_utc_ms)
    if device_id is not None:
        wanted = wanted.where(table.c.device_id == device_id)
    return [Wearer(row.device_id, row.since_utc_ms, row.lifter or "") for row in connection.execute(wanted)]


def add_edits(connection: Connection, edits: Sequence[Edit]) -> None:
    """Add entries to the journal in the caller's transaction."""
    insert_new(connection, schema.edit, [row_of_edit(edit) for edit in edits])
    derived.edits_changed(connection, [edit.key for edit in edits])


def row_of_edit(edit: Edit) -> Row:
    """Return an edit as a row of its table."""
    said = {name: value for name, value in asdict(edit).items() if name != "key"}
    return {**edit.key._asdict(), **said}
