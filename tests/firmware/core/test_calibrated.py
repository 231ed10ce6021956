"""A distorted sensor that was calibrated counts and times as an undistorted one; without it each rep is marked."""

import importlib
import random
import struct
from array import array
from dataclasses import replace

import pytest

from barcore import event, protocol
from barcore.calibrate import OFFSET_MOST, SCALE_MOST
from barcore.detector import Detector
from barcore.sample import SAMPLE_FORMAT
from barcore.settings import Settings
from barcore.still import GYRO_ZERO_MOST
from barhold import generate
from poses import Part, calibrated
from smallints import watched_barcore

FLAWLESS = replace(generate.CALIBRATED, acc_offset_g=0.0, acc_scale=0.0, gyro_offset_dps=0.0)
Reps = list[tuple[int, ...]]


def reps_of(rows: list[tuple[int, ...]], settings: Settings) -> Reps:
    """Return each rep's flags, start, rise, hold, fall (ms) and range (mm)."""
    detector, ev, found = Detector(settings), array("i", [0] * event.EVENT_INTS), []
    for row in [*rows, None]:
        if row is None:
            detector.finish()
        else:
            detector.feed(*row)
        while detector.events.pop_into(ev):
            if ev[event.TYPE] == protocol.REP:
                found.append((ev[event.FLAGS], ev[event.T_MS], ev[5], ev[6], ev[7], ev[9]))
    return found


def distorted(row: tuple[int, ...], part: Part) -> tuple[int, ...]:
    acc = [round(x * k + 4096 * off) for x, k, off in zip(row[1:4], part.scale, part.offset_g, strict=True)]
    gyro = [round(x + 32 * zero) for x, zero in zip(row[4:], part.zero_dps, strict=True)]
    return (row[0], *[max(-32768, min(32767, x)) for x in acc + gyro])


def settings_of(part: Part) -> Settings:
    found = calibrated(part)
    return Settings(2000, found.acc_offset, found.acc_scale, found.gyro_offset, calibrated=True)


@pytest.mark.parametrize("seed", range(6))
def test_calibrated_from_distorted_poses_it_gives_the_undistorted_reps(seed: int) -> None:
    made = generate.session(seed, sets=1, reps=5, chip=FLAWLESS)
    rows = list(struct.iter_unpack(SAMPLE_FORMAT, made.samples))
    part = Part(random.Random(seed))
    worse = [distorted(row, part) for row in rows]
    right = reps_of(rows, Settings(calibrated=True))
    found = reps_of(worse, settings_of(part))
    assert len(right) == len(found) == 5
    for true, rep in zip(right, found, strict=True):
        assert rep[0] == true[0]
        assert not rep[0] & protocol.UNCALIBRATED
        assert all(abs(a - b) <= 12 for a, b in zip(rep, true, strict=True)), (
            rep,
            true,
        )  # ms, mm; seen: at most 11, at one end of six sets


def test_without_it_such_a_sensor_misses_reps_or_times_them_wrongly() -> None:
    wrong = 0
    for seed in range(6):
        made = generate.session(seed, sets=1, reps=5, chip=FLAWLESS)
        rows = list(struct.iter_unpack(SAMPLE_FORMAT, made.samples))
        right = reps_of(rows, Settings(calibrated=True))
        found = reps_of([distorted(row, Part(random.Random(seed))) for row in rows], Settings())
        wrong += len(found) != 5 or any(abs(a[3] - b[3]) > 100 for a, b in zip(found, right, strict=True))
    assert wrong >= 3, "seen: 3 of 6, else the proof above proves little"


@pytest.mark.parametrize("seed", range(2))
def test_uncalibrated_every_rep_says_so(seed: int) -> None:
    made = generate.session(seed, sets=1, reps=5, chip=FLAWLESS)
    rows = [distorted(row, Part(random.Random(seed))) for row in struct.iter_unpack(SAMPLE_FORMAT, made.samples)]
    found = reps_of(rows, Settings())
    assert len(found) >= 2
    assert all(rep[0] & protocol.UNCALIBRATED for rep in found)


@pytest.mark.parametrize("sign", [1, -1])
def test_the_largest_calibration_leaves_31_bits_nowhere(sign: int) -> None:
    rng = random.Random(sign)
    offset, scale, zero = (sign * OFFSET_MOST,) * 3, (SCALE_MOST,) * 3, (sign * GYRO_ZERO_MOST,) * 3
    with watched_barcore() as overflows:
        settings = importlib.import_module("barcore.settings").Settings(2000, offset, scale, zero, calibrated=True)
        detector = importlib.import_module("barcore.detector").Detector(settings)
        overflows.clear()
        for i in range(2000):
            detector.feed(10 * i, *[rng.choice((-32768, 32767, 0)) for _ in range(6)])
    assert overflows == {}
