"""A sensor's clock drift against the host, from two readings of both clocks in one boot. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from barhold.model import Anchor

LEAST_SPAN_MS = 60_000
"""Closer readings say nothing: their uncertainty exceeds any drift."""


@dataclass(frozen=True, slots=True)
class Drift:
    """The clock now; the drift is None if this boot has no earlier reading far enough away."""

    device_id: str
    boot: int
    t_ms: int  # since the boot
    started_utc_ms: int
    doubt_ms: float
    ppm: float | None = None  # above 0: the sensor's clock is fast
    ppm_doubt: float = 0.0
    span_ms: int = 0


def measure(now: Anchor, earlier: Iterable[Anchor]) -> Drift:
    """Return the drift between `now` and the kept anchor of the same boot."""
    found = Drift(now.device_id, now.boot, now.t_ms, now.utc_ms - now.t_ms, now.rtt_ms / 2)
    key = (now.device_id, now.log_id, now.boot)
    for one in earlier:
        span_ms = now.utc_ms - one.utc_ms
        if (one.device_id, one.log_id, one.boot) == key and span_ms >= LEAST_SPAN_MS:
            ppm = ((now.t_ms - one.t_ms) / span_ms - 1) * 1e6
            doubt = (now.rtt_ms + one.rtt_ms) / 2 / span_ms * 1e6
            return Drift(found.device_id, now.boot, now.t_ms, found.started_utc_ms, found.doubt_ms, ppm, doubt, span_ms)
    return found


def as_json(found: Drift) -> dict[str, Any]:
    """Return the drift as plain values for JSON."""
    return {
        "device": found.device_id,
        "boot": found.boot,
        "on_s": found.t_ms / 1000,
        "started_utc_ms": found.started_utc_ms,
        "doubt_ms": found.doubt_ms,
        "drift_ppm": None if found.ppm is None else round(found.ppm, 1),
        "drift_doubt_ppm": round(found.ppm_doubt, 1),
    }
