"""The past changed and changed back: what `sets --edit`, `--undo`, `--journal` and `load` do in the store."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from uuid import uuid4

from barhold import model
from barhold.cli import _console
from barhold.cli._set_listing import show
from barhold.errors import InputError
from barhold.model import Edit, TrainingSet
from barhold.output import json_lines, tables
from barhold.store import People, Store
from barhold.training import edit_requests, edits, history
from barhold.training.edit_requests import Said, told

_ID_DIGITS = 8  # of an edit's 32, as shown


def edit(db: str | None, words: list[str], as_json: bool) -> None:
    """Add the edits that `words` ask for, all or none, and show the sets they made."""

    with Store.open(db) as store:
        names = [one.name for one in People(store).lifters()]
        add(store, lambda found: edit_requests.understood(words, found, names), as_json)


def add(store: Store, ask: Callable[[Sequence[TrainingSet]], list[Said]], as_json: bool) -> None:
    """Add the edits that `ask` makes of the sets as they count today, and show what became of them."""

    people, now = People(store), datetime.now(UTC)
    counted, known, wearers = history.counted(store, now), people.edits(), people.wearers()
    said = ask(edits.apply(counted, known, wearers))
    # The journal's order is its meaning: a clock that was set back must not put an edit before older ones.
    made_ms = max(_ms(now), known[-1].made_utc_ms + 1 if known else 0)
    new = [model.Edit(uuid4().hex, one.key, one.action, json.dumps(one.value), made_ms) for one in said]
    if edits.idle(counted, [*known, *new]) & {one.edit_id for one in new}:
        raise InputError("this would change nothing: look at `barhold sets` and `barhold sets --journal`")
    people.add_edits(new)
    ids = {one.edit_id for one in new}
    after = enumerate(edits.apply(counted, [*known, *new], wearers), start=1)
    touched = [(number, item) for number, item in after if ids & set(item.edits)]
    show(touched, as_json) if touched else _console.note("the set does not count any more")
    _console.note("`barhold sets --undo` takes it back")


def undo(db: str | None, words: list[str], as_json: bool) -> None:
    """Take back the last command's edits, or the edit with the id given."""

    with Store.open(db) as store:
        people, now_ms = People(store), _ms(datetime.now(UTC))
        journal = people.edits()
        chosen = _chosen([one for one in journal if one.undone_utc_ms is None], words)
        for one in chosen:
            people.undo(one.edit_id, now_ms)
        left = {one.edit_id: one for one in people.edits()}
    for one in chosen:
        if as_json:
            _console.json_line(json_lines.edited(left[one.edit_id], None, True))
        else:
            _console.note(f"undone: {one.edit_id[:_ID_DIGITS]}, {told(one)}")


def _chosen(open_edits: list[Edit], words: list[str]) -> list[Edit]:

    if len(words) > 1:
        raise InputError("--undo takes nothing or an edit's id; ids are in `barhold sets --journal`")
    if not open_edits:
        raise InputError("there is no edit to undo")
    if not words:
        return [one for one in open_edits if one.made_utc_ms == open_edits[-1].made_utc_ms]
    found = [one for one in open_edits if one.edit_id.startswith(words[0])]
    if len(found) != 1:
        many = f"{len(found)} edits that count have" if found else "no edit that counts has"
        raise InputError(f"{many} an id that begins with {words[0]!r}: see `barhold sets --journal`")
    return found


def journal(db: str | None, words: list[str], as_json: bool) -> None:
    """Show every edit in the order in which they were made."""

    if words:
        raise InputError("--journal takes no words")
    with Store.open(db) as store:
        people = People(store)
        counted, known, wearers = history.counted(store, datetime.now(UTC)), people.edits(), people.wearers()
    idle = edits.idle(counted, known)
    number_of = {item.key: number for number, item in enumerate(edits.apply(counted, known, wearers), start=1)}
    rows = [(one, number_of.get(one.key), one.edit_id not in idle) for one in known]
    if as_json:
        for row in rows:
            _console.json_line(json_lines.edited(*row))
    elif rows:
        _console.show(*tables.journal(rows))
    else:
        _console.note("nothing was edited yet")


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
