"""Wall time from the sensor's clock: one offset per boot, measured by an anchor or estimated from its neighbours."""

import itertools
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from barcore import protocol
from barhold.model import Anchor

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HEADER = struct.Struct(f"{protocol.HEADER_FORMAT}{protocol.RECORD_BYTES - protocol.PAYLOAD_AT}x")
ANCHORED, ESTIMATED = "anchored", "estimated"


@dataclass(frozen=True, slots=True)
class Clock:
    """One boot's clock: `utc_at_0_ms` is the host's time, ms since 1970, when the sensor's t_ms was 0."""

    utc_at_0_ms: int
    quality: str

    def at(self, t_ms: int) -> datetime:
        """Return the wall time of the sensor's `t_ms`."""
        return _EPOCH + timedelta(milliseconds=self.utc_at_0_ms + t_ms)


def clocks(log: bytes, anchors: Iterable[Anchor], now: datetime) -> dict[int, Clock]:
    """Return a clock for every boot in one log (records in seq order, end to end); never-anchored ones end at `now`."""
    last_ms = _last_ms(log)
    known = {boot: clock for boot, clock in _measured(anchors).items() if boot in last_ms}
    boots = list(last_ms)
    now_ms = int((now - _EPOCH) / timedelta(milliseconds=1))
    # Backwards: a boot without an anchor ended, at the latest, when the next one began.
    later = None if known else Clock(now_ms, ESTIMATED)
    for boot in reversed(boots):
        if boot not in known and later is not None:
            known[boot] = Clock(later.utc_at_0_ms - last_ms[boot], ESTIMATED)
        later = known.get(boot, later)
    # Forwards: after the last anchored boot, one began no earlier than the one before it ended.
    for before, boot in itertools.pairwise(boots):
        if boot not in known:
            known[boot] = Clock(known[before].utc_at_0_ms + last_ms[before], ESTIMATED)
    return known


def _measured(anchors: Iterable[Anchor]) -> dict[int, Clock]:
    """Keep each boot's anchor of the shortest round trip: its middle is known best."""
    best: dict[int, Anchor] = {}
    for anchor in anchors:
        if anchor.boot not in best or anchor.rtt_ms < best[anchor.boot].rtt_ms:
            best[anchor.boot] = anchor
    return {boot: Clock(anchor.utc_ms - anchor.t_ms, ANCHORED) for boot, anchor in best.items()}


def _last_ms(log: bytes) -> dict[int, int]:
    """Return the largest t_ms of each boot, in the order of the boots."""
    last: dict[int, int] = {}
    for _, _, boot, _, t_ms in _HEADER.iter_unpack(log):
        if t_ms >= last.get(boot, 0):
            last[boot] = t_ms
    return last
