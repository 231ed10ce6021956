"""The reps of a set as one value of its row: a JSON list, which both databases read in SQL."""

import json
from collections.abc import Iterable, Sequence

from barhold.model import Rep


def pack(reps: Iterable[Rep]) -> str:
    """Return reps as JSON, the values of each in the order of `schema.REP_VALUES`."""
    return json.dumps([_values(rep) for rep in reps], separators=(",", ":"))


def unpack(packed: str) -> tuple[Rep, ...] | None:
    """Return the reps in a value that `pack` made, None for any other value; a rep's number is its place, from 1."""
    try:
        return tuple(_rep(number, values) for number, values in enumerate(json.loads(packed), start=1))
    except (ValueError, TypeError):
        return None


def _values(rep: Rep) -> tuple[int, ...]:
    rom_mm, peak_mm_s = round(rep.rom_m * 1000), round(rep.peak_m_s * 1000)
    times_ms = (rep.start_ms, rep.rise_ms, rep.hold_ms, rep.fall_ms, rep.bottom_ms)
    return (*times_ms, rom_mm, peak_mm_s, rep.hold_err_ms, rep.flags)


def _rep(number: int, values: Sequence[int]) -> Rep:
    start_ms, rise_ms, hold_ms, fall_ms, bottom_ms, rom_mm, peak_mm_s, hold_err_ms, flags = values
    rom_m, peak_m_s = rom_mm / 1000, peak_mm_s / 1000
    return Rep(number, start_ms, rise_ms, hold_ms, fall_ms, bottom_ms, rom_m, peak_m_s, hold_err_ms, flags)
