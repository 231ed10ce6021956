"""The vertical velocity that the peers without one of their own are given: the best that hindsight allows."""

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt
from vqf import offlineVQF

from barcore.sample import ACC_PER_G, GYRO_PER_DPS
from barhold.recordings import reader
from barhold.recordings.reader import Recording

RATE_HZ = 100.0
G_M_S2 = 9.80665
BAND_HZ = (0.07, 3.0)
Floats = NDArray[np.float64]


def even(taken: Recording, rate_hz: float = RATE_HZ) -> tuple[Floats, Floats, Floats]:
    """Return times (n,) in s from the first row, acceleration (n, 3) in g and turn rate (n, 3) in dps, evenly."""
    packed = reader.unpack(taken.samples)
    t_s = packed["t_ms"] / 1000
    even_s = np.arange(0, t_s[-1], 1 / rate_hz)
    axes = np.stack([np.interp(even_s, t_s, column) for column in packed["axes"].T], axis=1)
    return even_s, axes[:, :3] / ACC_PER_G, axes[:, 3:] / GYRO_PER_DPS


def velocity(taken: Recording) -> Floats:
    """Return the vertical velocity (n,) in m/s at RATE_HZ."""
    _, acc_g, gyro_dps = even(taken)
    acc = np.ascontiguousarray(acc_g * G_M_S2)
    w, x, y, z = offlineVQF(np.ascontiguousarray(np.radians(gyro_dps)), acc, None, 1 / RATE_HZ)["quat6D"].T
    up = np.stack([2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)], axis=1)
    vertical = (acc * up).sum(axis=1)
    raw = np.cumsum(vertical - np.median(vertical)) / RATE_HZ
    return np.asarray(sosfiltfilt(butter(2, BAND_HZ, "band", fs=RATE_HZ, output="sos"), raw))
