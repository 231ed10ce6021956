"""The JSON Lines that commands print: one object a line, `type` and `schema` in each. Pure."""

from typing import Any

from barcore import protocol
from barhold import flags
from barhold.check import SessionCheck
from barhold.model import Rep, TrainingSet
from barhold.plan import Plan

SCHEMA = 1
Line = dict[str, Any]


def replayed(trace: str, start_s: float, sets: list[TrainingSet]) -> list[Line]:
    """Return a line per rep, times in seconds of the recording's own clock, whose first row is at `start_s`."""
    return [
        {"type": "rep", "schema": SCHEMA, "trace": trace, "set": number, **_times(rep, start_s), **_measures(rep)}
        for number, item in enumerate(sets, start=1)
        for rep in item.reps
    ]


def stored(item: TrainingSet) -> Line:
    """Return the line of one set from the store."""
    return {
        "type": "set",
        "schema": SCHEMA,
        "device": item.device_id,
        "boot": item.boot,
        "set": item.number,
        "start": item.start_utc.isoformat(timespec="milliseconds"),
        "end": item.end_utc.isoformat(timespec="milliseconds"),
        "time_quality": item.time_quality,
        "reps": [_measures(rep) for rep in item.reps],
    }


def checked(result: SessionCheck, plan: Plan) -> Line:
    """Return the line of one checked session."""
    return {
        "type": "check",
        "schema": SCHEMA,
        "plan": plan.name,
        "met": result.met,
        "sets_met": result.sets_met,
        "rest_h": None if result.rest_h is None else round(result.rest_h, 2),
        "rest": result.rest,
        "sets": [
            {
                **stored(one.item),
                "verdicts": list(one.verdicts),
                "reps_met": one.reps_met,
                "holds_met": one.holds_met,
            }
            for one in result.sets
        ],
    }


def _times(rep: Rep, start_s: float) -> Line:
    top_ms = rep.start_ms + rep.rise_ms
    down_ms = top_ms + rep.hold_ms
    moments = {"start_s": rep.start_ms, "top_s": top_ms, "down_s": down_ms, "end_s": down_ms + rep.fall_ms}
    return {name: round(start_s + t_ms / 1000, 3) for name, t_ms in moments.items()}


def _measures(rep: Rep) -> Line:
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
