"""Parquet, written by pyarrow (extra `parquet`): the rows of the CSV with types, and times as UTC timestamps."""

import importlib.util
import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from barhold.errors import InputError
from barhold.exports.rows import Row

_TIMES = ("set_start", "set_end")
_WHOLE = ("set", "rep", "reps")
_TRUTHS = ("warm_up", "edited")
_TEXTS = ("lifter", "device", "load_unit", "flags", "time_quality", "note")


def to_parquet(columns: Sequence[str], table: Sequence[Row]) -> bytes:
    """Return the file; InputError if pyarrow is not installed."""
    if importlib.util.find_spec("pyarrow") is None:
        raise InputError("Parquet needs pyarrow: pip install 'barhold[parquet]' (in a clone: pip install '.[parquet]')")
    import pyarrow as pa  # noqa: PLC0415 - an extra
    from pyarrow import parquet  # noqa: PLC0415

    arrays = [pa.array([_value(name, row[name]) for row in table], _type(pa, name)) for name in columns]
    out = io.BytesIO()
    parquet.write_table(pa.table(arrays, names=list(columns)), out)
    return out.getvalue()


def _type(pa: Any, name: str) -> Any:
    if name in _TIMES:
        return pa.timestamp("ms", "UTC")
    if name in _TEXTS:
        return pa.string()
    return pa.int32() if name in _WHOLE else pa.bool_() if name in _TRUTHS else pa.float64()


def _value(name: str, value: Any) -> Any:
    return datetime.fromisoformat(value) if name in _TIMES else value
