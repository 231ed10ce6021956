"""`barhold lifter`: who trains, by which plan, with which sensor."""

import shlex
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

import typer

from barhold.cli import _console
from barhold.cli._options import AsJson, Database, Sensor
from barhold.cli._subcommands import new_group
from barhold.errors import InputError
from barhold.model import Lifter, TrainingSet, Wearer
from barhold.output import json_lines, tables
from barhold.output.words import count
from barhold.plans import library
from barhold.store import Device, People, Store
from barhold.training import sensor_names

lifter = new_group()
Name = Annotated[str, typer.Argument(metavar="NAME", help="The lifter.")]
MOST_NAME = 60


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
        names = {
            device.device_id: sensor_names.sensor_name(device.device_id, device.name) for device in store.devices()
        }
        wears = {one.device_id: one.lifter for one in people.wearers()}  # in order of time: the last one stays
        rows = [(one, [names[at] for at, who in wears.items() if who == one.name]) for one in people.lifters()]
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
    """Say who wears a sensor from a moment on. Its sets are theirs until somebody else wears it.

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
        device = _device(store, sensor)
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
    """Yield which stored sets belong to the lifter now, and how to give them those that belong to nobody."""
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

    known = {device.device_id: device for device in store.devices()}
    ids = sensor_names.ids_meant(wanted, {device_id: known[device_id].name for device_id in known})
    ids = ids if wanted else list(known)
    if len(ids) == 1:
        return known[ids[0]]
    if not ids and sensor_names.is_id(wanted.lower()):
        return Device(wanted.lower(), "", "", 0)
    if not known:
        raise InputError("no sensor is known yet: `barhold scan` finds it, or give its whole id with --sensor")
    called = ", ".join(f"{sensor_names.sensor_name(one, known[one].name)} ({one})" for one in ids or known)
    if not ids:
        raise InputError(f"no sensor {wanted!r} is known, only {called}: `barhold scan` makes others known")
    raise InputError(f"{len(ids)} sensors match. Choose one with --sensor: {called}")
