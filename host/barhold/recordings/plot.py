"""Draws one recording as a picture, to investigate a wrong count. Needs matplotlib (the extra `plot`).

Rows of about 30 s, each of three strips: the lanes (`plot_lanes`), the height and the velocity.
"""

import warnings
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from barhold.errors import InputError
from barhold.recordings import plot_lanes
from barhold.recordings.timeline import Timeline
from barhold.recordings.trace import Floats

ROW_S = 30.0
MOST_ROWS = 40  # a recording over 20 min gets longer rows: a picture of an hour must still open
WIDTH_IN, ROW_IN, HEAD_IN = 16.0, 4.7, 0.9
DPI = 100
_STRIPS_IN = ((2.65, 1.95), (1.65, 0.95), (0.45, 1.15))  # bottom and height of each within its row
_LEFT, _WIDTH = 0.045, 0.945
_MARGIN_S = 0.2  # between a row's edge and a rep
_LINE_M_S = 0.05  # beyond it the bar moves: edges of a hold
Limits = tuple[float, float]


def draw(scene: Timeline) -> Figure:
    """Return the picture of the timeline `scene`."""
    length_s = max(float(scene.track.t_s[-1]), 1.0) if len(scene.track.t_s) else 1.0
    count = max(1, min(MOST_ROWS, round(length_s / ROW_S)))
    figure = Figure(figsize=(WIDTH_IN, HEAD_IN + ROW_IN * count), dpi=DPI)
    _head(figure, scene)
    inner_s = [_between_reps(scene, scene.start_s + length_s * row / count) for row in range(1, count)]
    edges_s = [scene.start_s, *inner_s, scene.start_s + length_s]
    limits = (_limits(scene.track.reviewed_m, 0.3, 0.8), _limits(scene.track.reviewed_m_s, 0.5, 2.0))
    for row in range(count):
        strips = [_strip(figure, row, at_in, (edges_s[row], edges_s[row + 1])) for at_in in _STRIPS_IN]
        _row(strips, scene.part(edges_s[row], edges_s[row + 1]), limits)
    return figure


def _between_reps(scene: Timeline, at_s: float) -> float:
    """Return the moment near `at_s` that cuts no rep in two, or else `at_s`."""
    for start_s, end_s in map(scene.span_s, scene.pairs):
        if start_s < at_s < end_s:
            near_s = start_s - _MARGIN_S if at_s - start_s < end_s - at_s else end_s + _MARGIN_S
            return near_s if abs(near_s - at_s) < ROW_S / 4 else at_s
    return at_s


def save(figure: Figure, path: Path) -> None:
    """Write the picture in the format of the path's suffix; InputError when that cannot be done."""
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing")  # a file's name in letters that the font lacks
            figure.savefig(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror}); name a picture where you may write") from None


def _head(figure: Figure, scene: Timeline) -> None:
    head = HEAD_IN / figure.get_figheight()
    figure.text(_LEFT, 1 - 0.3 * head, scene.title, fontsize=14, weight="bold", va="center", parse_math=False)
    figure.legend(
        handles=plot_lanes.keys(scene.judged),
        loc="center left",
        bbox_to_anchor=(_LEFT - 0.005, 1 - 0.72 * head),
        ncols=10,
        frameon=False,
        fontsize=9,
        columnspacing=1.4,
        borderpad=0,
    )


def _row(strips: list[Axes], scene: Timeline, limits: tuple[Limits, Limits]) -> None:
    lanes, height, speed = strips
    track = scene.track
    t_s = track.t_s + scene.start_s
    _curves(height, t_s, track.live_m, track.reviewed_m)
    height.set(ylabel="height m", ylim=limits[0])
    _curves(speed, t_s, track.live_m_s, track.reviewed_m_s)
    speed.set(ylabel="velocity m/s", ylim=limits[1])
    speed.set_xlabel("s", labelpad=0)
    for line_m_s in (-_LINE_M_S, _LINE_M_S):
        speed.axhline(line_m_s, color="black", lw=0.6, ls=":")
    for strip in (lanes, height):
        strip.tick_params(labelbottom=False)
    plot_lanes.fill(lanes, scene)
    for pair in scene.pairs:
        plot_lanes.mark(lanes, (height, speed), pair, scene)


def _strip(figure: Figure, row: int, at_in: tuple[float, float], window_s: tuple[float, float]) -> Axes:
    whole_in = figure.get_figheight()
    low_in = whole_in - HEAD_IN - (row + 1) * ROW_IN + at_in[0]
    axes = figure.add_axes((_LEFT, low_in / whole_in, _WIDTH, at_in[1] / whole_in))
    axes.set_xlim(*window_s)
    axes.tick_params(labelsize=8)
    return axes


def _curves(axes: Axes, t_s: Floats, live: Floats, reviewed: Floats) -> None:
    axes.axhline(0, color=plot_lanes.LIVE, lw=0.6)
    axes.plot(t_s, live, color=plot_lanes.LIVE, lw=0.8, scalex=False)
    axes.plot(t_s, reviewed, color="black", lw=1.3, scalex=False)


def _limits(seen: Floats, least: float, most: float) -> Limits:
    """Return the limits that show what was seen, at least -least/4..least and at most -most..most."""
    known = seen[np.isfinite(seen)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
    return 1.1 * max(-most, min(low, -least / 4)), 1.1 * min(most, max(high, least))
