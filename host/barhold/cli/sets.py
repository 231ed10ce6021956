"""`barhold sets`: what is stored, and what people said of it since."""

from typing import Annotated

import typer

from barhold.cli import _console, _edit_sets
from barhold.cli._options import AsJson, Database
from barhold.cli._set_listing import Since, Until, names_of, note_impossible, owner_meant, show, span
from barhold.errors import InputError
from barhold.store import Store

Lifter = Annotated[str, typer.Option("--lifter", metavar="NAME", help="This lifter's (or sensor id's) alone.")]


def sets(  # noqa: PLR0913, PLR0917 - one per option
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[WORD...]", help="With --edit or --undo: what to change.")
    ] = None,
    edit: Annotated[bool, typer.Option("--edit", help="Change a set: its id, what to do, what it needs.")] = False,
    undo: Annotated[
        bool, typer.Option("--undo", help="Take back the last edit, or the one with the given id.")
    ] = False,
    journal: Annotated[bool, typer.Option("--journal", help="Show every edit, those undone too.")] = False,
    last: Annotated[int | None, typer.Option("--last", metavar="COUNT", min=1, help="Only the last so many.")] = None,
    lifter: Lifter = "",
    since: Since = "",
    until: Until = "",
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """List the stored sets, or correct them.

    A start marked with ~ is estimated: the sensor lost power before a sync told it the time. * marks the id of a set
    that was edited, w a warm-up set.

    What the sensor counted stays as it is: an edit is laid over it, and can be undone at any time. A set is named by
    its id, or by as many letters of it as tell it from the others; `last` is the last one. With k7m2qp as a set's id,
    --edit takes: k7m2qp split 5 (a second set begins with rep 5); k7m2qp merge 9x4cd1; k7m2qp drop 3 (or all);
    k7m2qp warm-up; k7m2qp working; k7m2qp lifter Mia; k7m2qp load 60kg; k7m2qp note TEXT. The last five take several
    ids with commas between them. A set keeps its id, whatever is synced later.

    \b
    Examples:
      barhold sets
      barhold sets --last 5 --json
      barhold sets --since 2026-01-01
      barhold sets --edit last split 4
      barhold sets --edit last drop 1
      barhold sets --edit last warm-up
      barhold sets --edit last note "left foot slipped"
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
        _list(db, lifter, last, (since, until), as_json)


def _list(db: str | None, lifter: str, last: int | None, dates: tuple[str, str], as_json: bool) -> None:

    first, end = span(*dates)
    with Store.open(db) as store:
        note_impossible(store)
        lifter, names = owner_meant(store, lifter), names_of(store)
        if last is not None:
            found = store.sets.last(last, lifter, first, end)
        else:
            found = list(store.sets.stream(lifter, first, end))
        is_empty = not found and not store.sets.last(1)
    if found:
        show(found, as_json, names)
    elif is_empty:
        _console.note("no set is stored yet; `barhold sync` fetches them from a sensor")
    else:
        whose = f" of {lifter}" if lifter else ""
        when = " in this time" if any(dates) else ""
        _console.note(f"no set{whose} is stored{when}; `barhold lifter list` shows who is known")
