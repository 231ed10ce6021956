"""Parquet, written by pyarrow (extra `parquet`): the rows of the CSV with types, and times as UTC timestamps."""

import importlib.util
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from barhold.errors import InputError
from barhold.exports.rows import Row

_TIMES = ("set_start", "set_end")
_WHOLE = ("set", "rep", "reps")
_TRUTHS = ("warm_up", "edited")
_TEXTS = ("lifter", "device", "load_unit", "flags", "time_quality", "note")


_GROUP_ROWS = 50_000
"""How many rows are in memory at once; a reader can skip a group as a whole."""


def pieces(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    """Yield the file in pieces; InputError if pyarrow is not installed."""
    if importlib.util.find_spec("pyarrow") is None:
        raise InputError("Parquet needs pyarrow: pip install 'barhold[parquet]' (in a clone: pip install '.[parquet]')")
    import pyarrow as pa  # noqa: PLC0415 - an extra
    from pyarrow import parquet  # noqa: PLC0415

    schema = pa.schema([(name, _type(pa, name)) for name in columns])
    out, left = io.BytesIO(), iter(rows)
    with parquet.ParquetWriter(out, schema) as writer:
        while group := list(islice(left, _GROUP_ROWS)):
            arrays = [pa.array([_value(name, row[name]) for row in group], schema.field(name).type) for name in columns]
            writer.write_table(pa.table(arrays, schema=schema))
            yield _taken(out)
    yield _taken(out)


def _taken(out: io.BytesIO) -> bytes:
    """Return what was written since the last call, and clear the buffer."""
    written = out.getvalue()
    out.seek(0)
    out.truncate()
    return written


def _type(pa: Any, name: str) -> Any:
    if name in _TIMES:
        return pa.timestamp("ms", "UTC")
    if name in _TEXTS:
        return pa.string()
    return pa.int32() if name in _WHOLE else pa.bool_() if name in _TRUTHS else pa.float64()


def _value(name: str, value: Any) -> Any:
    return datetime.fromisoformat(value) if name in _TIMES else value
