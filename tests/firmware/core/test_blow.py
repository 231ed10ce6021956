"""A blow just before a set: the integral reads a false velocity, and the first rep still counts."""

import math
from array import array

import pytest

from barcore import protocol
from barcore.detector import Detector
from barcore.event import EVENT_INTS
from barcore.settings import Settings
from barmotion import TICK_S, rep, still

REST_S = 5.0
SWAY_HZ = 1.3


def heights_mm(before_s: float, blow_g: float, rise_s: float) -> list[int]:
    """Return the ranges of the reps that stay counted, of four by a lifter who sways, `before_s` after a blow.

    The blow is one sample that reads blow_g too little: at 20 ms a sample, 0.2 m/s for each g.
    """
    reps = rep(0.3, rise_s, 1.0, 1.4) + still(0.4) + 3 * (rep(0.3, rise_s, 2.0, 1.4) + still(0.5))
    swaying = [v + 0.08 * math.cos(2 * math.pi * SWAY_HZ * i * TICK_S) for i, v in enumerate(reps)]
    motion = still(REST_S + before_s) + swaying + still(2.0)
    detector = Detector(Settings())
    before = 0.0
    for i, v in enumerate(motion):
        up_g = 1 + (v - before) / TICK_S / 9.80665 - (blow_g if i == round(REST_S / TICK_S) else 0)
        before = v
        detector.feed(20 * (i + 1), 0, 0, round(4096 * up_g), 0, 0, 0)
    detector.finish()
    return counted(detector)


def counted(detector: Detector) -> list[int]:
    event, found = array("i", [0] * EVENT_INTS), {}
    while detector.events.pop_into(event):
        if event[0] == protocol.REP:
            found[event[4]] = event[9]
        elif event[0] == protocol.CORRECTION and event[5] == protocol.DROP_REP:
            del found[event[4]]
    return list(found.values())


@pytest.mark.parametrize(("blow_g", "rise_s"), [(18000 / 4096, 1.2), (12000 / 4096, 1.6)])
def test_the_first_rep_after_a_blow_is_counted(blow_g: float, rise_s: float) -> None:
    assert len(heights_mm(0.5, blow_g, rise_s)) == 4


def test_without_the_blow_it_is_measured_right() -> None:
    found = heights_mm(0.5, 0.0, 1.2)
    assert len(found) == 4
    assert all(250 < mm < 350 for mm in found), found
