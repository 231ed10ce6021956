"""A coach's week: one row per lifter with what was done, what was planned, and one word of state. Pure.

The plan asks for as many sessions a week as its longest rest allows at least (168 h / 48 h: three). A load is the
heaviest of the week's working sets; its change is against the last week before it in which that lifter named a load.

    new       has no session yet
    done      did the sessions that the plan asks of a week
    resting   the plan's shortest rest after the last session is not over
    due       may train now: the rest is within the plan
    overdue   has rested longer than the plan allows
    away      has not trained for two weeks
    missed    of a past week: did fewer sessions than the plan asks
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from barhold.check import verdicts
from barhold.check.verdicts import Session, SessionCheck
from barhold.model import Load, TrainingSet
from barhold.plans import load_units
from barhold.plans.plan import Plan
from barhold.training import sets, wall_time

NEW, DONE, RESTING, DUE, OVERDUE, AWAY, MISSED = "new", "done", "resting", "due", "overdue", "away", "missed"
AWAY_AFTER = timedelta(days=14)
_WEEK = timedelta(days=7)
_WEEK_H = 7 * 24


@dataclass(frozen=True, slots=True)
class LifterWeek:
    """One lifter's row; `who` is the lifter, or the sensor's id as long as nobody was named."""

    who: str
    plan: str
    sessions: int
    planned: int
    sets: int
    reps: int
    reps_ok: int
    load: Load | None
    load_change: Load | None  # `amount` may be negative or 0; None where there is nothing to compare with
    last_session: datetime | None
    last_is_estimated: bool
    due_from: datetime | None
    due_until: datetime | None
    state: str

    @property
    def ok_share(self) -> float | None:
        """The share of the reps whose hold is surely in the plan's window; None without a rep."""
        return self.reps_ok / self.reps if self.reps else None


def monday_of(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def rows(
    items: Iterable[TrainingSet],
    lifters: Iterable[str],
    plan_of: Callable[[str], Plan],
    monday: date,
    now: datetime,
) -> list[LifterWeek]:
    """Return the week that begins on `monday`, in this computer's zone: a row per lifter and per unnamed sensor.

    `items` are sets in order of time, those of earlier weeks included; `lifters` are in the table though they did not
    train. The rows are in the order of the names.
    """
    sessions = sets.sessions_by_owner(items)
    until_then = {who: [one for one in own if _day(one[0]) < monday + _WEEK] for who, own in sessions.items()}
    shown = sorted({*lifters, *(who for who, own in until_then.items() if own)}, key=str.casefold)
    return [_row(who, until_then.get(who, []), plan_of(who), monday, now) for who in shown]


def _row(who: str, sessions: Sequence[Session], plan: Plan, monday: date, now: datetime) -> LifterWeek:
    first = next((i for i, session in enumerate(sessions) if _day(session[0]) >= monday), len(sessions))
    checked = [
        verdicts.check_session(session, sessions[i - 1] if i else None, plan)
        for i, session in enumerate(sessions[first:], start=first)
    ]
    done = [result for result in checked if result.working_sets]
    last = sessions[-1] if sessions else None
    last_end = max(item.end_utc for item in last) if last else None
    due_from = last_end + timedelta(hours=plan.rest_h.least) if last_end else None
    due_until = last_end + timedelta(hours=plan.rest_h.most) if last_end else None
    load = _heaviest(item for result in done for item in _working(result))
    is_past = monday + _WEEK <= now.astimezone().date()
    return LifterWeek(
        who=who,
        plan=plan.name,
        sessions=len(done),
        planned=planned_sessions(plan),
        sets=sum(len(result.working_sets) for result in done),
        reps=sum(result.verdicts.total() for result in done),
        reps_ok=sum(result.verdicts[verdicts.OK] for result in done),
        load=load,
        load_change=_change(load, _load_before(sessions[:first], plan)),
        last_session=last[0].start_utc if last else None,
        last_is_estimated=last is not None and last[0].time_quality == wall_time.ESTIMATED,
        due_from=due_from,
        due_until=due_until,
        state=_state(len(done), planned_sessions(plan), (last_end, due_from, due_until), now, is_past),
    )


def planned_sessions(plan: Plan) -> int:
    """Return how many sessions a week the plan asks for: the fewest that keep its longest rest."""
    return max(1, int(_WEEK_H // plan.rest_h.most))


def _state(
    done: int, planned: int, times: tuple[datetime | None, datetime | None, datetime | None], now: datetime, past: bool
) -> str:
    last_end, due_from, due_until = times
    if last_end is None or due_from is None or due_until is None:
        return NEW
    if past:
        return DONE if done >= planned else MISSED
    if now - last_end > AWAY_AFTER:
        return AWAY
    if now > due_until:
        return OVERDUE
    if done >= planned:
        return DONE
    return RESTING if now < due_from else DUE


def _day(item: TrainingSet) -> date:
    return item.start_utc.astimezone().date()


def _working(result: SessionCheck) -> list[TrainingSet]:
    return [checked.item for checked in result.working_sets]


def _heaviest(items: Iterable[TrainingSet]) -> Load | None:
    return max((item.load for item in items if item.load), key=load_units.in_kg, default=None)


def _load_before(sessions: Sequence[Session], plan: Plan) -> Load | None:
    """Return the heaviest load of the last week in which one was named."""
    week: date | None = None
    items: list[TrainingSet] = []
    for i in range(len(sessions) - 1, -1, -1):
        monday = monday_of(_day(sessions[i][0]))
        if week is not None and monday != week:
            break
        named = [item for item in _working(verdicts.check_session(sessions[i], None, plan)) if item.load]
        if named:
            week = monday
            items += named
    return _heaviest(items)


def _change(load: Load | None, before: Load | None) -> Load | None:
    """Return by how much the load grew, in its own unit."""
    if load is None or before is None:
        return None
    per_unit_kg = load_units.in_kg(Load(1, load.unit))
    return Load(round((load_units.in_kg(load) - load_units.in_kg(before)) / per_unit_kg, 1), load.unit)
