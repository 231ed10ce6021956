"""A day of a sensor in real MicroPython, asleep between sessions: nothing grows or is lost, the tick wraps unseen.

The day is simulated, a session every two hours (three of them, or twelve in the long form), on the XIAO's twin with its
drivers. The heap is stated for the smaller of the two boards, 2 MiB of the M5StickC Plus2; use is measured after a
collection.
"""

from collections import Counter
from dataclasses import dataclass

import pytest

from barcore import protocol, record
from barhold import generate
from mpy import rig

QUICK, WHOLE = 3, 12
"""Sessions: in each test run, and in a whole day."""
EVERY_MS = 2 * 3600 * 1000
SETS, REPS = 2, 6
BOARD_HEAP_BYTES = 2 << 20
GROWTH_BYTES = 1024


@dataclass
class Day:
    sessions: int
    starts: list[int]
    heap: list[int]
    records: list[bytes]
    taken: int
    read: int
    faults: tuple[int, ...]


@pytest.fixture(scope="module", params=[QUICK, pytest.param(WHOLE, marks=pytest.mark.long)])
def day(request: pytest.FixtureRequest) -> Day:
    session = generate.session(5, SETS, REPS, rest_s=20)
    first = session.sets[0][0]
    wrap_ms = round((first.top_s + first.down_s) / 2 * 1000)
    arguments = (str(request.param), str(EVERY_MS), str(wrap_ms))
    said = rig.run(rig.HERE / "soak.py", *arguments, stdin=session.samples, limit_s=900, mode="turns").splitlines()
    words = [line.split() for line in said]
    [(taken, read, *faults)] = [map(int, rest) for kind, *rest in words if kind == "imu"]
    return Day(
        request.param,
        [int(rest[0]) for kind, *rest in words if kind == "start"],
        [int(rest[0]) for kind, *rest in words if kind == "heap"],
        [bytes.fromhex(rest[0]) for kind, *rest in words if kind == "record"],
        taken,
        read,
        tuple(faults),
    )


def test_it_sleeps_and_wakes_for_every_session(day: Day) -> None:
    assert day.starts == [protocol.RESET_POWER_ON] + [protocol.RESET_WAKE] * (day.sessions - 1)


def test_no_sample_is_lost(day: Day) -> None:
    assert day.faults == (0, 0, 0)
    left_in_fifo = 3 * day.sessions
    assert day.taken - left_in_fifo <= day.read <= day.taken
    assert day.read > day.sessions * 250 * 104


def test_no_record_is_missed(day: Day) -> None:
    kinds = Counter(record.header(raw)[0] for raw in day.records)
    assert all(record.is_valid(raw) for raw in day.records)
    assert [record.header(raw)[3] for raw in day.records] == list(range(len(day.records)))
    assert kinds == {
        protocol.BOOT: day.sessions,
        protocol.HEALTH: 2 * day.sessions,
        protocol.SET_START: SETS * day.sessions,
        protocol.REP: SETS * REPS * day.sessions,
        protocol.SET_END: SETS * day.sessions,
    }


def test_a_hold_with_the_wrap_inside_is_as_long_as_the_same_hold_without(day: Day) -> None:
    reps = [record.payload(raw) for raw in day.records if record.header(raw)[0] == protocol.REP]
    firsts = reps[:: SETS * REPS]
    holds_ms = [values[3] for values in firsts]
    assert max(holds_ms) - min(holds_ms) <= 20, holds_ms


def test_nothing_grows(day: Day) -> None:
    """The newest minute of a session against the same of the second one: the first makes what is made once."""
    per_session = len(day.heap) // day.sessions
    assert len(day.heap) == per_session * day.sessions
    before = day.heap[2 * per_session - 1]
    assert day.heap[-1] - before <= GROWTH_BYTES, day.heap
    assert max(day.heap) < BOARD_HEAP_BYTES
