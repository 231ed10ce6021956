"""Rest: what counts as flat, how much, and what widens the limits."""

import math
from array import array
from collections.abc import Callable

import pytest

from barcore import rest
from barcore.smooth import V_RING, Smoother

R4 = Callable[[Smoother, int, int], int]


def near_r4(smoother: Smoother, slope: int, slope_var: int) -> int:
    """`rest.near_r4` of a smoother's features."""
    return rest.near_r4(smoother.near_slope, smoother.near_bend, smoother.shake, slope, slope_var)


LOOKS = [
    pytest.param(near_r4, "near", rest._NEAR_SLOPE, rest._NEAR_BEND, rest._NEAR_SHAKE, 2.5, id="near"),
    pytest.param(rest.far_r4, "far", rest._FAR_SLOPE, rest._FAR_BEND, rest._FAR_SHAKE, 4.5, id="far"),
]


def seen(which: str, slope: int = 0, bend: int = 0, shake: int = 0) -> Smoother:
    """The features of a moment."""
    smoother = Smoother(array("i", [0] * V_RING))
    setattr(smoother, f"{which}_slope", slope)
    setattr(smoother, f"{which}_bend", bend)
    smoother.shake = shake
    return smoother


@pytest.mark.parametrize(("r4", "which", "slope", "bend", "shake", "steps"), LOOKS)
def test_at_one_limit_r_is_one_and_both_add_up(
    r4: R4, which: str, slope: int, bend: int, shake: int, steps: float
) -> None:
    assert r4(seen(which), 0, 0) == 0
    assert r4(seen(which, slope=slope), 0, 0) == r4(seen(which, slope=-slope), 0, 0) == 4
    assert r4(seen(which, bend=bend), 0, 0) == r4(seen(which, bend=-bend), 0, 0) == 4
    assert r4(seen(which, slope=slope, bend=bend), 0, 0) == 8
    assert r4(seen(which, slope=3 * slope), 0, 0) == 36


@pytest.mark.parametrize(("r4", "which", "slope", "bend", "shake", "steps"), LOOKS)
def test_a_slope_that_the_drift_foretells_is_flat(
    r4: R4, which: str, slope: int, bend: int, shake: int, steps: float
) -> None:
    foretold = round(3 * slope / steps * 256)  # 1/256 count per step
    assert r4(seen(which, slope=3 * slope), foretold, 0) == 0
    assert r4(seen(which), foretold, 0) == pytest.approx(36, abs=1)


@pytest.mark.parametrize(("r4", "which", "slope", "bend", "shake", "steps"), LOOKS)
def test_while_the_slope_is_unknown_more_counts_as_flat(
    r4: R4, which: str, slope: int, bend: int, shake: int, steps: float
) -> None:
    doubt = 4 * round((slope / steps) ** 2 * 3)  # 4 x a variance that doubles the limit
    assert r4(seen(which, slope=4 * slope), 0, doubt) == pytest.approx(16, abs=1)
    assert r4(seen(which, bend=bend), 0, doubt) == 4, "it says nothing about the bend"


@pytest.mark.parametrize(("r4", "which", "slope", "bend", "shake", "steps"), LOOKS)
def test_shake_widens_both_limits_up_to_a_tremor(
    r4: R4, which: str, slope: int, bend: int, shake: int, steps: float
) -> None:
    assert r4(seen(which, slope=2 * slope, shake=shake), 0, 0) == pytest.approx(4, abs=1)
    assert r4(seen(which, bend=2 * bend, shake=shake), 0, 0) == pytest.approx(4, abs=1)
    most = r4(seen(which, slope=6 * slope, shake=rest._SHAKE_MOST), 0, 0)
    assert r4(seen(which, slope=6 * slope, shake=20_000), 0, 0) == most > 4


@pytest.mark.parametrize(("r4", "which", "slope", "bend", "shake", "steps"), LOOKS)
@pytest.mark.parametrize("extreme", [16_000, 16_001, 1 << 25, -(1 << 25)])
def test_the_extreme_is_just_not_flat(
    r4: R4, which: str, slope: int, bend: int, shake: int, steps: float, extreme: int
) -> None:
    assert r4(seen(which, slope=extreme), 0, 0) == r4(seen(which, bend=extreme), 0, 0) == 63


def test_the_weight_is_a_bell() -> None:
    for r4 in range(16):
        assert rest.weight(r4) == pytest.approx(4096 * math.exp(-r4 / 4), abs=1)
    for r4 in range(16, 48):  # by shifts: 64 for exp(4) = 54.6, which is up to 27 % low where little is left
        assert 0.68 * 4096 * math.exp(-r4 / 4) - 1 <= rest.weight(r4) <= 4096 * math.exp(-r4 / 4)
    assert [rest.weight(r4) for r4 in range(64)] == sorted((rest.weight(r4) for r4 in range(64)), reverse=True)
    assert rest.weight(63) == 0


def test_flat_is_within_about_the_limits() -> None:
    assert math.sqrt(rest.FLAT_R4 / 4) == pytest.approx(1.2, abs=0.3)
