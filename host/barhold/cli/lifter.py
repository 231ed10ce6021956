"""`barhold lifter`: who trains, by which plan, with which sensor."""

import shlex
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from barhold import files
from barhold.cli import _console
from barhold.cli._options import AsJson, Database, Sensor
from barhold.cli._subcommands import new_group
from barhold.errors import InputError
from barhold.model import Lifter, TrainingSet, Wearer
from barhold.output import json_lines, tables
from barhold.output.words import count
from barhold.plans import library
from barhold.store import Device, People, Store
from barhold.training import people, sensor_names, team
from barhold.training.people import Wearing

lifter = new_group()
Name = Annotated[str, typer.Argument(metavar="NAME", help="The lifter.")]
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
    names: Annotated[
        list[str], typer.Argument(metavar="NAME...", help="The lifters. Put a name with a space in quotes.")
    ],
    plan: Annotated[
        str | None,
        typer.Option("--plan", metavar="NAME|FILE", help='Their plan; `--plan ""` for the chosen one again.'),
    ] = None,
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Add lifters, or change the plan of some.

    Without --plan, new lifters train by the chosen plan, and known ones keep
    theirs.

    \b
    Examples:
      barhold lifter add Mia
      barhold lifter add Mia Ada "Ben Ode"
      barhold lifter add Mia --plan glute-bridge
    """

    for name in names:
        people.check_lifter_name(name)
    kept = library.lasting_name(plan) if plan else ""
    with Store.open(db) as store:
        known = {} if plan is not None else {one.name: one for one in store.lifters()}
        exercise = people.exercise_of(kept)
        added = [known.get(name, Lifter(name, kept, exercise)) for name in dict.fromkeys(names)]
        new = {one: People(store).add_lifter(one) for one in added}
    for one, is_new in new.items():
        if as_json:
            _line(one.name, {"plan": one.plan or None, "new": is_new})
        else:
            done = "added" if is_new else "kept" if one.name in known else "changed"
            _console.line(f"{done} {one.name}, who trains by {one.plan or 'the chosen plan'}")


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
        names = {
            device.device_id: sensor_names.sensor_name(device.device_id, device.name) for device in store.devices()
        }
        wearing, now_ms = Wearing(people.wearers()), round(datetime.now().timestamp() * 1000)
        rows = [(one, [names[at] for at in wearing.sensors(one.name, now_ms)]) for one in people.lifters()]
    if as_json:
        for one, sensors in rows:
            _line(one.name, {"plan": one.plan or None, "wears": sensors})
    elif rows:
        _console.show(*tables.lifters(rows))
    else:
        _console.note("there are no lifters yet; `barhold lifter add NAME` adds one")


@lifter.command()
def wear(
    name: Name,
    sensor: Sensor = "",
    since: Annotated[
        str, typer.Option("--since", metavar="TIME", help="Since when, as 2026-11-20T18:00; by default from now on.")
    ] = "",
    always: Annotated[bool, typer.Option("--always", help="All sets that the sensor ever counted.")] = False,
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Say who wears a sensor from a moment on. Its sets are theirs until somebody else wears it
    or has a turn at it.

    With only one sensor in the database you need not name it. A sensor that was never synced is known after `barhold
    scan`, or by its whole id. `barhold sets --edit` moves a single set to another lifter.

    \b
    Examples:
      barhold lifter wear Mia
      barhold lifter wear Mia --since 2026-11-20T18:00
      barhold lifter wear Mia --always
    """

    if since and always:
        raise InputError("--since and --always contradict each other: use one of them")
    try:
        moment = datetime.fromisoformat(since) if since else datetime.now()
    except ValueError:
        raise InputError(f"--since {since!r} is no time: write it as 2026-11-20T18:00") from None
    since_ms = 0 if always else round(moment.astimezone().timestamp() * 1000)
    with Store.open(db) as store:
        people = People(store)
        if name not in (one.name for one in people.lifters()):
            raise InputError(f"lifter {name!r} is not known: `barhold lifter add {name!r}` first")
        device = known_sensor(store, sensor)
        people.wear(Wearer(device.device_id, since_ms, name))
        covered, unclaimed = _stored_sets(store, device.device_id, name)
    called = sensor_names.sensor_name(device.device_id, device.name)
    if as_json:
        since_utc = None if always else moment.astimezone().isoformat(timespec="milliseconds")
        sets = {"sets": len(covered), "sets_without_lifter": len(unclaimed)}
        _line(name, {"wears": [called], "device": device.device_id, "since": since_utc, **sets})
        return
    from_now_on = "all that it ever counted" if always else f"what it counts from {_minute(moment.astimezone())} on"
    _console.line(f"{name} wears {called}: {from_now_on} belongs to {name}.")
    for line in _told_sets(name, called, covered, unclaimed):
        _console.note(line)


def _stored_sets(store: Store, device_id: str, lifter: str) -> tuple[list[TrainingSet], list[TrainingSet]]:
    """Return the stored sets of a sensor that belong to the lifter, and those that belong to nobody."""
    covered = [item for item in store.sets.stream(lifter) if item.device_id == device_id]
    return covered, list(store.sets.stream(device_id))


def _told_sets(lifter: str, sensor: str, covered: list[TrainingSet], unclaimed: list[TrainingSet]) -> Iterator[str]:
    """Yield how many stored sets belong to the lifter now, and how to claim those that belong to nobody."""
    yield f"stored sets of {sensor} that belong to {lifter}: {len(covered)}"
    if unclaimed:
        first = min(item.start_utc for item in unclaimed).astimezone()
        one, many = len(unclaimed) == 1, count(len(unclaimed), "set")
        command = (
            f"barhold lifter wear {shlex.quote(lifter)} --sensor {shlex.quote(sensor)} --since {first:%Y-%m-%dT%H:%M}"
        )
        yield f"{many} synced before {'has' if one else 'have'} no lifter"
        yield f"`{command}` makes {'it' if one else 'them'} {lifter}'s"


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


@lifter.command()
def rename(
    name: Name,
    new_name: Annotated[str, typer.Argument(metavar="NEW", help="The new name.")],
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Rename a lifter. All sets stay with them.

    \b
    Examples:
      barhold lifter rename Mia "Mia S"
    """

    people.check_lifter_name(new_name)
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
    """Give all sets, sensors and imports of one lifter to another, and remove the first.

    \b
    Examples:
      barhold lifter merge Mia Ada
    """

    with Store.open(db) as store:
        if into not in (one.name for one in store.lifters()) or into == name:
            raise InputError(f"lifter {into!r}: name another existing lifter; see `barhold lifter list`")
        People(store).rename(name, into)
    _say(as_json, into, {"merged": name}, f"all sets of {name} belong to {into} now")


@lifter.command()
def remove(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do it.")] = False,
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Remove a lifter. Their sets stay, without a name; `lifter merge` gives them to another lifter instead.

    \b
    Examples:
      barhold lifter remove Mia --yes
    """

    if not yes:
        raise InputError(
            f"this removes {name}: confirm with --yes, or give the sets to another with `barhold lifter merge`"
        )
    with Store.open(db) as store:
        People(store).remove(name)
    _say(as_json, name, {"removed": True}, f"removed {name}; the sets stay")


@lifter.command()
def export(
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="The file to write; otherwise standard output.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what exists.")] = False,
    db: Database = None,
) -> None:
    """Write the team to a TOML file: who trains, by which plan, and who wears which sensor since when.

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
    """Read a team from a TOML file that `lifter export` wrote. Lifters who are not in it stay as they are.

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
        people.check_lifter_name(one.name)
    with Store.open(db) as store:
        People(store).put_team([replace(one, exercise=people.exercise_of(one.plan)) for one in lifters], wearers)
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


def known_sensor(store: Store, wanted: str) -> Device:
    """Return the sensor in the database that is meant, by name or the beginning of its id."""

    known = {device.device_id: device for device in store.devices()}
    ids = sensor_names.matching_ids(wanted, {device_id: known[device_id].name for device_id in known})
    ids = ids if wanted else list(known)
    if len(ids) == 1:
        return known[ids[0]]
    if not ids and sensor_names.is_id(wanted.lower()):
        return Device(wanted.lower(), "", "", 0)
    if not known:
        raise InputError("the database has no sensor yet: run `barhold scan`, or give the whole id with --sensor")
    called = ", ".join(f"{sensor_names.sensor_name(one, known[one].name)} ({one})" for one in ids or known)
    if not ids:
        raise InputError(f"no sensor {wanted!r} is in the database, only {called}: run `barhold scan` near the sensor")
    raise InputError(f"{len(ids)} sensors match. Choose one with --sensor: {called}")
