"""Peer: change points of the vertical velocity (ruptures)."""

import numpy as np
import ruptures

from barhold.generate.truth import HOLD_SPEED_M_S
from barhold.recordings.reader import Recording
from bench.found import Found
from bench.peers import rule
from bench.peers.vertical import RATE_HZ, velocity

_PENALTY, _LEAST_STEPS = 0.1, 3
_GROUP = 4  # samples averaged into a step, 25 Hz


def find(taken: Recording) -> Found:
    """Take every piece between change points for a rise, a fall or a rest by its mean velocity."""
    speed = velocity(taken)
    whole = len(speed) // _GROUP * _GROUP
    steps = speed[:whole].reshape(-1, _GROUP).mean(axis=1)
    if len(steps) < 2 * _LEAST_STEPS:
        return Found(())
    found = ruptures.KernelCPD(kernel="linear", min_size=_LEAST_STEPS).fit(steps[:, None]).predict(pen=_PENALTY)
    rises, falls = [], []
    for first, last in zip([0, *found], found, strict=False):
        piece = speed[first * _GROUP : last * _GROUP]
        if piece.mean() > HOLD_SPEED_M_S:
            rises.append(first * _GROUP + int(np.argmax(piece)))
        elif piece.mean() < -HOLD_SPEED_M_S:
            falls.append(first * _GROUP + int(np.argmin(piece)))
    return rule.in_sets(rule.reps(speed, rises, falls, RATE_HZ))
