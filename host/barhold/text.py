"""Tables and lines for people, as rich renderables. Pure: takes plain data, prints nothing."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from barcore import protocol
from barhold import check, flags, walltime
from barhold.check import SessionCheck
from barhold.drift import Drift
from barhold.model import Rep, TrainingSet
from barhold.plan import Bounds, Plan

Renderable = Table | Text
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
)  # columns set flush left
_STYLES = {check.OK: "green", check.SHORT: "red", check.LONG: "red", check.UNSURE: "yellow"}


def replayed(name: str, sets: list[TrainingSet]) -> list[Renderable]:
    """Return the reps of one recording; times count from its first row."""
    if not sets:
        return [Text(f"{name}: no set found")]
    table = _table("set", "rep", "at s", "rise s", "hold s", "+- s", "fall s", "range cm", "flags")
    for number, item in enumerate(sets, start=1):
        for rep in item.reps:
            rise_s, fall_s = f"{rep.rise_ms / 1000:.2f}", f"{rep.fall_ms / 1000:.2f}"
            at_s = f"{rep.start_ms / 1000:.1f}"
            table.add_row(str(number), str(rep.number), at_s, rise_s, *_hold(rep), fall_s, *_range(rep))
        table.add_section()
    return [Text(name, "bold"), table, *_calibration(sets)]


def stored(sets: list[TrainingSet]) -> list[Renderable]:
    """Return a line per stored set; its hold is the mean of its reps."""
    table = _table("start", "sensor", "reps", "hold s", "least-most", "range cm")
    for item in sets:
        holds = [rep.hold_ms / 1000 for rep in item.reps]
        range_cm = max(rep.rom_m for rep in item.reps) * 100
        figures = (f"{sum(holds) / len(holds):.2f}", f"{min(holds):.2f}-{max(holds):.2f}", f"{range_cm:.0f}")
        table.add_row(_moment(item), item.device_id, str(len(item.reps)), *figures)
    return [table]


def checked(result: SessionCheck, plan: Plan) -> list[Renderable]:
    """Return one session's verdicts: every rep, then each part of the plan in a line of its own."""
    first = result.sets[0].item
    table = _table("set", "rep", "hold s", "+- s", "verdict", "range cm", "flags")
    for number, one in enumerate(result.sets, start=1):
        for rep, verdict in zip(one.item.reps, one.verdicts, strict=True):
            word = Text(verdict, _STYLES[verdict])
            table.add_row(str(number), str(rep.number), *_hold(rep), word, *_range(rep))
        table.add_section()
    title = Text(f"Session of {_moment(first)}, sensor {first.device_id}", "bold")
    return [title, table, *_calibration(one.item for one in result.sets), _summary(result, plan)]


def scanned(rows: Iterable[dict[str, Any]]) -> list[Renderable]:
    """Return a line per sensor that a scan found; what nobody said is a dash."""
    table = _table("name", "id", "battery", "unsynced", "signal", "at")
    for row in rows:
        signal = "cable" if row["link"] == "usb" else _or_dash(row["rssi_dbm"], " dBm")
        battery = _or_dash(row["battery_pct"], " %")
        if row["battery_mv"]:
            battery = f"{row['battery_mv'] / 1000:.2f} V" if row["battery_pct"] is None else battery
        table.add_row(row["name"] or "-", row["id"] or "-", battery, _or_dash(row["unsynced"]), signal, row["address"])
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
    styles = {"ok": "green", "warn": "yellow", "fail": "red"}
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


def _summary(result: SessionCheck, plan: Plan) -> Table:
    table = _table("plan", "found", "wanted", "verdict")
    for number, one in enumerate(result.sets, start=1):
        table.add_row(f"set {number}: reps", str(len(one.item.reps)), _span(plan.reps), _met(one.reps_met))
        table.add_row(f"set {number}: holds", _counts(one.verdicts), f"{_span(plan.hold_s)} s", _met(one.holds_met))
    table.add_row("sets", str(len(result.sets)), _span(plan.sets), _met(result.sets_met))
    table.add_row("rest", *_rest(result, plan))
    table.add_section()
    table.add_row(plan.name, "", "", _met(result.met), style="bold")
    return table


def _rest(result: SessionCheck, plan: Plan) -> tuple[str, str, Text]:
    wanted = f"{_span(plan.rest_h)} h"
    if result.rest_h is None:
        return "first session, nothing to compare", wanted, Text("-")
    doubt = " from an estimated time" if result.rest == check.UNSURE else ""
    return f"{result.rest_h:.1f} h{doubt}", wanted, Text(result.rest, _STYLES[result.rest])


def _table(*names: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in names:
        table.add_column(name, justify="left" if name in _WORDS else "right", no_wrap=name != "flags")
    return table


def _hold(rep: Rep) -> tuple[str, str]:
    return f"{rep.hold_ms / 1000:.2f}", f"{rep.hold_err_ms / 1000:.2f}"


def _range(rep: Rep) -> tuple[str, str]:
    return f"{rep.rom_m * 100:.0f}", ", ".join(flags.names(rep.flags & ~protocol.UNCALIBRATED))


def _calibration(sets: Iterable[TrainingSet]) -> list[Renderable]:
    """Say once what else would stand in every row."""
    if any(rep.flags & protocol.UNCALIBRATED for item in sets for rep in item.reps):
        return [Text("The sensor was not calibrated: its holds are less certain.", "yellow")]
    return []


def _counts(verdicts: tuple[str, ...]) -> str:
    return ", ".join(f"{verdicts.count(word)} {word}" for word in _STYLES if word in verdicts)


def _met(met: bool) -> Text:
    return Text("met", "green") if met else Text("not met", "red")


def _span(bounds: Bounds) -> str:
    return f"{bounds.least:g}-{bounds.most:g}"


def _moment(item: TrainingSet) -> str:
    local: datetime = item.start_utc.astimezone()
    mark = "~" if item.time_quality == walltime.ESTIMATED else ""
    return f"{mark}{local:%Y-%m-%d %H:%M}"
