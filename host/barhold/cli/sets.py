"""`barhold sets`: lists and corrects the stored sets."""

from typing import Annotated

import typer

from barhold.cli import _console, _edit_sets
from barhold.cli._options import AsJson, Database, OneLifter
from barhold.cli._set_listing import Since, Until, matching_owner, names_of, note_impossible, show, span
from barhold.errors import InputError
from barhold.store import Store
from barhold.training.sensor_names import owner_name


def sets(  # noqa: PLR0913, PLR0917 - one per option
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[WORD...]", help="With --edit or --undo: what to change.")
    ] = None,
    edit: Annotated[bool, typer.Option("--edit", help="Correct a set, for example: k7m2qp split 5.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Undo the last edit, or the one with this id.")] = False,
    journal: Annotated[bool, typer.Option("--journal", help="Show every edit, also the ones undone.")] = False,
    last: Annotated[
        int | None, typer.Option("--last", metavar="COUNT", min=1, help="Show only the last COUNT sets.")
    ] = None,
    lifter: OneLifter = "",
    since: Since = "",
    until: Until = "",
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """List the stored sets, or correct them.

    * after an id marks a corrected set, w a warm-up set. A start with ~ is estimated, because the sensor lost power
    before a sync told it the time.

    A correction never overwrites what the sensor counted, and you can undo it at any time. Name a set by its id, by
    the first letters of it, or by `last`. An id never changes. For a set k7m2qp, --edit takes:

    \b
      k7m2qp split 5       begin a second set with rep 5
      k7m2qp merge 9x4cd1  join two sets
      k7m2qp drop 3        remove rep 3; `drop all` removes the set
      k7m2qp warm-up       do not count the set; `working` counts it
      k7m2qp lifter Mia    give the set to Mia
      k7m2qp load 60kg     say what was on the bar
      k7m2qp note TEXT     keep a note

    The last four also take several ids, with commas between them.

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
        lifter, names = matching_owner(store, lifter), names_of(store)
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
        whose = f" of {owner_name(lifter, names)}" if lifter else ""
        when = " in this time" if any(dates) else ""
        _console.note(f"no set{whose} is stored{when}; `barhold lifter list` shows who is known")
