"""`barhold plan`: the plans that training is checked against, and that the sensor cues by."""

import os
from datetime import datetime
from typing import Annotated

import typer

from barhold.cli import _console, _sensor_options
from barhold.cli._options import WAIT_S, AsJson, Database, Port, Sensor, Usb, Wait
from barhold.cli._subcommands import new_group
from barhold.connection import Control
from barhold.connection.control import SensorSettings
from barhold.errors import InputError, LinkError
from barhold.output import json_lines, tables
from barhold.plans import library
from barhold.plans.plan import Plan
from barhold.store import People, Store
from barhold.training.people import Wearing, plan_finder

plan = new_group()
Pushed = Annotated[
    str,
    typer.Argument(metavar="[PLAN]", help="A plan's name or TOML file; by default that of whoever wears the sensor."),
]
Chosen = Annotated[str, typer.Argument(metavar="[PLAN]", help="A plan's name or TOML file; by default the chosen one.")]
Named = Annotated[str, typer.Argument(metavar="PLAN", help="A plan's name or TOML file.")]


@plan.callback()
def _plan() -> None:
    """Choose the plan that training is checked against, and send its targets to a sensor.

    A plan is a TOML file; `barhold plan show` prints one to start from. Plans in the folder that `barhold plan list`
    shows go by their name, such as my-plan; for any other, give the path of its file. The first of these counts:
    --plan, the lifter's plan, the variable BARHOLD_PLAN, the plan that `plan use` chose, hip-thrust.

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

    chosen = library.plan_in_force()
    rows, faults = [], []
    for one in library.list_plans():
        try:
            rows.append((one.name, library.read(one.path), one.own, one.name == chosen))
        except InputError as error:
            faults.append(str(error))
    if as_json:
        for _, read, _, is_chosen in rows:
            _console.json_line(json_lines.plan(read, is_chosen))
    else:
        _console.show(*tables.plans(rows))
        _console.note(f"put your own plans into {library.folder()}")
    for fault in faults:
        _console.note(fault)
    if faults:
        raise typer.Exit(2)


@plan.command()
def show(name: Chosen = "", as_json: AsJson = False) -> None:
    """Print a plan as a TOML file.

    \b
    Examples:
      barhold plan show
      barhold plan show glute-bridge --json
    """

    found = library.find(name or None)
    if as_json:
        _console.json_line(json_lines.plan(found))
    else:
        _console.data(library.read_bytes(library.path_of(name or library.plan_in_force())).decode("utf-8-sig"))


@plan.command()
def check(name: Named, as_json: AsJson = False) -> None:
    """Check the file of a plan. If it is wrong, the line is named and the exit status is 2.

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
    """Choose the plan for everybody who has none of their own.

    \b
    Examples:
      barhold plan use hip-thrust
    """

    found = library.choose(name)
    if as_json:
        _console.json_line(json_lines.plan(found, True))
    else:
        _console.line(f"chosen: {_words(found)}")
    if os.environ.get("BARHOLD_PLAN"):
        _console.note(f"but the variable BARHOLD_PLAN is set and comes first: {os.environ['BARHOLD_PLAN']}")


@plan.command()
def push(
    name: Pushed = "",
    sensor: Sensor = "",
    usb: Usb = False,
    port: Port = "",
    wait: Wait = WAIT_S,
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Send a plan's targets to a sensor, which then cues by them.

    Without PLAN it is the plan of the lifter who wears the sensor now, or else the chosen one.

    \b
    Examples:
      barhold plan push
      barhold plan push glute-bridge --sensor bar-2
    """

    named = library.find(name) if name else None  # a wrong name is told before any sensor is looked for

    with Store.open(db) as store:

        async def work(control: Control) -> tuple[Plan, SensorSettings]:
            found = named or _wearers_plan(store, control.info.device_id)
            return found, await send_targets(control, found)

        found, kept = _sensor_options.in_connection(sensor, usb, port, wait, store, work)
    target_s, long_s = kept.target_ms / 1000, kept.long_ms / 1000
    if as_json:
        line = {"sensor": kept.name, "plan": found.name, "target_s": target_s, "long_s": long_s}
        _console.json_line({"type": "push", "schema": json_lines.SCHEMA, **line})
    else:
        _console.line(f"{kept.name} now cues the target at {target_s:g} s and warns of a long pause at {long_s:g} s")


async def send_targets(control: Control, plan: Plan) -> SensorSettings:
    """Have the sensor cue by the plan's pause and count by its exercise's range; return what it keeps now."""
    target_ms, long_ms = round(plan.hold_s.least * 1000), round(plan.hold_s.most * 1000)
    range_mm = round(plan.range_m.least * 1000), round(plan.range_m.most * 1000)
    kept = await control.set(target_ms=target_ms, long_ms=long_ms, range_mm=range_mm)
    if (kept.target_ms, kept.long_ms, kept.least_mm, kept.most_mm) != (target_ms, long_ms, *range_mm):
        raise LinkError(f"sensor {kept.name} kept other settings than the plan's: try again")
    return kept


def _wearers_plan(store: Store, device_id: str) -> Plan:
    """Return the plan of whoever wears the sensor now."""
    now_ms = round(datetime.now().timestamp() * 1000)
    return plan_finder(store)(Wearing(People(store).wearers()).lifter(device_id, now_ms))


def _words(found: Plan) -> str:

    return (
        f"{found.name}, {found.sets.text()} sets of {found.reps.text()} reps, pause {found.hold_s.text()} s, "
        f"rest {found.rest_h.text()} h"
        + (f", tempo {found.tempo}" if found.tempo else "")
        + (f", after {found.warm_up_sets} for warming up" if found.warm_up_sets else "")
    )
