"""What every chart is drawn with: escaped elements, a scale, a frame. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from barhold.check import verdicts

WIDE, NARROW = 1000, 340
"""Widths in px that a chart is drawn for: text in it is never scaled down on a phone."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight line from values to px."""

    least: float
    most: float
    from_px: float
    to_px: float

    def __call__(self, value: float) -> float:
        """Return the px of a value."""
        share = (value - self.least) / (self.most - self.least) if self.most > self.least else 0.5
        return self.from_px + share * (self.to_px - self.from_px)

    def steps(self, size: float) -> Iterator[float]:
        """Yield the multiples of `size` that are on it."""
        number = -(-self.least // size)
        while number * size <= self.most + size * 1e-9:
            yield number * size
            number += 1


@dataclass(frozen=True, slots=True)
class Figure:
    """One chart: what it says in a sentence, its drawings (class -> SVG), and the same as a table."""

    title: str
    says: str
    drawings: dict[str, Markup]
    heads: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def el(name: str, *inside: object, **attributes: object) -> Markup:
    """Return an element; class_ is class, stroke_width is stroke-width, numbers get one decimal at most."""
    said = "".join(f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"' for key, value in attributes.items())
    if not inside:
        return Markup(f"<{name}{said}/>")  # noqa: S704 - every value in it is escaped
    return Markup(f"<{name}{said}>{''.join(escape(one) for one in inside)}</{name}>")  # noqa: S704 - as above


def drawing(width: float, height: float, label: str, *inside: object) -> Markup:
    """Return a whole SVG that says in `label` what it shows."""
    box = f"0 0 {width:g} {height:g}"
    return el("svg", *inside, viewBox=box, role="img", aria_label=label, xmlns="http://www.w3.org/2000/svg")


def word(x: float, y: float, text: str, class_: str = "", anchor: str = "middle") -> Markup:
    """Return a text."""
    return el("text", text, x=x, y=y, class_=class_, text_anchor=anchor)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """Return a straight line."""
    return el("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def path(points: list[tuple[float, float]], class_: str) -> Markup:
    """Return a line through points; a single one is a dot."""
    steps = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return el("path", d=f"M{steps}" + ("h0" if len(points) == 1 else ""), class_=class_)


def mark(verdict: str, x: float, y: float, r: float, tip: str) -> Markup:
    """Return a verdict's mark, told by its shape as well as its colour."""
    title = el("title", tip)
    if verdict == verdicts.OK:
        return el("circle", title, cx=x, cy=y, r=r, class_="mark ok")
    if verdict == verdicts.UNSURE:
        d = 1.35 * r
        turned = f"M{x:.1f} {y - d:.1f}l{d:.1f} {d:.1f} {-d:.1f} {d:.1f} {-d:.1f} {-d:.1f}z"
        return el("path", title, d=turned, class_="mark unsure")
    up = -1 if verdict == verdicts.LONG else 1
    tri = f"M{x:.1f} {y + up * 1.3 * r:.1f}l{-1.25 * r:.1f} {-up * 2.2 * r:.1f}h{2.5 * r:.1f}z"
    return el("path", title, d=tri, class_=f"mark {verdict}")


def _value(value: object) -> Markup:
    return escape(f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else value)
