"""What can be no rep at all."""

import pytest

from barcore.drift import Drift
from barcore.measure import RepMeasure
from barcore.plausible import is_sure, rolled_over
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
