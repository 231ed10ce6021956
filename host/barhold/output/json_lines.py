"""The JSON Lines that commands print: one object a line, `type` and `schema` in each. Pure."""

from datetime import UTC, datetime
from typing import Any

from barcore import protocol, record
from barhold.check import advice, verdicts
from barhold.check.advice import Advice
from barhold.check.set_trends import Change
from barhold.check.verdicts import SessionCheck, SetCheck, WeekCheck
from barhold.model import Edit, Rep, TrainingSet
from barhold.plans.plan import Plan
from barhold.recordings.compare import Comparison
from barhold.training import edits, flags, wall_time
from barhold.training.sets import rep_of

SCHEMA = 1
Line = dict[str, Any]
_HEARD = {
    protocol.REP: "rep",
    protocol.TARGET: "target",
    protocol.CORRECTION: "corrected",
    protocol.SET_END: "set_end",
}


def replayed(trace: str, start_s: float, sets: list[TrainingSet], plan: Plan | None = None) -> list[Line]:
    """Return a line per rep, times in seconds of the recording's own clock, whose first row is at `start_s`."""
    return [
        {
            "type": "rep",
            "schema": SCHEMA,
            "trace": trace,
            "set": number,
            **_times(rep, start_s),
            **measures(rep),
            **({"verdict": verdicts.hold_verdict(rep, plan.hold_s)} if plan else {}),
        }
        for number, item in enumerate(sets, start=1)
        for rep in item.reps
    ]


def heard(raw: bytes) -> Line:
    """Return the line of a record of which a live view says something: see `liveview.LiveView.feed`."""
    kind, set_flags, *_ = record.header(raw)
    number, second, _, last, *_ = record.payload(raw)
    head: Line = {"type": _HEARD[kind], "schema": SCHEMA, "set": number}
    if kind == protocol.REP:
        return {**head, **measures(rep_of(raw))}
    if kind == protocol.SET_END:
        return {**head, "reps": second, "lone": bool(set_flags & protocol.LONE)}
    return {**head, "rep": second, **({"hold_s": last / 1000} if kind == protocol.TARGET else {"dropped": True})}


def rejudged(trace: str, recording_id: str, found: Comparison | None, plan: Plan) -> Line:
    """Return the line of what a new judgement changed; its figures are None where there is no first one."""
    head: Line = {"type": "rejudged", "schema": SCHEMA, "trace": trace, "recording": recording_id}
    if found is None:
        return {**head, "both": None, "gone": None, "new": None, "hold_changed_s": None, "verdicts_changed": None}
    judged = [
        (new, verdicts.hold_verdict(old, plan.hold_s), verdicts.hold_verdict(new, plan.hold_s))
        for old, new in found.both
    ]
    return {
        **head,
        "both": len(found.both),
        "gone": [measures(rep) for rep in found.gone],
        "new": [measures(rep) for rep in found.new],
        "hold_changed_s": found.hold_changed_ms / 1000,
        "verdicts_changed": [
            {"start_s": rep.start_ms / 1000, "first": first, "again": again}
            for rep, first, again in judged
            if first != again
        ],
    }


def stored(item: TrainingSet) -> Line:
    """Return the line of one set from the store."""
    return {
        "type": "set",
        "schema": SCHEMA,
        "id": item.set_id,
        "device": item.device_id,
        "boot": item.boot,
        "set": item.number,
        "start": item.start_utc.isoformat(timespec="milliseconds"),
        "end": item.end_utc.isoformat(timespec="milliseconds"),
        "time_quality": item.time_quality,
        "lifter": item.lifter or None,
        "load": edits.load_value(item.load) or None,
        "warm_up": item.warm_up,
        "note": item.note,
        "edits": list(item.edits),
        "reps": [measures(rep) for rep in item.reps],
    }


def checked(result: SessionCheck, plan: Plan, told: Advice | None = None) -> Line:
    """Return the line of one checked session; the advice stands in that of the last one."""
    return {
        "type": "check",
        "schema": SCHEMA,
        "plan": plan.name,
        "lifter": result.sets[0].item.lifter or None,
        "met": result.met,
        "sets_met": result.sets_met,
        "rest_h": None if result.rest_h is None else round(result.rest_h, 2),
        "rest": result.rest,
        "unsure_share": round(result.unsure_share, 3),
        "advice": told and {"rule": told.rule, "text": told.text, "safety": advice.safety(plan)},
        "sets": [_checked_set(one, plan) for one in result.sets],
    }


def week(one: WeekCheck, plan: Plan) -> Line:
    """Return the line of one owner's week."""
    return {
        "type": "week",
        "schema": SCHEMA,
        "plan": plan.name,
        "lifter": one.sessions[0].sets[0].item.lifter or None,
        "device": one.sessions[0].sets[0].item.device_id,
        "monday": one.monday.isoformat(),
        "met": one.met,
        "sessions": len(one.sessions),
        "sessions_met": sum(session.met for session in one.sessions),
        "sets": sum(len(session.working_sets) for session in one.sessions),
        "verdicts": dict(one.verdicts),
        "unsure_share": round(verdicts.share(one.verdicts, verdicts.UNSURE), 3),
    }


def edited(edit: Edit, in_force: bool) -> Line:
    """Return the line of one edit; `set` is the id of the set that it names."""
    return {
        "type": "edit",
        "schema": SCHEMA,
        "id": edit.edit_id,
        "set": edit.key.set_id,
        "key": dict(edit.key._asdict()),
        "action": edit.action,
        "value": edits.read_value(edit),
        "made": _moment(edit.made_utc_ms),
        "undone": _moment(edit.undone_utc_ms),
        "is_undone": edit.undone_utc_ms is not None,
        "in_force": in_force and edit.undone_utc_ms is None,
    }


def plan(one: Plan, chosen: bool | None = None) -> Line:
    """Return the line of one plan."""
    bounds = {name: getattr(one, name) for name in ("sets", "reps", "hold_s", "rest_h")}
    return {
        "type": "plan",
        "schema": SCHEMA,
        "name": one.name,
        "chosen": chosen,
        "exercise": one.exercise,
        **{name: [pair.least, pair.most] for name, pair in bounds.items()},
        "tempo": str(one.tempo) if one.tempo else None,
        "warm_up_sets": one.warm_up_sets,
        "load_step": edits.load_value(one.load_step) or None,
        "set_rest_s": one.set_rest_s,
    }


def _checked_set(one: SetCheck, plan: Plan) -> Line:
    return {
        **stored(one.item),
        "warm_up": one.warm_up,
        "verdicts": list(one.verdicts),
        "reps_met": one.reps_met,
        "holds_met": one.holds_met,
        "hold_change_s": _change(one.hold_change_s),
        "speed_change_m_s": _change(one.speed_change_m_s),
        "range_spread": round(one.range_spread, 4),
        "rise_spread_s": round(one.rise_spread_s, 3),
        "fall_spread_s": round(one.fall_spread_s, 3),
        "tempo": {
            phase: {"mean_s": round(mean, 3), "verdict": verdict}
            for phase, (mean, verdict) in verdicts.tempo_verdicts(one.item, plan).items()
        },
    }


def _change(found: Change | None) -> Line | None:
    if found is None:
        return None
    return {"by": round(found.by, 3), "error": round(found.error, 3), "proven": found.proven}


def _moment(utc_ms: int | None) -> str | None:
    """Return a stored time; None where there is none, or one that cannot be true."""
    if utc_ms is None or not wall_time.is_possible(utc_ms):
        return None
    return datetime.fromtimestamp(utc_ms / 1000, UTC).isoformat(timespec="milliseconds")


def _times(rep: Rep, start_s: float) -> Line:
    top_ms = rep.start_ms + rep.rise_ms
    down_ms = top_ms + rep.hold_ms
    moments = {"start_s": rep.start_ms, "top_s": top_ms, "down_s": down_ms, "end_s": down_ms + rep.fall_ms}
    return {name: round(start_s + t_ms / 1000, 3) for name, t_ms in moments.items()}


def measures(rep: Rep) -> Line:
    """Return one rep's figures: seconds, m and m/s."""
    return {
        "rep": rep.number,
        "hold_s": rep.hold_ms / 1000,
        "hold_err_s": rep.hold_err_ms / 1000,
        "rise_s": rep.rise_ms / 1000,
        "fall_s": rep.fall_ms / 1000,
        "bottom_s": rep.bottom_ms / 1000,
        "rom_m": rep.rom_m,
        "peak_m_s": rep.peak_m_s,
        "partial": bool(rep.flags & protocol.PARTIAL),
        "flags": flags.names(rep.flags),
    }
