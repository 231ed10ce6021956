"""Edits to stored sets: `sets --edit`, `--undo`, `--journal` and `load`."""

from collections.abc import Sequence
from datetime import UTC, datetime

from barhold.cli import _console
from barhold.cli._set_listing import names_of, show
from barhold.errors import InputError
from barhold.model import Edit, TrainingSet
from barhold.output import json_lines, tables
from barhold.store import People, Store
from barhold.store import journal as entries
from barhold.training import edit_requests, edits
from barhold.training.edit_requests import EditRequest

LAST = "last"
_EDIT_ID_SHOWN = 8  # of 32 digits


def edit(db: str | None, words: list[str], as_json: bool) -> None:
    """Add the edits that `words` ask for, all or none, and show the sets that result."""

    with Store.open(db) as store:
        if words:
            words = [set_ids(store, words[0]), *words[1:]]
        merges = len(words) == 3 and words[1] == edits.MERGE
        near = sets_near(store, words[0:1] + words[2:3] * merges)
        names = [lifter.name for lifter in store.lifters()]
        add(store, edit_requests.parse_request(words, near, names), as_json)


def set_ids(store: Store, text: str, owner: str = "") -> str:
    """Return the ids that `text` names; `last` stands for the last set's."""

    if text != LAST:
        return text
    found = store.sets.last(1, owner)
    if not found:
        raise InputError(f"no set{' of ' + owner if owner else ''} is stored; `barhold sync` fetches them")
    return found[0].set_id


def sets_near(store: Store, texts: Sequence[str]) -> list[TrainingSet]:
    """Return the sets that some ids may mean, and all others of their boots."""

    named = [item for text in texts for begin in edit_requests.split_ids(text) for item in store.sets.named(begin)]
    boots = {item.key[:3]: item.key for item in named}
    return [item for key in boots.values() for item in store.sets.of_boot(key)]


def add(store: Store, requests: Sequence[EditRequest], as_json: bool) -> None:
    """Add these edits, and show what became of their sets."""
    touched = entries.add(store, requests, datetime.now(UTC))
    show(touched, as_json, names_of(store)) if touched else _console.note("the set no longer counts")
    _console.note("`barhold sets --undo` takes it back")


def undo(db: str | None, words: list[str], as_json: bool) -> None:
    """Take back the last command's edits, or the edit with the id given."""

    with Store.open(db) as store:
        people, now_ms = People(store), _ms(datetime.now(UTC))
        chosen = _chosen([one for one in people.edits() if one.undone_utc_ms is None], people.last_change(), words)
        for one in chosen:
            people.undo(one.edit_id, now_ms)
        left = {one.edit_id: one for one in people.edits()}
    for one in chosen:
        if as_json:
            _console.json_line(json_lines.edited(left[one.edit_id], True))
        else:
            _console.note(f"undone: {one.edit_id[:_EDIT_ID_SHOWN]}, {edit_requests.describe(one)}")


def _chosen(open_edits: list[Edit], last_change: list[Edit], words: list[str]) -> list[Edit]:

    if len(words) > 1:
        raise InputError("--undo takes one edit id, or none for the last edit; `barhold sets --journal` lists the ids")
    if not open_edits:
        raise InputError("there is no edit to undo")
    if not words:
        return last_change
    found = [one for one in open_edits if one.edit_id.startswith(words[0])]
    if len(found) != 1:
        many = f"{len(found)} edits in force have" if found else "no edit in force has"
        raise InputError(f"{many} an id that begins with {words[0]!r}: see `barhold sets --journal`")
    return found


def journal(db: str | None, words: list[str], as_json: bool) -> None:
    """Show every edit once, in the order in which they were made."""

    if words:
        raise InputError("--journal takes no words")
    with Store.open(db) as store:
        known = People(store).edits()
        boots = {one.key[:3]: one.key for one in known}
        counted = [item for key in boots.values() for item in store.sets.counted_of_boot(key)]
        ineffective = edits.ineffective_ids(counted, known)
    rows = [(one, one.edit_id not in ineffective) for one in known]
    if as_json:
        for row in rows:
            _console.json_line(json_lines.edited(*row))
    elif rows:
        _console.show(*tables.journal(rows))
    else:
        _console.note("nothing was edited yet")


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
