"""`barhold plan`: what training is checked against, and what the sensor cues by."""

import os
from typing import Annotated

import typer

from barhold.cli import _console, _sensor_options
from barhold.cli._options import WAIT_S, AsJson, Database, Port, Sensor, Usb, Wait
from barhold.cli._subcommands import new_group
from barhold.connection import Control
from barhold.connection.control import SensorSettings
from barhold.errors import InputError, LinkError
from barhold.output import json_lines, tables
from barhold.output.tables import span
from barhold.plans import library
from barhold.plans.plan import Plan
from barhold.store import People, Store

plan = new_group()
Chosen = Annotated[str, typer.Argument(metavar="[PLAN]", help="A plan's name or TOML file; otherwise the chosen one.")]
Named = Annotated[str, typer.Argument(metavar="PLAN", help="A plan's name or TOML file.")]


@plan.callback()
def _plan() -> None:
    """Choose the plan that training is checked against, and bring its targets to a sensor.

    A plan is a TOML file; `barhold plan show` prints one to begin with. Put your own into the folder plans of the
    config folder (`barhold plan list` names it) and it has a name, or name the file itself. What counts is --plan, then
    the lifter's plan, then the variable BARHOLD_PLAN, then what `plan use` chose, then hip-thrust.

    \b
    Examples:
      barhold plan list
      barhold plan show hip-thrust
      barhold plan check hip-thrust
      barhold plan use hip-thrust
      barhold plan push
    """


@plan.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the plans that have a name, and which one is chosen.

    \b
    Examples:
      barhold plan list
      barhold plan list --json
    """

    chosen = library.wanted()
    rows, faults = [], []
    for one in library.listed():
        try:
            rows.append((one.name, library.read(one.path), one.own, one.name == chosen))
        except InputError as error:
            faults.append(str(error))
    if as_json:
        for _, read, _, is_chosen in rows:
            _console.json_line(json_lines.plan(read, is_chosen))
    else:
        _console.show(*tables.plans(rows))
        _console.note(f"your own plans lie in {library.folder()}")
    for fault in faults:
        _console.note(fault)
    if faults:
        raise typer.Exit(2)


@plan.command()
def show(name: Chosen = "", as_json: AsJson = False) -> None:
    """Print a plan as its TOML file has it.

    \b
    Examples:
      barhold plan show
      barhold plan show glute-bridge --json
    """

    found = library.find(name or None)
    if as_json:
        _console.json_line(json_lines.plan(found))
    else:
        _console.data(library.read_bytes(library.path_of(name or library.wanted())).decode("utf-8-sig"))


@plan.command()
def check(name: Named, as_json: AsJson = False) -> None:
    """Check a plan's file; what is wrong is told with its line, and exit status 2.

    \b
    Examples:
      barhold plan check hip-thrust
      barhold plan check glute-bridge --json
    """

    found = library.find(name)
    if as_json:
        _console.json_line(json_lines.plan(found))
    else:
        _console.line(_words(found))


@plan.command()
def use(name: Named, as_json: AsJson = False) -> None:
    """Choose the plan that counts from now on, for whom no other is named.

    \b
    Examples:
      barhold plan use hip-thrust
    """

    found = library.use(name)
    if as_json:
        _console.json_line(json_lines.plan(found, True))
    else:
        _console.line(f"chosen: {_words(found)}")
    if os.environ.get("BARHOLD_PLAN"):
        _console.note(f"BARHOLD_PLAN is set and goes before it: {os.environ['BARHOLD_PLAN']}")


@plan.command()
def push(
    name: Chosen = "",
    sensor: Sensor = "",
    usb: Usb = False,
    port: Port = "",
    wait: Wait = WAIT_S,
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Tell a sensor from which hold on to cue the target, and from which on to cue too long.

    Without PLAN it is that of the lifter who wears the sensor now, then the chosen one.

    \b
    Examples:
      barhold plan push
      barhold plan push glute-bridge --sensor bar-2
    """

    named = library.find(name) if name else None  # a wrong name is told before any sensor is looked for

    with Store.open(db) as store:

        async def work(control: Control) -> tuple[Plan, SensorSettings]:
            found = named or _wearers_plan(store, control.info.device_id)
            target_ms, long_ms = round(found.hold_s.least * 1000), round(found.hold_s.most * 1000)
            kept = await control.set(target_ms=target_ms, long_ms=long_ms)
            if (kept.target_ms, kept.long_ms) != (target_ms, long_ms):
                raise LinkError(f"sensor {kept.name} kept {kept.target_ms} and {kept.long_ms} ms: try again")
            return found, kept

        found, kept = _sensor_options.in_session(sensor, usb, port, wait, store, work)
    target_s, long_s = kept.target_ms / 1000, kept.long_ms / 1000
    if as_json:
        line = {"sensor": kept.name, "plan": found.name, "target_s": target_s, "long_s": long_s}
        _console.json_line({"type": "push", "schema": json_lines.SCHEMA, **line})
    else:
        _console.line(f"{kept.name} cues a hold at {target_s:g} s and one that is too long at {long_s:g} s")


def _wearers_plan(store: Store, device_id: str) -> Plan:

    people = People(store)
    wearer = next((one.lifter for one in reversed(people.wearers()) if one.device_id == device_id), "")
    return library.find(next((one.plan for one in people.lifters() if one.name == wearer), "") or None)


def _words(found: Plan) -> str:

    return (
        f"{found.name}, {span(found.sets)} sets of {span(found.reps)} reps, pause {span(found.hold_s)} s, "
        f"rest {span(found.rest_h)} h"
        + (f", tempo {found.tempo}" if found.tempo else "")
        + (f", after {found.warm_up_sets} for warming up" if found.warm_up_sets else "")
    )
