"""What a sample does to up and to the zero of the gyroscope: the axes are treated alike, and each step has its size."""

import pytest

from barcore import hot
from barcore.motion import Motion
from barcore.state import (
    ACC,
    ACC_OFFSET,
    ACC_SCALE,
    AGE_MS,
    GYRO,
    GYRO_OFFSET,
    MAY_LEARN,
    STILL,
    STILL_MS,
    UP,
    UP_24,
    ZERO,
)

VECTORS = (UP, UP_24, ZERO, ACC, GYRO, STILL, ACC_OFFSET, ACC_SCALE, GYRO_OFFSET)
Vector = tuple[int, ...]


def rolled(values: Vector, by: int) -> Vector:
    """Return three values with their axes renamed: x becomes y, y becomes z, z becomes x, `by` times."""
    return tuple(values[(i - by) % 3] for i in range(3))


def axes(motion: Motion, at: int) -> Vector:
    """Return the three figures that stand at `at` in the state."""
    return tuple(motion.state[at : at + 3])


def put(motion: Motion, at: int, values: Vector) -> None:
    for axis, value in enumerate(values):
        motion.state[at + axis] = value


def state(motion: Motion, by: int = 0) -> list[int]:
    """Return the whole state, with its axes named back."""
    named = motion.state[:]
    for at in VECTORS:
        for axis, value in enumerate(rolled(axes(motion, at), -by)):
            named[at + axis] = value
    return list(named)


@pytest.mark.parametrize("by", [1, 2])
def test_every_sample_treats_the_axes_alike(by: int) -> None:
    samples = [((1250 - n, -870 + 2 * n, 3650 + n), (300 - 7 * n, 90 + n, -200 + 3 * n)) for n in range(60)]
    samples += [((1200, -900, 3700), (40, -70, 25))] * 100  # still: the zero is learnt at once
    samples += [((31_000, -32_768, 900), (32_767, -20_000, 9_000)), ((0, 0, 0), (0, 0, 0))] * 20  # absurd
    calibration = ((30, -50, 80), (4000, 4100, 4200), (5, -6, 7))
    plain, other = Motion(), Motion()
    plain.calibrate(*calibration)
    other.calibrate(*(rolled(vector, by) for vector in calibration))
    plain.start(*samples[0][0], *samples[0][1])
    other.start(*rolled(samples[0][0], by), *rolled(samples[0][1], by))
    for acc, gyro in samples:
        plain.feed(10, *acc, *gyro)
        other.feed(10, *rolled(acc, by), *rolled(gyro, by))
        assert state(other, by) == state(plain)


@pytest.mark.parametrize("by", [0, 1, 2])
@pytest.mark.parametrize("bent", [(40_000, 500, 900), (13_000, 11_000, 9_000), (9_000, 2_000, 7_000)])
def test_a_vector_bent_out_of_shape_is_cut_back_to_length_on_every_axis(by: int, bent: Vector) -> None:
    motion = Motion()
    put(motion, UP_24, tuple(part << 10 for part in rolled(bent, by)))
    motion.gravity.straighten()
    length = sum(part * part for part in bent) ** 0.5
    assert rolled(axes(motion, UP), -by) == pytest.approx([(1 << 14) * part / length for part in bent], abs=64)


@pytest.mark.parametrize(("up", "pulled", "learnt"), [(1, 2, 0), (2, 0, 1), (0, 1, 2)])
def test_a_pull_has_its_size_and_the_zero_takes_its_share_of_it(up: int, pulled: int, learnt: int) -> None:
    motion = Motion()
    reading = [0, 0, 0]
    reading[up] = 4096
    motion.start(*reading, 0, 0, 0)
    motion.state[AGE_MS] = 6000  # no longer in the haste of the first seconds
    reading[pulled] = 40
    motion.feed(10, *reading, 0, 0, 0)
    assert axes(motion, UP_24)[pulled] == pytest.approx(40 / 4096 * (1 << 24) * 0.010 * 10 / 64, rel=0.03)
    expected = [0, 0, 0]
    expected[learnt] = 40 * 370 >> 6  # 2 % of the tilt, a second squared
    assert axes(motion, ZERO) == tuple(expected)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("may_learn", [1, 0])
def test_a_still_bar_moves_each_zero_by_a_256th(axis: int, may_learn: int) -> None:
    motion = Motion()
    rates = [0, 0, 0]
    rates[axis] = 512
    put(motion, GYRO, tuple(rates))
    put(motion, STILL, tuple(rates))
    put(motion, ACC, axes(motion, UP))
    motion.state[ACC + 2], motion.state[STILL_MS], motion.state[MAY_LEARN] = 4096, 1000, may_learn
    hot.integrate(motion.state, 10)
    assert axes(motion, ZERO) == tuple((rate << 8) * may_learn for rate in rates)


def fed(up: int, reading: Vector, rates: Vector = (0, 0, 0), **before: Vector) -> Motion:
    """Return a motion that starts upright along `up` and takes one sample; `before` puts vectors into its state."""
    motion = Motion()
    motion.start(*(4096 if axis == up else 0 for axis in range(3)), 0, 0, 0)
    for name, values in before.items():
        put(motion, {"zero": ZERO, "gyro": GYRO}[name], values)
    motion.feed(10, *reading, *rates)
    return motion


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("sign", [1, -1])
def test_each_axis_has_its_bounds(axis: int, sign: int) -> None:
    def along(value: int) -> Vector:
        return tuple(sign * value if at == axis else 0 for at in range(3))

    up, third = (axis + 1) % 3, (axis + 2) % 3
    one_g = tuple(4096 if at == up else 0 for at in range(3))
    tilted, more = (fed(up, tuple(map(sum, zip(one_g, along(g), strict=True)))) for g in (409, 3000))
    assert state(more)[UP_24 : UP_24 + 3] == state(tilted)[UP_24 : UP_24 + 3]  # what is more is motion, not tilt

    fastest = fed(up, (0, 0, 0), along(32_767), gyro=along(32_767))
    faster = fed(up, (0, 0, 0), along(32_767), gyro=along(32_767), zero=along(-2048 << 16))
    assert axes(faster, UP_24)[third] == pytest.approx(axes(fastest, UP_24)[third], rel=0.001)

    most = 2048 << 16  # pulled about this axis from the one that is up to the third
    pull = tuple(sign * 409 if at == third else 4096 if at == up else 0 for at in range(3))
    assert axes(fed(up, pull, zero=along(most)), ZERO)[axis] == sign * most
