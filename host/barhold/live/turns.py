"""Whose turn it is at a sensor, which set runs there under whom, and how many sets its lifter has done. Pure.

The store counts a set from its second rep on, and what is read of it comes some moments after the sensor's records.
Both call a set by the same name: one that has ended counts once and the running one not at all, whatever comes first.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from barhold.model import Load
from barhold.plans.plan import Plan
from barhold.training.next_set import NextSet


class SetName(NamedTuple):
    """What both the records and the store call a set."""

    device_id: str
    log_id: int
    boot: int
    number: int


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is at the sensor, and what was said of the next set."""

    lifter: str = ""  # "" as long as nobody was named
    since_utc_ms: int = 0
    next_set: NextSet = field(default_factory=NextSet)
    last_load: Load | None = None
    sets: tuple[SetName, ...] = ()  # in this session of the lifter's, as stored, the running one among them


class _EndedSet(NamedTuple):
    name: SetName
    lifter: str
    seq: int  # of the record that ended it
    ended: int  # how many sets had ended with it


class LastSet(NamedTuple):
    """A lifter's last set at the sensor: its number there, and when it ended."""

    number: int
    end_s: float


@dataclass(slots=True)
class TurnKeeper:
    """Keeps the turn of one sensor; a set that runs stays the lifter's under whom it began."""

    plan: Plan
    turn: Turn = field(default_factory=Turn)
    ended: int = 0
    stored: int = 0  # of those that have ended
    _running: SetName | None = None
    _under: tuple[Turn, Plan] | None = None  # of the running set
    _done_before: int = 0  # the running set
    _is_known: bool = False  # whether anybody has said whose turn it is
    _unread: list[_EndedSet] = field(default_factory=list)
    _last: dict[str, LastSet] = field(default_factory=dict)

    @property
    def now(self) -> tuple[Turn, Plan]:
        """Who lifts now and by which plan: of the running set, or of the next one."""
        return self._under or (self.turn, self.plan)

    @property
    def sets_done(self) -> int:
        """How many sets the lifter has done; the running one keeps its number."""
        return self._done_before if self._running else self._done(self.turn)

    @property
    def last_set(self) -> LastSet | None:
        """What the lifter rests from; None while a set runs, and when no set of theirs counts."""
        return None if self._running or not self.sets_done else self._last.get(self.turn.lifter)

    def take(self, turn: Turn, plan: Plan, sets_read: int) -> None:
        """Note what was read of the store when `sets_read` of the ended sets were stored."""
        if self._running and (turn.lifter == self.now[0].lifter or not self._is_known):
            self._under = (turn, plan)
            self._done_before = self._done(turn)
        self.turn, self.plan, self._is_known = turn, plan, True
        self._unread = [one for one in self._unread if one.ended > sets_read]

    def run(self, name: SetName) -> None:
        """Note that a set runs."""
        if name != self._running:
            self._running, self._under = name, (self.turn, self.plan)
            self._done_before = self._done(self.turn)

    def stop(self) -> None:
        """Note that no set runs."""
        self._running = self._under = None

    def end(self, name: SetName, seq: int, end_s: float) -> None:
        """Note that a set has ended, by the record `seq`."""
        self.run(name)
        lifter = self.now[0].lifter
        self.stop()
        self.ended += 1
        self._unread.append(_EndedSet(name, lifter, seq, self.ended))
        self._last[lifter] = LastSet(name.number, end_s)

    def store(self, log_id: int, next_seq: int) -> bool:
        """Note that the records below `next_seq` are stored; return whether that ends one more set there."""
        before = self.stored
        known = [one.ended for one in self._unread if one.name.log_id != log_id or one.seq < next_seq]
        self.stored = max([before, *known])
        return self.stored > before

    def _done(self, turn: Turn) -> int:
        ended = {one.name for one in self._unread if one.lifter == turn.lifter}
        return sum(name != self._running for name in (*turn.sets, *ended.difference(turn.sets)))
