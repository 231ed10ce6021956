"""Noise and filters over whole signals, by their spectra."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Gain = NDArray[np.complexfloating[Any, Any]]


def band(rng: np.random.Generator, count: int, low_hz: float, high_hz: float, rate_hz: float) -> Floats:
    """Return (count,) noise of rms 1 within low_hz..high_hz, whose edges are as soft as a Gaussian."""
    width = (high_hz - low_hz) / 2
    middle = (high_hz + low_hz) / 2

    def gain(hz: NDArray[np.floating[Any]]) -> Gain:
        return np.asarray(np.exp(-(((hz - middle) / width) ** 4)), dtype=np.complex128)

    wanted = filtered(rng.standard_normal(count), gain, rate_hz)
    return np.asarray(wanted / wanted.std())


def filtered(signal: Floats, gain: Callable[[NDArray[np.floating[Any]]], Gain], rate_hz: float) -> Floats:
    """Return `signal` (n,) or (n, k) filtered along axis 0 by `gain` (of Hz), its ends held so that none wraps."""
    count = len(signal)
    edge = int(2 * rate_hz)
    padded = np.concatenate([np.repeat(signal[:1], edge, 0), signal, np.repeat(signal[-1:], edge, 0)])
    size = 1 << (len(padded) - 1).bit_length()
    tail = np.linspace(padded[-1], padded[0], size - len(padded))
    spectrum = np.fft.rfft(np.concatenate([padded, tail]), axis=0)
    weight = gain(np.fft.rfftfreq(size, 1 / rate_hz))
    shaped = spectrum * weight.reshape(-1, *(1,) * (signal.ndim - 1))
    return np.fft.irfft(shaped, size, axis=0)[edge : edge + count]
