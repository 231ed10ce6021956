"""Sets from other programs' files, beside the sensors' own."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from sqlalchemy import RowMapping, select

from barhold.errors import StoreError
from barhold.model import Edit, ImportedSet, Load
from barhold.store import schema
from barhold.store.database import writing
from barhold.store.error_messages import translated
from barhold.store.people import add_edits
from barhold.store.store import Row, Store, insert_new

_MOST_AMOUNT = 1e4
_PLAIN = tuple(name for name in ImportedSet.__dataclass_fields__ if name not in ("lifter", "load", "zone"))


class ImportedSets:
    """The table imported of one store."""

    def __init__(self, store: Store) -> None:
        self._engine = store.engine

    def all(self) -> list[ImportedSet]:
        """Return all imported sets in order of time."""
        table = schema.imported
        order = (table.c.start_utc_ms, table.c.source, table.c.workout, table.c.exercise, table.c.set_index)
        with translated(self._engine.url), self._engine.connect() as connection:
            return [_imported(row) for row in connection.execute(select(table).order_by(*order)).mappings()]

    def add(self, sets: Sequence[ImportedSet], edits: Iterable[Edit] = ()) -> None:
        """Keep sets, each in the place of an older one of its id, and new edits: all in one transaction or nothing."""
        table = schema.imported
        with translated(self._engine.url), writing(self._engine) as connection:
            insert_new(connection, table, [_row(item) for item in sets])
            for item in sets:
                connection.execute(table.update().filter_by(import_id=item.import_id).values(_row(item)))
            add_edits(connection, list(edits))


def _row(imported: ImportedSet) -> Row:
    row: Row = {name: getattr(imported, name) for name in _PLAIN}
    amount, unit = (repr(imported.load.amount), imported.load.unit) if imported.load else ("", "")
    load = {"load": amount, "unit": unit}
    return {**row, **load, "lifter": imported.lifter or None, "zone": imported.zone or None}


def _imported(row: RowMapping) -> ImportedSet:
    values: Row = {name: row[name] for name in _PLAIN}
    try:
        load = Load(float(row["load"]), row["unit"]) if row["load"] else None
        datetime.fromtimestamp(row["start_utc_ms"] / 1000, UTC)
        sound = row["unit"] in ("", "kg", "lb") and (load is None or 0 < load.amount < _MOST_AMOUNT)
    except (TypeError, ValueError, OverflowError, OSError):
        sound = False
    if not sound:
        step = "restore a backup, or remove this row and import the file again"
        raise StoreError(f"the imported set {row['import_id']} in the database is not one that Barhold stored: {step}")
    return ImportedSet(**values, lifter=row["lifter"] or "", load=load, zone=row["zone"] or "")
