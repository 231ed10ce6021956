"""A bus or a FIFO that talks nonsense: no garbage, no exception but OSError and and back to work."""

import contextlib
import random
from pathlib import Path
from typing import Any

import imu_scenes
import pytest

from barsensor.drivers.fault import ImuError
from driverkit import CHIPS, bench_fixture, blob_file  # noqa: F401

ROUNDING = 2


def assert_true(bench: Any) -> None:
    """Each row is a sample that was taken, in order, at most 100 ms from when it was."""
    at = 0
    taken = bench.fake.taken
    for t_ms, *axes in (row for row in bench.rows if len(row) == 7):
        while max(abs(x - y) for x, y in zip(axes, taken[at][1], strict=True)) > ROUNDING:
            at += 1
            assert at < len(taken), (t_ms, axes)
        assert abs(t_ms - taken[at][0] / 1000) < 100
        at += 1
    ticks = [row[0] for row in bench.rows if len(row) == 7]
    assert ticks == sorted(ticks)


@pytest.mark.parametrize("value", [0x00, 0xFF])
@pytest.mark.parametrize("chip", CHIPS)
def test_a_bus_that_reads_only_one_value(tmp_path: Path, chip: str, value: int) -> None:
    b = imu_scenes.dead_bus(chip, blob_file(tmp_path), value)
    assert_true(b)
    assert b.driver.bad_words > 0 or value == 0


@pytest.mark.parametrize("value", [0x00, 0xFF])
@pytest.mark.parametrize("after", [0, 1, 12, 13, 14, 20, 27, 28, 40])
@pytest.mark.parametrize("chip", CHIPS)
def test_a_bus_that_dies_within_a_burst(bench: Any, chip: str, after: int, value: int) -> None:
    b = bench(chip, motion=imu_scenes.motion).start().run(5)
    b.world.wait_ms(60)
    read = b.fake.read

    def dying(reg: int, buf: bytearray) -> None:
        read(reg, buf)
        if b.fake.is_fifo(reg):
            buf[after:] = bytes([value]) * len(buf[after:])

    b.fake.read = dying
    good, bad = len(b.rows), b.driver.bad_words
    b.poll()
    whole = {"lsm6dsox": after // 14, "bmi270": after // 13, "mpu6886": after // 14}.get(chip, after // 12)
    assert len(b.rows) - good <= whole + 1
    assert b.driver.bad_words > bad
    b.fake.read = read
    del b.rows[good:]
    b.run(10)
    assert_true(b)


@pytest.mark.parametrize("after", [0, 1, 7, 9, 14, 25])
@pytest.mark.parametrize("chip", CHIPS)
def test_an_error_within_a_burst_passes_through_and_the_next_read_works(tmp_path: Path, chip: str, after: int) -> None:
    b = imu_scenes.broken_burst(chip, blob_file(tmp_path), after)
    assert b.rows[-1] == (1,), "the error came through"
    assert_true(b)
    assert b.driver.bad_words == 1
    last_ms = max(row[0] for row in b.rows if len(row) == 7)
    assert last_ms > b.world.now_ms - 60


@pytest.mark.parametrize("chip", CHIPS)
def test_a_chip_that_lost_its_power_for_a_moment_is_set_up_again(bench: Any, chip: str) -> None:
    b = bench(chip, motion=imu_scenes.motion).start().run(5)
    b.fake.reset()
    b.run(40)
    assert b.driver.bad_words == 1
    assert b.rows[-1][0] > b.world.now_ms - 60
    assert_true(b)


@pytest.mark.parametrize("chip", CHIPS)
def test_a_chip_that_is_gone_is_told_of_twice_a_second(bench: Any, chip: str) -> None:
    b = bench(chip).start().run(5)
    b.fake.dead = 0x00
    told = []
    for _ in range(100):
        b.world.wait_ms(20)
        try:
            assert b.poll() == []
        except ImuError as e:
            told.append(str(e))
    assert 3 <= len(told) <= 4
    assert all("id 0x00" in text for text in told)
    b.fake.dead = None
    b.run(30)
    assert b.rows[-1][0] > b.world.now_ms - 60


@pytest.mark.parametrize("chip", CHIPS)
def test_noise_on_the_bus_raises_nothing_else_and_ends(bench: Any, chip: str) -> None:
    rng = random.Random(7)
    b = bench(chip, motion=imu_scenes.motion).start()
    read = b.fake.read

    def noisy(reg: int, buf: bytearray) -> None:
        read(reg, buf)
        for i in range(len(buf)):
            if rng.random() < 0.2:
                buf[i] = rng.choice((0, 0xFF, rng.randrange(256)))

    b.fake.read = noisy
    ticks = []
    for _ in range(1500):
        b.world.wait_ms(rng.randrange(5, 60))
        with contextlib.suppress(ImuError):
            ticks += [row[0] for row in b.poll()]
    assert ticks == sorted(ticks)
    assert b.driver.bad_words > 10
    b.fake.read = read
    b.rows.clear()
    b.run(40)
    assert_true(b)
    assert b.rows[-1][0] > b.world.now_ms - 60


def test_words_of_the_tagged_fifo_are_paired_and_lone_ones_dropped(bench: Any) -> None:
    b = bench("lsm6dsox", motion=imu_scenes.motion).start().run(5)
    for lost in (0, 3, 8):  # a gyroscope's word, an accelerometer's, a gyroscope's
        b.world.wait_ms(100)
        del b.fake.fifo[lost]
        before = b.driver.bad_words
        b.drain()
        b.run(3)
        assert b.driver.bad_words == before + 1
    assert_true(b)
    assert len(b.fake.taken) - 9 <= len(b.rows) <= len(b.fake.taken) - 3


def test_accelerometer_before_gyroscope_is_a_pair_too(bench: Any) -> None:
    b = bench("lsm6dsox", motion=imu_scenes.motion).start()
    b.world.wait_ms(100)
    fifo = b.fake.fifo
    for i in range(0, len(fifo), 2):
        fifo[i], fifo[i + 1] = fifo[i + 1], fifo[i]
    b.drain()
    assert_true(b)
    assert len(b.rows) == len(b.fake.taken)
    assert b.driver.bad_words == 0


def test_a_tag_that_was_never_asked_for_starts_the_fifo_anew(bench: Any) -> None:
    b = bench("lsm6dsox", motion=imu_scenes.motion).start()
    b.world.wait_ms(100)
    b.fake.fifo[4] = bytes((0x0F << 3,)) + b.fake.fifo[4][1:]
    assert b.poll() == []
    assert (b.driver.bad_words, b.fake.fifo) == (1, [])
    b.run(5)
    assert_true(b)


def test_a_shifted_pattern_of_the_plain_fifo_starts_it_anew(bench: Any) -> None:
    b = bench("lsm6ds3trc", motion=imu_scenes.motion).start()
    b.world.wait_ms(100)
    b.fake.read(0x3E, bytearray(4))
    assert b.poll() == []
    assert b.driver.bad_words == 1
    b.run(5)
    assert_true(b)


def test_an_odd_length_of_the_mpu_starts_its_fifo_anew(bench: Any) -> None:
    b = bench("mpu6886", motion=imu_scenes.motion).start()
    b.world.wait_ms(100)
    b.fake.read(0x74, bytearray(3))
    assert b.poll() == []
    assert b.driver.bad_words == 1
    b.run(5)
    assert_true(b)


def test_control_frames_and_lone_frames_of_the_bmi270(bench: Any) -> None:
    b = bench("bmi270", motion=imu_scenes.motion).start()
    b.world.wait_ms(100)
    b.fake.frames.insert(0, b"\x48" + bytes(4))
    b.fake.frames.insert(3, b"\x44" + bytes(3))
    b.fake.frames.insert(5, b"\x84" + bytes(6))
    b.fake.frames.insert(6, b"\x88" + bytes(6))
    b.drain()
    b.drain()
    b.run(5)
    assert_true(b)
    assert len(b.rows) == len(b.fake.taken)
    assert b.driver.bad_words == 2
    b.world.wait_ms(100)
    b.fake.frames.insert(2, b"\x13" + bytes(12))
    assert b.poll() == []
    assert b.driver.bad_words == 3


def test_a_frame_of_the_bmi270_that_the_burst_cuts_comes_whole_in_the_next(bench: Any) -> None:
    b = bench("bmi270", motion=imu_scenes.motion).start()
    b.world.wait_ms(200)
    b.fake.frames.insert(1, b"\x48" + bytes(4))
    while b.poll(limit=3):
        pass
    assert_true(b)
    assert len(b.rows) == len(b.fake.taken)
    assert b.driver.bad_words == 0


def test_an_mpu_that_is_slow_to_answer_after_its_reset_starts_all_the_same(bench: Any) -> None:
    b = bench("mpu6886")
    b.fake.deaf_ms = 60
    b.start().run(5)
    assert len(b.rows) > 3
    assert (b.driver.overruns, b.driver.bad_words) == (0, 0)
