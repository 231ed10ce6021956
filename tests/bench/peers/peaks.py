"""Peer: peaks of the vertical velocity (scipy.signal.find_peaks)."""

from scipy.signal import find_peaks

from barhold.recordings.reader import Recording
from bench.found import Found
from bench.peers import rule
from bench.peers.vertical import RATE_HZ, velocity

_HEIGHT_M_S, _PROMINENCE_M_S, _DISTANCE_S = 0.08, 0.12, 0.4


def find(taken: Recording) -> Found:
    """Take every peak up for a rise and every peak down for a fall."""
    speed = velocity(taken)
    limits = {"height": _HEIGHT_M_S, "prominence": _PROMINENCE_M_S, "distance": _DISTANCE_S * RATE_HZ}
    rises, falls = (find_peaks(side, **limits)[0].tolist() for side in (speed, -speed))
    return rule.in_sets(rule.reps(speed, rises, falls, RATE_HZ))
