"""Announcements: what the detector decided, as events in its ring. Every value is held within its field."""

from array import array

from barcore import protocol, ticks
from barcore.event import EVENT_INTS, FLAGS, T_MS, TYPE, VALUES, EventRing
from barcore.live import Live
from barcore.measure import RepMeasure
from barcore.sets import DROPPED, SetKeeper

_MOST_U16 = 65535


class Announcer:
    """Writes events to `events`; grid times (ms since `start_tick`) become 30-bit ticks here. Allocates nothing."""

    def __init__(self) -> None:
        self.events = EventRing()
        self.start_tick = 0
        self._event = array("i", [0] * EVENT_INTS)

    def rep(self, rep: RepMeasure, sets: SetKeeper, flags: int, bottom_ms: int) -> None:
        """Announce the rep just added to the set."""
        event = self._open(protocol.REP, flags, rep.start_ms)
        event[VALUES] = sets.number
        event[VALUES + 1] = sets.reps & 255
        event[VALUES + 2] = _u16(rep.top_ms - rep.start_ms)
        event[VALUES + 3] = _u16(rep.down_ms - rep.top_ms)
        event[VALUES + 4] = _u16(rep.end_ms - rep.down_ms)
        event[VALUES + 5] = _u16(bottom_ms)
        event[VALUES + 6] = rep.rom_mm
        event[VALUES + 7] = _u16(rep.peak_mm_s)
        event[VALUES + 8] = _u16(rep.hold_err_ms)
        self.events.push(event)

    def set_start(self, sets: SetKeeper, target_ms: int) -> None:
        """Announce that the set is proved."""
        event = self._open(protocol.SET_START, 0, sets.first_start_ms)
        event[VALUES] = sets.number
        event[VALUES + 1] = sets.reps & 255
        event[VALUES + 2] = target_ms
        self.events.push(event)

    def set_end(self, sets: SetKeeper) -> None:
        """Announce the set's end, or that it was none."""
        event = self._open(protocol.SET_END, protocol.LONE if sets.reps < 2 else 0, sets.last_end_ms)
        event[VALUES] = sets.number
        event[VALUES + 1] = sets.reps & 255
        event[VALUES + 2] = sets.reference_mm
        event[VALUES + 3] = sets.last_end_ms - sets.first_start_ms
        self.events.push(event)

    def correction(self, sets: SetKeeper, verdict: int) -> None:
        """Announce what the judgement at the set's end changes of the rep just judged."""
        i = sets.at - 1
        event = self._open(protocol.CORRECTION, 0, sets.start_ms[i])
        event[VALUES] = sets.number
        event[VALUES + 1] = i + 1
        event[VALUES + 2] = protocol.DROP_REP if verdict == DROPPED else protocol.SET_FLAGS
        event[VALUES + 3] = 0 if verdict == DROPPED else verdict
        self.events.push(event)

    def live(self, kind: int, live: Live, sets: SetKeeper, grid_ms: int) -> None:
        """Announce what goes on now: RISE, TOP, TARGET or HOLD_END."""
        event = self._open(kind, 0, grid_ms)
        event[VALUES] = sets.number if sets.is_open() else (sets.number + 1) & 255
        event[VALUES + 1] = (sets.reps + 1 if sets.is_open() else 1) & 255
        event[VALUES + 2] = _u16(live.rise_mm)
        event[VALUES + 3] = _u16(live.hold_ms)
        self.events.push(event)

    def _open(self, kind: int, flags: int, grid_ms: int) -> "array[int]":
        event = self._event
        for i in range(VALUES, EVENT_INTS):
            event[i] = 0
        event[TYPE], event[FLAGS] = kind, flags
        event[T_MS] = ticks.add_ms(self.start_tick, grid_ms if grid_ms > 0 else 0)
        return event


def _u16(value: int) -> int:
    return 0 if value < 0 else value if value < _MOST_U16 else _MOST_U16
