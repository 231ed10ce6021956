"""The host's words: what passes between store, sets and check. Plain data, no behaviour."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """One record as it was committed: its key and its 32 bytes."""

    device_id: str  # 16 hex digits
    log_id: int
    seq: int
    raw: bytes


@dataclass(frozen=True, slots=True)
class Anchor:
    """One moment at which the sensor's clock and the host's clock were read together."""

    device_id: str
    log_id: int  # a wiped log counts its boots from 1 again
    boot: int
    t_ms: int  # sensor: ms since that boot
    utc_ms: int  # host: ms since 1970, the middle of the exchange
    rtt_ms: int


@dataclass(frozen=True, slots=True)
class Rep:
    """One counted rep. Durations come from the sensor's clock alone."""

    number: int
    start_ms: int  # since the boot
    rise_ms: int
    hold_ms: int
    fall_ms: int
    bottom_ms: int  # the pause before the rise
    rom_m: float
    peak_m_s: float
    hold_err_ms: int  # 95 % of true holds lie within hold_ms +- hold_err_ms
    flags: int  # protocol.PARTIAL | ...


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """At least two reps with no more than 15 s from one's end to the next one's start."""

    device_id: str
    boot: int
    number: int  # as the sensor numbered it since that boot
    start_utc: datetime
    end_utc: datetime
    time_quality: str  # "anchored" or "estimated"
    reps: tuple[Rep, ...]
