"""Power cut at every flash operation of real sessions, torn in four ways: nothing flushed is lost, nothing is invented.

The life below is the real application on littlefs, with the events that its detector has found. It is lived once; its
flash operations are noted, and so is what had been promised by then. Each cut then builds the flash as it was at that
operation, tears it, and starts the sensor on it. The same campaign is run with three bugs put in on purpose, to show
that it sees them.
"""

import random
import struct
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace

import pytest

from barcore import loglayout, protocol, record
from barcore.detector import Detector
from barcore.event import EVENT_INTS, EventRing
from barcore.sample import SAMPLE_FORMAT
from barcore.settings import Settings
from barhold import generate
from barsensor.app import App
from barsensor.boards import sim
from barsensor.storage import record_log
from littlefs_rig import BLOCK_BYTES, ERASE, TEARS, Content, Op, Rig, apply, content, cuts, on_littlefs

BLOCKS = 48
SEGMENTS = 2
SESSIONS = 40
SETS = 3
EVERY_QUICK, EVERY_LONG = 9, 1
"""In the usual tests every ninth flash operation is cut, in the long form each one."""
CUTS = 5000
"""In the long form, in all four ways together."""
FLIPS = 400


@dataclass
class Promise:
    """What held after `ops` flash operations: all below `durable` is flushed or noted, all below `acked` in a store."""

    ops: int
    durable: int
    acked: int


@dataclass
class Life:
    """What a sensor did: its fresh flash, the operations on it, its promises in order, each record it ever made."""

    fresh: bytes
    ops: list[Op]
    promises: list[Promise]
    made: dict[int, bytes]
    notes: int = 0

    def promise_at(self, op: int) -> Promise:
        after = bisect_right(self.promises, op, key=lambda promise: promise.ops)
        return self.promises[after - 1] if after else Promise(0, 0, 0)


@lru_cache
def session(reps: int) -> bytes:
    return generate.session(reps, SETS, reps, rest_s=25).samples


class Detected:
    """A detector's events and states, found once for each recording and told again at the same samples."""

    def __init__(self, reps: int) -> None:
        self._told, self._states, self._last = detected(reps)
        self._at = 0
        self._event = array("i", [0] * EVENT_INTS)
        self.settings = Settings()
        self.events = EventRing(64)

    @property
    def busy(self) -> bool:
        return self._states[max(0, self._at - 1)][0]

    @property
    def set_open(self) -> bool:
        return self._states[max(0, self._at - 1)][1]

    def feed(self, *_: int) -> None:
        self._push(self._told.get(self._at, ()))
        self._at += 1

    def finish(self) -> None:
        self._push(self._last)

    def _push(self, told: Iterable[tuple[int, ...]]) -> None:
        for ints in told:
            self._event[:] = array("i", ints)
            self.events.push(self._event)


@lru_cache
def detected(reps: int) -> tuple[dict[int, list[tuple[int, ...]]], list[tuple[bool, bool]], list[tuple[int, ...]]]:
    """Return the detector's events by the sample after which they came, its states, and what it tells at the end."""
    detector, buf = Detector(Settings()), array("i", [0] * EVENT_INTS)

    def popped() -> list[tuple[int, ...]]:
        found = []
        while detector.events.pop_into(buf):
            found.append(tuple(buf))
        return found

    told, states = {}, []
    for at, (t_ms, *axes) in enumerate(struct.iter_unpack(SAMPLE_FORMAT, session(reps))):
        detector.feed(start_tick(reps) + t_ms, *axes)
        if events := popped():
            told[at] = events
        states.append((detector.busy, detector.set_open))
    detector.finish()
    return told, states, popped()


def start_tick(reps: int) -> int:
    return reps * 1000


def live(rig: Rig, sessions: int, log_type: type = record_log.RecordLog) -> Life:
    """Let a sensor with a small flash train; a host acknowledges part of it now and then, and later no more."""
    at = rig.fresh(BLOCKS)
    at.flash.ops.clear()  # making the file system is not the sensor's work
    life = Life(bytes(at.flash.buffer), at.flash.ops, [], {})
    for start in range(sessions):
        reps = 6 + start % 4
        board = sim.open_board(session(reps), start_tick=start_tick(reps))
        board.storage = at.storage
        log = log_type(at.storage, SEGMENTS, at.nvs)
        watch(log, life)
        app = App(board, Detected(reps), log)
        app.run(board.imu.ended)
        app.finish()
        if start % 3 != 2 and start < sessions // 3:
            log.ack(log.log_id, max(0, log.next_seq - 9))
            log.flush()
        if start == 0:
            at.mounted.put_mtime()
    return life


def watch(log, life: Life) -> None:
    """Note what the log promises after every append and flush, and each record at the moment it is made."""
    flush, keep, note_one = log.flush, log._keep, log.note
    buf = bytearray(32)

    def note() -> None:
        life.promises.append(Promise(len(life.ops), max(log.next_seq, log._noted_to), log.acked))

    def watched_note() -> None:
        note_one()
        life.notes += 1
        note()

    def watched_flush() -> None:
        flush()
        note()

    def watched_keep(seq: int, t_ms: int) -> int:
        keep(seq, t_ms)
        assert log.read_into(seq, buf)
        life.made[seq] = bytes(buf)
        note()
        return seq

    log.flush, log._keep, log.note = watched_flush, watched_keep, watched_note


def held(at: SimpleNamespace, log) -> dict[int, bytes]:
    """Return every record that the log would give, read a segment at a time."""
    found, buf = {}, bytearray(BLOCK_BYTES)
    for first in [first for name in at.storage.names() if (first := loglayout.first_of(name)) != loglayout.NONE]:
        size = at.storage.read_into(loglayout.name_of(first), 0, buf)
        for place in range(loglayout.HEADER_BYTES, size, 32):
            seq = first + (place - loglayout.HEADER_BYTES) // 32
            if loglayout.holds(buf, place, seq):
                found[seq] = bytes(buf[place : place + 32])
    newest = max(found, default=-1)
    for seq in range(newest + 1, log.next_seq + log.pending):
        if log.read_into(seq, buf):
            found[seq] = bytes(buf[:32])
    return found


def faults(rig: Rig, life: Life, op: int, flash: bytearray, log_type: type) -> str:
    """Start a sensor on `flash`, cut in operation `op`; return what it did wrong, or nothing."""
    promise = life.promise_at(op)
    at = rig.mount(flash)
    log = log_type(at.storage, SEGMENTS, at.nvs)
    now = held(at, log)
    if foreign := invented(life, now):
        return f"cut in {op}: record {foreign[0]} is invented"
    missing = set(range(promise.acked, promise.durable)) - set(now) - told_lost(now)
    if missing:
        return f"cut in {op}: records {sorted(missing)[:3]} of {promise.durable} are lost"
    return "" if op % 7 else goes_on(rig, at, log, now, log_type)


def invented(life: Life, now: dict[int, bytes]) -> list[int]:
    """Return the seqs of records that were never made so; a GAP may be new, since recovery can write one."""
    made = life.made
    return [
        seq for seq, raw in now.items() if made.get(seq, raw if record.header(raw)[0] == protocol.GAP else b"") != raw
    ]


def told_lost(now: dict[int, bytes]) -> set[int]:
    """Return the seqs that GAP records tell of."""
    gaps = [record.payload(raw) for raw in now.values() if record.header(raw)[0] == protocol.GAP]
    return {seq for first, last in gaps for seq in range(first, last + 1)}


def goes_on(rig: Rig, at: SimpleNamespace, log, now: dict[int, bytes], log_type: type) -> str:
    """Write to the sensor after the cut and start it again: what was there is, what is new is too."""
    seqs = [log.append(protocol.CORRECTION, 0, 5, (1, 2, 3, 4)) for _ in range(9)]
    log.flush()
    later = rig.mount(at.flash.buffer)
    again = held(later, log_type(later.storage, SEGMENTS, later.nvs))
    kept = {seq: raw for seq, raw in now.items() if seq >= min(again)}
    return "" if kept.items() <= again.items() and set(seqs) <= set(again) else "what came after is wrong"


def campaign(rig: Rig, life: Life, tear: str, log_type: type, every: int = 1) -> tuple[int, list[str]]:
    """Return (cuts made, what went wrong)."""
    count, wrong = 0, []
    for op, flash in cuts(life.fresh, life.ops, tear, seed=len(tear)):
        if op % every:
            continue
        count += 1
        fault = faults(rig, life, op, flash, log_type)
        if fault:
            wrong.append(fault)
    return count, wrong


@pytest.fixture(scope="module")
def littlefs() -> Iterator[Rig]:
    yield from on_littlefs()


@pytest.fixture(scope="module")
def life(littlefs: Rig) -> Life:
    return live(littlefs, SESSIONS)


@pytest.mark.parametrize("every", [EVERY_QUICK, pytest.param(EVERY_LONG, marks=pytest.mark.long)])
@pytest.mark.parametrize("tear", TEARS)
def test_a_cut_at_any_flash_operation_loses_nothing_and_invents_nothing(
    tear: str, every: int, littlefs: Rig, life: Life
) -> None:
    count, wrong = campaign(littlefs, life, tear, record_log.RecordLog, every)
    assert wrong == []
    assert count >= CUTS / len(TEARS) / every


def test_the_life_has_seen_it_all(life: Life) -> None:
    kinds = [record.header(raw)[0] for raw in life.made.values()]
    assert kinds.count(protocol.BOOT) == SESSIONS
    assert kinds.count(protocol.SET_END) == SESSIONS * SETS
    assert kinds.count(protocol.REP) == SESSIONS // 4 * SETS * (6 + 7 + 8 + 9)
    assert protocol.GAP in kinds, "the ring ran over what was not acknowledged"
    assert life.notes > SESSIONS * SETS, "records were noted within sets"


def test_normal_training_wears_the_flash_by_at_most_one_erase_per_30_records(life: Life) -> None:
    first = next(p for p in life.promises if p.durable >= 127)  # by then every file of the log is there
    last = life.promises[-1]
    erases = sum(op.kind == ERASE for op in life.ops[first.ops : last.ops])
    assert (last.durable - first.durable) / erases >= 30, f"{erases} erases"


def segment_blocks(flash: Content) -> list[int]:
    starts = range(0, len(flash), BLOCK_BYTES)
    return [at for at in starts if flash[at : at + 4] == loglayout.MAGIC]


def flips(rig: Rig, life: Life, log_type: type) -> list[str]:
    """Flip a bit in stored records, which littlefs does not guard; return what was wrong then."""
    dice, wrong = random.Random(1), []
    flash = content(life.fresh)
    for op in life.ops:
        apply(flash, op)
    for _ in range(60):
        rotten = content(flash)
        at = dice.choice(segment_blocks(rotten)) + dice.randrange(loglayout.HEADER_BYTES, BLOCK_BYTES)
        rotten[at] ^= 1 << dice.randrange(8)
        later = rig.mount(rotten)
        if foreign := invented(life, held(later, log_type(later.storage, SEGMENTS, later.nvs))):
            wrong.append(f"record {foreign[0]} is invented")
    return wrong


def test_a_bit_that_flips_in_a_stored_record_invents_nothing(littlefs: Rig, life: Life) -> None:
    assert flips(littlefs, life, record_log.RecordLog) == []


def folder_bytes(flash: Content) -> tuple[list[int], list[int]]:
    """Return where something is written in the root folder, and in the folders of log and configuration."""
    used = [
        at
        for block in range(0, len(flash), BLOCK_BYTES)
        if block not in segment_blocks(flash)
        for at in range(block, block + BLOCK_BYTES)
        if flash[at] != 0xFF
    ]
    return [at for at in used if at < 2 * BLOCK_BYTES], [at for at in used if at >= 2 * BLOCK_BYTES]


@pytest.mark.parametrize("with_nvs", [True, False])
def test_a_bit_that_flips_in_a_folder_changes_no_log_id_and_sets_no_counter_back(
    with_nvs: bool, littlefs: Rig, life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A flip can take the log away whole; the chip's own store then names it, so that it goes on with a hole."""
    monkeypatch.setattr(littlefs, "log_id", littlefs.log_id + 1)  # of a log that would be begun
    dice, worse = random.Random(2), 0
    flash = content(life.fresh)
    for op in life.ops:
        apply(flash, op)
    before = littlefs.mount(flash)
    log = record_log.RecordLog(before.storage, SEGMENTS, before.nvs)
    root, folders = folder_bytes(flash)
    for i in range(FLIPS):
        rotten = content(flash)
        rotten[dice.choice(root if i % 4 == 0 else folders)] ^= 1 << dice.randrange(8)
        at = littlefs.mount(rotten)
        found = record_log.RecordLog(at.storage, SEGMENTS, at.nvs if with_nvs else None)
        same = (found.log_id, found.next_seq, found.acked, found.boot) == (
            log.log_id,
            log.next_seq,
            log.acked,
            log.boot,
        )
        worse += not same
        if with_nvs:
            assert same
            assert not invented(life, held(at, found))
    assert with_nvs or worse > FLIPS // 8, "the flips hit nothing that the second copy would be needed for"


class AcknowledgesEarly(record_log.RecordLog):
    """Bug 1: what is appended counts as kept."""

    @property
    def next_seq(self) -> int:
        return self._first + self._count


class ReusesEarly(record_log.RecordLog):
    """Bug 2: slots are written anew before their segment is."""

    def _seal(self, count: int) -> None:
        write, held_back = self._write, []
        self._write = lambda name, data: held_back.append((name, bytes(data)))
        super()._seal(count)
        self._write = write
        self._write_slots()
        for name, data in held_back:
            self._write(name, data)


@pytest.mark.parametrize("bug", [AcknowledgesEarly, ReusesEarly])
def test_the_campaign_sees_a_bug(bug: type, littlefs: Rig) -> None:
    buggy = live(littlefs, 9, bug)
    _, wrong = campaign(littlefs, buggy, "lost", bug)
    assert wrong, bug.__doc__


def test_the_campaign_sees_a_skipped_crc(littlefs: Rig, life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "is_valid", lambda buf, at=0: buf[at] >> 5 == protocol.RECORD_VERSION)
    assert flips(littlefs, life, record_log.RecordLog), "bug 3"
