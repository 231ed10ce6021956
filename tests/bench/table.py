"""What the bench measured, as tables for people. Pure: takes plain data, prints nothing."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rich import box
from rich.table import Table
from rich.text import Text

from bench import bounds
from bench.bounds import Judged
from bench.cost import MEDIAN_US, WORST_RATIO, Cost
from bench.gym import Figure
from bench.instructions import CALL_RATIO, MEAN_LOOPS, SECOND_RATIO, Counted
from bench.page_lag import MEDIAN_MS, Lag
from bench.radio import LATE_MS, LEAST_SHARE, Radio
from bench.run import Result
from bench.score import Figures, figures
from bench.store import LIMIT_CPU_S, Measured
from bench.updating import MOST_TIMES_BARE, MOST_TIMES_BARE_BROKEN, Updating

Renderable = Table | Text
_WORDS = ("command", "scenario", "group", "figure", "method", "verdict")  # columns set flush left
_STYLES = {"pass": "green", "falls short": "red", "not measured": "yellow"}


@dataclass(frozen=True, slots=True)
class _Column:
    title: str
    figure: str
    form: str


_COUNTS = (
    _Column("recs", "recordings", "d"),
    _Column("reps", "reps", "d"),
    _Column("found", "found", "d"),
    _Column("exact", "exact", ".3f"),
    _Column("lost", "lost", "d"),
    _Column("missed", "missed", "d"),
    _Column("false", "false", "d"),
    _Column("false/h", "false_per_h", ".1f"),
)
_HOLDS = (
    _Column("bias", "hold_bias_ms", ".0f"),
    _Column("MAE", "hold_mae_ms", ".0f"),
    _Column("p95", "hold_p95_ms", ".0f"),
    _Column("firm", "firm_mae_ms", ".0f"),
    _Column("its p95", "firm_p95_ms", ".0f"),
    _Column("right", "verdict_right", ".3f"),
    _Column("in +-", "in_estimate", ".3f"),
    _Column("range", "range_mae_cm", ".1f"),
)
_MOMENTS = (
    _Column("partial", "partial_right", ".3f"),
    _Column("TARGET right", "target_told", ".3f"),
    _Column("median ms", "target_median_ms", ".0f"),
    _Column("p95 ms", "target_p95_ms", ".0f"),
    _Column("REP p95 s", "rep_delay_p95_s", ".2f"),
)


def scores(ours: Result) -> list[Renderable]:
    """Return the detector's figures, a row per scenario, and its bounds; ! marks what alone would fall short."""
    tables = [_by_scenario(ours, columns) for columns in (_COUNTS, _HOLDS, _MOMENTS)]
    return [
        _title(f"{ours.name}: counts"),
        tables[0],
        _title("holds in ms: error, verdict right, true one in the estimate; range in cm"),
        tables[1],
        _title("partial flags; moments: TARGET after the true one, final REP after the true end"),
        tables[2],
    ]


def judged(rows: Iterable[Judged]) -> list[Renderable]:
    """Return each bound with the figure that was measured."""
    table = _table("group", "figure", "measured", "bound", "verdict")
    last = ""
    for row in rows:
        if last and row.group != last:
            table.add_section()
        last = row.group
        limit = f"{'<=' if row.bound.at_most else '>='} {row.bound.limit:g}"
        value = "-" if row.value is None else f"{row.value:.3f}" if row.bound.limit <= 1 else f"{row.value:.1f}"
        table.add_row(row.group, row.bound.words, value, limit, Text(row.verdict, _STYLES[row.verdict]))
    return [_title("bounds"), table]


def side_by_side(results: Sequence[Result], settings: Iterable[tuple[str, str]]) -> list[Renderable]:
    """Return all methods on the same recordings, the first one ours, and a line on each peer's settings."""
    parts: list[Renderable] = []
    for title, form in _COMPARED:
        table = _table("scenario", *(result.name for result in results))
        for scenario in results[0].scored:
            table.add_row(scenario, *(form(figures(result.scored[scenario])) for result in results))
        table.add_section()
        table.add_row("all", *(form(figures(result.all_scored)) for result in results))
        parts += [_title(title), table]
    speeds = _table("method", "us/sample", "of ours")
    for result in results:
        ratio = result.us_per_sample / results[0].us_per_sample
        speeds.add_row(result.name, f"{result.us_per_sample:.2f}", f"{ratio:.2f} x")
    parts += [_title("speed here: ours in pure Python, one sample at a time; peers in C, all at once"), speeds]
    return [*parts, *(Text(f"{name}: {line}", "dim") for name, line in settings)]


def cost(measured: Cost) -> list[Renderable]:
    """Return what a sample costs on MicroPython, against its targets."""
    table = _table("figure", "measured", "target", "verdict")
    for words, value, limit in cost_targets(measured):
        verdict = "pass" if value <= limit else "falls short"
        table.add_row(words, f"{value:.1f}", f"<= {limit:g}", Text(verdict, _STYLES[verdict]))
    table.add_section()
    table.add_row("p99 us", f"{measured.p99_us:.1f}", "", "")
    table.add_row("worst us", f"{measured.worst_us:.1f}", "", "")
    table.add_row("largest of all runs us", f"{measured.worst_once_us:.1f}", "", "")
    table.add_row("median, bytecodes' worth", f"{measured.median_bytecodes:.0f}", "", "")
    table.add_row("worst, bytecodes' worth", f"{measured.worst_bytecodes:.0f}", "", "")
    said = (
        f"{measured.samples} samples, each the least of {measured.runs} runs; a bytecode's worth is "
        f"{measured.bytecode_us * 1000:.1f} ns here, one of straight-line additions of small ints"
    )
    return [_title("cost per sample on MicroPython (WebAssembly)"), table, Text(said, "dim")]


def instructions(measured: Sequence[tuple[str, Counted]]) -> list[Renderable]:
    """Return what a sample costs in instructions, the last firmware against its targets."""
    table = _table("figure", *(word for word, _ in measured), "target", "verdict")
    columns = [instruction_targets(counted) for _, counted in measured]
    for row in zip(*columns, strict=True):
        words, value, limit = row[-1]
        verdict = "pass" if value <= limit else "falls short"
        table.add_row(words, *(f"{one[1]:.2f}" for one in row), f"<= {limit:g}", Text(verdict, _STYLES[verdict]))
    table.add_section()
    table.add_row("median, loops", *(f"{counted.median_loops:.2f}" for _, counted in measured), "", "")
    table.add_row("worst call, loops", *(f"{counted.worst_loops:.1f}" for _, counted in measured), "", "")
    said = (
        f"{measured[-1][1].samples} samples; a loop of pystone is {measured[-1][1].loop_instructions:.0f} instructions"
    )
    return [_title("cost per sample on MicroPython (native, under valgrind)"), table, Text(said, "dim")]


def instruction_targets(counted: Counted) -> list[tuple[str, float, float]]:
    """Return words, measured value and highest allowed one of each target."""
    return [
        ("mean, pystone loops", counted.mean_loops, MEAN_LOOPS),
        ("worst call / median", counted.worst_ratio, CALL_RATIO),
        ("worst second / mean", counted.second_ratio, SECOND_RATIO),
    ]


def cost_targets(measured: Cost) -> list[tuple[str, float, float]]:
    """Return words, measured value and highest allowed one of each target."""
    return [
        ("median us", measured.median_us, MEDIAN_US),
        ("worst / median", measured.worst_ratio, WORST_RATIO),
        ("bytes allocated", measured.bytes_per_sample, 0),
    ]


def radio(measured: Radio) -> list[Renderable]:
    """Return what a sync reached of the virtual radio, and how late events were."""
    table = _table("figure", "measured", "target", "verdict")
    shared = "pass" if measured.share >= LEAST_SHARE else "falls short"
    table.add_row(
        "share of the bare link", f"{measured.share:.3f}", f">= {LEAST_SHARE:g}", Text(shared, _STYLES[shared])
    )
    limit_ms = measured.interval_ms + LATE_MS
    soon = "pass" if measured.late_median_ms <= limit_ms else "falls short"
    table.add_row(
        "live delay, median ms", f"{measured.late_median_ms:.1f}", f"<= {limit_ms:g}", Text(soon, _STYLES[soon])
    )
    table.add_section()
    table.add_row("live delay, p95 ms", f"{measured.late_p95_ms:.1f}", "", "")
    said = (
        f"{measured.records} records in {measured.synced_s:.1f} s, as many bytes bare in {measured.bare_s:.1f} s; "
        f"{measured.events} events; connection interval {measured.interval_ms:g} ms"
    )
    return [_title("sync over the virtual radio"), table, Text(said, "dim")]


def store(measured: Measured) -> list[Renderable]:
    """Return how long commands take to read years of training, against their bounds."""
    half, whole = f"{measured.years / 2:g} years s", f"{measured.years} years s"
    table = _table("command", half, whole, "of it CPU s", "growth", "verdict")
    for one in measured.readings:
        verdict = "pass" if one.met else "falls short"
        row = (one.command, f"{one.half_s:.2f}", f"{one.whole_s:.2f}", f"{one.whole_cpu_s:.2f}", f"{one.growth:.2f} x")
        table.add_row(*row, Text(verdict, _STYLES[verdict]))
    said = (
        f"{measured.sessions} sessions, {measured.records} records, stored at {measured.records_per_s:.0f} records/s; "
        f"each figure is the least of some runs; bounds: {LIMIT_CPU_S:g} s of CPU, and growth of at most 2 x"
    )
    return [_title(f"years of training in {measured.store}"), table, Text(said, "dim")]


def gym(kind: str, figures: Iterable[Figure]) -> list[Renderable]:
    """Return the figures of a gym's store against their bounds."""
    table = _table("figure", "measured", "bound", "verdict")
    for one in figures:
        verdict = "pass" if one.met else "falls short"
        bound = f"{'>=' if one.at_least else '<='} {one.limit:g} {one.unit}"
        table.add_row(one.what, f"{one.value:.3g} {one.unit}", bound, Text(verdict, _STYLES[verdict]))
    return [_title(f"a gym's store in {kind}"), table]


def lag(measured: Lag) -> list[Renderable]:
    """Return how late the live page was."""
    table = _table("figure", "measured", "target", "verdict")
    verdict = "pass" if measured.met else "falls short"
    table.add_row("median ms", f"{measured.median_ms:.0f}", f"<= {MEDIAN_MS:g}", Text(verdict, _STYLES[verdict]))
    table.add_section()
    table.add_row("p95 ms", f"{measured.p95_ms:.0f}", "", "")
    table.add_row("worst ms", f"{measured.worst_ms:.0f}", "", "")
    said = f"{measured.events} events; the sensor's clock is known within {measured.anchor_ms / 2:g} ms"
    return [_title("live page: from the moment on the bar to the frame"), table, Text(said, "dim")]


def updating(measured: Updating) -> list[Renderable]:
    """Return what an update takes over the virtual radio, as ratios within the run."""
    table = _table("figure", "measured", "target", "verdict")
    for words, value, limit in (
        ("times the bare transfer", measured.times_bare, MOST_TIMES_BARE),
        ("with breaks, times the bare transfer", measured.times_bare_broken, MOST_TIMES_BARE_BROKEN),
    ):
        verdict = "pass" if value <= limit else "falls short"
        table.add_row(words, f"{value:.1f}", f"<= {limit:g}", Text(verdict, _STYLES[verdict]))
    said = (
        f"{measured.bundle_bytes} bytes in {measured.updated_s:.1f} s, as many frames bare in {measured.bare_s:.1f} s; "
        f"over {measured.breaks} breaks in {measured.broken_s:.1f} s; connection interval {measured.interval_ms:g} ms"
    )
    return [_title("update over the virtual radio"), table, Text(said, "dim")]


def _by_scenario(ours: Result, columns: Sequence[_Column]) -> Table:
    table = _table("scenario", *(column.title for column in columns))
    for scenario, some in ours.scored.items():
        measured = figures(some)
        short = bounds.short(scenario, measured)
        table.add_row(scenario, *(_cell(measured, column, short) for column in columns))
    return table


def _cell(measured: Figures, column: _Column, short: set[str]) -> Text:
    value = getattr(measured, column.figure)
    text = "-" if value is None else format(value, column.form)
    return Text(f"{text}!", "red") if column.figure in short else Text(text)


def _exact(measured: Figures) -> str:
    return f"{measured.exact:.3f}"


def _mae(measured: Figures) -> str:
    return "-" if measured.hold_mae_ms is None else f"{measured.hold_mae_ms:.0f}"


def _false(measured: Figures) -> str:
    return f"{measured.false_per_h:.1f}"


_COMPARED: tuple[tuple[str, Callable[[Figures], str]], ...] = (
    ("side by side: exact sets", _exact),
    ("side by side: hold MAE, ms", _mae),
    ("side by side: false reps an hour", _false),
)


def _title(words: str) -> Text:
    return Text(words, "bold")


def _table(*names: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in names:
        table.add_column(name, justify="left" if name in _WORDS else "right", no_wrap=True)
    return table
