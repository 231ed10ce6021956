"""`barhold lifter`: who trains, by which plan, with which sensor."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from barhold import files
from barhold.cli import _console
from barhold.cli._options import AsJson, Database, Sensor
from barhold.cli._subcommands import new_group
from barhold.errors import InputError
from barhold.model import Lifter, Wearer
from barhold.output import json_lines, tables
from barhold.plans import library
from barhold.store import Device, People, Store
from barhold.training import team
from barhold.training.people import Wearing

lifter = new_group()
Name = Annotated[str, typer.Argument(metavar="NAME", help="The lifter.")]
MOST_NAME = 60
_MOST_TEAM_BYTES = 4 << 20


@lifter.callback()
def _lifter() -> None:
    """Say who trains, by which plan, and who wears which sensor since when.

    \b
    Examples:
      barhold lifter add Mia --plan glute-bridge
      barhold lifter wear Mia
      barhold lifter list
    """


@lifter.command()
def add(
    name: Name,
    plan: Annotated[
        str, typer.Option("--plan", metavar="NAME|FILE", help="The lifter's plan; otherwise the chosen one.")
    ] = "",
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Make a lifter known; of a known one, change the plan.

    \b
    Examples:
      barhold lifter add Mia
      barhold lifter add Mia --plan glute-bridge
    """

    check_name(name)
    kept = library.lasting(plan) if plan else ""
    with Store.open(db) as store:
        new = People(store).add_lifter(Lifter(name, kept))
    if as_json:
        _line(name, {"plan": kept or None, "new": new})
    else:
        _console.line(f"{name} is {'known now' if new else 'known'}, and trains by {kept or 'the chosen plan'}")


@lifter.command("list")
def list_(db: Database = None, as_json: AsJson = False) -> None:
    """List the lifters, their plans and the sensors they wear now.

    \b
    Examples:
      barhold lifter list
      barhold lifter list --json
    """

    with Store.open(db) as store:
        people = People(store)
        names = {device.device_id: device.name or device.device_id for device in store.devices()}
        wearing, now_ms = Wearing(people.wearers()), round(datetime.now().timestamp() * 1000)
        rows = [(one, [names[at] for at in wearing.sensors(one.name, now_ms)]) for one in people.lifters()]
    if as_json:
        for one, sensors in rows:
            _line(one.name, {"plan": one.plan or None, "wears": sensors})
    elif rows:
        _console.show(*tables.lifters(rows))
    else:
        _console.note("no lifter is known yet; `barhold lifter add NAME` adds one")


@lifter.command()
def wear(
    name: Name,
    sensor: Sensor = "",
    since: Annotated[
        str, typer.Option("--since", metavar="TIME", help="From when on, as 2026-11-20T18:00; otherwise from now on.")
    ] = "",
    always: Annotated[bool, typer.Option("--always", help="All that the sensor ever counted.")] = False,
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Say who wears a sensor from a moment on, until somebody else does: its sets are theirs.

    The sensor must have been synced once; with only one in the database it need not be named. A single set is moved to
    another lifter by `barhold sets --edit`.

    \b
    Examples:
      barhold lifter wear Mia
      barhold lifter wear Mia --since 2026-11-20T18:00
      barhold lifter wear Mia --always
    """

    if since and always:
        raise InputError("--since and --always: one of them")
    try:
        moment = datetime.fromisoformat(since) if since else datetime.now()
    except ValueError:
        raise InputError(f"--since {since!r} is no time: write it as 2026-11-20T18:00") from None
    since_ms = 0 if always else round(moment.astimezone().timestamp() * 1000)
    with Store.open(db) as store:
        people = People(store)
        if name not in (one.name for one in people.lifters()):
            raise InputError(f"lifter {name!r} is not known: `barhold lifter add {name!r}` first")
        device = _device(store, sensor)
        people.wear(Wearer(device.device_id, since_ms, name))
    if as_json:
        since_utc = None if always else moment.astimezone().isoformat(timespec="milliseconds")
        _line(name, {"wears": [device.name or device.device_id], "device": device.device_id, "since": since_utc})
        return
    when = "ever" if always else f"since {moment.astimezone():%Y-%m-%d %H:%M}"
    _console.line(f"{name} wears {device.name or device.device_id}: its sets are theirs, {when}")


@lifter.command()
def rename(
    name: Name,
    new_name: Annotated[str, typer.Argument(metavar="NEW", help="The new name.")],
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Give a lifter another name; all their sets keep with them.

    \b
    Examples:
      barhold lifter rename Mia "Mia S"
    """

    check_name(new_name)
    with Store.open(db) as store:
        if new_name in (one.name for one in store.lifters()):
            raise InputError(f"lifter {new_name!r} is known already: `barhold lifter merge` joins the two")
        People(store).rename(name, new_name)
    _say(as_json, new_name, {"was": name}, f"{name} is {new_name} now")


@lifter.command()
def merge(
    name: Name,
    into: Annotated[str, typer.Argument(metavar="INTO", help="The lifter who gets everything.")],
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Give all sets, sensors and imports of one lifter to another, and forget the first.

    \b
    Examples:
      barhold lifter merge Mia Ada
    """

    with Store.open(db) as store:
        if into not in (one.name for one in store.lifters()) or into == name:
            raise InputError(f"lifter {into!r}: name another lifter who is known; see `barhold lifter list`")
        People(store).rename(name, into)
    _say(as_json, into, {"merged": name}, f"all sets of {name} belong to {into} now")


@lifter.command()
def remove(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do it.")] = False,
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Forget a lifter; their sets stay, as those of the sensor. To give them to somebody, use `lifter merge`.

    \b
    Examples:
      barhold lifter remove Mia --yes
    """

    if not yes:
        raise InputError(
            f"{name} would be forgotten: --yes does it, `barhold lifter merge` gives their sets to another"
        )
    with Store.open(db) as store:
        People(store).remove(name)
    _say(as_json, name, {"removed": True}, f"{name} is forgotten; their sets stay")


@lifter.command()
def export(
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="The file to write; otherwise standard output.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what exists.")] = False,
    db: Database = None,
) -> None:
    """Write the whole team as one TOML file: who trains, by which plan, and who wears which sensor since when.

    \b
    Examples:
      barhold lifter export
      barhold lifter export --out team.toml
    """

    with Store.open(db) as store:
        text = team.to_toml(store.lifters(), People(store).wearers())
    if out is None:
        _console.data(text)
    else:
        files.write_atomically({out: text.encode()}, overwrite)


@lifter.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A team's TOML file.")],
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Take a whole team from one TOML file, as `lifter export` writes it; nobody who is not in it is changed.

    \b
    Examples:
      barhold lifter import team.toml
    """

    try:
        with file.open("rb") as opened:
            data = opened.read(_MOST_TEAM_BYTES + 1)
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror}); write one with `barhold lifter export`") from None
    if len(data) > _MOST_TEAM_BYTES:
        raise InputError(f"{file}: over {_MOST_TEAM_BYTES >> 20} MB: name a team's TOML file")
    lifters, wearers = team.from_toml(data, str(file))
    for one in lifters:
        check_name(one.name)
    with Store.open(db) as store:
        People(store).put_team(lifters, wearers)
    if as_json:
        _console.json_result("team", lifters=len(lifters), wearers=len(wearers))
    else:
        _console.line(f"lifters: {len(lifters)}, wearers: {len(wearers)}")


def _say(as_json: bool, name: str, fields: dict[str, object], text: str) -> None:
    if as_json:
        _line(name, fields)
    else:
        _console.line(text)


def _line(name: str, fields: dict[str, object]) -> None:

    _console.json_line({"type": "lifter", "schema": json_lines.SCHEMA, "name": name, **fields})


def check_name(name: str) -> None:
    """Raise InputError for a name that no lifter may have."""
    hexadecimal = len(name) == 16 and all(c in "0123456789abcdef" for c in name)
    if not 1 <= len(name) <= MOST_NAME or not name.isprintable() or name != name.strip() or hexadecimal:
        rule = f"1 to {MOST_NAME} printable characters, no space at the ends, not a sensor's id"
        raise InputError(f"lifter {name!r}: a name has {rule}")


def _device(store: Store, wanted: str) -> Device:
    """Return the sensor in the database that is meant, by name or the beginning of its id."""

    known = store.devices()
    near = [one for one in known if not wanted or one.name == wanted]
    near = near or [one for one in known if len(wanted) >= 4 and one.device_id.startswith(wanted.lower())]
    if len(near) == 1:
        return near[0]
    names = ", ".join(f"{one.name or '-'} ({one.device_id})" for one in (near or known)) or "none"
    asked = f"sensor {wanted!r}" if wanted else "the sensor"
    raise InputError(f"{asked}: {len(near)} in the database are meant; there is {names}: choose one by --sensor")
