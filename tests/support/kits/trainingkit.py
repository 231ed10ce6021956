"""Training sets made by hand, and a store that holds some: for the tests of exports and imports."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from barcore import protocol, record
from barhold.model import Anchor, Load, Rep, SetKey, TrainingSet
from barhold.store import Store
from hostkit import DEVICE, raw, reps

START = datetime(2026, 11, 22, 18, 0, 12, 345_000, UTC)
ANCHOR_UTC_MS = int(START.timestamp() * 1000)


def made_rep(number: int, hold_ms: int = 2500, flags: int = 0) -> Rep:
    return Rep(number, 10_000 * number, 900, hold_ms, 1100, 800, 0.3125, 0.7, 50, flags)


def made_set(
    start: datetime = START,
    holds_ms: tuple[int, ...] = (2100, 2500, 2600),
    load: Load | None = None,
    warm_up: bool = False,
    note: str = "",
    lifter: str = "",
    number: int = 1,
) -> TrainingSet:
    """Return a set of 45 s with a rep per hold."""
    done = tuple(made_rep(i, hold_ms) for i, hold_ms in enumerate(holds_ms, start=1))
    key = SetKey(DEVICE, 1, 1, int((start - START).total_seconds() * 1000) + 10_000)
    end = start + timedelta(seconds=45)
    return TrainingSet(
        DEVICE, 1, number, start, end, "anchored", done, key, lifter=lifter, load=load, warm_up=warm_up, note=note
    )


def made_session(start: datetime = START, loads: tuple[Load | None, ...] = (None, None, None)) -> list[TrainingSet]:
    """Return a session, a set every 3 min, with these loads."""
    return [made_set(start + timedelta(minutes=3 * i), load=load, number=i + 1) for i, load in enumerate(loads)]


def filled(path: Path, sessions: int = 1, sets: int = 3, count: int = 8) -> Path:
    """Fill a database with sessions two days apart, the first at START; return its path.

    A boot's clock ends after 49 days, and so do 24 sessions.
    """
    raws = []
    for session in range(sessions):
        for number in range(sets):
            start_ms = 10_000 + session * 48 * 3_600_000 + number * 180_000
            raws += reps(count, start_ms, set_number=(session * sets + number + 1) % 256)
    with Store.open(path) as store:
        numbered = [_numbered(one, seq) for seq, one in enumerate(raws)]
        store.add_records(DEVICE, 1, numbered, 0)
        store.add_anchor(Anchor(DEVICE, 1, 1, 10_000, ANCHOR_UTC_MS, 20))
    return path


def _numbered(one: bytes, seq: int) -> bytes:
    kind, flags, boot, _, t_ms = record.header(one)
    assert kind == protocol.REP
    return raw(kind, t_ms, record.payload(one), flags, boot, seq)
