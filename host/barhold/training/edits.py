"""Edits: corrections by people, applied to what the sensor counted. Pure; the given sets are not changed.

    split    {"rep": start_ms}         a second set begins with this rep; its key is that moment
    merge    {"with": [a set's key]}   both are one set, under the earlier one's key; both of one boot
    drop     {"rep": start_ms} or {"all": true}   this rep, or the whole set, does not count
    warm-up, working   {}              it does not count, it does whatever the plan says
    lifter   {"name": text}            whose it is; "" for nobody's
    load     {"amount": n, "unit": "kg"|"lb"} or {}
    note     {"text": text}

Edits name sets by their keys and reps by their start, as the sensor's own corrections do, so that they hold when a
later sync brings a correction. An edit whose set or rep is not there (its split was undone, say) changes nothing, and
does again once it is back. So any edit may be undone at any time, and undoing all gives what the sensor counted.
"""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from barhold.model import Edit, Load, Rep, SetKey, TrainingSet, Wearer
from barhold.training import people, wall_time
from barhold.training.sets import MIN_REPS, end_ms, time_order

SPLIT, MERGE, DROP, WARM_UP, WORKING, LIFTER, LOAD, NOTE = (
    *("split", "merge", "drop", "warm-up", "working", "lifter", "load", "note"),
)
_MS = timedelta(milliseconds=1)


@dataclass(slots=True)
class _Piece:
    """One set while edits are laid over it; `key` stays what it was made with, whatever becomes of its first rep."""

    key: SetKey
    base: TrainingSet
    reps: list[Rep]
    said: dict[str, Any]  # fields of the set, as people named them
    edits: tuple[str, ...] = ()


def apply(
    sets: Sequence[TrainingSet], edits: Iterable[Edit], wearers: Iterable[Wearer] | people.Wearing
) -> list[TrainingSet]:
    """Return the sets as they count today, in order of time."""
    untouched, pieces, _ = _laid(sets, edits)
    worn = wearers if isinstance(wearers, people.Wearing) else people.Wearing(wearers)
    found = [with_lifter(item, worn) for item in untouched]
    found += [_finished(piece, worn) for piece in pieces if len(piece.reps) >= MIN_REPS]
    return sorted(found, key=time_order)


def ineffective_ids(sets: Sequence[TrainingSet], edits: Iterable[Edit]) -> set[str]:
    """Return the ids of the edits that are not undone and change nothing, since their set or rep is not there."""
    return _laid(sets, edits)[2]


def read_value(edit: Edit) -> dict[str, Any]:
    """Return what an edit says beside its action; nothing for what cannot be read."""
    try:
        return dict(json.loads(edit.value))
    except (ValueError, TypeError, RecursionError):
        return {}


def fields_of(edit: Edit) -> dict[str, Any]:
    """Return the fields of a set that an edit names; nothing for one that changes reps, or that cannot be read."""
    try:
        return _said(edit.action, read_value(edit))
    except (ValueError, TypeError, KeyError, OverflowError):
        return {}


def load_value(load: Load | None) -> dict[str, Any]:
    """Return the value of a LOAD edit; None takes the load away."""
    return {"amount": load.amount, "unit": load.unit} if load else {}


def _laid(sets: Sequence[TrainingSet], edits: Iterable[Edit]) -> tuple[Iterable[TrainingSet], list[_Piece], set[str]]:
    """Return the sets that no edit names, those that edits made, and the ids of the edits that found nothing."""
    originals = {item.key: item for item in sets}
    pieces: dict[SetKey, _Piece] = {}
    idle: set[str] = set()
    for edit in edits:
        if edit.undone_utc_ms is not None:
            continue
        try:
            said = read_value(edit)
            for key in (edit.key, *_other(edit, said)):
                if key in originals:
                    item = originals.pop(key)
                    pieces[key] = _Piece(key, item, list(item.reps), {})
            done = _lay(pieces, edit, said)
        except (ValueError, TypeError, KeyError, OverflowError):  # of a newer Barhold, or no edit at all
            done = False
        if not done:
            idle.add(edit.edit_id)
    return originals.values(), list(pieces.values()), idle


def _other(edit: Edit, value: Any) -> list[SetKey]:
    return [SetKey(*value["with"])] if edit.action == MERGE else []


def _lay(pieces: dict[SetKey, _Piece], edit: Edit, value: Any) -> bool:
    """Change the pieces as the edit says; False when it finds nothing to change."""
    piece = pieces.get(edit.key)
    if piece is None:
        return False
    match edit.action:
        case "split":
            other = _split(piece, int(value["rep"]))
        case "merge":
            other = _merge(piece, pieces.get(SetKey(*value["with"])))
            if other is not None:
                del pieces[SetKey(*value["with"])]
        case "drop":
            done = _drop(piece, value)
            piece.edits += (edit.edit_id,) if done else ()
            return done
        case action:
            piece.said |= _said(action, value)
            piece.edits += (edit.edit_id,)
            return True
    if other is None:
        return False
    for one in {piece.key: piece, other.key: other}.values():
        one.edits += (edit.edit_id,)
        pieces[one.key] = one
    return True


def _split(piece: _Piece, start_ms: int) -> _Piece | None:
    """Take the reps from `start_ms` on out of the piece; by time, since the rep itself may be gone by a correction."""
    rest = [rep for rep in piece.reps if rep.start_ms >= start_ms]
    if start_ms <= piece.key.start_ms or not rest:
        return None
    piece.reps = [rep for rep in piece.reps if rep.start_ms < start_ms]
    said = {name: value for name, value in piece.said.items() if name != "note"}
    return _Piece(piece.key._replace(start_ms=start_ms), piece.base, rest, said, piece.edits)


def _merge(piece: _Piece, other: _Piece | None) -> _Piece | None:
    """Put the other's reps into the piece; what was said of the other counts where nothing was said of the piece."""
    if other is None or other.key[:3] != piece.key[:3] or other.key <= piece.key:
        return None
    piece.reps = sorted(piece.reps + other.reps, key=lambda rep: rep.start_ms)
    piece.said = other.said | piece.said
    piece.edits = other.edits + piece.edits
    return piece


def _drop(piece: _Piece, value: Any) -> bool:
    left = [rep for rep in piece.reps if rep.start_ms != value["rep"]] if "rep" in value or not value["all"] else []
    done = len(left) < len(piece.reps)
    piece.reps = left
    return done


def _said(action: str, value: Any) -> dict[str, Any]:
    """Return the fields of the set that the edit names; ValueError for no edit that is known here."""
    match action:
        case "warm-up":
            return {"warm_up": True, "working": False}
        case "working":
            return {"warm_up": False, "working": True}
        case "lifter":
            return {"lifter": str(value["lifter"])}
        case "note":
            return {"note": str(value["text"])}
        case "load":
            return {"load": _load(value) if value else None}
    raise ValueError(action)


def _load(value: Any) -> Load:
    load = Load(float(value["amount"]), str(value["unit"]))
    if load.unit not in ("kg", "lb") or not 0 < load.amount < math.inf:
        raise ValueError(value)
    return load


def with_lifter(item: TrainingSet, worn: people.Wearing) -> TrainingSet:
    """Return a set as its lifter's, by who wore the sensor when it began."""
    lifter = worn.lifter(item.device_id, wall_time.utc_ms(item.start_utc))
    return replace(item, lifter=lifter) if lifter else item


def _finished(piece: _Piece, worn: people.Wearing) -> TrainingSet:
    reps = tuple(
        rep if rep.number == number else replace(rep, number=number) for number, rep in enumerate(piece.reps, start=1)
    )
    zero_utc = piece.base.start_utc - piece.base.reps[0].start_ms * _MS
    start_utc = zero_utc + reps[0].start_ms * _MS
    said = {"lifter": worn.lifter(piece.key.device_id, wall_time.utc_ms(start_utc))} | piece.said
    end_utc = zero_utc + end_ms(reps[-1]) * _MS
    made = replace(
        piece.base,
        key=piece.key,
        reps=reps,
        start_utc=start_utc,
        end_utc=end_utc,
        edits=tuple(dict.fromkeys(piece.edits)),
    )
    return replace(made, **said)
