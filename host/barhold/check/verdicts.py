"""Checks sessions against a plan, and keeps the uncertainty of each measurement. Pure.

The rules, in full:

- A rep's hold is `ok` when hold - error and hold + error both lie within the plan's window, `short` or `long` when both
  lie on that side of it, and `unsure` otherwise: then the sensor cannot tell.
- A set's holds are met when no rep is short or long and more than half of its reps are `ok`. Unsure reps thus do not
  fail a set by themselves, and a set that is mostly unsure is not called met.
- A session is met when every set's reps and holds are met, the number of sets is within the plan, and so is the rest
  since the same owner's last session. A first session has no rest to compare; a rest between estimated times is
  `unsure`. Neither counts against the plan.
- A warm-up set does not count: neither its reps and holds nor itself. A set is one when somebody said so, or when it is
  among the session's first as many as the plan warms up with and nobody said that it counts.
- A week is met when every session in it is.

A tempo is judged where the plan has one: the mean of fall, bottom pause and rise, each with its error, within half a
second of what is wanted (the first bottom pause is the lifter's setting up). It fails no set: only its pause at the
top, the hold, does.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from statistics import fmean

from barhold.check import set_trends
from barhold.model import Rep, TrainingSet
from barhold.plans.plan import Bounds, Plan
from barhold.training import wall_time
from barhold.training.sets import owner

OK, SHORT, LONG, UNSURE, FIRST = "ok", "short", "long", "unsure", "first"
TEMPO_ROOM_S = 0.5
_BY_SIDE = {-1: SHORT, 0: OK, 1: LONG}
Session = Sequence[TrainingSet]


@dataclass(frozen=True, slots=True)
class SetCheck:
    """One set: a verdict per rep, and whether reps and holds meet the plan; a warm-up set is not judged."""

    item: TrainingSet
    verdicts: tuple[str, ...]
    reps_met: bool
    holds_met: bool
    warm_up: bool = False

    @property
    def hold_change_s(self) -> set_trends.Change | None:
        """By how much the hold changed over the set, s; None where there are too few reps to say."""
        return set_trends.hold_change_s(self.item.reps)

    @property
    def speed_change_m_s(self) -> set_trends.Change | None:
        """By how much the peak velocity of the rise changed over the set."""
        return set_trends.speed_change_m_s(self.item.reps)

    @property
    def range_spread(self) -> float:
        """The standard deviation of the ranges as a share of their mean."""
        ranges = [rep.rom_m for rep in self.item.reps]
        return set_trends.deviation(ranges) / fmean(ranges) if any(ranges) else 0.0

    @property
    def rise_spread_s(self) -> float:
        """Standard deviation of the rises, s."""
        return set_trends.deviation([rep.rise_ms / 1000 for rep in self.item.reps])

    @property
    def fall_spread_s(self) -> float:
        """Standard deviation of the falls, s."""
        return set_trends.deviation([rep.fall_ms / 1000 for rep in self.item.reps])


@dataclass(frozen=True, slots=True)
class SessionCheck:
    """One session; `rest_h` is None for the owner's first."""

    sets: tuple[SetCheck, ...]
    sets_met: bool
    rest_h: float | None
    rest: str
    met: bool

    @property
    def owner(self) -> str:
        """The lifter, or the sensor's id as long as nobody was named."""
        return owner(self.sets[0].item)

    @property
    def working_sets(self) -> tuple[SetCheck, ...]:
        """The sets that count."""
        return tuple(one for one in self.sets if not one.warm_up)

    @property
    def verdicts(self) -> Counter[str]:
        """How many reps of the sets that count have each verdict."""
        return Counter(verdict for one in self.working_sets for verdict in one.verdicts)

    @property
    def unsure_share(self) -> float:
        """The share of the counted reps that are unsure; 0 if none counts."""
        return share(self.verdicts, UNSURE)


@dataclass(frozen=True, slots=True)
class WeekCheck:
    """One owner's sessions of one week."""

    owner: str
    monday: date
    sessions: tuple[SessionCheck, ...]

    @property
    def met(self) -> bool:
        """Whether every session met the plan."""
        return all(one.met for one in self.sessions)

    @property
    def verdicts(self) -> Counter[str]:
        """How many reps that count have each verdict."""
        return sum((one.verdicts for one in self.sessions), Counter())


def hold_verdict(rep: Rep, window_s: Bounds) -> str:
    """Return the verdict on one rep's hold."""
    # Sums of whole ms: a bound that is met exactly is met.
    return _verdict((rep.hold_ms - rep.hold_err_ms) / 1000, (rep.hold_ms + rep.hold_err_ms) / 1000, window_s)


def check_set(item: TrainingSet, plan: Plan, warm_up: bool = False) -> SetCheck:
    """Check one set."""
    verdicts = tuple(hold_verdict(rep, plan.hold_s) for rep in item.reps)
    wrong = SHORT in verdicts or LONG in verdicts
    holds_met = not wrong and verdicts.count(OK) * 2 > len(verdicts)
    return SetCheck(item, verdicts, plan.reps.side(len(item.reps)) == 0, holds_met, warm_up or item.warm_up)


def check_session(sets: Session, before: Session | None, plan: Plan) -> SessionCheck:
    """Check one session of an owner; `before` is the same owner's session before it, if any."""
    warm = [index < plan.warm_up_sets and not item.working for index, item in enumerate(sets)]
    checked = tuple(check_set(item, plan, warm_up) for item, warm_up in zip(sets, warm, strict=True))
    working = [one for one in checked if not one.warm_up]
    sets_met = plan.sets.side(len(working)) == 0
    rest_h = _rest_h(sets, before) if before else None
    rest = _rest(sets, before, rest_h, plan)
    met = sets_met and rest not in (SHORT, LONG) and all(s.reps_met and s.holds_met for s in working)
    return SessionCheck(checked, sets_met, rest_h, rest, met)


def check_sessions(sessions: Sequence[Session], plan: Plan) -> list[SessionCheck]:
    """Check every session (in order of time), each with its owner's previous session."""
    last: dict[str, Session] = {}
    results = []
    for item in sessions:
        results.append(check_session(item, last.get(owner(item[0])), plan))
        last[owner(item[0])] = item
    return results


def check_latest(sessions: Sequence[Session], plan: Plan) -> list[SessionCheck]:
    """Check each owner's last session (sessions in order of time)."""
    last: dict[str, tuple[Session, Session | None]] = {}
    for item in sessions:
        whose = owner(item[0])
        last[whose] = (item, last[whose][0] if whose in last else None)
    return [check_session(item, before, plan) for item, before in last.values()]


def check_weeks(results: Iterable[SessionCheck]) -> list[WeekCheck]:
    """Group checked sessions into each owner's weeks, Monday to Sunday in this computer's zone, in order of time."""
    kept = list(results)
    marked = sorted((_monday(one), one.owner, at) for at, one in enumerate(kept))
    return [
        WeekCheck(whose, monday, tuple(kept[at] for _, _, at in group))
        for (monday, whose), group in groupby(marked, key=lambda mark: mark[:2])
    ]


def tempo_verdicts(item: TrainingSet, plan: Plan) -> dict[str, tuple[float, str]]:
    """Return, by name, the mean seconds of each phase that the plan's tempo names, and the verdict on it."""
    if plan.tempo is None:
        return {}
    wanted_s = {"fall": plan.tempo.fall_s, "bottom": plan.tempo.bottom_s, "rise": plan.tempo.rise_s}
    measured = {
        "fall": [rep.fall_ms / 1000 for rep in item.reps],
        "bottom": [rep.bottom_ms / 1000 for rep in item.reps[1:]],
        "rise": [rep.rise_ms / 1000 for rep in item.reps],
    }
    found = {}
    for phase, wanted in wanted_s.items():
        values = measured[phase]
        if wanted is not None and len(values) > 1:
            room = Bounds(max(wanted - TEMPO_ROOM_S, 0), wanted + TEMPO_ROOM_S)
            mean, error = fmean(values), set_trends.mean_error(values)
            found[phase] = (mean, _verdict(max(mean - error, 0), mean + error, room))
    return found


def share(verdicts: Counter[str], word: str) -> float:
    """Return the share of one verdict; 0 of none."""
    return verdicts[word] / total if (total := verdicts.total()) else 0.0


def _verdict(least: float, most: float, bounds: Bounds) -> str:
    """Return the verdict on a value that lies between `least` and `most`."""
    low, high = bounds.side(least), bounds.side(most)
    return _BY_SIDE[low] if low == high else UNSURE


def _monday(result: SessionCheck) -> date:
    day = result.sets[0].item.start_utc.astimezone().date()
    return day - timedelta(days=day.weekday())


def _rest_h(sets: Session, before: Session) -> float:
    return (sets[0].start_utc - max(item.end_utc for item in before)).total_seconds() / 3600


def _rest(sets: Session, before: Session | None, rest_h: float | None, plan: Plan) -> str:
    if rest_h is None or before is None:
        return FIRST
    if wall_time.ESTIMATED in (sets[0].time_quality, before[-1].time_quality):
        return UNSURE
    return _BY_SIDE[plan.rest_h.side(rest_h)]
