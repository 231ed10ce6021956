"""What can be no rep at all."""

import pytest

from barcore import protocol
from barcore.drift import Drift
from barcore.measure import RepMeasure
from barcore.plausible import comes_back, flags_of, is_sure, more_mm, rolled_over
from barmotion import no_drift


def measured(
    drift: Drift, rom_mm: int = 300, missing_mm: int = 10, doubt_mm: int = 30, turned: bool = False
) -> RepMeasure:
    rep = RepMeasure([], [], drift)  # type: ignore[arg-type]
    rep.rom_mm, rep.missing_mm, rep.doubt_mm = rom_mm, missing_mm, doubt_mm
    rep.start_tick, rep.top_tick = 40, 80
    drift.up_z[10] = 1024
    drift.up_z[20], drift.up_x[20] = (-400, 943) if turned else (-300, 979)
    return rep


def test_a_plain_rep_is_one() -> None:
    drift = no_drift()
    assert is_sure(measured(drift))
    assert not rolled_over(measured(drift), drift)


def test_a_bar_that_rolled_by_more_than_110_degrees_was_moved() -> None:
    drift = no_drift()
    assert rolled_over(measured(drift, turned=True), drift)


@pytest.mark.parametrize(
    ("edge", "beyond"), [({"missing_mm": 210}, {"missing_mm": 211}), ({"doubt_mm": 375}, {"doubt_mm": 376})]
)
def test_a_rep_that_may_be_drift_is_not_sure(edge: dict[str, int], beyond: dict[str, int]) -> None:
    assert is_sure(measured(no_drift(), **edge))
    assert not is_sure(measured(no_drift(), **beyond))


def test_who_ends_near_the_bottom_has_come_back_whatever_the_drift() -> None:
    assert comes_back(measured(no_drift(), missing_mm=105, doubt_mm=900))
    assert not comes_back(measured(no_drift(), missing_mm=106))


def test_a_first_rep_that_never_came_back_has_risen_by_nothing() -> None:
    drift = no_drift()
    assert more_mm(measured(drift, missing_mm=166, doubt_mm=80), 0) == -300
    assert more_mm(measured(drift, missing_mm=165, doubt_mm=80), 0) == 20, "55 % of the rise"
    assert more_mm(measured(drift, missing_mm=166, doubt_mm=83), 0) == 20, "drift may explain it"
    assert more_mm(measured(drift, missing_mm=166, doubt_mm=80), 1) == 20, "the second is part of a set"


def test_the_flags_tell_what_happened_to_the_rep() -> None:
    rep = measured(no_drift())
    rep.hold_err_ms, rep.disturbed = 300, False
    assert flags_of(rep, True, False, False) == 0
    assert flags_of(rep, False, False, False) == protocol.UNCALIBRATED
    assert flags_of(rep, True, True, True) == protocol.CLIPPED | protocol.GAPPED
    rep.hold_err_ms, rep.disturbed = 301, True
    assert flags_of(rep, True, False, False) == protocol.DISTURBED | protocol.LOW_CONFIDENCE
    unsure = measured(no_drift(), missing_mm=250)
    unsure.hold_err_ms, unsure.disturbed = 20, False
    assert flags_of(unsure, True, False, False) == protocol.LOW_CONFIDENCE
