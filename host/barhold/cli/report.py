"""`barhold report`: all training as one page."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from barhold import files
from barhold import report as pages
from barhold.cli import _console
from barhold.cli._options import AsJson, Database, PlanName
from barhold.errors import InputError
from barhold.store import Store
from barhold.training import people, sets

FILE = Path("barhold-report.html")


def report(
    out: Annotated[
        Path,
        typer.Option("--out", metavar="FILE", help="The page to write, in the place of an older one; - for stdout."),
    ] = FILE,
    lifter: Annotated[str, typer.Option("--lifter", metavar="NAME", help="This lifter (or sensor id) alone.")] = "",
    plan: PlanName = "",
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Write all training as one HTML page: holds against their window, decay, trend, calendar, verdicts, advice.

    The page needs no network and no program but a browser, whose print makes a PDF of it. It appears whole or not at
    all.

    \b
    Examples:
      barhold report
      barhold report --out training.html --json
      barhold report --plan glute-bridge --out -
    """

    if as_json and str(out) == "-":
        raise InputError("--out - puts the page on stdout, which --json wants for its line: name a file by --out")
    now = datetime.now(UTC)
    with Store.open(db) as store:
        found = list(store.sets.stream(lifter))
        if not found:
            whose = f" of {lifter}" if lifter else ""
            raise InputError(f"no set{whose} is stored; `barhold sync` fetches sets from a sensor")
        names = {one.device_id: one.name for one in store.devices() if one.name}
        page = pages.page(found, people.finder(store, plan), now, names)
    if str(out) == "-":
        _console.data(page)
        return
    files.write_atomically({out: page.encode()}, overwrite=True)
    sessions = len(sets.sessions(found))
    if as_json:
        _console.json_result("report", file=str(out), sessions=sessions, sets=len(found))
    else:
        _console.note(f"sessions: {sessions}, sets: {len(found)}")
        _console.line(out)
