"""Recordings: a CSV of IMU rows in, packed samples of `barcore.sample` out, and back."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from barcore import sample, ticks
from barhold import files
from barhold.errors import InputError
from barhold.recordings import diagnose

COLUMNS = diagnose.COLUMNS
MAX_RATE_HZ = 416.0
MAX_FILE_BYTES = 256 << 20
_BURST_STEP = 0.3  # of the mean step: shorter ones were stamped on arrival; jitter of a clock stays far from it
_BURST_SHARE = 0.15  # of the steps; packets of two rows have a half
_SPREAD_ROWS = 25  # half a second at 50 Hz, several packets
_LONG_GAP_S = 0.5
_PACKED = np.dtype([("t_ms", "<u4"), ("axes", "<i2", 6)])
_COUNTS_PER_UNIT = np.array([sample.ACC_PER_G] * 3 + [sample.GYRO_PER_DPS] * 3, dtype=float)
Rows = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Recording:
    """What an IMU read: `samples` are packed, their t_ms count from the first row, which was at `start_s`."""

    name: str
    start_s: float
    rate_hz: float  # without the gaps
    samples: bytes

    @property
    def duration_s(self) -> float:
        """Seconds from the first sample to the last."""
        return float(unpack(self.samples)["t_ms"][-1]) / 1000


def read(path: Path) -> Recording:
    """Read a recording; InputError names file, line, reason and next step."""
    return parse(path, _text(path))


def parse(path: Path, text: str) -> Recording:
    """Return the recording in a CSV's text, which `path` names where something is wrong with it."""
    try:
        rows = _fast_rows(text)
    except ValueError:
        raise diagnose.find(path, text) from None
    if not _is_sound(rows):
        raise diagnose.find(path, text)
    if rows[-1, 0] - rows[0, 0] >= ticks.PERIOD_MS / 1000:
        raise InputError(f"{path}, line {len(rows) + 1}: t_s spans over 12 days; cut the recording into its sessions")
    rows = _slow_down(_spread_bursts(rows))
    return Recording(path.name, float(np.rint(rows[0, 0] * 1000)) / 1000, _rate_hz(rows), pack(rows))


def pack(rows: Rows) -> bytes:
    """Pack rows (n, 7) of s, g and dps as samples; t_ms from the first row, values clamped to i16."""
    packed = np.empty(len(rows), _PACKED)
    t_ms = np.rint(rows[:, 0] * 1000)
    packed["t_ms"] = t_ms - t_ms[0]
    counts = np.rint(np.clip(rows[:, 1:], -1e6, 1e6) * _COUNTS_PER_UNIT)
    packed["axes"] = np.clip(counts, sample.I16_MIN, sample.I16_MAX)
    return packed.tobytes()


def unpack(samples: bytes) -> NDArray[np.void]:
    """Return the packed samples as a structured array (n,) of t_ms (u4) and axes (i2, 6)."""
    return np.frombuffer(samples, _PACKED)


def resample(taken: Recording, rate_hz: float) -> Recording:
    """Return the recording as a sensor of a lower rate would read it: the mean of what falls into each of its steps."""
    if not 1 / diagnose.MAX_STEP_S <= rate_hz <= taken.rate_hz * 1.02:
        limits = f"{1 / diagnose.MAX_STEP_S:.0f} and the {taken.rate_hz:.0f} Hz that were recorded"
        raise InputError(f"{taken.name}: {rate_hz:g} Hz must lie within {limits}")
    packed = unpack(taken.samples)
    step = np.floor(packed["t_ms"] * (rate_hz / 1000)).astype(np.int64)
    begins = np.flatnonzero(np.diff(step, prepend=-1))
    counts = np.diff(np.append(begins, len(step)))
    columns = np.column_stack([packed["t_ms"] / 1000, packed["axes"] / _COUNTS_PER_UNIT])
    rows: Rows = np.add.reduceat(columns, begins, axis=0) / counts[:, None]
    return Recording(taken.name, taken.start_s + float(rows[0, 0]), _rate_hz(rows), pack(rows))


def to_csv(samples: bytes) -> str:
    """Return packed samples as the text of a recording; `read` gives the same samples back."""
    packed = unpack(samples)
    units = packed["axes"] / _COUNTS_PER_UNIT
    lines = [",".join(COLUMNS)]
    for t_ms, row in zip(packed["t_ms"].tolist(), units.tolist(), strict=True):
        acc, gyro = row[:3], row[3:]
        cells = [f"{t_ms / 1000:.3f}", *(f"{g:.4f}" for g in acc), *(f"{dps:.2f}" for dps in gyro)]
        lines.append(",".join(cells))
    return "\n".join(lines) + "\n"


def write(path: Path, samples: bytes) -> None:
    """Write packed samples as a recording CSV."""
    path.write_text(to_csv(samples), encoding="utf-8", newline="\n")


def _text(path: Path) -> str:
    data = files.read(path, MAX_FILE_BYTES, "name a recording CSV of one session")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(f"{path}, line {line}: not UTF-8 text; name a recording CSV") from None


def _fast_rows(text: str) -> Rows:
    """Return the rows (n, 7) in the order of COLUMNS; ValueError without saying which line is at fault."""
    lines = text.splitlines()
    if max(map(len, lines), default=0) > diagnose.MAX_LINE_CHARACTERS:
        raise ValueError("a line too long for a row")
    header = diagnose.cells(lines[0]) if lines else []
    use = [header.index(name) for name in COLUMNS]
    if not any(lines[1:]):
        raise ValueError("no rows")
    rows: Rows = np.loadtxt(lines, delimiter=",", skiprows=1, usecols=use, comments=None, quotechar='"', ndmin=2)
    return rows


def _rate_hz(rows: Rows) -> float:
    """Return the mean rate of the steps that are no gaps: a median would see only the rounding of the times."""
    step_s = np.diff(rows[:, 0])
    return 1 / float(step_s[step_s <= 1.5 * np.median(step_s)].mean())


def _is_sound(rows: Rows) -> bool:
    if len(rows) < 2 or not np.isfinite(rows).all():
        return False
    step_s = np.diff(rows[:, 0])
    return bool(step_s.min() >= 0 and 0 < np.median(step_s) <= diagnose.MAX_STEP_S)


def _spread_bursts(rows: Rows) -> Rows:
    """Return rows that were stamped on arrival, several at once, at the even times at which they were measured.

    A sensor samples evenly; a phone or a radio delivers in packets. Each time becomes the mean of its
    neighbours' times, within stretches free of long gaps. Recordings without bursts stay as they are.
    """
    step_s = np.diff(rows[:, 0])
    usual_s = step_s[step_s <= _LONG_GAP_S]
    if not len(usual_s) or np.mean(usual_s < _BURST_STEP * usual_s.mean()) < _BURST_SHARE:
        return rows
    spread = rows.copy()
    for stretch in np.split(np.arange(len(rows)), np.flatnonzero(step_s > _LONG_GAP_S) + 1):
        if len(stretch) > _SPREAD_ROWS:
            spread[stretch, 0] = _running_mean(_running_mean(rows[stretch, 0]))
    spread[:, 0] = np.maximum.accumulate(spread[:, 0])
    return spread


def _running_mean(times_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean (n,) of _SPREAD_ROWS times around each; beyond both ends they go on evenly."""
    half = _SPREAD_ROWS // 2
    even_s = (times_s[-1] - times_s[0]) / (len(times_s) - 1)
    outside_s = even_s * np.arange(1, half + 1)
    padded = np.concatenate([times_s[0] - outside_s[::-1], times_s, times_s[-1] + outside_s])
    return np.convolve(padded, np.full(_SPREAD_ROWS, 1 / _SPREAD_ROWS), "valid")


def _slow_down(rows: Rows) -> Rows:
    """Average whole groups of rows where the rate is above what a sensor delivers, 416 Hz."""
    group = int(np.ceil(_rate_hz(rows) / MAX_RATE_HZ - 0.02))
    if not 1 < group <= len(rows) // 2:
        return rows
    whole = len(rows) // group * group
    slower: Rows = rows[:whole].reshape(-1, group, rows.shape[1]).mean(axis=1)
    return slower
