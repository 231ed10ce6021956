"""`barhold report`: training as one page, or one page per lifter."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from barhold import files
from barhold import report as pages
from barhold.check import team_week
from barhold.cli import _console
from barhold.cli._options import AsJson, Database, OneLifter, Overwrite, PlanName
from barhold.cli._set_listing import Since, Until, matching_owner, span
from barhold.errors import InputError
from barhold.model import TrainingSet
from barhold.output.words import count
from barhold.store import Store, report_items, week_items
from barhold.training import people, sets
from barhold.training.sensor_names import sensor_name

FILE = Path("barhold-report.html")


def report(  # noqa: PLR0913, PLR0917 - one for each option
    out: Annotated[
        Path,
        typer.Option("--out", metavar="FILE", help="The page to write. - is stdout."),
    ] = FILE,
    each: Annotated[
        Path | None, typer.Option("--each", metavar="FOLDER", help="Write one page per lifter into this folder.")
    ] = None,
    lifter: OneLifter = "",
    since: Since = "",
    until: Until = "",
    plan: PlanName = "",
    overwrite: Overwrite = False,
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Write the training as an HTML page: the week of all lifters, then each lifter's charts, bests and advice.

    Charts and bests cover the two years up to each lifter's last set. --since shows more, or less.

    The page opens with one lifter; the names in the table of the week lead to the others. It needs no network, and
    the browser's print command makes a PDF of all of it. A file is written whole or not at all.

    \b
    Examples:
      barhold report
      barhold report --overwrite
      barhold report --lifter Mia --out mia.html
      barhold report --each reports
      barhold report --since 2020-01-01 --out all.html
      barhold report --plan glute-bridge --out -
    """

    if str(out) == "-" and (as_json or each):
        raise InputError(f"--out - writes a page to stdout, which {'--each' if each else '--json'} cannot share")
    if not each:
        files.refuse_existing(out, overwrite)
    now = datetime.now(UTC)
    monday = team_week.monday_of(now.astimezone().date())
    with Store.open(db) as store:
        lifter = matching_owner(store, lifter)
        items = _items(store, lifter, *span(since, until))
        plan_of = people.plan_finder(store, plan)
        sensors = {device.device_id: sensor_name(device.device_id, device.name) for device in store.devices()}
        lifters = [] if lifter or each else [known.name for known in store.lifters()]
        of_week = week_items.of_owner(store, lifter, monday) if lifter else week_items.of_everybody(store, monday)
    parts: Mapping[Path, Sequence[TrainingSet]] = _by_file(items, each, sensors) if each else {out: items}
    written = {}
    for path, part in parts.items():
        owners = {sets.owner(item) for item in part}
        week_of_part = [item for item in of_week if sets.owner(item) in owners] if each else of_week
        week = team_week.rows(week_of_part, lifters, plan_of, monday, now)
        written[path] = pages.page(part, plan_of, now, sensors, week)
    if str(out) == "-":
        _console.data(written[out])
        return
    if each:
        _make_folder(each)
    files.write_atomically({path: page.encode() for path, page in written.items()}, overwrite)
    for path, part in parts.items():
        _print_written(path, part, as_json)


def _items(store: Store, lifter: str, since: datetime | None, until: datetime | None) -> list[TrainingSet]:
    """Return the sets that the pages show, in order of time; InputError if there are none."""
    if lifter:
        items = report_items.of_owner(store, lifter, since, until)
    else:
        items = report_items.of_everybody(store, since, until)
    if not items:
        whose = f" of {lifter}" if lifter else ""
        when = " in this time" if since or until else ""
        raise InputError(f"no set{whose} is stored{when}; `barhold sync` fetches sets from a sensor")
    return items


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: {error.strerror}: name another folder with --each") from None


def _by_file(items: Sequence[TrainingSet], folder: Path, sensors: Mapping[str, str]) -> dict[Path, list[TrainingSet]]:
    """Return each owner's sets by the file that they go to; names that make one file name are told apart."""
    owners = sets.by_owner(items)
    found: dict[Path, list[TrainingSet]] = {}
    for owner, name in people.owner_names(owners, sensors).items():
        stem = re.sub(r"[^\w.-]+", "-", name).strip("-.") or "lifter"
        path, number = folder / f"{stem}.html", 2
        while any(path.name.casefold() == taken.name.casefold() for taken in found):
            path, number = folder / f"{stem}-{number}.html", number + 1
        found[path] = owners[owner]
    return found


def _print_written(path: Path, items: Sequence[TrainingSet], as_json: bool) -> None:
    sessions = len(sets.sessions(items))
    if as_json:
        _console.json_result("report", file=str(path), sessions=sessions, sets=len(items))
    else:
        _console.note(f"{count(sessions, 'session')}, {count(len(items), 'set')}")
        _console.line(path)
