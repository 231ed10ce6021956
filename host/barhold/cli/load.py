"""`barhold load`: what was on the bar."""

import os
from collections.abc import Sequence
from typing import Annotated

import typer

from barhold.cli import _console, _edit_sets
from barhold.cli._options import AsJson, Database, OneLifter
from barhold.errors import InputError
from barhold.model import Load, TrainingSet
from barhold.output.words import count, listed
from barhold.plans import loads
from barhold.store import Store, sensor_names
from barhold.training import edit_requests, edits, people, sets

UNIT_VARIABLE = "BARHOLD_UNIT"


def load(
    words: Annotated[list[str], typer.Argument(metavar="LOAD", help="The load with the bar, as 60, 60kg or 132.5 lb.")],
    chosen: Annotated[
        str, typer.Option("--set", metavar="NUMBERS", help="These sets, as 12, 12-14 or 12,15; by default the last.")
    ] = "",
    session: Annotated[bool, typer.Option("--session", help="All sets of the last session.")] = False,
    lifter: OneLifter = "",
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Say what was on the bar in a set, bar included: in the last set, or in the ones you name.

    `barhold sets` shows the numbers of the sets. A load without a unit takes that of the variable BARHOLD_UNIT (kg or
    lb), else of the plan's load_step, else of the load said last. Saying another load replaces it, and `barhold sets
    --undo` takes it back.

    \b
    Examples:
      barhold load 60kg
      barhold load 62.5
      barhold load 132.5 lb --set 1
      barhold load 62.5 kg --session
    """
    text = " ".join(words)
    if chosen and session:
        raise InputError("--set and --session each choose sets: use one of them")
    with Store.open(db) as store:
        names = {device.device_id: device.name for device in store.devices()}
        plan_of = people.finder(store)
        said: list[str] = []

        def ask(found: Sequence[TrainingSet]) -> list[edit_requests.Said]:
            meant = _meant(found, chosen, session, sensor_names.owner_meant(lifter, map(sets.owner, found), names))
            owner = sets.owner(meant[-1])
            value = loads.parse(text, _usual_unit(found, owner, plan_of(owner).load_step))
            whose = listed(list(dict.fromkeys(sensor_names.owner_name(sets.owner(item), names) for item in meant)))
            said.append(f"{loads.text(value)} for {count(len(meant), 'set')} of {whose}")
            return [edit_requests.Said(item.key, edits.LOAD, edits.load_value(value)) for item in meant]

        _edit_sets.add(store, ask, as_json)
    _console.note(said[0])


def _meant(found: Sequence[TrainingSet], chosen: str, session: bool, lifter: str) -> list[TrainingSet]:
    """Return the sets that are meant; at least one."""
    if chosen:
        return [found[number - 1] for number in edit_requests.numbers(chosen, len(found))]
    own = [item for item in found if lifter in ("", sets.owner(item))]
    if not own:
        raise InputError(f"no set{' of ' + lifter if lifter else ''} is stored; `barhold sync` fetches them")
    # Somebody else may have trained at the same time: the last set tells whose session is meant.
    mine = [item for item in own if sets.owner(item) == sets.owner(own[-1])]
    return sets.sessions(mine)[-1] if session else own[-1:]


def _usual_unit(found: Sequence[TrainingSet], owner: str, step: Load | None) -> str:
    """Return the unit of a load that names none, "" where nobody has said one yet."""
    unit = os.environ.get(UNIT_VARIABLE, "").lower()
    if unit:
        if unit not in ("kg", "lb"):
            raise InputError(f"{UNIT_VARIABLE} is {unit!r}: set it to kg or lb")
        return unit
    if step:
        return step.unit
    said = [item for item in found if item.load]
    own = [item for item in said if sets.owner(item) == owner]
    return next((item.load.unit for item in reversed(own or said) if item.load), "")
