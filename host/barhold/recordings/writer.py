"""Writes raw samples into a recording CSV as they arrive; the file appears complete or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

from barcore import ticks
from barhold import files
from barhold.errors import InputError
from barhold.recordings import reader

GAP_MS = 60
"""A longer step from one sample to the next is a gap, as it is to the firmware's detector."""
RESTART_MS = 1000
"""What stands for the unknown time of a sensor that restarted meanwhile: long enough to be seen as a gap."""
_FLUSH_SAMPLES = 512


class Capture:
    """Writes FILE.part and gives it its name at the end; what came before a break is kept."""

    def __init__(self, path: Path, overwrite: bool = False) -> None:
        if path.exists() and not overwrite:
            raise InputError(f"{path} exists: name another file, or replace it with --overwrite")
        files.check_replaceable(path)
        self._path = path
        self._part = path.with_name(path.name + ".part")
        self._last_tick = -1
        self._ms = 0  # of the last sample, from the first
        self._unflushed = 0
        self.samples = 0
        self.lost = 0
        self.gaps = 0
        try:
            self._file = self._part.open("w", encoding="utf-8", newline="\n")
        except OSError as error:
            raise InputError(f"{path}: cannot be written ({error.strerror}); name another file") from None

    @property
    def duration_s(self) -> float:
        """Seconds from the first sample to the last."""
        return self._ms / 1000

    def add(self, packed: bytes, lost: int = 0) -> None:
        """Take packed samples, before which `lost` ones went missing; their ticks may wrap, and begin anew."""
        rows = reader.unpack(packed).copy()
        rows["t_ms"] = self._times(rows["t_ms"].tolist())
        text = reader.to_csv(rows.tobytes())
        with self._or_nothing():
            self._file.write(text if not self.samples else text.partition("\n")[2])
        self.samples += len(rows)
        self.lost += lost
        self._unflushed += len(rows)
        if self._unflushed >= _FLUSH_SAMPLES:
            with self._or_nothing():
                self._file.flush()
            self._unflushed = 0

    def close(self) -> bool:
        """Give the file its name; False, and no file, when there are not two samples to keep."""
        if self._file.closed:
            return self.samples > 1
        with self._or_nothing():
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
        if self.samples > 1:
            os.replace(self._part, self._path)
        else:
            self._part.unlink(missing_ok=True)
        return self.samples > 1

    def __enter__(self) -> "Capture":
        return self

    def __exit__(self, kind: type[BaseException] | None, err: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @contextmanager
    def _or_nothing(self) -> Iterator[None]:
        """A disk that is full keeps no half of a row: the file goes."""
        try:
            yield
        except OSError as error:
            with suppress(OSError):
                self._file.close()
            self._part.unlink(missing_ok=True)
            what = f"{self._path}: cannot be written ({error.strerror})"
            raise InputError(f"{what}: free some space and record again, or name another file") from None

    def _times(self, ticks_ms: list[int]) -> list[int]:
        """Return the samples' ms from the first one of the file."""
        times = []
        for tick in ticks_ms:
            if self._last_tick >= 0:
                step_ms = (tick - self._last_tick) % ticks.PERIOD_MS
                step_ms = step_ms if step_ms < ticks.HALF_MS else RESTART_MS
                self._ms += step_ms
                self.gaps += step_ms > GAP_MS
            self._last_tick = tick
            times.append(self._ms)
        return times
