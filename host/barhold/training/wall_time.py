"""Wall time from the sensor's clock: one offset per boot, measured by an anchor or estimated from its neighbours."""

import itertools
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from barcore import protocol
from barhold.model import Anchor

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_HEADER = struct.Struct(f"{protocol.HEADER_FORMAT}{protocol.RECORD_BYTES - protocol.PAYLOAD_AT}x")
ANCHORED, ESTIMATED = "anchored", "estimated"
FIRST_UTC_MS = 1_577_836_800_000  # 2020-01-01: no Barhold is older
LAST_UTC_MS = 4_102_444_800_000  # 2100-01-01
DRIFT_PPM = 200
"""A sensor's crystal is at most this far off, over the whole range of temperature."""


@dataclass(frozen=True, slots=True)
class Clock:
    """One boot's clock: `utc_at_0_ms` is the host's time, ms since 1970, when the sensor's t_ms was 0."""

    utc_at_0_ms: int
    quality: str

    def at(self, t_ms: int) -> datetime:
        """Return the wall time of the sensor's `t_ms`."""
        return moment(self.utc_at_0_ms + t_ms)


def moment(utc_ms: int) -> datetime:
    """Return the moment that lies so many ms after 1970 began."""
    return _EPOCH + utc_ms * _MS


def utc_ms(time: datetime) -> int:
    """Return a moment as whole ms since 1970."""
    return (time - _EPOCH) // _MS


def is_possible(time_utc_ms: int) -> bool:
    """Return whether a time can be one at which somebody trained or synced: 2020 to 2100."""
    return FIRST_UTC_MS <= time_utc_ms < LAST_UTC_MS


def contradiction_ms(new: Anchor, known: Anchor) -> int:
    """Return by how much `new` puts the same boot later than `known`; 0 within round trips and drift."""
    difference_ms = (new.utc_ms - new.t_ms) - (known.utc_ms - known.t_ms)
    allowed_ms = (new.rtt_ms + known.rtt_ms) / 2 + abs(new.t_ms - known.t_ms) * DRIFT_PPM / 1e6 + 1
    return difference_ms if abs(difference_ms) > allowed_ms else 0


def duration_words(ms: int) -> str:
    """Return a duration as people say it: 45 s, 12 min, 6 h 0 min or 3 days."""
    seconds = abs(ms) // 1000
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min"
    if seconds < 2 * 86_400:
        return f"{seconds // 3600} h {seconds % 3600 // 60} min"
    return f"{seconds // 86_400} days"


def clocks(last_ms: Mapping[int, int], anchors: Iterable[Anchor], received_utc_ms: int) -> dict[int, Clock]:
    """Return a clock for every boot of one log.

    `last_ms` has each boot's largest t_ms, boots ascending. A log that was never anchored ended, at the latest, when it
    was received.
    """
    known = {boot: clock for boot, clock in _measured(anchors).items() if boot in last_ms}
    boots = list(last_ms)
    # Backwards: a boot without an anchor ended, at the latest, when the next one began.
    later = None if known else Clock(received_utc_ms, ESTIMATED)
    for boot in reversed(boots):
        if boot not in known and later is not None:
            known[boot] = Clock(later.utc_at_0_ms - last_ms[boot], ESTIMATED)
        later = known.get(boot, later)
    # Forwards: after the last anchored boot, one began no earlier than the one before it ended.
    for before, boot in itertools.pairwise(boots):
        if boot not in known:
            known[boot] = Clock(known[before].utc_at_0_ms + last_ms[before], ESTIMATED)
    return known


def last_ms(log: bytes) -> dict[int, int]:
    """Return the largest t_ms of each boot in one log (records end to end), boots ascending."""
    last: dict[int, int] = {}
    for _, _, boot, _, t_ms in _HEADER.iter_unpack(log):
        if t_ms >= last.get(boot, 0):
            last[boot] = t_ms
    return dict(sorted(last.items()))


def _measured(anchors: Iterable[Anchor]) -> dict[int, Clock]:
    """Return a clock for each boot from its anchor of the shortest round trip, whose middle is known best."""
    best: dict[int, Anchor] = {}
    for anchor in anchors:
        if anchor.boot not in best or anchor.rtt_ms < best[anchor.boot].rtt_ms:
            best[anchor.boot] = anchor
    return {boot: Clock(anchor.utc_ms - anchor.t_ms, ANCHORED) for boot, anchor in best.items()}
