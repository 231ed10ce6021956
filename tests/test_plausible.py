"""What can be no rep at all."""

import pytest

from barcore.drift import Drift
from barcore.measure import RepMeasure
from barcore.plausible import is_rep
from barmotion import no_drift


def measured(
    drift: Drift, rom_mm: int = 300, missing_mm: int = 10, doubt_mm: int = 30, turned: bool = False
) -> RepMeasure:
    rep = RepMeasure([], [], drift)  # type: ignore[arg-type]
    rep.rom_mm, rep.missing_mm, rep.doubt_mm = rom_mm, missing_mm, doubt_mm
    rep.start_tick, rep.top_tick = 40, 80
    drift.up_z[10] = 1024
    drift.up_z[20], drift.up_x[20] = (100, 1019) if turned else (750, 697)
    return rep


def test_a_plain_rep_is_one() -> None:
    drift = no_drift()
    assert is_rep(measured(drift), drift, in_set=False)


@pytest.mark.parametrize("in_set", [False, True])
def test_a_bar_that_rolled_by_more_than_80_degrees_was_moved(in_set: bool) -> None:
    drift = no_drift()
    assert not is_rep(measured(drift, turned=True), drift, in_set)


@pytest.mark.parametrize("unsure", [{"missing_mm": 211}, {"doubt_mm": 376}])
def test_only_a_proved_set_takes_a_rep_that_may_be_drift(unsure: dict[str, int]) -> None:
    drift = no_drift()
    assert not is_rep(measured(drift, **unsure), drift, in_set=False)
    assert is_rep(measured(drift, **unsure), drift, in_set=True)
