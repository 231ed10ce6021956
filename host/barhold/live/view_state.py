"""The state of a live view, updated by each record. Pure: the time is passed in, nothing is drawn.

Provisional records (RISE, TOP, TARGET, HOLD_END) move the running rep. The REP that follows is final. It comes about a
second after the rep's end, when the next rep may already be under way: that next rep then goes on.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from barcore import protocol, record
from barhold.model import Rep
from barhold.plans import plan
from barhold.training import flags, sets

LAST_REPS = 6
WAITING, RISING, HOLDING, LOWERING = "waiting", "rising", "holding", "lowering"


class CountedRep(NamedTuple):
    """One rep as the sensor counted it, and the number of its set."""

    set_number: int
    rep: Rep


@dataclass(slots=True)
class LiveView:
    """The state of the view; `feed` takes each record."""

    target_ms: int = round(plan.DEFAULT.hold_s.least * 1000)
    phase: str = WAITING
    set_number: int = 0
    rep: int = 0
    is_in_set: bool = False  # a rep runs or was counted, and its set's end was not heard of
    sets: int = 0  # ended so far
    reps: list[CountedRep] = field(default_factory=list)
    last_reps: int = LAST_REPS  # how many of them are kept
    _hold_since_s: float = 0.0
    _hold_ms: int = 0

    def hold_ms(self, now_s: float) -> int:
        """Return the running hold, or the last one."""
        if self.phase != HOLDING:
            return self._hold_ms
        return self._hold_ms + round((now_s - self._hold_since_s) * 1000)

    def give_up(self) -> None:
        """Drop the running rep: nothing more will arrive about it."""
        last = self.reps[-1] if self.reps else None
        counted = last.rep.number if self.is_in_set and last and last.set_number == self.set_number else 0
        self.phase, self.rep, self._hold_ms, self.is_in_set = WAITING, counted, 0, counted > 0

    def leave_set(self) -> None:
        """Drop the set under way: its end was missed."""
        self.phase, self.rep, self._hold_ms, self.is_in_set = WAITING, 0, 0, False

    def reps_of(self, set_number: int) -> int:
        """Return how many reps of a set are known."""
        return sum(counted.set_number == set_number for counted in self.reps)

    def feed(self, raw: bytes, now_s: float) -> str:
        """Take one valid record that arrived at `now_s`; return what a plain view prints for it, "" for nothing."""
        kind, set_flags, _, _, t_ms = record.header(raw)
        if kind not in protocol.PAYLOAD_FORMATS:
            return ""
        values = record.payload(raw)
        if kind >= protocol.FIRST_PROVISIONAL:
            return self._move(kind, values, now_s)
        if kind == protocol.REP:
            return self._count(CountedRep(values[0], sets.rep_of(raw)))
        if kind == protocol.SET_START:
            self._prove(*values)
        if kind == protocol.CORRECTION:
            return self._correct(t_ms, values)
        return self._end(set_flags, values) if kind == protocol.SET_END else ""

    def _move(self, kind: int, values: tuple[int, ...], now_s: float) -> str:
        self.set_number, self.rep, _, self._hold_ms = values
        self.is_in_set = True
        self.phase = {protocol.RISE: RISING, protocol.HOLD_END: LOWERING}.get(kind, HOLDING)
        if self.phase == HOLDING:
            self._hold_since_s = now_s
        if kind == protocol.TARGET:
            return f"set {self.set_number} rep {self.rep}: target reached"
        return ""

    def _count(self, counted: CountedRep) -> str:
        set_number, rep = counted
        if any((known.set_number, known.rep.start_ms) == (set_number, rep.start_ms) for known in self.reps):
            return ""  # sent again after a reconnect
        self.reps = [*self.reps, counted][-self.last_reps :]
        if self.phase == WAITING or (self.set_number, self.rep) == (set_number, rep.number):
            self.phase, self.set_number, self.rep, self._hold_ms = WAITING, set_number, rep.number, rep.hold_ms
            self.is_in_set = True
        return f"set {set_number} rep {rep.number}: {figures(rep)}"

    def _prove(self, set_number: int, _: int, target_ms: int) -> None:
        self.target_ms = target_ms or self.target_ms
        if self.phase == WAITING:
            self.set_number, self.is_in_set = set_number, True

    def _correct(self, t_ms: int, values: tuple[int, ...]) -> str:
        set_number, number, action, _ = values
        if action != protocol.DROP_REP:
            return ""
        self.reps = [known for known in self.reps if (known.set_number, known.rep.start_ms) != (set_number, t_ms)]
        return f"set {set_number} rep {number}: taken back"

    def _end(self, set_flags: int, values: tuple[int, ...]) -> str:
        if self.phase == WAITING:
            self.rep, self.is_in_set = 0, False
        elif self.set_number == values[0]:  # what is under way began too late for this set: it is the next one's first
            self.set_number, self.rep = (values[0] + 1) & 255, 1
        if set_flags & protocol.LONE:
            return f"set {values[0]}: a lone lift, not a set"
        self.sets += 1
        return f"set {values[0]} ended: {values[1]} {'rep' if values[1] == 1 else 'reps'}"


def figures(rep: Rep) -> str:
    """Return a rep's figures in words."""
    marks = flags.names(rep.flags & ~protocol.UNCALIBRATED)
    text = f"hold {rep.hold_ms / 1000:.2f} s +- {rep.hold_err_ms / 1000:.2f}, range {rep.rom_m * 100:.0f} cm"
    return f"{text} ({', '.join(marks)})" if marks else text
