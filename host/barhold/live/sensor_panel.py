"""One sensor as the live page shows it: link, running rep, counted reps, rest. Pure: the time is passed in.

The page gets states, never messages: a page that missed some is right again with the next. What must be heard once
(target reached, set ended) is therefore a count, and a page sounds when the count grows.
"""

from dataclasses import dataclass, field
from typing import Any

from barcore import protocol, record
from barhold.check import verdicts
from barhold.live import view_state
from barhold.live.view_state import CountedRep, LiveView
from barhold.model import Load
from barhold.plans.plan import Plan
from barhold.training import edits, flags
from barhold.training.next_set import NextSet

LOOKING, CONNECTED, LOST = "looking", "connected", "lost"
FORGET_S = 20.0
"""After this long the sensor itself abandons a rise, so a rep without further records is dropped."""
_REPS_KEPT = 60
_DEFAULT_STEP = {"kg": 2.5, "lb": 5.0}
State = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ConnectedSensor:
    """What a connected sensor says about itself."""

    device_id: str
    name: str
    battery_mv: int = 0  # 0: not known
    battery_low: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is at the sensor, and what was said of the next set."""

    lifter: str = ""  # "" as long as nobody was named
    since_utc_ms: int = 0
    next_set: NextSet = field(default_factory=NextSet)
    last_load: Load | None = None
    sets_done: int = 0  # in this session of the lifter's


@dataclass(slots=True)
class SensorPanel:
    """One sensor; `hear` takes each record. Times are seconds of one clock; a virtual sensor's runs `speed` fold."""

    plan: Plan
    note: str
    speed: int = 1
    link: str = LOOKING
    sensor: ConnectedSensor = ConnectedSensor("", "")
    turn: Turn = field(default_factory=Turn)
    targets: int = 0
    sets_stored: int = 0
    last: tuple[int, int] = (0, 0)  # type and t_ms of the newest record
    _view: LiveView = field(default_factory=lambda: LiveView(last_reps=_REPS_KEPT))
    _boot: int = -1
    _offset_s: float = 0.0  # the caller's clock minus the sensor's, by the record that took the shortest time
    _moved_s: float = 0.0
    _rest_from_s: float | None = None
    _sets_unstored: int = 0

    def __post_init__(self) -> None:
        self._view.target_ms = round(self.plan.hold_s.least * 1000)

    def disconnected(self, note: str) -> None:
        """Note that the link is gone, and why; a running rep is dropped."""
        self.link = LOST if self.sensor.device_id else LOOKING
        self.note = note
        self._view.give_up()

    def connected(self, sensor: ConnectedSensor) -> bool:
        """Note which sensor is there; return whether that is new."""
        before = (self.link, self.sensor)
        self.link, self.sensor, self.note = CONNECTED, sensor, ""
        return before != (CONNECTED, sensor)

    def take_turn(self, turn: Turn, plan: Plan) -> None:
        """Note whose turn it is, and by which plan they train."""
        if plan != self.plan:  # until a set starts: its first record says what the sensor itself cues by
            self._view.target_ms = round(plan.hold_s.least * 1000)
        self.turn, self.plan = turn, plan

    def stored(self) -> bool:
        """Note that everything so far is stored; return whether that includes a set that has ended."""
        grown = self._sets_unstored > 0
        self.sets_stored, self._sets_unstored = self.sets_stored + self._sets_unstored, 0
        return grown

    def hear(self, raw: bytes, now_s: float) -> None:
        """Take one record that arrived at `now_s`."""
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
            self._sets_unstored += self._view.sets - sets_before

    def state(self, now_s: float) -> State:
        """Return the state as the page gets it."""
        now_s *= self.speed
        view = self._view
        if view.phase != view_state.WAITING and now_s - self._moved_s > FORGET_S:
            view.give_up()
        return {
            "link": self.link,
            "note": self.note,
            "id": self.sensor.device_id,
            "name": self.sensor.name,
            "battery_mv": self.sensor.battery_mv,
            "battery_low": self.sensor.battery_low,
            "phase": view.phase,
            "set": view.set_number,
            "rep": view.rep,
            "hold_ms": view.hold_ms(now_s),
            "target_ms": view.target_ms,
            "speed": self.speed,
            "targets": self.targets,
            "sets_ended": view.sets,
            "sets_stored": self.sets_stored,
            "sets_done": self.turn.sets_done + self._sets_unstored,
            "rest_ms": None if self._rest_from_s is None else round((now_s - self._rest_from_s) * 1000),
            "reps": [self._rep(counted) for counted in view.reps],
            "last": self.last,
            "plan": self._plan(),
            **self._turn(),
        }

    def _turn(self) -> State:
        turn, step = self.turn, self.plan.load_step
        unit = (turn.next_set.load or turn.last_load or step or Load(1, "kg")).unit
        return {
            "lifter": turn.lifter,
            "turn_since_ms": turn.since_utc_ms,
            "last_load": edits.load_value(turn.last_load) or None,
            "next": {
                "load": edits.load_value(turn.next_set.load) or None,
                "warm_up": turn.next_set.warm_up,
                "note": turn.next_set.note,
            },
            "load_unit": unit,
            "load_step": step.amount if step and step.unit == unit else _DEFAULT_STEP[unit],
        }

    def _plan(self) -> State:
        plan = self.plan
        hold_ms = [round(plan.hold_s.least * 1000), round(plan.hold_s.most * 1000)]
        reps = [plan.reps.least, plan.reps.most]
        return {"name": plan.name, "reps": reps, "hold_ms": hold_ms, "set_rest_s": plan.set_rest_s}

    def _set_clock(self, boot: int, t_ms: int, now_s: float) -> None:
        offset_s = now_s - t_ms / 1000
        self._offset_s = min(self._offset_s, offset_s) if boot == self._boot else offset_s
        self._boot, self._moved_s = boot, now_s

    def _rep(self, counted: CountedRep) -> State:
        rep = counted.rep
        return {
            "set": counted.set_number,
            "rep": rep.number,
            "hold_ms": rep.hold_ms,
            "err_ms": rep.hold_err_ms,
            "rom_mm": round(rep.rom_m * 1000),
            "verdict": verdicts.hold_verdict(rep, self.plan.hold_s),
            "flags": flags.names(rep.flags & ~protocol.UNCALIBRATED),
        }
