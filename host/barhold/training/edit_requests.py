"""What people say to change the past, `12 split 5`, as edits of the sets they mean. Pure."""

import re
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from barhold.errors import InputError
from barhold.model import Edit, Rep, SetKey, TrainingSet
from barhold.plans import loads
from barhold.training import edits
from barhold.training.sets import MIN_REPS

USAGE = {
    edits.SPLIT: "12 split 5",
    edits.MERGE: "12 merge 13",
    edits.DROP: "12 drop 3, or 12 drop all",
    edits.WARM_UP: "12 warm-up",
    edits.WORKING: "12 working",
    edits.LIFTER: "12 lifter Mia",
    edits.LOAD: "12 load 60kg",
    edits.NOTE: '12 note "left foot slipped"',
}
"""Every action, as it is said; 12-14 and 12,15 name several sets where the action allows it."""
_SEVERAL = (edits.WARM_UP, edits.WORKING, edits.LIFTER, edits.LOAD, edits.NOTE)
MOST_NOTE = 500


class Said(NamedTuple):
    """One edit before it has an id and a time."""

    key: SetKey
    action: str
    value: dict[str, Any]


def understood(words: Sequence[str], sets: Sequence[TrainingSet], lifters: Collection[str]) -> list[Said]:
    """Return the edits that `words` ask for; sets are numbered from 1 in the order given."""
    if len(words) < 2 or words[1] not in USAGE:
        known = "; ".join(USAGE.values())
        raise InputError(f"an edit is the set's number, what to do, and what it needs: {known}")
    action, rest = words[1], list(words[2:])
    chosen = numbers(words[0], len(sets))
    if action not in _SEVERAL and len(chosen) > 1:
        raise InputError(f"{action} is for one set at a time: {USAGE[action]}")
    items = [sets[number - 1] for number in chosen]
    match action:
        case edits.SPLIT:
            return [_split(chosen[0], items[0], _one(action, rest))]
        case edits.MERGE:
            return [_merge(chosen[0], numbers(_one(action, rest), len(sets)), sets)]
        case edits.DROP:
            return _drop(chosen[0], items[0], rest)
    value = _value(action, rest, lifters)
    return [Said(item.key, action, value) for item in items]


def numbers(text: str, count: int) -> list[int]:
    """Return the set numbers that `text` names, as 12, 12-14 or 12,15; each must be one of 1..count."""
    found: list[int] = []
    for part in text.split(","):
        ends = re.fullmatch(r"(\d{1,9})(?:-(\d{1,9}))?", part.strip(), re.ASCII)
        if not ends:
            raise InputError(f"{text!r} is no set's number: write it as `barhold sets` shows it, as 12, 12-14 or 12,15")
        first, last = int(ends[1]), int(ends[2] or ends[1])
        if not 1 <= first <= last <= count:
            raise InputError(f"set {part.strip()}: there are sets 1-{count}: see `barhold sets`")
        found += range(first, last + 1)
    return list(dict.fromkeys(found))


def told(edit: Edit) -> str:
    """Return what an edit says, in words."""
    match edit.action, edits.value(edit):
        case ((edits.SPLIT | edits.DROP), {"rep": int(start_ms)}):
            return f"{edit.action} rep at {(start_ms - edit.key.start_ms) / 1000:.1f} s"
        case edits.DROP, {"all": True}:
            return "drop all"
        case edits.LIFTER, {"lifter": str(name)}:
            return f"lifter {name or 'nobody'}"
        case edits.LOAD, {"amount": int() | float() as amount, "unit": str(unit)}:
            return f"load {amount:.10g} {unit}"
        case edits.NOTE, {"text": str(text)}:
            return f"note {text!r}"
    return edit.action


def _one(action: str, rest: list[str]) -> str:
    if len(rest) != 1:
        raise InputError(f"{action} needs one number: {USAGE[action]}")
    return rest[0]


def _rep(number: int, item: TrainingSet, text: str) -> Rep:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= len(item.reps):
        raise InputError(f"set {number} has reps 1-{len(item.reps)}, {text!r} is none of them")
    return item.reps[int(text) - 1]


def _split(number: int, item: TrainingSet, text: str) -> Said:
    rep = _rep(number, item, text)
    if not MIN_REPS < rep.number <= len(item.reps) - MIN_REPS + 1:
        fits = f"from rep {MIN_REPS + 1} to rep {len(item.reps) - MIN_REPS + 1}"
        fits = fits if len(item.reps) >= 2 * MIN_REPS else f"and {number} has {len(item.reps)} reps"
        raise InputError(f"set {number} cannot be split at rep {text}: both parts need 2 reps, {fits}")
    return Said(item.key, edits.SPLIT, {"rep": rep.start_ms})


def _merge(number: int, others: list[int], sets: Sequence[TrainingSet]) -> Said:
    if len(others) != 1 or others[0] == number:
        raise InputError(f"set {number} is merged with one other set: {USAGE[edits.MERGE]}")
    first, second = sorted((sets[number - 1], sets[others[0] - 1]), key=lambda item: item.key)
    if first.key[:3] != second.key[:3]:
        raise InputError(
            f"sets {number} and {others[0]} are of two sensors or two starts of one: merge within one start of a sensor"
        )
    if any(first.key < item.key < second.key for item in sets):
        raise InputError(f"between sets {number} and {others[0]} lies another one: merge neighbours first")
    return Said(first.key, edits.MERGE, {"with": list(second.key)})


def _drop(number: int, item: TrainingSet, rest: list[str]) -> list[Said]:
    if rest == ["all"]:
        return [Said(item.key, edits.DROP, {"all": True})]
    if not rest:
        raise InputError(f"drop needs the reps to drop, or all: {USAGE[edits.DROP]}")
    starts = list(dict.fromkeys(_rep(number, item, text).start_ms for text in rest))
    left = len(item.reps) - len(starts)
    if left < MIN_REPS:
        raise InputError(f"set {number} would have {left} reps left, a set has 2: `{number} drop all` drops it whole")
    return [Said(item.key, edits.DROP, {"rep": start}) for start in starts]


def _value(action: str, rest: list[str], lifters: Collection[str]) -> dict[str, Any]:
    text = " ".join(rest).strip()
    match action:
        case edits.LIFTER:
            if text and text not in lifters:
                raise InputError(f"lifter {text!r} is not known: `barhold lifter add {text!r}` first")
            return {"lifter": text}
        case edits.LOAD:
            return edits.load_value(loads.parse(text) if text else None)
        case edits.NOTE:
            if len(text) > MOST_NOTE or not text.isprintable():
                raise InputError(f"a note is one line of at most {MOST_NOTE} characters, this one has {len(text)}")
            return {"text": text}
    if text:
        raise InputError(f"{action} needs nothing more: {USAGE[action]}")
    return {}
