"""Summaries of the last sessions, for the live page. Pure."""

from collections.abc import Mapping
from statistics import fmean
from typing import Any

from barhold.check import verdicts
from barhold.check.verdicts import Session, SessionCheck
from barhold.plans.plan import Plan
from barhold.training import sets, wall_time


def row(session: Session, before: Session | None, plan: Plan, names: Mapping[str, str]) -> dict[str, Any]:
    """Return one session in short; `before` is the same owner's session before it, `names` are the owners'."""
    owner = sets.owner(session[0])
    return _row(verdicts.check_session(session, before, plan), names.get(owner, owner))


def _row(result: SessionCheck, name: str) -> dict[str, Any]:
    first = result.sets[0].item
    counts = result.verdicts
    holds_s = [rep.hold_ms / 1000 for checked in result.working_sets for rep in checked.item.reps]
    return {
        "start": first.start_utc.isoformat(timespec="seconds"),
        "end": max(checked.item.end_utc for checked in result.sets).isoformat(timespec="seconds"),
        "estimated": first.time_quality == wall_time.ESTIMATED,
        "who": name,
        "sets": len(result.working_sets),
        "reps": counts.total(),
        "ok": counts[verdicts.OK],
        "hold_s": round(fmean(holds_s), 2) if holds_s else None,
        "rest_h": None if result.rest_h is None else round(result.rest_h, 1),
        "rest": result.rest,
        "met": result.met,
    }
