"""The truth beside a recording, from the bar's height as a video or an encoder saw it.

    python -m hardware.marks track.csv reps.csv session.json --shift 1.234

`track.csv` has the columns t_s,height_m; `reps.csv` has set,start_s,end_s, both ends at rest around one rep. `--shift`
is what to add to the track's time to have the recording's. Reps are timed by the same words as the generator's.
"""

import argparse
import csv
import json
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np

from barhold.generate.truth import PARTIAL_SHARE, reference_m, rep
from barhold.recordings.ground_truth import TrueRep

RATE_HZ = 500.0
SMOOTH_S = 0.03
"""Gaussian's sigma: a video's jitter of 1 mm at 60 frames a second would otherwise be 0.06 m/s."""


def truth(track: Path, reps: Path, shift_s: float) -> list[list[TrueRep]]:
    """Return the true reps set by set, in the recording's time; ValueError says what does not fit."""
    times_s, heights_m = _columns(track, ("t_s", "height_m"))
    if len(times_s) < 2 or (np.diff(times_s) <= 0).any():
        raise ValueError(f"{track}: t_s must rise from row to row")
    numbers, starts_s, ends_s = _columns(reps, ("set", "start_s", "end_s"))
    grid_s = np.arange(times_s[0], times_s[-1], 1 / RATE_HZ)
    height = _smooth(np.interp(grid_s, times_s, heights_m))
    marks = [
        (int(n), *(round((t - grid_s[0]) * RATE_HZ) for t in (a, b)))
        for n, a, b in zip(numbers, starts_s, ends_s, strict=True)
    ]
    for number, first, last in marks:
        if not 0 <= first < last - 50 or last > len(height):
            raise ValueError(f"{reps}: a rep of set {number} does not lie within {track}")
    origin_s = float(grid_s[0]) + shift_s
    return [
        _set(height, [one[1:] for one in marks if one[0] == number], origin_s)
        for number in dict.fromkeys(m[0] for m in marks)
    ]


def _set(height: np.ndarray, windows: list[tuple[int, ...]], origin_s: float) -> list[TrueRep]:
    speed = np.gradient(height, 1 / RATE_HZ)
    ranges = [float(height[a:b].max() - height[a]) for a, b in windows]
    full_m = PARTIAL_SHARE * reference_m(ranges)
    found = [
        rep(height[a:b], speed[a:b], a, rom_m, rom_m < full_m, RATE_HZ)
        for (a, b), rom_m in zip(windows, ranges, strict=True)
    ]
    return [_later(one, origin_s) for one in found]


def _later(one: TrueRep, by_s: float) -> TrueRep:
    times = (round(t + by_s, 4) for t in (one.start_s, one.top_s, one.down_s, one.end_s))
    return TrueRep(*times, round(one.hold_s, 4), round(one.rom_m, 4), bool(one.partial))


def _smooth(height: np.ndarray) -> np.ndarray:
    reach = round(4 * SMOOTH_S * RATE_HZ)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / (SMOOTH_S * RATE_HZ)) ** 2)
    return np.convolve(np.pad(height, reach, mode="edge"), weights / weights.sum(), mode="valid")


def _columns(path: Path, names: tuple[str, ...]) -> list[np.ndarray]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    try:
        return [np.array([float(row[name]) for row in rows]) for name in names]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: needs the columns {','.join(names)} with a number in each row ({error})") from None


def main(args: list[str]) -> int:
    """Write the JSON; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m hardware.marks")
    parser.add_argument("track", type=Path)
    parser.add_argument("reps", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--shift", type=float, default=0.0)
    given = parser.parse_args(args)
    try:
        sets = truth(given.track, given.reps, given.shift)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    given.out.write_text(
        json.dumps([[asdict(one) for one in reps] for reps in sets], indent=1) + "\n", encoding="utf-8"
    )
    print(f"{given.out}: {sum(map(len, sets))} reps in {len(sets)} sets", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
