"""Dimensioned drawings: three views of a part by hidden-line projection, every figure taken from the parameters."""

from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import numpy as np
from build123d import Edge, Part
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from hardware.cad import body, covers
from hardware.cad.params import BARS, FOLDER, SADDLE, SHELL, TABLE, Clip

STYLE = {"svg.hashsalt": "barhold", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 7}
PAGE_MM, SCALE = (297.0, 210.0), 1.5
FAR = 500.0
# From where a view looks and what is up in it.
CAP_END = ((0, 0, FAR), (0, 1, 0))
SIDE = ((FAR, 0, 0), (0, 1, 0))
ROOF = ((0, FAR, 0), (0, 0, 1))
Dimension = Callable[[Axes], None]


def across(x0: float, x1: float, y: float, text: str) -> Dimension:
    """Return a horizontal dimension at height `y`."""

    def draw(axes: Axes) -> None:
        axes.annotate("", (x0, y), (x1, y), arrowprops={"arrowstyle": "<->", "lw": 0.6, "shrinkA": 0, "shrinkB": 0})
        axes.text((x0 + x1) / 2, y + 0.6, text, ha="center", va="bottom")

    return draw


def upright(y0: float, y1: float, x: float, text: str) -> Dimension:
    """Return a vertical dimension at `x`."""

    def draw(axes: Axes) -> None:
        axes.annotate("", (x, y0), (x, y1), arrowprops={"arrowstyle": "<->", "lw": 0.6, "shrinkA": 0, "shrinkB": 0})
        axes.text(x - 0.6, (y0 + y1) / 2, text, ha="right", va="center", rotation=90)

    return draw


def note(x: float, y: float, to: tuple[float, float], text: str) -> Dimension:
    """Return a leader with a text at (x, y)."""

    def draw(axes: Axes) -> None:
        axes.annotate(text, to, (x, y), arrowprops={"arrowstyle": "-|>", "lw": 0.5}, ha="center", va="center")

    return draw


def write(folder: Path = FOLDER / "drawings") -> None:
    """Write all drawings."""
    folder.mkdir(parents=True, exist_ok=True)
    for variant in ("xiao", "m5stick"):
        clip = Clip(variant, "29")
        _sheet(folder / f"body-{variant}-29.svg", body.body(clip), _of_body(clip), _bars(variant))
        _sheet(folder / f"cap-{variant}.svg", covers.cap(clip), _of_cap(clip), [])
    clip = Clip("xiao", "29")
    _sheet(folder / "tray-xiao.svg", covers.tray(clip), _of_tray(clip), [])


View = tuple[tuple[tuple[float, float, float], tuple[int, int, int]], tuple[float, float], list[Dimension]]


def _of_body(clip: Clip) -> list[View]:
    half, out, top, low = clip.half, clip.ear_out, clip.top, -clip.arm_out * 0.45
    mouth = SADDLE["arm_to_deg"]
    end = [
        across(-out, out, top + 8, f"{2 * out:.1f}"),
        across(-half, half, top + 4, f"{2 * half:.1f}"),
        upright(0, top, -out - 4, f"{top:.1f}"),
        upright(clip.cavity, clip.cavity_top, -out - 10, f"{clip.cavity_top - clip.cavity:.1f}"),
        note(
            0,
            4,
            (-clip.bore * 0.7, clip.bore * 0.71),
            f"R{clip.bore:.1f} (bar {clip.bar_mm:g} + liner {SADDLE['liner']:g})",
        ),
        note(
            0, low - 4, (clip.arm_out * 0.93, -clip.arm_out * 0.25), f"arms {SADDLE['arm']:g} thick, to {mouth:g} deg"
        ),
        note(out + 12, top + 8, clip.screws[3], f"4 x pilot {SHELL['pilot']:g}, {SHELL['pilot_depth']:g} deep"),
    ]
    long, (slot_from, slot_to) = clip.length, clip.slot_z
    # Seen from +x with y up, z runs to the left.
    side = [across(-long, 0, top + 4, f"{long:.1f}"), upright(clip.below, top, 5, f"{top - clip.below:.1f}")]
    roof = [
        upright(slot_from, slot_to, -out - 3, f"slot {SHELL['slot_length']:g} x {SHELL['slot']:g}"),
        upright(0, long, -out - 10, f"{long:.1f}"),
        note(out + 14, 7, (-(out - SHELL["ear"] / 2), 7), f"lanyard {SHELL['lanyard']:g}"),
    ]
    return [(CAP_END, (62, 120), end), (SIDE, (245, 120), side), (ROOF, (130, 11), roof)]


def _of_cap(clip: Clip) -> list[View]:
    y = (clip.below + clip.top) / 2
    (x0, low), (x1, _), _, (_, high) = clip.screws
    front = [
        across(x0, x1, clip.top + 4, f"{x1 - x0:.1f}"),
        across(-clip.half, clip.half, clip.below - 7, f"{2 * clip.half:.1f}"),
        upright(low, high, x0 - 6, f"{high - low:.1f}"),
        upright(clip.below, clip.top, x0 - 12, f"{clip.top - clip.below:.1f}"),
        note(x1 + 14, high + 4, (x1, high), f"4 x {SHELL['screw_hole']:g}"),
        note(x1 + 14, y - 4, (clip.half - 1, y - 4), f"ridge {SHELL['ridge']:g} high"),
    ]
    side = [across(-SHELL["cap"], 0, clip.top + 4, f"{SHELL['cap']:g}")]
    return [(CAP_END, (90, 150 - 1.5 * y), front), (SIDE, (210, 150 - 1.5 * y), side)]


def _of_tray(clip: Clip) -> list[View]:
    half = clip.box["half_width"] + clip.box["groove"] - 0.2
    long = clip.length - 0.6 - SHELL["floor"] - 0.2
    flat = [
        across(-half, half, long + 3, f"{2 * half:.1f}"),
        upright(0, long, -half - 4, f"{long:.1f}"),
        upright(5.4, 14.4, half + 5, "9"),
        note(half + 16, 17.4, (3.6, 17.4), "2 x 3 x 1.6 for the tie"),
    ]
    side = [upright(0, clip.box["tray"] + 6.4, long + 6, f"{clip.box['tray'] + 6.4:.1f}")]
    return [(CAP_END, (80, 70), flat), ((((FAR, 0, 0)), (0, 0, 1)), (150, 110), side)]


def _bars(variant: str) -> list[tuple[str, ...]]:
    rows = [("bar", "liners", "bore R", "height", "width")]
    for bar in BARS:
        clip = Clip(variant, bar)
        liners = ", ".join(f"{name}: {thick:g}" for name, thick in TABLE["bars"][bar]["liners"].items())
        rows.append((bar, liners, f"{clip.bore:.1f}", f"{clip.top:.1f}", f"{2 * clip.ear_out:.1f}"))
    return rows


def _sheet(path: Path, part: Part, views: list[View], table: list[tuple[str, ...]]) -> None:
    with mpl.rc_context(STYLE):
        figure = plt.figure(figsize=(PAGE_MM[0] / 25.4, PAGE_MM[1] / 25.4))
        for (origin, up), at, dimensions in views:
            axes = figure.add_axes((0, 0, 1, 1))
            axes.set_axis_off()
            # One millimetre of the part is SCALE millimetres of the page; `at` is where its origin lies on the page.
            axes.set_xlim(-at[0] / SCALE, (PAGE_MM[0] - at[0]) / SCALE)
            axes.set_ylim(-at[1] / SCALE, (PAGE_MM[1] - at[1]) / SCALE)
            axes.patch.set_alpha(0)
            _lines(axes, part, origin, up)
            for draw in dimensions:
                draw(axes)
        figure.text(0.02, 0.03, f"Barhold {path.stem} | mm, {SCALE:g} : 1 on A4 | PETG, as it lies on the bed", size=9)
        for i, row in enumerate(table):
            for x, cell in zip((0.62, 0.66, 0.80, 0.86, 0.92), row, strict=True):
                figure.text(x, 0.24 - 0.03 * i, cell, size=8)
        figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})
        plt.close(figure)


def _lines(axes: Axes, part: Part, origin: tuple[float, float, float], up: tuple[int, int, int]) -> None:
    visible, hidden = part.project_to_viewport(origin, up, (0, 0, 0))
    for edges, looks in ((hidden, {"lw": 0.3, "color": "0.6", "dashes": (3, 2)}), (visible, {"lw": 0.8, "color": "0"})):
        runs = [_run(edge) for edge in edges]
        if runs:  # one path for all: a gap is a point that is none
            line = np.vstack(runs)
            axes.plot(line[:, 0], line[:, 1], **looks)


def _run(edge: Edge) -> np.ndarray:
    count = 2 if edge.geom_type.name == "LINE" else 32
    points = [tuple(edge.position_at(t))[:2] for t in np.linspace(0, 1, count)]
    return np.array([*points, (np.nan, np.nan)])
