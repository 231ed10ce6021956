"""Years of training as the records that a sensor would have logged. Pure, and the same at every call."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from barcore import protocol, record
from barhold.model import Anchor

SESSIONS_PER_YEAR, SETS, REPS = 150, 4, 10
DEVICE_ID, LOG_ID = "00112233445566aa", 0xFEDCBA98
FIRST_UTC_MS = 1_609_660_800_000  # 2021-01-03 08:00 UTC
_STEP_MS = (2 * 86_400_000 + 3_600_000, 3 * 86_400_000 - 3_600_000)  # turns of 2 and 3 days: 150 in a year


@dataclass(frozen=True, slots=True)
class Day:
    """One session: its records and the reading of the clock that its sync took."""

    raws: list[bytes]
    anchor: Anchor
    synced_utc_ms: int


def days(years: int, sets: int = SETS, reps: int = REPS, seed: int = 10) -> Iterator[Day]:
    """Yield `years` of training, session by session: a boot, its sets of so many reps, a correction now and then."""
    rng = random.Random(seed)  # noqa: S311 - training, no secret
    seq, start_utc_ms = 0, FIRST_UTC_MS
    for number in range(years * SESSIONS_PER_YEAR):
        log = _Log(boot=number + 1, seq=seq)
        end_ms = _session(log, rng, sets, reps)
        yield Day(
            log.raws,
            Anchor(DEVICE_ID, LOG_ID, log.boot, end_ms, start_utc_ms + end_ms, rng.randint(15, 60)),
            start_utc_ms + end_ms,
        )
        seq = log.seq
        start_utc_ms += _STEP_MS[number % 2]


class _Log:
    def __init__(self, boot: int, seq: int) -> None:
        self.boot, self.seq = boot, seq
        self.raws: list[bytes] = []

    def add(self, kind: int, t_ms: int, values: tuple[int, ...], flags: int = 0) -> None:
        buf = bytearray(protocol.RECORD_BYTES)
        record.pack_into(buf, 0, kind, flags, self.boot, self.seq, t_ms, values)
        self.raws.append(bytes(buf))
        self.seq += 1


def _session(log: _Log, rng: random.Random, sets: int, reps: int) -> int:
    """Log one session; return its end, ms since the boot."""
    log.add(protocol.BOOT, 400, (protocol.RESET_WAKE, 0, 1, 0, 0))
    log.add(protocol.HEALTH, 900, (rng.randint(3600, 4150), rng.randint(300, 900), 90_000, 60_000))
    t_ms = 60_000
    for number in range(1, sets + 1):
        t_ms = _set(log, rng, number, t_ms, reps) + rng.randint(120_000, 180_000)
    return t_ms


def _set(log: _Log, rng: random.Random, number: int, t_ms: int, reps: int) -> int:
    """Log one set; return its end, ms since the boot."""
    first_ms = t_ms
    for rep in range(1, reps + 1):
        if rep == 3:
            log.add(protocol.SET_START, first_ms, (number, 2, 2000))
        rise_ms, hold_ms, fall_ms = rng.randint(600, 900), rng.randint(1900, 2900), rng.randint(900, 1300)
        bottom_ms, rom_mm = rng.randint(300, 1200), rng.randint(280, 330)
        moves = (rise_ms, hold_ms, fall_ms, bottom_ms, rom_mm, rng.randint(500, 900), rng.randint(20, 60))
        log.add(protocol.REP, t_ms + bottom_ms, (number, rep, *moves))
        if rng.random() < 0.01:
            changed = (number, rep, protocol.SET_FLAGS, protocol.DISTURBED)
            log.add(protocol.CORRECTION, t_ms + bottom_ms, changed)
        t_ms += bottom_ms + rise_ms + hold_ms + fall_ms
    log.add(protocol.SET_END, t_ms, (number, reps, 305, t_ms - first_ms))
    return t_ms
