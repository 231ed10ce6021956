"""Peer: sit-to-stand and stillness (scikit-digital-health; Adamowicz et al. 2020, Sensors 20:6618)."""

import warnings

import numpy as np
from scipy.signal import butter, sosfiltfilt

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its import and its use warn of what its own dependencies have deprecated
    from skdh.sit2stand import Sit2Stand
    from skdh.sit2stand.detector import get_stillness

from barhold.recordings.ground_truth import TrueRep
from barhold.recordings.reader import Recording
from bench.found import Found
from bench.peers import rule
from bench.peers.vertical import RATE_HZ, Floats, even

_G = 9.81  # as the package has it
_WINDOW_S, _LONG_STILL_S, _JOIN_S = 0.3, 0.3, 0.6
_EPOCH_S = 1_000_000_000  # it takes times since 1970
_THRESHOLDS = {
    "stand displacement": 0.08,
    "displacement factor": 0.5,
    "transition velocity": 0.1,
    "accel moving avg": 0.4,
    "accel moving std": 0.4,
    "jerk moving avg": 2.5,
    "jerk moving std": 6,
}


def find(taken: Recording) -> Found:
    """Take every sit-to-stand for a rise and the stillness that follows for its hold; it has no falls of its own."""
    t_s, acc_g, _ = even(taken)
    acc_g = np.ascontiguousarray(acc_g)
    method = Sit2Stand(
        stillness_constraint=False,
        thresholds=_THRESHOLDS,
        long_still=_LONG_STILL_S,
        still_window=_WINDOW_S,
        power_band=[0, 0.8],
        day_window=None,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rises = method.predict(time=t_s + _EPOCH_S, accel=acc_g)
    still_s = _still(acc_g)
    measured = zip(rises["STS Start"], rises["STS End"], rises["Vertical Displacement"], strict=True)
    reps = [_rep(float(a) - _EPOCH_S, float(b) - _EPOCH_S, float(rise_m), still_s) for a, b, rise_m in measured]
    return rule.in_sets(reps)


def _still(acc_g: Floats) -> list[tuple[float, float]]:
    """Return from when to when the bar was still, in s."""
    low = butter(4, 5.0, fs=RATE_HZ, output="sos")
    size = sosfiltfilt(low, np.linalg.norm(acc_g, axis=1)) * _G
    _, starts, stops, _, _ = get_stillness(size, 1 / RATE_HZ, _G, _WINDOW_S, _LONG_STILL_S, _THRESHOLDS)
    return [(start / RATE_HZ, stop / RATE_HZ) for start, stop in zip(starts.tolist(), stops.tolist(), strict=True)]


def _rep(start_s: float, top_s: float, rise_m: float, still_s: list[tuple[float, float]]) -> TrueRep:
    down_s = top_s
    for begun_s, ended_s in still_s:
        if ended_s > down_s and begun_s - down_s < _JOIN_S:
            down_s = ended_s
    fall_s = top_s - start_s  # it sees no fall: as long as the rise
    return TrueRep(start_s, top_s, down_s, down_s + fall_s, down_s - top_s, rise_m, False)
