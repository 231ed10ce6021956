"""The last sessions in short, for the live page. Pure."""

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean
from typing import Any

from barhold.check import verdicts
from barhold.check.verdicts import Session, SessionCheck
from barhold.plans.plan import Plan
from barhold.training import sets, wall_time

MOST = 6


def rows(sessions: Sequence[Session], plan_of: Callable[[str], Plan], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the last of all sessions (in order of time), newest first; `names` are the sensors'."""
    before: dict[str, Session] = {}
    found = []
    for i, one in enumerate(sessions):
        whose = sets.owner(one[0])
        if i >= len(sessions) - MOST:
            found.append(_row(verdicts.session(one, before.get(whose), plan_of(whose)), names))
        before[whose] = one
    return found[::-1]


def _row(result: SessionCheck, names: Mapping[str, str]) -> dict[str, Any]:
    first = result.sets[0].item
    counts = result.verdicts
    holds = [rep.hold_ms / 1000 for one in result.working for rep in one.item.reps]
    return {
        "start": first.start_utc.isoformat(timespec="seconds"),
        "end": max(one.item.end_utc for one in result.sets).isoformat(timespec="seconds"),
        "estimated": first.time_quality == wall_time.ESTIMATED,
        "who": first.lifter or names.get(first.device_id, first.device_id),
        "sets": len(result.working),
        "reps": counts.total(),
        "ok": counts[verdicts.OK],
        "hold_s": round(fmean(holds), 2) if holds else None,
        "rest_h": None if result.rest_h is None else round(result.rest_h, 1),
        "rest": result.rest,
        "met": result.met,
    }
