"""`barhold week`: the week of every lifter in one table."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from barhold.check import team_week
from barhold.cli import _console
from barhold.cli._options import AsJson, Database, OneLifter, PlanName
from barhold.cli._set_listing import matching_owner
from barhold.output import week_table
from barhold.store import Store, week_items
from barhold.training import people
from barhold.training.sensor_names import sensor_name


def week(
    ago: Annotated[int, typer.Option("--ago", metavar="WEEKS", min=0, max=520, help="An earlier week.")] = 0,
    lifter: OneLifter = "",
    plan: PlanName = "",
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Show the week at a glance: one row per lifter, whether they trained or not.

    Each row has the sessions done and planned, sets, reps, the share of holds in the plan's window, the heaviest load
    and its change, the last session, when the next one is due, and one word: new, done, resting, due, overdue, away
    (no session for two weeks) or, for an earlier week, missed. A week begins on Monday.

    \b
    Examples:
      barhold week
      barhold week --ago 1
      barhold week --json
    """
    now = datetime.now(UTC)
    monday = team_week.monday_of(now.astimezone().date()) - timedelta(weeks=ago)
    with Store.open(db) as store:
        lifter = matching_owner(store, lifter)
        lifters = [known.name for known in store.lifters() if lifter in ("", known.name)]
        items = week_items.of_owner(store, lifter, monday) if lifter else week_items.of_everybody(store, monday)
        rows = team_week.rows(items, lifters, people.plan_finder(store, plan), monday, now)
        sensors = {device.device_id: sensor_name(device.device_id, device.name) for device in store.devices()}
    names = people.owner_names((row.who for row in rows), sensors)
    if as_json:
        for line in week_table.json_lines(rows, names, monday):
            _console.json_line(line)
    elif rows:
        _console.show(*week_table.table(rows, names, monday, now, _console.console().width))
    elif lifter:
        _console.note(f"{lifter} is not known; `barhold lifter list` shows who is")
    else:
        _console.note("nobody has trained yet; `barhold lifter add NAME` adds a lifter, `barhold sync` fetches sets")
