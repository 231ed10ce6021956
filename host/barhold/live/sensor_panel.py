"""One sensor as the live page shows it: link, running rep, counted reps, rest. Pure: the time is passed in.

The page gets states, never messages: a page that missed some is right again with the next. What must be heard once
(target reached, set ended) is therefore a count, and a page sounds when the count grows.
"""

from dataclasses import InitVar, dataclass, field
from typing import Any

from barcore import protocol, record
from barhold.check import verdicts
from barhold.live import view_state
from barhold.live.turns import SetName, Turn, TurnKeeper
from barhold.live.view_state import CountedRep, LiveView
from barhold.model import Load
from barhold.plans.plan import Plan
from barhold.training import edits, flags

LOOKING, CONNECTED, LOST = "looking", "connected", "lost"
FORGET_S = 20.0
"""After this long the sensor itself abandons a rise, so a rep without further records is dropped."""
UNHEARD_S = 60.0
"""A set ends after 15 s without a rep. One that was not heard of for so long has ended while the link was gone."""
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
    log_id: int = 0


@dataclass(slots=True)
class SensorPanel:
    """One sensor; `hear` takes each record. Times are seconds of one clock; a virtual sensor's runs `speed` fold."""

    plan: InitVar[Plan]
    note: str
    speed: int = 1
    link: str = LOOKING
    sensor: ConnectedSensor = ConnectedSensor("", "")
    targets: int = 0
    last: tuple[int, int] = (0, 0)  # type and t_ms of the newest record
    _turns: TurnKeeper = field(init=False)
    _aim: Plan = field(init=False)  # the plan whose target is shown, until a set tells what the sensor itself cues by
    _view: LiveView = field(default_factory=lambda: LiveView(last_reps=_REPS_KEPT))
    _boot: int = -1
    _offset_s: float = 0.0  # the caller's clock minus the sensor's, by the record that took the shortest time
    _moved_s: float = 0.0
    _heard_s: float = 0.0

    def __post_init__(self, plan: Plan) -> None:
        self._turns, self._aim = TurnKeeper(plan), plan
        self._view.target_ms = round(plan.hold_s.least * 1000)

    @property
    def sets_stored(self) -> int:
        """How many of the sets that have ended are stored."""
        return self._turns.stored

    def disconnected(self, note: str) -> None:
        """Note that the link is gone, and why; a running rep is dropped."""
        self.link = LOST if self.sensor.device_id else LOOKING
        self.note = note
        self._give_up()

    def connected(self, sensor: ConnectedSensor) -> bool:
        """Note which sensor is there; return whether that is new."""
        before = (self.link, self.sensor)
        self.link, self.sensor, self.note = CONNECTED, sensor, ""
        return before != (CONNECTED, sensor)

    def take_turn(self, turn: Turn, plan: Plan, sets_read: int) -> None:
        """Note whose turn it is, and their plan, as read when `sets_read` of the ended sets were stored."""
        self._turns.take(turn, plan, sets_read)
        self._take_aim()

    def stored(self, next_seq: int) -> bool:
        """Note that the records below `next_seq` are stored; return whether that includes a set that has ended."""
        return self._turns.store(self.sensor.log_id, next_seq)

    def hear(self, raw: bytes, now_s: float) -> None:
        """Take one record that arrived at `now_s`."""
        kind, set_flags, boot, seq, t_ms = record.header(raw)
        now_s *= self.speed
        self._view.feed(raw, now_s)
        self.last, self._heard_s = (kind, t_ms), now_s
        if kind in (protocol.RISE, protocol.TOP, protocol.TARGET, protocol.HOLD_END):
            self._set_clock(boot, t_ms, now_s)
            self.targets += kind == protocol.TARGET
        elif kind == protocol.SET_END and not set_flags & protocol.LONE:
            end_s = now_s if boot != self._boot else t_ms / 1000 + self._offset_s
            self._turns.end(self._set_name(boot, record.payload(raw)[0]), 0 if seq == protocol.NO_SEQ else seq, end_s)
        self._follow_set(boot)

    def _set_name(self, boot: int, number: int) -> SetName:
        return SetName(self.sensor.device_id, self.sensor.log_id, boot, number)

    def _follow_set(self, boot: int) -> None:
        if self._view.is_in_set:
            self._turns.run(self._set_name(boot, self._view.set_number))
        else:
            self._turns.stop()
        self._take_aim()

    def _give_up(self) -> None:
        self._view.give_up()
        if not self._view.is_in_set:
            self._turns.stop()
            self._take_aim()

    def _forget(self, now_s: float) -> None:
        """Drop what should have been heard of again since."""
        view = self._view
        if view.phase != view_state.WAITING and now_s - self._moved_s > FORGET_S:
            self._give_up()
        if view.is_in_set and now_s - self._heard_s > UNHEARD_S:
            view.leave_set()
            self._give_up()

    def _take_aim(self) -> None:
        plan = self._turns.now[1]
        if plan != self._aim:
            self._aim, self._view.target_ms = plan, round(plan.hold_s.least * 1000)

    def state(self, now_s: float) -> State:
        """Return the state as the page gets it."""
        now_s *= self.speed
        self._forget(now_s)
        view, last_set = self._view, self._turns.last_set
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
            "sets_done": self._turns.sets_done,
            "rest_ms": None if last_set is None else round((now_s - last_set.end_s) * 1000),
            "reps_done": 0 if last_set is None else view.reps_of(last_set.number),
            "reps": [self._rep(counted) for counted in view.reps],
            "last": self.last,
            "plan": self._plan(),
            **self._turn(),
        }

    def _turn(self) -> State:
        turn, step = self._turns.turn, self._turns.plan.load_step
        now = self._turns.now[0]
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
            "now": {
                "lifter": now.lifter,
                "load": edits.load_value(now.next_set.load) or None,
                "warm_up": now.next_set.warm_up,
            },
            "load_unit": unit,
            "load_step": step.amount if step and step.unit == unit else _DEFAULT_STEP[unit],
        }

    def _plan(self) -> State:
        plan = self._turns.now[1]
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
            "verdict": verdicts.hold_verdict(rep, self._turns.now[1].hold_s),
            "flags": flags.names(rep.flags & ~protocol.UNCALIBRATED),
        }
