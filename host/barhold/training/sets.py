"""Records to training sets: what was counted, with corrections applied and wall time derived. Pure."""

import itertools
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from barcore import protocol, record
from barhold.model import Anchor, Rep, SetKey, StoredRecord, TrainingSet
from barhold.training import wall_time

SESSION_GAP = timedelta(hours=3)
MIN_REPS = 2
_SET_NUMBERS = 256
_NEVER = 1 << 62
# A log is unpacked in one go, every record as if it were a REP: the set's number has one place in all that tell of one.
_AS_REP = struct.Struct(f"{protocol.HEADER_FORMAT}{protocol.REP_FORMAT.removeprefix('<')}4x")
_TOLD = (protocol.REP, protocol.SET_END, protocol.CORRECTION)


@dataclass(slots=True)
class _Draft:
    """One set while its records are read."""

    number: int
    first_seq: int
    first_ms: int = _NEVER  # of its first rep, even of one that a correction took back: the set's name must not change
    reps: dict[int, Rep] = field(default_factory=dict)  # by start_ms, which is what a correction names
    lone: bool = False


class CountedSet(NamedTuple):
    """A set as the sensor counted it, and the seq of the first record that tells of it."""

    training_set: TrainingSet
    first_seq: int


@dataclass(frozen=True, slots=True)
class BootSets:
    """The sets of one boot, and what its records say about reading only the last of them again."""

    sets: list[CountedSet]
    in_order: bool  # each set begins later than the one before, and no REP or SET_END is of an earlier one
    earlier_seq: int  # the last record of a set before that of the first record; -1 for none


def training_sets(records: Iterable[StoredRecord], anchors: Iterable[Anchor], now: datetime) -> list[TrainingSet]:
    """Return all sets in order of time; `now` bounds the times of sensors that never told theirs."""
    found: list[TrainingSet] = []
    known: dict[tuple[str, int], list[Anchor]] = {}
    for anchor in anchors:
        known.setdefault((anchor.device_id, anchor.log_id), []).append(anchor)
    for (device_id, log_id), group in groupby(sorted(records), key=itemgetter(0, 1)):
        log = b"".join([r.raw for r in group])
        last_ms = wall_time.last_ms(log)
        clocks = wall_time.clocks(last_ms, known.get((device_id, log_id), ()), wall_time.utc_ms(now))
        for boot, raws in _boots(log).items():
            counted = sets_of_boot(SetKey(device_id, log_id, boot, 0), raws, clocks[boot])
            found.extend(item.training_set for item in counted.sets)
    return sorted(found, key=time_order)


def time_order(item: TrainingSet) -> tuple[datetime, str, int]:
    """Return what sets are sorted by: their time; where that is the same, sensor and number."""
    return (item.start_utc, item.device_id, item.number)


def sets_of_boot(boot: SetKey, log: bytes, clock: wall_time.Clock) -> BootSets:
    """Return the sets in one boot's records (end to end, in seq order), in the order of their first records."""
    drafts, in_order, earlier_seq = _drafts(_AS_REP.iter_unpack(log))
    proven = [draft for draft in drafts if len(draft.reps) >= MIN_REPS and not draft.lone]
    in_order &= all(first.first_ms < second.first_ms for first, second in itertools.pairwise(proven))
    counted = [
        CountedSet(_finished(boot._replace(start_ms=draft.first_ms), draft, clock), draft.first_seq) for draft in proven
    ]
    return BootSets(counted, in_order, earlier_seq)


def rep_of(raw: bytes) -> Rep:
    """Return the rep that a REP record tells of."""
    return _rep(_AS_REP.unpack(raw))


def sessions(sets: Iterable[TrainingSet]) -> list[list[TrainingSet]]:
    """Group sets (in order of time) into sessions: same owner, under 3 h from one's end to the next one's start."""
    found: list[list[TrainingSet]] = []
    current: dict[str, list[TrainingSet]] = {}
    for item in sets:
        running = current.get(owner(item))
        if running is None or item.start_utc - running[-1].end_utc >= SESSION_GAP:
            running = current[owner(item)] = []
            found.append(running)
        running.append(item)
    return found


def by_owner(items: Iterable[TrainingSet]) -> dict[str, list[TrainingSet]]:
    """Group sets by owner, in the order of each owner's first set."""
    found: dict[str, list[TrainingSet]] = {}
    for item in items:
        found.setdefault(owner(item), []).append(item)
    return found


def sessions_by_owner(items: Iterable[TrainingSet]) -> dict[str, list[list[TrainingSet]]]:
    """Group sets (in order of time) into sessions, and these by owner."""
    return {whose: sessions(own) for whose, own in by_owner(items).items()}


def owner(item: TrainingSet) -> str:
    """Return whose set it is: the lifter's, or the sensor's id as long as nobody was named."""
    return item.lifter or item.device_id


def end_ms(rep: Rep) -> int:
    """Return the end of the rep's fall, ms since the boot."""
    return rep.start_ms + rep.rise_ms + rep.hold_ms + rep.fall_ms


def _boots(log: bytes) -> dict[int, bytes]:
    """Return each boot's records of one log, boots ascending."""
    parts: dict[int, list[bytes]] = {}
    for at in range(0, len(log), protocol.RECORD_BYTES):
        raw = log[at : at + protocol.RECORD_BYTES]
        parts.setdefault(record.header(raw)[2], []).append(raw)
    return {boot: b"".join(parts[boot]) for boot in sorted(parts)}


def _drafts(rows: Iterable[tuple[int, ...]]) -> tuple[list[_Draft], bool, int]:
    """Collect one boot's records, each unpacked as if it were a REP, into its sets.

    Returns also whether the sets follow each other, and the last seq of a record of a set before the first one.
    """
    drafts: dict[int, _Draft] = {}
    first = last = latest = _NEVER
    in_order, earlier_seq = True, -1
    for row in rows:
        kind, number = row[0] & 31, row[5]
        if kind not in _TOLD:
            continue
        last = number if last == _NEVER else _unwrapped(number, last)
        if first == _NEVER:
            first = latest = last
        draft = drafts.get(last)
        if draft is None:
            draft = drafts[last] = _Draft(number, row[3])
        if last < first:
            earlier_seq = row[3]
        if kind == protocol.REP:
            draft.first_ms = min(row[4], draft.first_ms)
            draft.reps[row[4]] = _rep(row)
        elif kind == protocol.SET_END:
            draft.lone = bool(row[1] & protocol.LONE)
        else:
            _correct(draft, row)
            continue
        in_order &= last >= latest
        latest = max(latest, last)
    return list(drafts.values()), in_order, earlier_seq


def _unwrapped(number: int, last: int) -> int:
    """Return the count of sets nearest to `last` that the u8 `number` stands for."""
    half = _SET_NUMBERS // 2
    return last + (number - last + half) % _SET_NUMBERS - half


def _correct(draft: _Draft, row: tuple[int, ...]) -> None:
    t_ms, (action, flags) = row[4], row[7].to_bytes(2, "little")
    rep = draft.reps.get(t_ms)
    if rep is None:  # its REP was overwritten before the sync: a GAP record tells the user
        return
    if action == protocol.DROP_REP:
        del draft.reps[t_ms]
    elif action == protocol.SET_FLAGS:
        draft.reps[t_ms] = replace(rep, flags=flags)


def _rep(row: tuple[int, ...]) -> Rep:
    _, flags, _, _, t_ms, _, number, rise_ms, hold_ms, fall_ms, bottom_ms, rom_mm, peak_mm_s, hold_err_ms = row
    return Rep(number, t_ms, rise_ms, hold_ms, fall_ms, bottom_ms, rom_mm / 1000, peak_mm_s / 1000, hold_err_ms, flags)


def _finished(key: SetKey, draft: _Draft, clock: wall_time.Clock) -> TrainingSet:
    # Numbered anew: a dropped rep leaves no hole in what the lifter reads.
    ordered = [draft.reps[start] for start in sorted(draft.reps)]
    reps = tuple(rep if rep.number == i else replace(rep, number=i) for i, rep in enumerate(ordered, start=1))
    return TrainingSet(
        key.device_id,
        key.boot,
        draft.number,
        clock.at(reps[0].start_ms),
        clock.at(end_ms(reps[-1])),
        clock.quality,
        reps,
        key,
    )
