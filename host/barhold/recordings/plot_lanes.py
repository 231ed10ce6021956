"""The lanes of a plot: bars over the curves for the truth, the reps found, the events and the live states.

Colours are those of Okabe and Ito (2008), which colour-blind people tell apart; no meaning hangs on a colour alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from barcore import live, protocol
from barhold.recordings.ground_truth import AGREED, FALSE, MISSED, RepMatch
from barhold.recordings.timeline import Timeline
from barhold.recordings.trace import Track
from barhold.training import flags

TRUE, FOUND, WRONG, LIVE = "#009e73", "#0072b2", "#d55e00", "#888888"
STATES = {
    live.LOW: ("low", "#e8e8e8"),
    live.RISING: ("rising", "#56b4e9"),
    live.HELD: ("held", "#f0e442"),
    live.FALLING: ("falling", "#cc79a7"),
}
_EVENTS = {protocol.TOP: ("^", "TOP"), protocol.TARGET: ("*", "TARGET"), protocol.REP: ("o", "REP")}
_AT = {"true": 5.35, "found": 4.0, "events": 1.25, "live": 0.4}  # the lanes' middles
_TOP, _BAR = 7.8, 0.8
_WORDS = {MISSED: (7.4, "MISSED"), FALSE: (6.35, "FALSE REP")}  # apart, for a bad rep may be both at once
_LEAST_WORD_S, _LEAST_HOLD_S = 0.8, 1.4  # a state, a hold lasting less has no room for its name, its figure


@dataclass(frozen=True, slots=True)
class _Rep:
    """One rep as a bar, by the picture's clock."""

    start_s: float
    top_s: float
    down_s: float
    end_s: float
    number: str
    hold: str
    words: str


def keys(judged: bool) -> list[Patch | Line2D]:
    """Return the legend's entries."""
    found: list[Patch | Line2D] = [
        Line2D([], [], color="black", label="reviewed: decides"),
        Line2D([], [], color=LIVE, lw=0.8, label="live: for the cue"),
        Patch(facecolor=FOUND, label="found hold ± estimate, s"),
        Patch(facecolor="white", edgecolor=FOUND, ls="--", label="not counted: no set"),
    ]
    found += [
        Line2D([], [], color="black", marker=mark, ls="", label=f"{word} sent") for mark, word in _EVENTS.values()
    ]
    if judged:
        found.append(Patch(facecolor=TRUE, label="true hold, s"))
        found.append(Patch(facecolor="white", edgecolor=WRONG, lw=1.5, hatch="///", label="they disagree"))
    return found


def fill(lanes: Axes, scene: Timeline) -> None:
    """Draw what needs no truth: the lanes' names, the live states, the events and the reps not counted."""
    lanes.set_ylim(0, _TOP)
    shown = [name for name in _AT if scene.judged or name != "true"]
    lanes.set_yticks([_AT[name] for name in shown], shown)
    lanes.tick_params(left=False, bottom=False, labelsize=9)
    lanes.spines[:].set_visible(False)
    _live(lanes, scene.track, scene.start_s)
    for kind, (mark, word) in _EVENTS.items():
        left_s = [scene.start_s + said.left_s for said in scene.track.said if said.kind == kind]
        lanes.plot(left_s, [_AT["events"]] * len(left_s), mark, color="black", ms=5, gid=word, scalex=False)
    for said in scene.uncounted:
        start_s, length_s = scene.start_s + said.at_s, sum(said.values[2:5]) / 1000
        _box(
            lanes, (start_s, start_s + length_s), _AT["found"], facecolor="white", edgecolor=FOUND, ls="--", gid="alone"
        )
        _text(lanes, start_s + length_s / 2, _AT["found"], "not counted", size=7)


def mark(lanes: Axes, curves: Iterable[Axes], pair: RepMatch, scene: Timeline) -> None:
    """Draw one pair: a bar for the true and for the found rep, and a hatch with a word where they disagree."""
    true, found = _true(pair), _found(pair, scene.start_s)
    if true:
        _bar(lanes, true, _AT["true"], TRUE, "true")
    if found:
        _bar(lanes, found, _AT["found"], FOUND, "found")
    for axes in curves:
        if true:
            for at_s in (true.top_s, true.down_s):
                axes.axvline(at_s, color=TRUE, lw=1, ls="--")
        if found:
            axes.axvspan(found.top_s, found.down_s, color=FOUND, alpha=0.15, lw=0)
    if scene.judged and pair.verdict != AGREED:
        for axes in (lanes, *curves):
            _hatch(axes, scene.span_s(pair), pair.verdict)
        _word(lanes, scene.span_s(pair), pair)


def _hatch(axes: Axes, span_s: tuple[float, float], verdict: str) -> None:
    axes.axvspan(*span_s, fill=False, hatch="//", edgecolor=WRONG, lw=0, alpha=0.45, zorder=0.5, gid=verdict)
    for at_s in span_s:
        axes.axvline(at_s, color=WRONG, lw=2)


def _word(lanes: Axes, span_s: tuple[float, float], pair: RepMatch) -> None:
    y, word = _WORDS.get(pair.verdict, (_WORDS[MISSED][0], f"HOLD {pair.off_ms / 1000:+.2f} s"))
    box = {"boxstyle": "round,pad=0.25", "facecolor": WRONG, "edgecolor": "black"}
    _text(lanes, sum(span_s) / 2, y, word, size=9, weight="bold", color="white", bbox=box, gid="word")


def _true(pair: RepMatch) -> _Rep | None:
    rep = pair.true
    if rep is None:
        return None
    words = "partial" if rep.partial else ""
    return _Rep(rep.start_s, rep.top_s, rep.down_s, rep.end_s, "", f"{rep.hold_s:.2f}", words)


def _found(pair: RepMatch, from_s: float) -> _Rep | None:
    rep = pair.found
    if rep is None:
        return None
    start_s = from_s + rep.start_ms / 1000
    top_s = start_s + rep.rise_ms / 1000
    down_s = top_s + rep.hold_ms / 1000
    hold = f"{rep.hold_ms / 1000:.2f} ±{rep.hold_err_ms / 1000:.2f}"
    words = "\n".join(flags.names(rep.flags & ~protocol.UNCALIBRATED))
    return _Rep(start_s, top_s, down_s, down_s + rep.fall_ms / 1000, f"#{rep.number}", hold, words)


def _bar(lanes: Axes, rep: _Rep, y: float, colour: str, gid: str) -> None:
    _box(lanes, (rep.start_s, rep.end_s), y, facecolor=colour, alpha=0.25, lw=0)
    _box(lanes, (rep.top_s, rep.down_s), y, facecolor=colour, lw=0, gid=gid)
    middle_s, head = (rep.top_s + rep.down_s) / 2, rep.number
    if rep.down_s - rep.top_s > _LEAST_HOLD_S:
        _text(lanes, middle_s, y, rep.hold, size=8, weight="bold", color="white")
    else:
        head = f"{head} {rep.hold.replace(' ', chr(10))}".strip()
    _text(lanes, middle_s, y - _BAR / 2 - 0.08, f"{head}\n{rep.words}".strip(), size=7, va="top")


def _box(lanes: Axes, span_s: tuple[float, float], y: float, **look: object) -> None:
    from_s, to_s = span_s
    lanes.add_patch(Rectangle((from_s, y - _BAR / 2), to_s - from_s, _BAR, **look))  # type: ignore[arg-type]


def _live(lanes: Axes, track: Track, start_s: float) -> None:
    t_s = track.t_s + start_s
    at = 0
    for state, run in groupby(track.state.tolist()):
        last = at + len(list(run))
        from_s, to_s = float(t_s[at]), float(t_s[min(last, len(t_s) - 1)])
        at = last
        word, colour = STATES[state]
        _box(lanes, (from_s, to_s), _AT["live"], facecolor=colour, lw=0, gid="live")
        if to_s - from_s > _LEAST_WORD_S:
            _text(lanes, (from_s + to_s) / 2, _AT["live"], word, size=7)


def _text(lanes: Axes, at_s: float, y: float, words: str, **look: object) -> None:
    """Write centred at `at_s`, unless that lies in another row."""
    from_s, to_s = lanes.get_xlim()
    if from_s <= at_s < to_s:
        lanes.text(at_s, y, words, **{"ha": "center", "va": "center", "clip_on": True, **look})  # type: ignore[arg-type]
