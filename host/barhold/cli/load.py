"""`barhold load`: what lay on the bar."""

from collections.abc import Sequence
from typing import Annotated

import typer

from barhold.cli import _edit_sets
from barhold.cli._options import AsJson, Database
from barhold.errors import InputError
from barhold.model import TrainingSet
from barhold.plans import loads
from barhold.store import Store
from barhold.training import edit_requests, edits, sets


def load(
    words: Annotated[list[str], typer.Argument(metavar="LOAD", help="A number and its unit, as 60kg or 132.5 lb.")],
    chosen: Annotated[
        str, typer.Option("--set", metavar="NUMBER", help="These sets, as 12, 12-14 or 12,15; otherwise the last.")
    ] = "",
    session: Annotated[bool, typer.Option("--session", help="All sets of the last session.")] = False,
    lifter: Annotated[str, typer.Option("--lifter", metavar="NAME", help="The last of this lifter's.")] = "",
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Say what load a set was done with, bar included: the last set, or the ones named.

    The numbers are those of `barhold sets`. It is an edit like others: saying another load replaces it, and
    `barhold sets --undo` takes it back.

    \b
    Examples:
      barhold load 60kg
      barhold load 132.5 lb --set 1
      barhold load 62.5 kg --session
    """

    said = loads.parse(" ".join(words))
    if bool(chosen) + session > 1:
        raise InputError("--set and --session: one of them")

    def ask(found: Sequence[TrainingSet]) -> list[edit_requests.Said]:
        if chosen:
            meant = [found[number - 1] for number in edit_requests.numbers(chosen, len(found))]
        else:
            own = [item for item in found if lifter in ("", sets.owner(item))]
            if not own:
                raise InputError(f"no set{' of ' + lifter if lifter else ''} is stored; `barhold sync` fetches them")
            # Somebody else may have trained at the same time: the last set tells whose session is meant.
            mine = [item for item in own if sets.owner(item) == sets.owner(own[-1])]
            meant = sets.sessions(mine)[-1] if session else own[-1:]
        return [edit_requests.Said(item.key, edits.LOAD, edits.load_value(said)) for item in meant]

    with Store.open(db) as store:
        _edit_sets.add(store, ask, as_json)
