"""A gyroscope that turns the wrong way, or whose axes are not the accelerometer's, is noticed and named."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from barhold import generate
from barhold.connection import Samples
from barhold.doctor import FAIL, NOTE, OK, Finding, motion
from barhold.generate import UNCALIBRATED
from barhold.recordings import axes, reader
from hostkit import DATA, barhold

MADE = generate.session(3, sets=1, reps=4, chip=UNCALIBRATED).samples


SIGNS = (1, 1, 1)
ORDER = (0, 1, 2)
Three = tuple[int, int, int]


def mixed(order: Three = ORDER, signs: Three = SIGNS, samples: bytes = MADE) -> bytes:
    """The samples with the gyroscope's axes in another order and with other signs."""
    packed = reader.unpack(samples).copy()
    packed["axes"][:, 3:] = packed["axes"][:, 3:][:, order] * np.array(signs)
    return packed.tobytes()


def test_a_sound_sensor_is_known_to_be_one() -> None:
    assert axes.judge(MADE) == axes.Axes(known=True)


def test_a_gyroscope_that_turns_the_wrong_way_is_named() -> None:
    assert axes.judge(mixed(signs=(-1, -1, -1))).fault == "the gyroscope turns the wrong way"


@pytest.mark.parametrize("axis", range(3))
def test_a_flipped_axis_is_named_where_the_bar_turns_about_it(axis: int) -> None:
    x, y, z = (-1 if i == axis else 1 for i in range(3))
    fault = axes.judge(about(axis, signs=(x, y, z))).fault
    assert fault in {f"the gyroscope turns the wrong way about {'xyz'[axis]}", "the gyroscope turns the wrong way"}


@pytest.mark.parametrize(("order", "axis"), [((1, 0, 2), 0), ((0, 2, 1), 1), ((2, 1, 0), 2), ((1, 2, 0), 0)])
def test_swapped_axes_are_named_where_the_bar_turns_about_one_of_them(order: Three, axis: int) -> None:
    assert "axes are not the accelerometer's" in axes.judge(about(axis, order=order)).fault


def test_a_bar_that_does_not_turn_tells_nothing() -> None:
    level = np.column_stack([np.arange(0, 10, 0.01), np.tile([0, 0, 1.0, 0.5, -0.2, 0.1], (1000, 1))])
    assert axes.judge(reader.pack(level)) == axes.Axes()
    assert axes.judge(MADE[:160]) == axes.Axes()
    assert axes.judge(b"") == axes.Axes()


def test_a_clock_that_wraps_hides_nothing() -> None:
    packed = reader.unpack(mixed(signs=(-1, -1, -1))).copy()
    packed["t_ms"] = (packed["t_ms"] + (1 << 30) - 9000) & 0x3FFFFFFF
    assert axes.judge(packed.tobytes()).fault


def about(axis: int, order: Three = ORDER, signs: Three = SIGNS) -> bytes:
    """A sensor rocked by 40 degrees about one of its axes, 1 g down along the next."""
    t_s = np.arange(0, 12, 0.01)
    angle = np.radians(40) * np.sin(2 * np.pi * t_s / 4)
    acc, gyro = np.zeros((len(t_s), 3)), np.zeros((len(t_s), 3))
    acc[:, (axis + 1) % 3], acc[:, (axis + 2) % 3] = np.cos(angle), -np.sin(angle)
    gyro[:, axis] = np.degrees(np.gradient(angle, t_s))
    return mixed(order, signs, reader.pack(np.column_stack([t_s, acc, gyro])))


def test_replay_names_the_fault_beside_what_it_found(tmp_path: Path) -> None:
    path = tmp_path / "turned.csv"
    reader.write(path, mixed(signs=(-1, -1, -1)))
    done = barhold("replay", path)
    assert "turned.csv: the gyroscope turns the wrong way; reps may be missed" in done.stderr
    assert "gyroscope" not in barhold("replay", DATA / "six-reps.csv").stderr


async def streamed(samples: bytes) -> AsyncIterator[Samples]:
    for at in range(0, len(samples), 160):
        yield Samples(0, samples[at : at + 160])


@pytest.mark.parametrize(("signs", "status"), [((1, 1, 1), OK), ((-1, -1, -1), FAIL)])
def test_the_doctor_judges_what_the_mount_check_saw(signs: Three, status: str) -> None:
    async def check() -> Finding:
        seen = bytearray()
        await motion.mount(motion.keep(streamed(mixed(signs=signs)), seen), lambda _: None)
        return motion.gyroscope(bytes(seen))

    gyroscope = asyncio.run(check())
    assert gyroscope.status == status
    assert bool(gyroscope.next_step) == (status == FAIL)
    assert motion.gyroscope(b"").status == NOTE
