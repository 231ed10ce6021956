"""The chart of a session's holds: each rep with its error against the window. Pure."""

from collections.abc import Sequence

from markupsafe import Markup

from barcore import protocol
from barhold.check.verdicts import SessionCheck, SetCheck
from barhold.model import Rep
from barhold.plans import load_units
from barhold.plans.plan import Plan
from barhold.report import svg, words
from barhold.report.svg import Scale, el
from barhold.training import flags

_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 8, 12, 44
_GAP = 1.4  # between sets, in reps
_LETTER = 8.4  # px, the mean width of a bold letter in the widest font
_CLEAR = 6  # px between two labels


def figure(result: SessionCheck, plan: Plan) -> svg.Figure:
    """Return the chart of one session."""
    says = f"{words.counts(result) or 'no hold counts'}; the window is {words.span(plan.hold_s)} s"
    drawings = {"wide": _draw(result, plan, svg.WIDE, 300, says), "narrow": _draw(result, plan, svg.NARROW, 250, says)}
    heads = ("set", "rep", "hold s", "\u00b1 s", "verdict", "range cm", "peak m/s", "flags")
    return svg.Figure("Hold per rep", says, drawings, heads, _rows(result))


def _rows(result: SessionCheck) -> list[tuple[str, ...]]:
    return [
        (name(one, number), *rep_cells(rep, verdict))
        for number, one in enumerate(result.sets, start=1)
        for rep, verdict in zip(one.item.reps, one.verdicts, strict=True)
    ]


def rep_cells(rep: Rep, verdict: str) -> tuple[str, ...]:
    """Return the cells of one rep in a table."""
    hold = (f"{rep.hold_ms / 1000:.2f}", f"{rep.hold_err_ms / 1000:.2f}", words.verdict(verdict))
    marks = ", ".join(flags.names(rep.flags & ~protocol.UNCALIBRATED))
    return (str(rep.number), *hold, f"{rep.rom_m * 100:.0f}", f"{rep.peak_m_s:.2f}", marks)


def name(one: SetCheck, number: int) -> str:
    """Return what a set is called: its number, what lay on the bar, and whether it counts."""
    load = f", {load_units.as_text(one.item.load)}" if one.item.load else ""
    return f"{number}{load}{', warm-up' if one.warm_up else ''}"


def _draw(result: SessionCheck, plan: Plan, width: float, height: float, says: str) -> Markup:
    reps = [rep for one in result.sets for rep in one.item.reps]
    y = Scale(*_reach(reps, plan), height - _BOTTOM, _TOP)
    slots = len(reps) + _GAP * (len(result.sets) - 1) + 1
    x = Scale(0, slots, _LEFT, width - _RIGHT)
    parts = [*_window(plan, y, width), *_axis(y, width)]
    at = 1.0
    for one, label in zip(result.sets, _labels(result.sets, x(1) - x(0)), strict=True):
        parts += _set(one, label, at, x, y)
        at += len(one.item.reps) + _GAP
    return svg.drawing(width, height, f"Hold per rep: {says}", *parts)


def _reach(reps: Sequence[Rep], plan: Plan) -> tuple[float, float]:
    """Return the least and the most second of the axis: the window and every rep with its error."""
    low_s = min((rep.hold_ms - rep.hold_err_ms) / 1000 for rep in reps) - 0.15
    high_s = max((rep.hold_ms + rep.hold_err_ms) / 1000 for rep in reps) + 0.15
    least_s = max(0.0, min(plan.hold_s.least - 0.7, low_s))
    return least_s, max(plan.hold_s.most + 0.35, high_s)


def _window(plan: Plan, y: Scale, width: float) -> list[Markup]:
    top, bottom = y(plan.hold_s.most), y(plan.hold_s.least)
    band = el("rect", x=_LEFT, y=top, width=width - _LEFT - _RIGHT, height=bottom - top, class_="band")
    edges = [svg.line(_LEFT, at, width - _RIGHT, at, "edge") for at in (top, bottom)]
    return [band, *edges]


def _axis(y: Scale, width: float) -> list[Markup]:
    reach = y.most - y.least
    size = 0.5 if reach <= 4 else 1 if reach <= 8 else 5
    parts: list[Markup] = []
    for value in y.steps(size):
        parts.append(svg.line(_LEFT, y(value), width - _RIGHT, y(value), "grid"))
        parts.append(svg.word(_LEFT - 7, y(value) + 4, f"{value:g} s", "tick", "end"))
    return parts


def _labels(checked: Sequence[SetCheck], step: float) -> list[str]:
    """Return each set's label: with its load where all of them have room for that, else its number, or nothing."""
    rooms = [(len(one.item.reps) + _GAP) * step - _CLEAR for one in checked]
    whole = [f"Set {name(one, number)}" for number, one in enumerate(checked, start=1)]
    # Of a warm-up the load is left out first: that it does not count matters more.
    brief = [f"Set {n}, warm-up" if one.warm_up else whole[n - 1] for n, one in enumerate(checked, start=1)]
    for labels in (whole, brief):
        if all(map(_fits, labels, rooms)):
            return labels
    choices = [(f"Set {number}", str(number), "") for number in range(1, len(checked) + 1)]
    return [next(label for label in labels if _fits(label, room)) for labels, room in zip(choices, rooms, strict=True)]


def _fits(label: str, room: float) -> bool:
    return len(label) * _LETTER <= room or not label


def _set(one: SetCheck, label: str, at: float, x: Scale, y: Scale) -> list[Markup]:
    parts: list[Markup] = []
    count = len(one.item.reps)
    step = x(1) - x(0)
    r, base = max(2.6, min(5.0, step * 0.36)), y(y.least)
    for i, (rep, verdict) in enumerate(zip(one.item.reps, one.verdicts, strict=True)):
        hold_s, err_s, px = rep.hold_ms / 1000, rep.hold_err_ms / 1000, x(at + i)
        cap = min(4.0, r)
        parts.append(svg.line(px, y(hold_s - err_s), px, y(hold_s + err_s), "error"))
        parts += [svg.line(px - cap, y(end), px + cap, y(end), "error") for end in (hold_s - err_s, hold_s + err_s)]
        parts.append(
            svg.mark(verdict, px, y(hold_s), r, f"rep {rep.number}: {hold_s:.2f} \u00b1 {err_s:.2f} s, {verdict}")
        )
        if step > 13 or i in (0, count - 1):
            parts.append(svg.word(px, base + 16, str(rep.number), "tick"))
    middle = (x(at) + x(at + count - 1)) / 2
    if label:
        parts.append(svg.word(middle, base + 34, label, "name"))
    return parts
