"""Whose plan: each lifter's own, unless one was asked for."""

from collections.abc import Callable
from functools import cache

from barhold.plans import library
from barhold.plans.plan import Plan
from barhold.store import People, Store

PlanOf = Callable[[str], Plan]


def finder(store: Store, asked: str = "") -> PlanOf:
    """Return what gives an owner's plan: the one asked for, or the lifter's, or the chosen one."""
    own = {} if asked else {one.name: one.plan for one in People(store).lifters()}
    found = cache(library.find)

    def plan_of(owner: str) -> Plan:
        return found(asked or own.get(owner) or None)

    plan_of("")  # one that cannot be read is told at once
    return plan_of
