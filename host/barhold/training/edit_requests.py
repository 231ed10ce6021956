"""Parses requests such as `k7m2qp split 5` into edits of sets. Pure."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from barhold.errors import InputError
from barhold.model import Edit, Rep, SetKey, TrainingSet
from barhold.plans import load_units
from barhold.training import edits
from barhold.training.sets import MIN_REPS

USAGE = {
    edits.SPLIT: "k7m2qp split 5",
    edits.MERGE: "k7m2qp merge 9x4cd1",
    edits.DROP: "k7m2qp drop 3, or k7m2qp drop all",
    edits.WARM_UP: "k7m2qp warm-up",
    edits.WORKING: "k7m2qp working",
    edits.LIFTER: "k7m2qp lifter Mia",
    edits.LOAD: "k7m2qp load 60kg",
    edits.NOTE: 'k7m2qp note "left foot slipped"',
}
"""Every action, as it is said; ids with commas between them name several sets where the action allows it."""
_SEVERAL = (edits.WARM_UP, edits.WORKING, edits.LIFTER, edits.LOAD, edits.NOTE)
MOST_NOTE = 500
SHOWN = 6
"""How many letters of a set's id are shown; as many as tell it from all others may be typed."""


class EditRequest(NamedTuple):
    """One edit before it has an id and a time."""

    key: SetKey
    action: str
    value: dict[str, Any]


def parse_request(words: Sequence[str], sets: Sequence[TrainingSet], lifters: Collection[str]) -> list[EditRequest]:
    """Return the edits that `words` ask for; `sets` has every set whose id may be meant, and all others of its boot."""
    if len(words) < 2 or words[1] not in USAGE:
        known = "; ".join(USAGE.values())
        raise InputError(f"an edit names a set and what to do with it: {known}")
    action, rest = words[1], list(words[2:])
    chosen = find_sets(words[0], sets)
    if action not in _SEVERAL and len(chosen) > 1:
        raise InputError(f"{action} is for one set at a time: {USAGE[action]}")
    match action:
        case edits.SPLIT:
            return [_split(chosen[0], _one(action, rest))]
        case edits.MERGE:
            return [_merge(chosen[0], find_sets(_one(action, rest), sets), sets)]
        case edits.DROP:
            return _drop(chosen[0], rest)
    value = _value(action, rest, lifters)
    return [EditRequest(item.key, action, value) for item in chosen]


NEXT_SET_ACTIONS = (edits.WARM_UP, edits.WORKING, edits.LOAD, edits.NOTE)
"""The actions that may be planned for the next set."""


def parse_next_set(words: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """Return action and value of what `words` (the action, then what it needs) say of a set that does not exist yet."""
    if not words or words[0] not in NEXT_SET_ACTIONS:
        raise InputError(f"of a set to come can be said: {', '.join(NEXT_SET_ACTIONS)}")
    return words[0], _value(words[0], list(words[1:]), ())


def split_ids(text: str) -> list[str]:
    """Return the beginnings of ids in `text`, as k7m2qp or k7m2qp,9x4cd1."""
    found = [part.strip().lower() for part in text.split(",")]
    for part in found:
        if not part.isascii() or not part.isalnum():
            raise InputError(f"{text!r} is not a set's id: write it as `barhold sets` shows it, as k7m2qp")
    return list(dict.fromkeys(found))


def find_sets(text: str, sets: Sequence[TrainingSet]) -> list[TrainingSet]:
    """Return the sets that `text` names by their ids, or by what their ids begin with."""
    found: list[TrainingSet] = []
    for begin in split_ids(text):
        near = [item for item in sets if item.set_id.startswith(begin)]
        if not near:
            raise InputError(f"no set has the id {begin}: see `barhold sets`")
        if len(near) > 1:
            raise InputError(f"{len(near)} ids begin with {begin}: {', '.join(item.set_id for item in near[:5])}")
        found += near
    return found


def describe(edit: Edit) -> str:
    """Describe an edit in words."""
    match edit.action, edits.read_value(edit):
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
        raise InputError(f"{action} needs one more word: {USAGE[action]}")
    return rest[0]


def _shown(item: TrainingSet) -> str:
    return item.set_id[:SHOWN]


def _rep(item: TrainingSet, text: str) -> Rep:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= len(item.reps):
        raise InputError(f"set {_shown(item)} has reps 1 to {len(item.reps)}, not {text!r}")
    return item.reps[int(text) - 1]


def _split(item: TrainingSet, text: str) -> EditRequest:
    rep, name = _rep(item, text), _shown(item)
    if not MIN_REPS < rep.number <= len(item.reps) - MIN_REPS + 1:
        fits = f"from rep {MIN_REPS + 1} to rep {len(item.reps) - MIN_REPS + 1}"
        fits = fits if len(item.reps) >= 2 * MIN_REPS else f"and {name} has {len(item.reps)} reps"
        raise InputError(f"set {name} cannot be split at rep {text}: both parts need 2 reps, {fits}")
    return EditRequest(item.key, edits.SPLIT, {"rep": rep.start_ms})


def _merge(item: TrainingSet, others: list[TrainingSet], sets: Sequence[TrainingSet]) -> EditRequest:
    if len(others) != 1 or others[0].key == item.key:
        raise InputError(f"set {_shown(item)} is merged with one other set: {USAGE[edits.MERGE]}")
    names = f"sets {_shown(item)} and {_shown(others[0])}"
    first, second = sorted((item, others[0]), key=lambda one: one.key)
    if first.key[:3] != second.key[:3]:
        raise InputError(f"{names} are of two sensors or two starts of one: merge within one start of a sensor")
    if any(first.key < one.key < second.key for one in sets):
        raise InputError(f"another set lies between {names}: merge neighbours first")
    return EditRequest(first.key, edits.MERGE, {"with": list(second.key)})


def _drop(item: TrainingSet, rest: list[str]) -> list[EditRequest]:
    if rest == ["all"]:
        return [EditRequest(item.key, edits.DROP, {"all": True})]
    if not rest:
        raise InputError(f"drop needs the reps to drop, or all: {USAGE[edits.DROP]}")
    starts = list(dict.fromkeys(_rep(item, text).start_ms for text in rest))
    left, name = len(item.reps) - len(starts), _shown(item)
    if left < MIN_REPS:
        raise InputError(f"set {name} would have fewer than 2 reps left: `{name} drop all` removes all of it")
    return [EditRequest(item.key, edits.DROP, {"rep": start}) for start in starts]


def _value(action: str, rest: list[str], lifters: Collection[str]) -> dict[str, Any]:
    text = " ".join(rest).strip()
    match action:
        case edits.LIFTER:
            if text and text not in lifters:
                raise InputError(f"lifter {text!r} is not known: `barhold lifter add {text!r}` first")
            return {"lifter": text}
        case edits.LOAD:
            return edits.load_value(load_units.parse(text) if text else None)
        case edits.NOTE:
            if len(text) > MOST_NOTE or not text.isprintable():
                raise InputError(f"a note is one line of at most {MOST_NOTE} characters, this one has {len(text)}")
            return {"text": text}
    if text:
        raise InputError(f"{action} needs nothing more: {USAGE[action]}")
    return {}
