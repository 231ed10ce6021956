"""Tables and lines for people, as rich renderables. Pure: takes plain data, prints nothing."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from barcore import protocol
from barhold.check import verdicts
from barhold.device.clock_drift import Drift
from barhold.model import Edit, Lifter, Rep, TrainingSet
from barhold.output.control_characters import escape_line
from barhold.output.fitted_table import FittedTable, Listing
from barhold.plans import load_units
from barhold.plans.plan import Plan
from barhold.recordings.compare import Comparison
from barhold.training import edit_requests, flags, sensor_names, wall_time
from barhold.training.sets import owner

Names = Mapping[str, str]
NO_NAMES: Names = {}
Renderable = Table | Text | Listing | Padding
_WORDS = (
    "flags",
    "verdict",
    "start",
    "sensor",
    "plan",
    "found",
    "wanted",
    "name",
    "id",
    "at",
    *("of", "whose", "load", "edit", "state", "made", "wears", "exercise", "week of", "session"),
)  # columns set flush left
_WRAPPED = ("flags", "edit", "state")


def replayed(name: str, sets: list[TrainingSet], plan: Plan | None = None) -> list[Renderable]:
    """Return the reps of one recording, with their verdicts where there is a plan; times count from its first row."""
    if not sets:
        return [Text(f"{name}: no set found")]
    verdict = ["verdict"] if plan else []
    table = table_of("set", "rep", "at s", "rise s", "hold s", "+- s", *verdict, "fall s", "range cm", "flags")
    for number, item in enumerate(sets, start=1):
        for rep in item.reps:
            rise_s, fall_s = f"{rep.rise_ms / 1000:.2f}", f"{rep.fall_ms / 1000:.2f}"
            at_s = f"{rep.start_ms / 1000:.1f}"
            judged = [verdicts.hold_verdict(rep, plan.hold_s)] if plan else []
            table.add_row(str(number), str(rep.number), at_s, rise_s, *hold(rep), *judged, fall_s, *range_cm(rep))
        table.add_section()
    return [Text(name, "bold"), table, *calibration(sets)]


def rejudged(found: Comparison | None, plan: Plan) -> list[Renderable]:
    """Return what a new judgement changed against the sensor's."""
    if found is None:
        return [Text("The database has no first judgement of this motion.")]
    most_s, count = found.hold_changed_ms / 1000, len(found.both)
    lines = [f"Against the sensor's judgement: {count} reps as before, their holds changed by at most {most_s:.2f} s."]
    lines += [f"  at {rep.start_ms / 1000:.1f} s since its start: no longer a rep" for rep in found.gone]
    lines += [f"  at {rep.start_ms / 1000:.1f} s: a new rep" for rep in found.new]
    for first, again in found.both:
        before, now = verdicts.hold_verdict(first, plan.hold_s), verdicts.hold_verdict(again, plan.hold_s)
        if before != now:
            holds = f"{first.hold_ms / 1000:.2f} s {before}, now {again.hold_ms / 1000:.2f} s {now}"
            lines.append(f"  at {again.start_ms / 1000:.1f} s: was {holds}")
    return [Text(line) for line in lines]


def stored(found: Iterable[TrainingSet], names: Names = NO_NAMES) -> list[Renderable]:
    """Return a line per stored set: its id, * if edited; its mean hold; its load, w for warm-up. Notes follow."""
    rows = list(found)
    said = [_said(item) for item in rows]
    columns = ("set", "start", "whose", "reps", "hold s", "least-most", "cm")
    lines = []
    for item, words in zip(rows, said, strict=True):
        holds = [rep.hold_ms / 1000 for rep in item.reps]
        range_cm = max(rep.rom_m for rep in item.reps) * 100
        figures = (f"{sum(holds) / len(holds):.2f}", f"{min(holds):.2f}-{max(holds):.2f}", f"{range_cm:.0f}")
        cells = (
            f"{set_id(item)}{'*' * bool(item.edits)}",
            moment(item),
            whose(item, names),
            str(len(item.reps)),
            *figures,
        )
        lines.append((*cells, words))
    notes = (Text(f"{set_id(item)}: {item.note}") for item in rows if item.note)
    return [listing((*columns, "load" if any(said) else ""), lines), *notes]


def whose(item: TrainingSet, names: Names) -> str:
    """Return what to call the owner of a set; `names` has the name of each sensor by its id."""
    return sensor_names.owner_name(owner(item), names)


def set_id(item: TrainingSet) -> str:
    """Return as much of a set's id as is shown."""
    return item.set_id[: edit_requests.SHOWN]


def _said(item: TrainingSet) -> str:
    """Return a set's load, and w for a warm-up set."""
    return f"{load_units.as_text(item.load) if item.load else ''}{' w' * item.warm_up}"


def journal(rows: Iterable[tuple[Edit, bool]]) -> list[Renderable]:
    """Return a line per edit: its id, when, the id of its set, what it says, whether it counts."""
    table = table_of("id", "made", "of", "edit", "state")
    for edit, in_force in rows:
        state = (
            "undone" if edit.undone_utc_ms is not None else "in force" if in_force else "its set or rep is not there"
        )
        said, of_set = edit_requests.describe(edit), edit.key.set_id[: edit_requests.SHOWN]
        table.add_row(edit.edit_id[:8], _local(edit.made_utc_ms), of_set, said, state)
    return [table]


def _local(utc_ms: int) -> str:
    """Return a stored time as local time, and one that cannot be true as such."""
    if not wall_time.is_possible(utc_ms):
        return "impossible"
    return f"{datetime.fromtimestamp(utc_ms / 1000, UTC).astimezone():%Y-%m-%d %H:%M}"


def lifters(rows: Iterable[tuple[Lifter, list[str]]]) -> list[Renderable]:
    """Return a line per lifter: name, plan, and the sensors worn now."""
    table = table_of("name", "plan", "wears")
    for one, sensors in rows:
        table.add_row(one.name, one.plan or "the chosen one", ", ".join(sensors) or "-")
    return [table]


def plans(rows: Iterable[tuple[str, Plan, bool, bool]]) -> list[Renderable]:
    """Return a line per plan: its name, the plan, whether it is the user's own, whether it is chosen."""
    table = table_of("name", "exercise", "sets", "reps", "hold s", "rest h", "tempo", "state")
    for name, plan, own, chosen in rows:
        bounds = (each.text() for each in (plan.sets, plan.reps, plan.hold_s, plan.rest_h))
        state = ", ".join(["chosen"] * chosen + ["your own"] * own)
        table.add_row(name, plan.exercise, *bounds, str(plan.tempo or "-"), state)
    return [table]


def scanned(rows: Iterable[dict[str, Any]]) -> list[Renderable]:
    """Return a line per sensor that a scan found; what nobody said is a dash."""
    table = table_of("name", "id", "battery", "unsynced", "access", "signal", "at")
    for row in rows:
        signal = "cable" if row["link"] == "usb" else _or_dash(row["rssi_dbm"], " dBm")
        battery = _or_dash(row["battery_pct"], " %")
        if row["battery_mv"]:
            battery = f"{row['battery_mv'] / 1000:.2f} V" if row["battery_pct"] is None else battery
        access, unsynced = row["access"] or "-", _or_dash(row["unsynced"])
        table.add_row(row["name"] or "-", row["id"] or "-", battery, unsynced, access, signal, row["address"])
    return [table]


def clock(found: Drift) -> list[Renderable]:
    """Return how a sensor's clock runs."""
    started = datetime.fromtimestamp(found.started_utc_ms / 1000, UTC).astimezone()
    lines = [
        f"sensor {found.device_id}: on since {started:%Y-%m-%d %H:%M:%S} "
        f"(+- {found.doubt_ms:.0f} ms), boot {found.boot}"
    ]
    if found.ppm is None:
        lines.append("drift: not known; sync, and ask again after a minute or more without switching it off")
    else:
        per_day_s = found.ppm * 0.0864
        hours = found.span_ms / 3_600_000
        lines.append(
            f"drift: {found.ppm:+.1f} +- {found.ppm_doubt:.1f} ppm over {hours:.2f} h ({per_day_s:+.2f} s a day)"
        )
    return [Text(line) for line in lines]


def examined(lines: Iterable[Any]) -> list[Renderable]:
    """Return the doctor's findings, each with its next step."""
    styles = {"ok": "green", "note": "cyan", "warn": "yellow", "fail": "red"}
    shown: list[Renderable] = []
    for line in lines:
        text = Text(f"{line.status:4} ", styles[line.status])
        text.append(f"{line.what}: {line.found}", "default")
        shown.append(text)
        if line.next_step:
            shown.append(Text(f"     -> {line.next_step}"))
    return shown


def _or_dash(value: Any, unit: str = "") -> str:
    return "-" if value is None else f"{value}{unit}"


def listing(names: Sequence[str], rows: Sequence[Sequence[str]]) -> Listing:
    """Return rows as a table of plain text, for lists of ten years."""
    return Listing(names, [[escape_line(cell) for cell in row] for row in rows], frozenset(_WORDS))


def table_of(*names: str, title: str | None = None) -> FittedTable:
    """Return an empty table with these columns, words flush left and figures flush right."""
    table = FittedTable(title=title)
    for name in names:
        table.add_column(name, justify="left" if name in _WORDS else "right", no_wrap=name not in _WRAPPED)
    return table


def hold(rep: Rep) -> tuple[str, str]:
    """Return a hold and its error, s."""
    return f"{rep.hold_ms / 1000:.2f}", f"{rep.hold_err_ms / 1000:.2f}"


def range_cm(rep: Rep) -> tuple[str, str]:
    """Return a rep's range in cm, and the names of its flags but the one that `calibration` tells."""
    return f"{rep.rom_m * 100:.0f}", ", ".join(flags.names(rep.flags & ~protocol.UNCALIBRATED))


def calibration(sets: Iterable[TrainingSet]) -> list[Renderable]:
    """Return a note if the sensor was not calibrated, said once instead of in every row."""
    if any(rep.flags & protocol.UNCALIBRATED for item in sets for rep in item.reps):
        return [Text("The sensor was not calibrated: its holds are less certain.", "yellow")]
    return []


def moment(item: TrainingSet) -> str:
    """Return when a set began, with ~ where that is estimated."""
    local: datetime = item.start_utc.astimezone()
    mark = "~" if item.time_quality == wall_time.ESTIMATED else ""
    return f"{mark}{local:%Y-%m-%d %H:%M}"
