"""What a sync did, in numbers."""

from dataclasses import dataclass, fields, replace


@dataclass(slots=True)
class SyncResult:
    """Counts of one sync; `received` is the sum of `new`, `already_stored` and `quarantined`."""

    device_id: str = ""
    name: str = ""
    log_id: int = 0
    received: int = 0
    new: int = 0
    already_stored: int = 0
    quarantined: int = 0  # bad bytes, or other bytes than those stored under the key
    lost: int = 0  # records that the sensor says it had to give up (GAP), among the new ones
    not_held: int = 0  # older records that neither this store nor the sensor has: synced elsewhere, then overwritten
    damaged: int = 0  # records that the sensor can no longer read: damaged on its flash
    dropped_frames: int = 0  # corrupt, foreign, doubled or out of order
    re_requests: int = 0
    turns: int = 0  # that the sensor's button took
    turns_refused: int = 0  # of those that this computer may not store
    clock_ahead_ms: int = 0  # how far this computer's clock is ahead of the one that the sensor's times are based on

    def plus(self, later: "SyncResult") -> "SyncResult":
        """Return the sum of two connections with one sensor; a connection without HELLO has no name."""
        counts = {one.name: getattr(self, one.name) + getattr(later, one.name) for one in fields(self)[3:]}
        counts["clock_ahead_ms"] = later.clock_ahead_ms or self.clock_ahead_ms
        return replace(later if later.device_id else self, **counts)
