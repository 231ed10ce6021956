"""Advice: one line on what to change, from the first rule that applies to the last session. Pure.

In this order; all of it looks at the sets that count (no warm-up) of the last session alone:

    nothing      no set that counts: nothing is said
    rest         the rest was surely too short: rest longer, before any other advice
    calibrate    over half of the holds are unsure and the sensor is not calibrated: calibrate it first
    unsure       over half of the holds are unsure though it is calibrated: see what disturbs it
    less-load    a quarter of the holds or more are surely short; or a quarter of the reps or more are partial; or half
                 of the sets or more have fewer reps than the plan's least
    end-sooner   a quarter of the holds or more are surely long
    more-load    reps, holds and sets are met, every set has the plan's most reps, at most a quarter of the holds are
                 unsure, over no set did the hold or the speed provably fall by a fifth or more, and no phase of the
                 plan's tempo was surely missed
    more-reps    the session is met, and so is the tempo: the same load, more reps
    same-load    anything else: the same load again, and what was missed

A surely short hold is one whose verdict is `short`: its whole error lies under the window.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from barcore import protocol
from barhold.check import verdicts
from barhold.check.set_trends import Change
from barhold.check.verdicts import SessionCheck, SetCheck
from barhold.model import Load
from barhold.plans import load_units
from barhold.plans.plan import Plan

QUARTER, FALLEN = 0.25, 0.2


@dataclass(frozen=True, slots=True)
class Advice:
    """The rule that held, and its line; "nothing" comes with no text."""

    rule: str
    text: str


def advise(results: Sequence[SessionCheck], plan: Plan) -> Advice:
    """Return the advice from one lifter's checked sessions, in order of time."""
    if not results or not results[-1].working_sets:
        return Advice("nothing", "")
    last = results[-1]
    found = _rest(last, plan) or _unsure(last) or _less(last, plan) or _sooner(last, plan) or _more(last, plan)
    return found or _same(last, plan)


def safety(plan: Plan) -> str:
    """Return the advice that never changes."""
    return (
        f"Stop on pain. Rest {plan.rest_h.text()} h before the same muscles again. "
        "Choose a load that you control with the same technique in every rep."
    )


def _rest(last: SessionCheck, plan: Plan) -> Advice | None:
    if last.rest != verdicts.SHORT:
        return None
    text = f"rest longer: {last.rest_h:.1f} h since the session before, the plan asks {plan.rest_h.text()} h"
    return Advice("rest", text)


def _unsure(last: SessionCheck) -> Advice | None:
    if last.unsure_share <= 0.5:
        return None
    told = f"{_of(last, verdicts.UNSURE)} holds are unsure, so there is nothing to judge the load by"
    reps = [rep for one in last.working_sets for rep in one.item.reps]
    if any(rep.flags & protocol.UNCALIBRATED for rep in reps):
        return Advice("calibrate", f"calibrate the sensor first (`barhold calibrate`): {told}")
    return Advice("unsure", f"see that the clip sits tight (`barhold doctor`): {told}")


def _less(last: SessionCheck, plan: Plan) -> Advice | None:
    reps = [rep for one in last.working_sets for rep in one.item.reps]
    partial = sum(bool(rep.flags & protocol.PARTIAL) for rep in reps)
    few = sum(len(one.item.reps) < plan.reps.least for one in last.working_sets)
    if verdicts.share(last.verdicts, verdicts.SHORT) >= QUARTER:
        why = f"{_of(last, verdicts.SHORT)} holds fell short of {plan.hold_s.least:g} s{_faded(last)}"
    elif partial >= QUARTER * len(reps):
        why = f"{partial} of {len(reps)} reps were partial"
    elif few * 2 >= len(last.working_sets):
        why = f"{few} of {len(last.working_sets)} sets had fewer than {plan.reps.least:g} reps"
    else:
        return None
    return Advice("less-load", f"{_changed(last, plan, -1)}: {why}")


def _sooner(last: SessionCheck, plan: Plan) -> Advice | None:
    if verdicts.share(last.verdicts, verdicts.LONG) < QUARTER:
        return None
    return Advice(
        "end-sooner", f"end the pause sooner: {_of(last, verdicts.LONG)} holds ran over {plan.hold_s.most:g} s"
    )


def _more(last: SessionCheck, plan: Plan) -> Advice | None:
    done = last.sets_met and all(one.reps_met and one.holds_met for one in last.working_sets)
    most = all(len(one.item.reps) >= plan.reps.most for one in last.working_sets)
    steady = last.unsure_share <= QUARTER and not any(_fell(one) for one in last.working_sets)
    if _off_tempo(last, plan):
        return None
    if done and most and steady:
        why = f"all targets met in all {len(last.working_sets)} sets at {plan.reps.most:g} reps"
        return Advice("more-load", f"{_changed(last, plan, 1)}: {why}")
    if last.met and not most:
        return Advice("more-reps", f"the same load, more reps, up to {plan.reps.most:g} a set: all targets were met")
    return None


def _same(last: SessionCheck, plan: Plan) -> Advice:
    missed = []
    if wrong := last.verdicts[verdicts.SHORT] + last.verdicts[verdicts.LONG]:
        missed.append(f"{wrong} of {last.verdicts.total()} holds missed {plan.hold_s.text()} s")
    if any(not one.reps_met for one in last.working_sets):
        missed.append(f"not every set had {plan.reps.text()} reps")
    if not last.sets_met:
        count = len(last.working_sets)
        missed.append(f"{count} {'set' if count == 1 else 'sets'}, the plan asks {plan.sets.text()}")
    missed += _off_tempo(last, plan)
    if last.rest == verdicts.LONG:
        missed.append(f"{last.rest_h:.0f} h of rest, the plan asks {plan.rest_h.text()}")
    if not missed and last.verdicts[verdicts.UNSURE]:
        missed.append(f"{_of(last, verdicts.UNSURE)} holds are unsure")
    missed += [f"set {number}{_words(one)}" for number, one in enumerate(last.sets, start=1) if _counts(one)]
    return Advice("same-load", f"the same load again: {'; '.join(missed)}")


def _off_tempo(last: SessionCheck, plan: Plan) -> list[str]:
    """Describe which phases of the tempo were surely missed, and in which sets."""
    return [
        f"set {number}'s {phase} took {mean_s:.1f} s, the tempo is {plan.tempo}"
        for number, one in enumerate(last.sets, start=1)
        for phase, (mean_s, verdict) in verdicts.tempo_verdicts(one.item, plan).items()
        if not one.warm_up and verdict in (verdicts.SHORT, verdicts.LONG)
    ]


def _counts(one: SetCheck) -> bool:
    return not one.warm_up and _fell(one)


def _faded(last: SessionCheck) -> str:
    told = [f"; set {n}{_words(one)}" for n, one in enumerate(last.sets, start=1) if _counts(one)]
    return "".join(told)


def _words(one: SetCheck) -> str:
    """Say what provably fell over the set."""
    hold, speed = one.hold_change_s, one.speed_change_m_s
    if hold and _is_fall(hold, fmean(rep.hold_ms / 1000 for rep in one.item.reps)):
        return f"'s hold fell by {-hold.by:.1f} +- {hold.error:.1f} s"
    return f"'s speed fell by {-speed.by:.2f} +- {speed.error:.2f} m/s" if speed else ""


def _fell(one: SetCheck) -> bool:
    """Whether hold or speed provably fell over the set, by a fifth of their mean or more."""
    hold, speed = one.hold_change_s, one.speed_change_m_s
    hold_mean = fmean(rep.hold_ms / 1000 for rep in one.item.reps)
    speed_mean = fmean(rep.peak_m_s for rep in one.item.reps)
    return _is_fall(hold, hold_mean) or _is_fall(speed, speed_mean)


def _is_fall(change: Change | None, mean: float) -> bool:
    return change is not None and change.proven and -change.by >= FALLEN * mean


def _changed(last: SessionCheck, plan: Plan, sign: int) -> str:
    """Return the change of load in words; in numbers where the load and the plan's step are known."""
    word = "more load" if sign > 0 else "less load"
    known = {one.item.load for one in last.working_sets}
    load, step = next(iter(known)), plan.load_step
    if len(known) > 1 or load is None or step is None:
        return word
    amount = load.amount + sign * step.amount * load_units.KG_PER_LB ** ((step.unit == "lb") - (load.unit == "lb"))
    return f"{word}, {load_units.as_text(Load(round(amount, 1), load.unit))}" if amount > 0 else word


def _of(last: SessionCheck, word: str) -> str:
    return f"{last.verdicts[word]} of {last.verdicts.total()}"
