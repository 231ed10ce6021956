"""The ground truth, by the design's definitions, from the bar's true height and speed."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from barhold.generate.motion import FINE_HZ, Path
from barhold.recordings.ground_truth import TrueRep

HOLD_SPEED_M_S = 0.05
ZONE_SHARE, ZONE_LEAST_M = 0.25, 0.03
REP_LEAST_M, REP_SHARE, PARTIAL_SHARE = 0.08, 0.5, 0.7
SET_LEAST_REPS = 2
Floats = NDArray[np.float64]


def sets(path: Path, planned: Sequence[Sequence[tuple[int, int]]]) -> tuple[tuple[TrueRep, ...], ...]:
    """Return the true sets among the planned ones; each planned rep is the (first, last) index of its moves."""
    speed = path.speed_m_s
    judged = (_set(path.height_m, speed, windows) for windows in planned)
    return tuple(reps for reps in judged if len(reps) >= SET_LEAST_REPS)


def _set(height: Floats, speed: Floats, windows: Sequence[tuple[int, int]]) -> tuple[TrueRep, ...]:
    """Judge the planned reps of one set by the reference range as it is at the set's end."""
    lifts = [(first, last, float(height[first:last].max() - height[first])) for first, last in windows]
    lifts = [lift for lift in lifts if lift[2] >= REP_LEAST_M]
    least_m = REP_SHARE * reference_m([rom_m for _, _, rom_m in lifts])
    lifts = [lift for lift in lifts if lift[2] >= least_m]
    full_m = PARTIAL_SHARE * reference_m([rom_m for _, _, rom_m in lifts])
    return tuple(rep(height[a:b], speed[a:b], a, rom_m, rom_m < full_m) for a, b, rom_m in lifts)


def reference_m(ranges: Sequence[float]) -> float:
    """Return the reference range of a set's ranges: the upper quartile, of fewer than three the largest."""
    if not ranges:
        return 0.0
    return float(max(ranges) if len(ranges) < 3 else np.quantile(ranges, 0.75))


def rep(height: Floats, speed: Floats, first: int, rom_m: float, partial: bool, rate_hz: float = FINE_HZ) -> TrueRep:
    """Time one rep by the design's definitions: heights (n,) in m, speeds (n,) in m/s, `first` is its first index."""
    inside = height > height.max() - max(ZONE_SHARE * rom_m, ZONE_LEAST_M)
    visits = _runs(inside)
    rising = np.flatnonzero(speed[: visits[0][0]] <= HOLD_SPEED_M_S)
    start = int(rising[-1]) + 1 if len(rising) else 0
    enter, leave = max(visits, key=lambda visit: visit[1] - visit[0])
    slow = np.flatnonzero(speed[enter:leave] <= HOLD_SPEED_M_S)
    top = enter + int(slow[0]) if len(slow) else leave
    kept = np.flatnonzero(speed[enter:leave] >= -HOLD_SPEED_M_S)
    down = max(top, enter + int(kept[-1]) + 1 if len(kept) else top)
    landed = np.flatnonzero(speed[visits[-1][1] :] >= -HOLD_SPEED_M_S)
    end = visits[-1][1] + int(landed[0]) if len(landed) else len(speed)
    start_s, top_s, down_s, end_s = ((first + at) / rate_hz for at in (start, top, down, end))
    return TrueRep(start_s, top_s, down_s, end_s, (down - top) / rate_hz, rom_m, partial)


def _runs(inside: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return first and one past the last index of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]]).astype(int)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
