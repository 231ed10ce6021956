"""Checks a file that is to be restored: every value must be one that Barhold could have stored.

SQLite keeps any value in any column. A file that somebody made or changed by hand may hold text for a time, or a time
in the year 300,000, on which every later command would fail.
"""

from pathlib import Path

from sqlalchemy import Column, Float, Integer, LargeBinary, SmallInteger, String, Table, text

from barhold.errors import StoreError
from barhold.store import schema
from barhold.store.error_messages import DamagedError, translated
from barhold.store.imported_sets import ImportedSets
from barhold.store.store import Store

_MOST_UTC_MS = 253_402_300_799_999  # the end of the year 9999
_MOST_COUNT = 2**53
_MOST_INTEGER, _MOST_SMALL = 2**31 - 1, 2**15 - 1
_MOST_CHARACTERS = 100_000
_MOST_FIGURE = 1e9
_SHOWN_CHARACTERS = 40


def check(store: Store, path: Path) -> None:
    """Raise DamagedError, which names `path`, the table and the row, at the first value that cannot be right."""
    with translated(store.engine.url), store.engine.connect() as connection:
        for table in schema.metadata.sorted_tables:
            row = connection.execute(text(_query(table))).first()
            if row:
                raise _absurd(path, f"{row[-1]} in table {table.name}, row {', '.join(map(str, row[:-1]))}")
    try:
        ImportedSets(store).all()
    except StoreError as error:
        raise _absurd(path, "an imported set") from error


def _absurd(path: Path, what: str) -> DamagedError:
    return DamagedError(f"{path}: {what} is not what Barhold stores: nothing was restored; use another backup")


def _query(table: Table) -> str:
    """Return SQL for the first row with an absurd value: its key, and the column's name."""
    cases = " ".join(f"when not ({_condition(column)}) then '{column.name}'" for column in table.columns)
    keys = ", ".join(f'substr(quote("{key.name}"), 1, {_SHOWN_CHARACTERS})' for key in table.primary_key.columns)
    sound = " and ".join(f"({_condition(column)})" for column in table.columns)
    return f'select {keys}, case {cases} end from "{table.name}" where not ({sound}) limit 1'  # noqa: S608 - our names


def _condition(column: "Column[object]") -> str:
    """Return SQL that is true for a value that may stand in the column."""
    name, kind = f'"{column.name}"', column.type
    if column is schema.training_set.c.rep_values:  # as long as its set
        return f"typeof({name}) = 'text' and case when json_valid({name}) then json_type({name}) = 'array' else 0 end"
    if isinstance(kind, Integer):
        sound = f"typeof({name}) = 'integer' and {name} between 0 and {_most(column)}"
    elif isinstance(kind, String):
        most = kind.length or _MOST_CHARACTERS
        sound = f"typeof({name}) = 'text' and length({name}) <= {most} and instr({name}, char(0)) = 0"
    elif isinstance(kind, Float):
        sound = f"typeof({name}) in ('real', 'integer') and abs({name}) < {_MOST_FIGURE}"
    elif isinstance(kind, LargeBinary):
        sound = f"typeof({name}) = 'blob'"
    else:
        raise TypeError(f"no rule for the values of {column}")
    return f"({name} is null or ({sound}))" if column.nullable else f"{name} is not null and {sound}"


def _most(column: "Column[object]") -> int:
    if column.name.endswith("utc_ms"):
        return _MOST_UTC_MS
    if isinstance(column.type, SmallInteger):
        return _MOST_SMALL
    return _MOST_COUNT if "BIGINT" in str(column.type).upper() else _MOST_INTEGER
