"""The check: sessions of training sets against a plan, with the doubt of each measurement kept. Pure.

The rules, in full:

- A rep's hold is `ok` when hold - error and hold + error both lie within the plan's window, `short` or `long` when both
  lie on that side of it, and `unsure` otherwise: then the sensor cannot tell.
- A set's holds are met when no rep is short or long and more than half of its reps are `ok`. Unsure reps thus do not
  fail a set by themselves, and a set that is mostly unsure is not called met.
- A session is met when every set's reps and holds are met, the number of sets is within the plan, and so is the rest
  since the same sensor's last session. A first session has no rest to compare; a rest between estimated times is
  `unsure`. Neither counts against the plan.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from barhold import walltime
from barhold.model import Rep, TrainingSet
from barhold.plan import Bounds, Plan

OK, SHORT, LONG, UNSURE, FIRST = "ok", "short", "long", "unsure", "first"
_BY_SIDE = {-1: SHORT, 0: OK, 1: LONG}
Session = Sequence[TrainingSet]


@dataclass(frozen=True, slots=True)
class SetCheck:
    """One set: a verdict per rep, and whether reps and holds meet the plan."""

    item: TrainingSet
    verdicts: tuple[str, ...]
    reps_met: bool
    holds_met: bool


@dataclass(frozen=True, slots=True)
class SessionCheck:
    """One session; `rest_h` is None for the sensor's first."""

    sets: tuple[SetCheck, ...]
    sets_met: bool
    rest_h: float | None
    rest: str
    met: bool


def hold(rep: Rep, window_s: Bounds) -> str:
    """Return the verdict on one rep's hold."""
    low = window_s.side((rep.hold_ms - rep.hold_err_ms) / 1000)
    high = window_s.side((rep.hold_ms + rep.hold_err_ms) / 1000)
    return _BY_SIDE[low] if low == high else UNSURE


def training_set(item: TrainingSet, plan: Plan) -> SetCheck:
    """Check one set."""
    verdicts = tuple(hold(rep, plan.hold_s) for rep in item.reps)
    wrong = SHORT in verdicts or LONG in verdicts
    holds_met = not wrong and verdicts.count(OK) * 2 > len(verdicts)
    return SetCheck(item, verdicts, plan.reps.side(len(item.reps)) == 0, holds_met)


def session(sets: Session, before: Session | None, plan: Plan) -> SessionCheck:
    """Check one session of a sensor; `before` is the same sensor's session before it, if any."""
    checked = tuple(training_set(item, plan) for item in sets)
    sets_met = plan.sets.side(len(sets)) == 0
    rest_h = _rest_h(sets, before) if before else None
    rest = _rest(sets, before, rest_h, plan)
    met = sets_met and rest not in (SHORT, LONG) and all(s.reps_met and s.holds_met for s in checked)
    return SessionCheck(checked, sets_met, rest_h, rest, met)


def latest(sessions: Sequence[Session], plan: Plan) -> list[SessionCheck]:
    """Check each sensor's last session (sessions in order of time)."""
    last: dict[str, tuple[Session, Session | None]] = {}
    for item in sessions:
        device_id = item[0].device_id
        last[device_id] = (item, last[device_id][0] if device_id in last else None)
    return [session(item, before, plan) for item, before in last.values()]


def _rest_h(sets: Session, before: Session) -> float:
    return (sets[0].start_utc - before[-1].end_utc).total_seconds() / 3600


def _rest(sets: Session, before: Session | None, rest_h: float | None, plan: Plan) -> str:
    if rest_h is None or before is None:
        return FIRST
    if walltime.ESTIMATED in (sets[0].time_quality, before[-1].time_quality):
        return UNSURE
    return _BY_SIDE[plan.rest_h.side(rest_h)]
