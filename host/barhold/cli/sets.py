"""`barhold sets`: what is stored, and what people said of it since."""

from typing import Annotated

import typer

from barhold.cli import _console, _edit_sets
from barhold.cli._options import AsJson, Database
from barhold.cli._set_listing import show, stored_sets
from barhold.errors import InputError
from barhold.model import TrainingSet
from barhold.training import sets as grouping

Lifter = Annotated[str, typer.Option("--lifter", metavar="NAME", help="This lifter's (or sensor id's) alone.")]


def sets(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[WORD...]", help="With --edit or --undo: what to change.")
    ] = None,
    edit: Annotated[bool, typer.Option("--edit", help="Change a set: its number, what to do, what it needs.")] = False,
    undo: Annotated[
        bool, typer.Option("--undo", help="Take back the last edit, or the one with the given id.")
    ] = False,
    journal: Annotated[bool, typer.Option("--journal", help="Show every edit, those undone too.")] = False,
    last: Annotated[int | None, typer.Option("--last", metavar="COUNT", min=1, help="Only the last so many.")] = None,
    lifter: Lifter = "",
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """List the stored sets, or correct them.

    A start marked with ~ is estimated: the sensor lost power before a sync told it the time. * marks the
    number of a set that was edited, w a warm-up set.

    What the sensor counted stays as it is: an edit is laid over it, and can be undone at any time. With 12 as a set's
    number, --edit takes: 12 split 5 (a second set begins with rep 5); 12 merge 13; 12 drop 3 (or all); 12 warm-up;
    12 working; 12 lifter Mia; 12 load 60kg; 12 note TEXT. The last five take 12-14 or 12,15 as well. Numbers are
    those of this list today: look again after an edit.

    \b
    Examples:
      barhold sets
      barhold sets --last 5 --json
      barhold sets --edit 1 split 4
      barhold sets --edit 1 merge 2
      barhold sets --edit 1 drop 3
      barhold sets --edit 1 warm-up
      barhold sets --edit 1 note "left foot slipped"
      barhold sets --journal
      barhold sets --undo
    """

    if edit + undo + journal > 1:
        raise InputError("--edit, --undo and --journal: one at a time")
    if words and not (edit or undo or journal):
        raise InputError(f"{words[0]!r}: to change a set write --edit before it; sets alone takes only options")
    if edit or undo or journal:
        work = _edit_sets.edit if edit else _edit_sets.undo if undo else _edit_sets.journal
        work(db, words or [], as_json)
    else:
        _list(stored_sets(db), lifter, last or 0, as_json)


def _list(found: list[TrainingSet], lifter: str, last: int, as_json: bool) -> None:

    numbered = [(number, item) for number, item in enumerate(found, 1) if lifter in ("", grouping.owner(item))]
    if numbered:
        show(numbered[-last:], as_json)
    elif lifter:
        _console.note(f"no set of {lifter} is stored; `barhold lifter list` shows who is known")
    else:
        _console.note("no set is stored yet; `barhold sync` fetches them from a sensor")
