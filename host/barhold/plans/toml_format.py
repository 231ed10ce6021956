"""Reads a plan's TOML: checks it key by key, and names the line of each fault. Pure."""

import difflib
import re
import tomllib
from collections.abc import Callable
from typing import Any

from barhold.errors import InputError
from barhold.plans import load_units
from barhold.plans.plan import DEFAULT, Bounds, Plan, Tempo

MOST_SETS, MOST_REPS, MOST_HOLD_S, MOST_REST_H, MOST_WARM_UP = 20, 100, 60.0, 24.0 * 14, 10
"""Over a minute the sensor takes no target; the other limits only catch slips of the hand."""
SET_REST_S = (10, 1800)
LEAST_RANGE_M, MOST_RANGE_M = 0.08, 1.2
_UNITS = {"hold": ("hold_s", "seconds"), "rest": ("rest_h", "hours"), "range": ("range_m", "metres")}
_AT = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


class _FaultError(Exception):
    """What is wrong with one key's value."""


def parse(name: str, data: bytes, place: str) -> Plan:
    """Return the plan that `data` says; what it leaves out is as in the default plan."""
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as err:
        raise _error(place, data.count(b"\n", 0, err.start) + 1, "not UTF-8 text: save it as such") from None
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as err:
        at = _AT.search(str(err))
        line = int(at[1]) if at and at[1] else text.rstrip().count("\n") + 1
        reason = str(err)[: at.start()] if at else str(err)
        raise _error(place, line, f"not TOML: {reason}: see `barhold plan show hip-thrust` for the form") from None
    except (RecursionError, ValueError) as err:  # ValueError: an integer of over 4,300 digits
        reason = "nested too deeply" if isinstance(err, RecursionError) else "a number with too many digits"
        raise InputError(f"{place}: {reason}: see `barhold plan show hip-thrust` for the form") from None
    values: dict[str, Any] = {}
    try:
        for key in said:  # noqa: PLC0206 - a fault names the key at which it happened
            values[key] = _value(key, said[key])
        key = "tempo"
        _agree(values.get("tempo"), values.get("hold_s", DEFAULT.hold_s))
    except _FaultError as fault:
        raise _error(place, _lines(text)[key], f"{_shown(key, said[key])}: {fault}") from None
    return Plan(**{"name": name, "exercise": name.replace("-", " "), **values})


def _value(key: str, value: Any) -> Any:
    """Return one key's value as the plan keeps it."""
    if key not in KEYS:
        raise _FaultError(_unknown(key))
    return KEYS[key](value)


def _whole(value: Any, low: int, high: int, example: str) -> Bounds:
    """Return bounds of a count; one number is both."""
    pair = value if isinstance(value, list) else [value, value]
    if len(pair) != 2 or not all(_is_number(v, True) for v in pair):
        raise _FaultError(f"must be two whole numbers, [least, most], as in {example}")
    return _ordered(pair, low, high)


def _window(value: Any, high: float, example: str) -> Bounds:
    """Return bounds of a measured time, which need room between them."""
    if not isinstance(value, list) or len(value) != 2 or not all(_is_number(v, False) for v in value):
        raise _FaultError(f"must be two numbers, [least, most], as in {example}")
    bounds = _ordered(value, 0, high)
    if bounds.least == bounds.most:
        raise _FaultError(f"needs room between least and most: write a window, as {example}")
    return bounds


def _ordered(pair: list[float], low: float, high: float) -> Bounds:
    least, most = pair
    if not all(low <= v <= high for v in pair):
        raise _FaultError(f"must lie within {low:g} and {high:g}")
    if least > most:
        raise _FaultError(f"least over most: write the smaller first, [{most:g}, {least:g}]")
    return Bounds(least, most)


def _range(value: Any) -> Bounds:
    bounds = _window(value, MOST_RANGE_M, "[0.1, 0.6]")
    if bounds.least < LEAST_RANGE_M:
        raise _FaultError(
            f"must lie within {LEAST_RANGE_M:g} and {MOST_RANGE_M:g}: a sensor tells no smaller rise from drift"
        )
    return bounds


def _tempo(value: Any) -> Tempo:
    tempo = Tempo.parse(value) if isinstance(value, str) else None
    if tempo is None:
        raise _FaultError('must be fall, bottom, rise and top in seconds, as "2-1-1-3", or "2-0-X-3" for a fast rise')
    return tempo


def _agree(tempo: Tempo | None, hold_s: Bounds) -> None:
    if tempo and hold_s.side(tempo.top_s):
        window = f"hold_s = [{hold_s.least:g}, {hold_s.most:g}]"
        raise _FaultError(f"its pause at the top, {tempo.top_s:g} s, lies outside {window}: change one of the two")


def _words(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable() or len(value) > 60:
        raise _FaultError("must be a text of 1 to 60 printable characters in quotes")
    return value.strip()


def _warm_up(value: Any) -> Any:
    if not _is_number(value, True) or not 0 <= value <= MOST_WARM_UP:
        raise _FaultError(f"must be a whole number from 0 to {MOST_WARM_UP}")
    return value


def _set_rest(value: Any) -> Any:
    least_s, most_s = SET_REST_S
    if not _is_number(value, True) or not least_s <= value <= most_s:
        raise _FaultError(f"must be a whole number of seconds from {least_s} to {most_s}")
    return value


def _load(value: Any) -> Any:
    if not isinstance(value, str):
        raise _FaultError('must be a load in quotes, as "2.5 kg" or "5 lb"')
    try:
        return load_units.parse(value)
    except InputError as err:
        raise _FaultError(str(err).partition(": ")[2]) from None


def _is_number(value: Any, whole: bool) -> bool:
    return isinstance(value, int if whole else int | float) and not isinstance(value, bool)


def _unknown(key: str) -> str:
    stem, _, unit = key.partition("_")
    if stem in _UNITS:
        right, words = _UNITS[stem]
        return f"unknown unit {unit!r}: it is given in {words}, as {right}" if unit else f"needs a unit: write {right}"
    near = difflib.get_close_matches(key, KEYS, 1)
    return f"unknown key: did you mean {near[0]}?" if near else f"unknown key: a plan knows {', '.join(KEYS)}"


def _lines(text: str) -> dict[str, int]:
    """Return the line on which each top-level key begins: where a longer prefix of the text first brings it."""
    found: dict[str, int] = {}
    whole = 0  # lines of the longest prefix so far that is TOML by itself
    lines = text.split("\n")
    for count in range(1, len(lines) + 1):
        try:
            keys = tomllib.loads("\n".join(lines[:count]))
        except (ValueError, RecursionError):
            continue
        for key in keys:
            found.setdefault(key, whole + 1)
        whole = count
    return found


def _shown(key: str, value: Any) -> str:
    try:
        said = str(value).lower() if isinstance(value, bool) else repr(value)
    except (RecursionError, ValueError):  # nested too deeply, or a number with too many digits
        said = "..."
    text = f"{key} = {said}"
    return text if len(text) <= 60 else text[:57] + "..."


def _error(place: str, line: int, reason: str) -> InputError:
    return InputError(f"{place} line {line}: {reason}")


KEYS: dict[str, Callable[[Any], Any]] = {
    "exercise": _words,
    "sets": lambda value: _whole(value, 1, MOST_SETS, "[2, 3]"),
    "reps": lambda value: _whole(value, 2, MOST_REPS, "[6, 12]"),
    "hold_s": lambda value: _window(value, MOST_HOLD_S, "[2, 3]"),
    "rest_h": lambda value: _window(value, MOST_REST_H, "[24, 48]"),
    "tempo": _tempo,
    "range_m": _range,
    "warm_up_sets": _warm_up,
    "load_step": _load,
    "set_rest_s": _set_rest,
}
