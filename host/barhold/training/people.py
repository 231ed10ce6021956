"""Who wears which sensor at a time, and which plan applies. Pure: the caller passes in lifters and wearers."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import groupby
from typing import Protocol

from barhold.errors import InputError
from barhold.model import Lifter, TrainingSet, Wearer
from barhold.plans import library
from barhold.plans.plan import Plan
from barhold.training import sensor_names
from barhold.training.sets import owner

MOST_NAME = 60
PlanOf = Callable[[str], Plan]


class KnowsLifters(Protocol):
    """A store, or whatever else knows the lifters."""

    def lifters(self) -> Sequence[Lifter]:
        """Return all lifters."""


class Wearing:
    """Who wore which sensor when: from its moment on a row counts, until the sensor's next one."""

    def __init__(self, wearers: Iterable[Wearer]) -> None:
        ordered = sorted(wearers, key=lambda w: (w.device_id, w.since_utc_ms))
        self._of = {device: list(group) for device, group in groupby(ordered, key=lambda w: w.device_id)}

    def lifter(self, device_id: str, utc_ms: int) -> str:
        """Return who wears the sensor at this time; "" for nobody."""
        turn = self.turn(device_id, utc_ms)
        return turn.lifter if turn else ""

    def turn(self, device_id: str, utc_ms: int) -> Wearer | None:
        """Return the row that says who wears the sensor at this time; None as long as there was none."""
        known = self._of.get(device_id, [])
        at = bisect_right(known, utc_ms, key=lambda w: w.since_utc_ms)
        return known[at - 1] if at else None

    def sensors(self, lifter: str, utc_ms: int) -> list[str]:
        """Return the ids of the sensors that a lifter wears at this time."""
        return [device_id for device_id in self._of if self.lifter(device_id, utc_ms) == lifter]


def plan_finder(store: KnowsLifters, asked: str = "") -> PlanOf:
    """Return what gives an owner's plan: the one asked for, or the lifter's, or the chosen one."""
    own = {} if asked else {lifter.name: lifter.plan for lifter in store.lifters()}
    find = cache(library.find)

    def plan_of(owner: str) -> Plan:
        return find(asked or own.get(owner) or None)

    plan_of("")  # a plan that cannot be read ends the command before anything is shown
    return plan_of


def with_exercise(training_set: TrainingSet, plan_of: PlanOf) -> TrainingSet:
    """Return the set with the exercise that its owner's plan is for."""
    return replace(training_set, exercise=plan_of(owner(training_set)).exercise)


def exercise_of(plan: str) -> str:
    """Return what a lifter's plan is for; "" without a plan of their own, or where that plan cannot be read here."""
    try:
        return library.find(plan).exercise if plan else ""
    except InputError:
        return ""


def owner_names(owners: Iterable[str], sensors: Mapping[str, str]) -> dict[str, str]:
    """Return what each owner of sets is called: the lifter, or the sensor's name.

    Sensors of one name are told apart by the end of their ids.
    """
    plain = {owner: sensor_names.owner_name(owner, sensors) for owner in owners}
    count = Counter(plain.values())
    return {owner: f"{name} {owner[-4:]}" if count[name] > 1 else name for owner, name in plain.items()}


def check_lifter_name(name: str) -> None:
    """Raise InputError for a name that no lifter may have."""
    hexadecimal = len(name) == 16 and all(c in "0123456789abcdef" for c in name)
    if not 1 <= len(name) <= MOST_NAME or not name.isprintable() or name != name.strip() or hexadecimal:
        rule = f"1 to {MOST_NAME} printable characters, no space at the ends, not a sensor's id"
        raise InputError(f"lifter {name!r}: a name has {rule}")
