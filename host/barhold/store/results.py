"""What the store returns besides records and anchors. Plain data."""

import hashlib
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Added:
    """What became of one batch of records; the three add up to its size."""

    new: int
    already_stored: int
    conflicts: int  # the key was taken by other bytes: quarantined, the stored record stays


@dataclass(frozen=True, slots=True)
class ButtonTurns:
    """What became of the turns that a sensor's button took."""

    taken: int = 0
    refused: int = 0  # the database lets this computer not name that lifter


@dataclass(frozen=True, slots=True)
class Device:
    """One sensor as it last introduced itself."""

    device_id: str  # 16 hex digits
    name: str
    firmware: str
    seen_utc_ms: int


@dataclass(frozen=True, slots=True)
class Kept:
    """One kept recording, without its samples."""

    recording_id: str  # SHA-256 of its CSV, 64 hex digits
    device_id: str | None
    name: str
    kept_utc_ms: int


@dataclass(frozen=True, slots=True)
class Quarantined:
    """Bytes that are no record of the log at their place, and why."""

    device_id: str
    log_id: int
    seq: int
    raw: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose sets are stored: a lifter, or a sensor as long as nobody is named."""

    owner: str  # the lifter's name, or the sensor's id
    sets: int
    first_utc: datetime
    last_utc: datetime


def recording_id_of(csv: str) -> str:
    """Return the id under which a recording's CSV is kept."""
    return hashlib.sha256(csv.encode()).hexdigest()
