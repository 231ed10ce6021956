"""One sensor as the live page shows it: link, running rep, counted reps, rest. Pure: the time is passed in.

The page gets states, never messages: one that missed some is right again with the next. What must be heard once (target
reached, set ended) is therefore a count, and a page sounds when it grows.
"""

from dataclasses import dataclass, field
from typing import Any

from barcore import protocol, record
from barhold.check import verdicts
from barhold.live import view_state
from barhold.live.view_state import LiveView, SeenRep
from barhold.model import Rep
from barhold.plans.plan import Plan
from barhold.training import flags

LOOKING, CONNECTED, LOST = "looking", "connected", "lost"
FORGET_S = 20.0
"""The sensor itself forgets a rise after so long; a rep that is not heard of again is none."""
_REPS_KEPT = 60
State = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Who:
    """Who is connected."""

    device_id: str
    name: str
    lifter: str = ""
    battery_mv: int = 0  # 0: not known
    battery_low: bool = False


@dataclass(slots=True)
class Lane:
    """One sensor; `hear` takes each record, times are seconds of one clock. A virtual sensor's may run `speed` fold."""

    plan: Plan
    note: str
    speed: int = 1
    link: str = LOOKING
    who: Who = Who("", "")
    targets: int = 0
    kept: int = 0  # sets that ended and are stored
    last: tuple[int, int] = (0, 0)  # type and t_ms of the record heard last
    _view: LiveView = field(default_factory=lambda: LiveView(last_reps=_REPS_KEPT))
    _boot: int = -1
    _offset_s: float = 0.0  # the caller's clock minus the sensor's, by the quickest record heard
    _moved_s: float = 0.0
    _rest_from_s: float | None = None
    _unkept: int = 0

    def __post_init__(self) -> None:
        self._view.target_ms = round(self.plan.hold_s.least * 1000)

    def looking(self, text: str) -> None:
        """Note that there is no link, and why; a rep under way is not heard of any more."""
        self.link = LOST if self.who.device_id else LOOKING
        self.note = text
        self._view.give_up()

    def connected(self, who: Who, plan: Plan) -> bool:
        """Note who is there and by which plan; tell whether that is new."""
        before = (self.link, self.who, self.plan)
        if plan != self.plan:  # until a set starts, which says what the sensor itself cues by
            self._view.target_ms = round(plan.hold_s.least * 1000)
        self.link, self.who, self.plan, self.note = CONNECTED, who, plan, ""
        return before != (CONNECTED, who, plan)

    def stored(self) -> bool:
        """Note that what was heard so far is stored; tell whether a set that ended is among it."""
        self.kept, grown, self._unkept = self.kept + self._unkept, self._unkept > 0, 0
        return grown

    def hear(self, raw: bytes, now_s: float) -> None:
        """Take one record heard at `now_s`."""
        kind, set_flags, boot, _, t_ms = record.header(raw)
        now_s *= self.speed
        sets_before = self._view.sets
        self._view.feed(raw, now_s)
        self.last = (kind, t_ms)
        if kind in (protocol.RISE, protocol.TOP, protocol.TARGET, protocol.HOLD_END):
            self._set_clock(boot, t_ms, now_s)
            self.targets += kind == protocol.TARGET
        elif kind == protocol.SET_START:
            self._rest_from_s = None
        elif kind == protocol.SET_END and not set_flags & protocol.LONE:
            self._rest_from_s = now_s if boot != self._boot else t_ms / 1000 + self._offset_s
            self._unkept += self._view.sets - sets_before

    def shown(self, now_s: float) -> State:
        """Return the state as the page gets it."""
        now_s *= self.speed
        view = self._view
        if view.phase != view_state.WAITING and now_s - self._moved_s > FORGET_S:
            view.give_up()
        return {
            "link": self.link,
            "note": self.note,
            "id": self.who.device_id,
            "name": self.who.name or self.who.device_id,
            "lifter": self.who.lifter,
            "battery_mv": self.who.battery_mv,
            "battery_low": self.who.battery_low,
            "phase": view.phase,
            "set": view.set_number,
            "rep": view.rep,
            "hold_ms": view.hold_ms(now_s),
            "target_ms": view.target_ms,
            "speed": self.speed,
            "targets": self.targets,
            "sets_ended": view.sets,
            "kept": self.kept,
            "rest_ms": None if self._rest_from_s is None else round((now_s - self._rest_from_s) * 1000),
            "reps": [self._rep(one) for one in view.reps],
            "last": self.last,
            "plan": self._plan(),
        }

    def _plan(self) -> State:
        plan = self.plan
        hold_ms = [round(plan.hold_s.least * 1000), round(plan.hold_s.most * 1000)]
        return {"name": plan.name, "reps": [plan.reps.least, plan.reps.most], "hold_ms": hold_ms}

    def _set_clock(self, boot: int, t_ms: int, now_s: float) -> None:
        offset_s = now_s - t_ms / 1000
        self._offset_s = min(self._offset_s, offset_s) if boot == self._boot else offset_s
        self._boot, self._moved_s = boot, now_s

    def _rep(self, seen: SeenRep) -> State:
        rep = Rep(
            seen.number, seen.start_ms, 0, seen.hold_ms, 0, 0, seen.rom_mm / 1000, 0.0, seen.hold_err_ms, seen.flags
        )
        return {
            "set": seen.set_number,
            "rep": seen.number,
            "hold_ms": seen.hold_ms,
            "err_ms": seen.hold_err_ms,
            "rom_mm": seen.rom_mm,
            "verdict": verdicts.hold(rep, self.plan.hold_s),
            "flags": flags.names(seen.flags & ~protocol.UNCALIBRATED),
        }
