"""Charts of hold, range and velocity over the reps of each set. Pure."""

from collections.abc import Callable, Sequence

from markupsafe import Markup

from barhold.check.set_trends import Change
from barhold.check.verdicts import SessionCheck, SetCheck
from barhold.model import Rep
from barhold.plans.plan import Plan
from barhold.report import svg
from barhold.report.svg import Figure, Scale, el

_WIDTH, _HEIGHT = svg.NARROW, 210
_LEFT, _RIGHT, _TOP, _BOTTOM = 38, 58, 14, 30
_STEPS = (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50)
_STYLES = 4  # of lines, told by dash and name
_NAME = 13  # px from one name to the next
Value = Callable[[Rep], float]


def figures(result: SessionCheck, plan: Plan) -> list[Figure]:
    """Return the charts of one session."""
    window = (plan.hold_s.least, plan.hold_s.most)
    return [
        _figure("Hold over the set", "s", 2, result, lambda rep: rep.hold_ms / 1000, _decay(result), window),
        _figure("Range", "cm", 0, result, lambda rep: rep.rom_m * 100, _spread(result)),
        _figure("Peak velocity", "m/s", 2, result, lambda rep: rep.peak_m_s, _slowing(result)),
    ]


def _figure(
    title: str,
    unit: str,
    digits: int,
    result: SessionCheck,
    value: Value,
    says: str,
    window: tuple[float, float] | None = None,
) -> Figure:
    columns = [[value(rep) for rep in one.item.reps] for one in result.sets]
    most = max(len(column) for column in columns)
    rows = [
        (str(i + 1), *(f"{column[i]:.{digits}f}" if i < len(column) else "" for column in columns)) for i in range(most)
    ]
    heads = ("rep", *(f"set {number}, {unit}" for number in range(1, len(columns) + 1)))
    return Figure(title, says, {"always": _draw(f"{title}: {says}", unit, columns, window)}, heads, rows)


def _draw(label: str, unit: str, columns: Sequence[Sequence[float]], window: tuple[float, float] | None) -> Markup:
    values = [value for column in columns for value in column]
    low, high = min([*values, *(window or ())]), max([*values, *(window or ())])
    room = max((high - low) * 0.12, high * 0.04, 0.01)
    y = Scale(max(0.0, low - room), high + room, _HEIGHT - _BOTTOM, _TOP)
    count = max(len(column) for column in columns)
    x = Scale(1, max(count, 2), _LEFT + 6, _WIDTH - _RIGHT)
    parts = _frame(x, y, unit, count, window)
    ends = []
    for i, column in enumerate(columns):
        points = [(x(n), y(value)) for n, value in enumerate(column, start=1)]
        parts.append(svg.path(points, f"course {_style(i)}"))
        parts += [el("circle", cx=px, cy=py, r=2.4, class_=f"dot {_style(i)}") for px, py in points]
        ends.append(points[-1])
    parts += _ends(ends)
    return svg.drawing(_WIDTH, _HEIGHT, label, *parts)


def _ends(points: Sequence[tuple[float, float]]) -> list[Markup]:
    """Name each line beside its end, the names in the order of the lines and clear of each other."""
    order = sorted(range(len(points)), key=lambda i: points[i][1])
    tops = [points[i][1] + 4 for i in order]
    for i in range(1, len(tops)):
        tops[i] = max(tops[i], tops[i - 1] + _NAME)
    over = max(0.0, tops[-1] - (_HEIGHT - _BOTTOM))
    return [
        svg.word(_WIDTH - _RIGHT + 10, top - over, f"set {i + 1}", f"name {_style(i)}", "start")
        for i, top in zip(order, tops, strict=True)
    ]


def _style(index: int) -> str:
    return f"set{index % _STYLES + 1}"


def _frame(x: Scale, y: Scale, unit: str, count: int, window: tuple[float, float] | None) -> list[Markup]:
    parts: list[Markup] = []
    if window:
        top, bottom = y(window[1]), y(window[0])
        parts.append(el("rect", x=_LEFT, y=top, width=_WIDTH - _RIGHT - _LEFT + 6, height=bottom - top, class_="band"))
    size = next((step for step in _STEPS if (y.most - y.least) / step <= 5), 100)
    for value in y.steps(size):
        parts.append(svg.line(_LEFT, y(value), _WIDTH - _RIGHT + 6, y(value), "grid"))
        parts.append(svg.word(_LEFT - 6, y(value) + 4, f"{value:g}" if size >= 0.1 else f"{value:.2f}", "tick", "end"))
    every = 1 if count <= 9 else 2 if count <= 18 else 5
    numbers = [n for n in range(1, count + 1) if n == 1 or n % every == 0]
    parts += [svg.word(x(n), _HEIGHT - _BOTTOM + 16, str(n), "tick") for n in numbers]
    parts.append(svg.word(_LEFT - 6, _HEIGHT - _BOTTOM + 16, unit, "tick", "end"))
    return parts


def _decay(result: SessionCheck) -> str:
    return _changes(result, lambda one: one.hold_change_s, "s", "hold", 1)


def _slowing(result: SessionCheck) -> str:
    return _changes(result, lambda one: one.speed_change_m_s, "m/s", "speed", 2)


def _changes(
    result: SessionCheck, change: Callable[[SetCheck], Change | None], unit: str, what: str, digits: int
) -> str:
    found = [(number, change(one)) for number, one in enumerate(result.sets, start=1)]
    proven = [(number, one) for number, one in found if one and one.proven]
    if not proven:
        return f"in no set did the {what} provably change"
    return "; ".join(
        f"set {n}: {'fell' if one.by < 0 else 'rose'} by {abs(one.by):.{digits}f} \u00b1 {one.error:.{digits}f} {unit}"
        for n, one in proven
    )


def _spread(result: SessionCheck) -> str:
    spreads = [f"set {n}: \u00b1{one.range_spread * 100:.0f} %" for n, one in enumerate(result.sets, start=1)]
    return f"spread of the range, {', '.join(spreads)}"
