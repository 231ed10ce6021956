"""`barhold load`: what lay on the bar."""

from typing import Annotated

import typer

from barhold.cli import _edit_sets
from barhold.cli._options import AsJson, Database
from barhold.errors import InputError
from barhold.plans import loads
from barhold.store import Store
from barhold.training import edit_requests, edits, sets


def load(
    words: Annotated[list[str], typer.Argument(metavar="LOAD", help="A number and its unit, as 60kg or 132.5 lb.")],
    chosen: Annotated[
        str, typer.Option("--set", metavar="ID", help="These sets, as k7m2qp or k7m2qp,9x4cd1; otherwise the last.")
    ] = "",
    session: Annotated[bool, typer.Option("--session", help="All sets of the last session.")] = False,
    lifter: Annotated[str, typer.Option("--lifter", metavar="NAME", help="The last of this lifter's.")] = "",
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Say what load a set was done with, bar included: the last set, or the ones named.

    The ids are those that `barhold sets` shows. It is an edit like others: saying another load replaces it, and
    `barhold sets --undo` takes it back.

    \b
    Examples:
      barhold load 60kg
      barhold load 132.5 lb --set last
      barhold load 62.5 kg --session
    """

    value = edits.load_value(loads.parse(" ".join(words)))
    if chosen and session:
        raise InputError("--set and --session: one of them")
    with Store.open(db) as store:
        ids = _edit_sets.set_ids(store, chosen or _edit_sets.LAST, lifter)
        meant = edit_requests.named(ids, _edit_sets.sets_near(store, [ids]))
        if session:
            # Somebody else may have trained at the same time: the last set tells whose session is meant.
            [meant] = store.sets.last_sessions(1, sets.owner(meant[0]))
        _edit_sets.add(store, [edit_requests.EditRequest(item.key, edits.LOAD, value) for item in meant], as_json)
