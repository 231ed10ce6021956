"""Gravity's arithmetic, axis by axis: no axis is treated unlike the others, and each correction has its size."""

import pytest

from barcore.gravity import Gravity

AXES = "xyz"
UNIT = 1 << 24


def rolled(values: tuple[int, ...], by: int) -> tuple[int, ...]:
    """Return three values with their axes renamed: x becomes y, y becomes z, z becomes x, `by` times."""
    return tuple(values[(i - by) % 3] for i in range(3))


def state(up: Gravity, by: int = 0) -> list[tuple[int, ...]]:
    """Return the short vector, the long one and the gyroscope's zero, with their axes named back."""
    kinds = ("{}", "_{}24", "_zero_{}")
    return [rolled(tuple(getattr(up, kind.format(axis)) for axis in AXES), -by) for kind in kinds]


def started(by: int = 0) -> Gravity:
    up = Gravity()
    up.start(*rolled((1200, -900, 3700), by), *rolled((40, -70, 25), by))
    return up


@pytest.mark.parametrize("by", [1, 2])
def test_the_first_reading_and_each_correction_treat_the_axes_alike(by: int) -> None:
    plain, other = started(), started(by)
    assert state(other, by) == state(plain)
    for n in range(40):
        rates, reading = (300 - 7 * n, 90 + n, -200 + 3 * n), (1250 - n, -870 + 2 * n, 3650 + n)
        plain.turn(10, *rates)
        other.turn(10, *rolled(rates, by))
        plain.pull(10, *reading, 4050, 30)
        other.pull(10, *rolled(reading, by), 4050, 30)
        plain.learn_zero(*rates)
        other.learn_zero(*rolled(rates, by))
        assert state(other, by) == state(plain)


@pytest.mark.parametrize("by", [0, 1, 2])
@pytest.mark.parametrize("bent", [(40_000, 500, 900), (13_000, 11_000, 9_000), (9_000, 2_000, 7_000)])
def test_a_vector_bent_out_of_shape_is_cut_back_to_length_on_every_axis(by: int, bent: tuple[int, int, int]) -> None:
    up = Gravity()
    up._x24, up._y24, up._z24 = (part << 10 for part in rolled(bent, by))
    up._publish()
    length = sum(part * part for part in bent) ** 0.5
    assert rolled((up.x, up.y, up.z), -by) == pytest.approx([(1 << 14) * part / length for part in bent], abs=64)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_each_axis_of_a_pull_and_of_the_zero_has_its_size(axis: int) -> None:
    """A second of pulling by 64/64 a second goes the whole way of a small tilt; the zero takes its share of it."""
    up = Gravity()
    up.x = up.y = up.z = up._x24 = up._y24 = up._z24 = 0
    reading = [0, 0, 0]
    reading[axis] = 40
    up.pull(10, *reading, 4096, 64)
    assert (up._x24, up._y24, up._z24)[axis] == pytest.approx(40 / 4096 * UNIT * 0.01, rel=0.03)


@pytest.mark.parametrize(("up_axis", "pulled", "learnt"), [(1, 2, 0), (2, 0, 1), (0, 1, 2)])
def test_the_zero_is_learnt_about_the_axis_that_the_pull_turns(up_axis: int, pulled: int, learnt: int) -> None:
    up = Gravity()
    up.start(*(4096 if axis == up_axis else 0 for axis in range(3)), 0, 0, 0)
    up.pull(10, *(4096 if axis == up_axis else 40 if axis == pulled else 0 for axis in range(3)), 4096, 10)
    expected = [0, 0, 0]
    expected[learnt] = 40 * 370 >> 6  # 2 % of the tilt, a second squared
    assert [up._zero_x, up._zero_y, up._zero_z] == expected


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_still_bar_moves_each_zero_by_a_256th(axis: int) -> None:
    up = Gravity()
    rates = [0, 0, 0]
    rates[axis] = 512
    up.learn_zero(*rates)
    assert [up._zero_x, up._zero_y, up._zero_z] == [rate << 8 for rate in rates]
