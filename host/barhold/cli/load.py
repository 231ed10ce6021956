"""`barhold load`: what was on the bar."""

import os
from typing import Annotated

import typer

from barhold.cli import _console, _edit_sets
from barhold.cli._options import AsJson, Database, OneLifter
from barhold.cli._set_listing import matching_owner, names_of
from barhold.errors import InputError
from barhold.model import Load, TrainingSet
from barhold.output.words import count, listed
from barhold.plans import load_units
from barhold.store import Store
from barhold.training import edit_requests, edits, people, sensor_names, sets

UNIT_VARIABLE = "BARHOLD_UNIT"
_RECENT_SETS = 100
"""How many of the last sets are searched for a load that has a unit."""


def load(
    words: Annotated[list[str], typer.Argument(metavar="LOAD", help="The load with the bar, as 60, 60kg or 132.5 lb.")],
    chosen: Annotated[
        str, typer.Option("--set", metavar="ID", help="These sets, as k7m2qp or k7m2qp,9x4cd1; by default the last.")
    ] = "",
    session: Annotated[bool, typer.Option("--session", help="All sets of the last session.")] = False,
    lifter: OneLifter = "",
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Enter the total weight of a set, bar included: of the last set, or of the ones you name.

    `barhold sets` shows the ids of the sets. Without a unit, the variable BARHOLD_UNIT (kg or lb) counts, otherwise the
    unit of the plan's load_step, otherwise the unit of the last load. Another load replaces the one
    before, and `barhold sets --undo` takes it back.

    \b
    Examples:
      barhold load 60kg
      barhold load 62.5
      barhold load 132.5 lb --set last
      barhold load 62.5 kg --session
    """
    if chosen and session:
        raise InputError("--set and --session each choose sets: use one of them")
    with Store.open(db) as store:
        names = names_of(store)
        meant = _meant(store, chosen, session, matching_owner(store, lifter))
        owner = sets.owner(meant[-1])
        value = load_units.parse(" ".join(words), _usual_unit(store, owner, people.plan_finder(store)(owner).load_step))
        requests = [edit_requests.EditRequest(item.key, edits.LOAD, edits.load_value(value)) for item in meant]
        _edit_sets.add(store, requests, as_json)
    whose = listed(list(dict.fromkeys(sensor_names.owner_name(sets.owner(item), names) for item in meant)))
    before = listed(list(dict.fromkeys(load_units.as_text(item.load) for item in meant if item.load)))
    replaced = f" in the place of {before}; `barhold sets --undo` takes it back" if before else ""
    _console.note(f"{load_units.as_text(value)} for {count(len(meant), 'set')} of {whose}{replaced}")


def _meant(store: Store, chosen: str, session: bool, lifter: str) -> list[TrainingSet]:
    """Return the sets that are meant; at least one."""
    ids = _edit_sets.set_ids(store, chosen or _edit_sets.LAST, lifter)
    meant = edit_requests.find_sets(ids, _edit_sets.sets_near(store, [ids]))
    # Somebody else may have trained at the same time: the last set tells whose session is meant.
    return store.sets.last_sessions(1, sets.owner(meant[0]))[-1] if session else meant


def _usual_unit(store: Store, owner: str, step: Load | None) -> str:
    """Return the unit of a load that names none, "" where nobody has said one yet."""
    unit = os.environ.get(UNIT_VARIABLE, "").lower()
    if unit:
        if unit not in ("kg", "lb"):
            raise InputError(f"{UNIT_VARIABLE} is {unit!r}: set it to kg or lb")
        return unit
    if step:
        return step.unit
    recent = [*store.sets.last(_RECENT_SETS), *store.sets.last(_RECENT_SETS, owner)]
    return next((item.load.unit for item in reversed(recent) if item.load), "")
