"""What the bench measured, as JSON Lines. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict

from barhold.output.json_lines import SCHEMA, Line
from bench.bounds import Judged
from bench.cost import Cost
from bench.gym import Figure
from bench.instructions import Counted
from bench.page_lag import MEDIAN_MS, Lag
from bench.radio import Radio
from bench.run import Result
from bench.score import figures
from bench.store import Measured
from bench.table import cost_targets, instruction_targets
from bench.updating import Updating


def scores(results: Sequence[Result]) -> Iterator[Line]:
    """Yield a line per method and scenario, then one per method over all of them."""
    for result in results:
        for scenario, some in result.scored.items():
            yield {**_head("bench_scenario"), "method": result.name, "scenario": scenario, **asdict(figures(some))}
    for result in results:
        ratio = result.us_per_sample / results[0].us_per_sample
        speed = {"us_per_sample": result.us_per_sample, "times_ours": ratio}
        yield {**_head("bench_method"), "method": result.name, **speed, **asdict(figures(result.all_scored))}


def judged(rows: Iterable[Judged]) -> Iterator[Line]:
    """Yield a line per bound."""
    for row in rows:
        limit = {"figure": row.bound.figure, "at_most": row.bound.at_most, "limit": row.bound.limit}
        yield {**_head("bench_bound"), "group": row.group, **limit, "value": row.value, "verdict": row.verdict}


def cost(measured: Cost) -> Line:
    """Return the line of the cost on MicroPython."""
    met = all(value <= limit for _, value, limit in cost_targets(measured))
    worth = {"median_bytecodes": measured.median_bytecodes, "worst_bytecodes": measured.worst_bytecodes}
    return {**_head("bench_cost"), **asdict(measured), "worst_ratio": measured.worst_ratio, **worth, "met": met}


def instructions(firmware: str, counted: Counted) -> Line:
    """Return the line of one firmware's instructions."""
    met = all(value <= limit for _, value, limit in instruction_targets(counted))
    return {**_head("bench_instructions"), "firmware": firmware, **asdict(counted), "met": met}


def radio(measured: Radio) -> Line:
    """Return the line of the sync over the virtual radio."""
    return {**_head("bench_sync"), **asdict(measured), "share": measured.share, "met": measured.met}


def store(measured: Measured) -> Iterator[Line]:
    """Yield a line of what came in, then one per command that read it."""
    who = {"store": measured.store, "years": measured.years}
    size = {"sessions": measured.sessions, "records": measured.records}
    yield {**_head("bench_ingest"), **who, **size, "records_per_s": measured.records_per_s}
    for one in measured.readings:
        yield {**_head("bench_read"), **who, **asdict(one), "growth": one.growth, "met": one.met}


def gym(kind: str, figures: Iterable[Figure]) -> Iterator[Line]:
    """Yield a line per figure of a gym's store."""
    for figure in figures:
        yield {**_head("bench_gym"), "store": kind, **asdict(figure), "met": figure.met}


def lag(measured: Lag) -> Line:
    """Return the line of the live page's lag."""
    return {**_head("bench_live"), **asdict(measured), "limit_ms": MEDIAN_MS, "met": measured.met}


def updating(measured: Updating) -> Line:
    """Return the line of the update over the virtual radio."""
    ratios = {"times_bare": measured.times_bare, "times_bare_broken": measured.times_bare_broken}
    return {**_head("bench_update"), **asdict(measured), **ratios, "met": measured.met}


def _head(kind: str) -> Line:
    return {"type": kind, "schema": SCHEMA}
