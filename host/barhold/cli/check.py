"""`barhold check`: the last session against the plan."""

import typer

from barhold.cli import screen
from barhold.cli.options import AsJson, Database
from barhold.cli.sets import stored_sets
from barhold.errors import InputError


def check(db: Database = None, as_json: AsJson = False) -> None:
    """Check each sensor's last session against the plan: holds, reps, sets and rest.

    A hold is `unsure` where the sensor cannot tell on which side of a line it lies. Unsure reps do not fail a set,
    but over half of a set's reps must be `ok`. Exit status: 0 the plan was met, 1 it was not, 2 wrong usage or input.

    \b
    Examples:
      barhold check
      barhold check --json
    """
    from barhold import check as judge
    from barhold import jsonlines, plan, sets, text

    results = judge.latest(sets.sessions(stored_sets(db)), plan.DEFAULT)
    if not results:
        raise InputError("no set is stored, so there is nothing to check; `barhold sync` fetches sets from a sensor")
    for result in results:
        if as_json:
            screen.json_line(jsonlines.checked(result, plan.DEFAULT))
        else:
            screen.show(*text.checked(result, plan.DEFAULT))
    if not all(result.met for result in results):
        raise typer.Exit(1)
