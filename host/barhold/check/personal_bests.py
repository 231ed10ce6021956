"""A lifter's personal bests. Pure. Only sets that count are looked at; of two that are equal the earlier one stays.

heaviest set          the heaviest load of a set with at least the plan's least reps
most reps             the most reps in one set
most volume           load times reps, summed over a session
most holds in window  the most holds of a session that were surely in the plan's window
most sessions         in one week, Monday to Sunday
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from barhold.check import verdicts
from barhold.check.verdicts import SessionCheck
from barhold.model import Load
from barhold.plans import load_units
from barhold.plans.plan import Plan


@dataclass(frozen=True, slots=True)
class PersonalBest:
    """One best, in words, and the day on which it was reached."""

    name: str
    value: str
    day: date
    is_new: bool  # reached in the last session, with others before it


def find(results: Sequence[SessionCheck], plan: Plan) -> list[PersonalBest]:
    """Return the bests in one owner's checked sessions (in order of time); bests not yet reached are left out."""
    sessions = [result for result in results if result.working_sets]
    found: list[tuple[str, str, datetime, bool]] = []
    for name, best in (
        ("Heaviest set", _heaviest(sessions, plan)),
        ("Most reps in a set", _most_reps(sessions)),
        ("Most volume in a session", _most_volume(sessions)),
        ("Most holds in the window", _most_ok(sessions)),
    ):
        if best:
            session, value = best
            is_new = session is sessions[-1] and len(sessions) > 1
            found.append((name, value, session.sets[0].item.start_utc, is_new))
    return [PersonalBest(name, value, at.astimezone().date(), is_new) for name, value, at, is_new in found] + _week(
        sessions
    )


Found = tuple[SessionCheck, str]


def _heaviest(sessions: Sequence[SessionCheck], plan: Plan) -> Found | None:
    best: tuple[float, int, Found] | None = None
    for session in sessions:
        for checked in session.working_sets:
            load, reps = checked.item.load, len(checked.item.reps)
            if load and reps >= plan.reps.least and (best is None or (load_units.in_kg(load), reps) > best[:2]):
                best = (load_units.in_kg(load), reps, (session, f"{load_units.as_text(load)} for {reps} reps"))
    return best and best[2]


def _most_reps(sessions: Sequence[SessionCheck]) -> Found | None:
    best: tuple[int, Found] | None = None
    for session in sessions:
        for checked in session.working_sets:
            reps, load = len(checked.item.reps), checked.item.load
            if best is None or reps > best[0]:
                best = (reps, (session, f"{reps} reps{f' with {load_units.as_text(load)}' if load else ''}"))
    return best and best[1]


def _most_volume(sessions: Sequence[SessionCheck]) -> Found | None:
    best: tuple[float, Found] | None = None
    for session in sessions:
        moved = [(checked.item.load, len(checked.item.reps)) for checked in session.working_sets if checked.item.load]
        volume_kg = sum(load_units.in_kg(load) * reps for load, reps in moved)
        if moved and (best is None or volume_kg > best[0]):
            unit = moved[-1][0].unit
            best = (volume_kg, (session, f"{volume_kg / load_units.in_kg(Load(1, unit)):.0f} {unit}"))
    return best and best[1]


def _most_ok(sessions: Sequence[SessionCheck]) -> Found | None:
    best: tuple[int, Found] | None = None
    for session in sessions:
        ok = session.verdicts[verdicts.OK]
        if ok and (best is None or ok > best[0]):
            best = (ok, (session, f"{ok} of {session.verdicts.total()}"))
    return best and best[1]


def _week(sessions: Sequence[SessionCheck]) -> list[PersonalBest]:
    best = None
    for week in verdicts.check_weeks(sessions):
        if len(week.sessions) > 1 and (best is None or len(week.sessions) > len(best.sessions)):
            best = week
    if best is None:
        return []
    is_new = best.sessions[-1] is sessions[-1] and len(sessions) > len(best.sessions)
    return [PersonalBest("Most sessions in a week", f"{len(best.sessions)} sessions", best.monday, is_new)]
