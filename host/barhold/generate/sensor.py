"""What the sensor on the bar reads: flexing bar, unknown mounting, filter, rate, offsets, noise, counts."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barhold.generate import noise
from barhold.generate.motion import FINE_HZ, Body, Path, Script
from barhold.recordings import reader

G_M_S2 = 9.80665
LEVER_M = 0.02  # bar's axis to the chip
FULL_SCALE_G, FULL_SCALE_DPS = 8.0, 500.0
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Chip:
    """An IMU's errors; offsets and scales are standard deviations from part to part."""

    rate_hz: float = 104.0  # the true rate, not the nominal one
    acc_offset_g: float = 0.003
    acc_scale: float = 0.002
    acc_noise_g: float = 0.001  # rms of one sample
    gyro_offset_dps: float = 0.2
    gyro_noise_dps: float = 0.03
    jitter_s: float = 0.0004  # rms of the time stamps
    lost: tuple[float, float] | None = None  # samples missing from s to s


CALIBRATED = Chip()
UNCALIBRATED = Chip(acc_offset_g=0.02, acc_scale=0.008, gyro_offset_dps=1.0)


def record(rng: np.random.Generator, body: Body, script: Script, path: Path, chip: Chip) -> bytes:
    """Return the packed samples that `chip`, at a mounting drawn from `rng`, reads on the way `path`."""
    force_g, turn_dps = _felt(rng, body, script, path)
    mount = _rotation(rng)
    readings = np.hstack([force_g @ mount, turn_dps @ mount])
    count = int((len(readings) - 1) / FINE_HZ * chip.rate_hz)
    t_s = np.arange(count) / chip.rate_hz
    fine_s = np.arange(len(readings)) / FINE_HZ
    seen = _low_passed(readings, chip.rate_hz / 4)
    sampled = np.stack([np.interp(t_s, fine_s, column) for column in seen.T], axis=1)
    sampled = _with_errors(rng, sampled, chip)
    stamps_s = np.maximum.accumulate(t_s + chip.jitter_s * np.clip(rng.standard_normal(count), -3, 3))
    rows = np.column_stack([stamps_s, sampled])
    if chip.lost:
        rows = rows[(t_s < chip.lost[0]) | (t_s > chip.lost[1])]
    rows[:, 0] -= rows[0, 0]
    return reader.pack(rows)


def _felt(rng: np.random.Generator, body: Body, script: Script, path: Path) -> tuple[Floats, Floats]:
    """Return specific force (n, 3) in g and turn rate (n, 3) in dps in the bar's own axes."""
    count = len(path.load)
    shake = body.shake_m_s2 * path.load * noise.band(rng, count, 3.5, 11, FINE_HZ)
    # A knock is a ringing of the bar's speed: the bar is left as it was, not in steady motion.
    speed = path.speed_m_s
    for at, peak, hz, decay_s in script.knocks:
        secs = np.arange(count - at) / FINE_HZ
        turn = 2 * np.pi * hz
        speed[at:] += peak / turn * np.exp(-secs / decay_s) * np.sin(turn * secs)
    up = np.gradient(speed, 1 / FINE_HZ) + shake
    up = _flexed(up, body)
    forward = np.gradient(np.gradient(path.forward_m, 1 / FINE_HZ), 1 / FINE_HZ)
    world = np.stack([np.zeros(count), forward, up + G_M_S2], axis=1)
    wander = body.tilt_rad * path.load
    tilt = wander * noise.band(rng, count, 0.1, 0.6, FINE_HZ)
    yaw = wander * noise.band(rng, count, 0.1, 0.6, FINE_HZ)
    attitude = _attitude(path.roll_rad, tilt, yaw)
    force = np.einsum("nij,ni->nj", attitude, world)
    rate = _turn_rate(attitude)
    # The chip circles the bar's axis: tangential and centripetal parts at the lever.
    force[:, 1] -= LEVER_M * np.gradient(rate[:, 0], 1 / FINE_HZ)
    force[:, 2] -= LEVER_M * rate[:, 0] ** 2
    return force / G_M_S2, np.degrees(rate)


def _flexed(up: Floats, body: Body) -> Floats:
    """Add the bar's first bending mode, driven by the motion of its ends."""

    def gain(hz: NDArray[np.floating[Any]]) -> noise.Gain:
        ratio = hz / body.flex_hz
        spring = 1 + 2j * body.flex_damping * ratio
        return np.asarray(1 + body.flex_share * (spring / (spring - ratio**2) - 1), dtype=np.complex128)

    return np.clip(noise.filtered(up, gain, FINE_HZ), -80, 80)


def _attitude(roll: Floats, tilt: Floats, yaw: Floats) -> Floats:
    """Return the rotations bar -> world (n, 3, 3) of yaw about z, then tilt about y, then roll about x."""
    cr, sr, ct, st, cy, sy = np.cos(roll), np.sin(roll), np.cos(tilt), np.sin(tilt), np.cos(yaw), np.sin(yaw)
    rows = [
        [cy * ct, cy * st * sr - sy * cr, cy * st * cr + sy * sr],
        [sy * ct, sy * st * sr + cy * cr, sy * st * cr - cy * sr],
        [-st, ct * sr, ct * cr],
    ]
    return np.moveaxis(np.array(rows, dtype=np.float64), 2, 0)


def _turn_rate(attitude: Floats) -> Floats:
    """Return the turn rate (n, 3) in rad/s in the bar's own axes."""
    change = np.einsum("nji,njk->nik", attitude, np.gradient(attitude, 1 / FINE_HZ, axis=0))
    return np.stack([change[:, 2, 1], change[:, 0, 2], change[:, 1, 0]], axis=1)


def _rotation(rng: np.random.Generator) -> Floats:
    """Return a rotation drawn evenly from all there are."""
    basis, upper = np.linalg.qr(rng.standard_normal((3, 3)))
    basis = basis * np.sign(np.diag(upper))
    return np.asarray(basis * np.linalg.det(basis))  # right-handed, as a chip's axes are


def _low_passed(readings: Floats, cut_hz: float) -> Floats:
    def gain(hz: NDArray[np.floating[Any]]) -> noise.Gain:
        ratio = hz / cut_hz
        return 1 / (1 + 1.4142j * ratio - ratio**2)

    return noise.filtered(readings, gain, FINE_HZ)


def _with_errors(rng: np.random.Generator, ideal: Floats, chip: Chip) -> Floats:
    """Return readings (n, 6) with the part's offset, scale, noise and limits."""
    normal = rng.standard_normal
    acc = ideal[:, :3] * (1 + chip.acc_scale * normal(3)) + chip.acc_offset_g * normal(3)
    acc += chip.acc_noise_g * normal(acc.shape)
    gyro = ideal[:, 3:] * (1 + 0.01 * normal(3)) + chip.gyro_offset_dps * normal(3)
    gyro += chip.gyro_noise_dps * normal(gyro.shape)
    return np.hstack([np.clip(acc, -FULL_SCALE_G, FULL_SCALE_G), np.clip(gyro, -FULL_SCALE_DPS, FULL_SCALE_DPS)])
