"""Reads both clocks together; the exchange with the shortest round trip is the most accurate."""

import struct
from collections.abc import Callable

from barcore import protocol
from barhold.connection.frame_channel import Channel
from barhold.errors import LinkError
from barhold.model import Anchor

EXCHANGES = 8


async def measure(channel: Channel, device_id: str, log_id: int, now: Callable[[], int]) -> Anchor | None:
    """Return the best anchor of 8 exchanges; None when `now` ran backwards in each; LinkError when none came back."""
    best: Anchor | None = None
    answered = False
    for token in range(EXCHANGES):
        sent_ms = now()
        body = await _exchange(channel, token)
        rtt_ms = now() - sent_ms
        if body is None:
            channel.re_requests += 1
            continue
        answered = True
        _, boot, t_ms = struct.unpack_from(protocol.TIME_IS_FORMAT, body)
        if rtt_ms >= 0 and (best is None or rtt_ms < best.rtt_ms):
            best = Anchor(device_id, log_id, boot, t_ms, sent_ms + rtt_ms // 2, rtt_ms)
    if not answered:
        raise LinkError(f"sensor {device_id} did not answer TIME in {EXCHANGES} tries: bring it closer and try again")
    return best


async def _exchange(channel: Channel, token: int) -> bytes | None:
    """Ask once; a late answer to an earlier exchange is ignored."""
    start = struct.pack(protocol.TIME_FORMAT, token)
    size = struct.calcsize(protocol.TIME_IS_FORMAT)
    await channel.send(protocol.TIME, start)
    got = await channel.receive(
        protocol.TIME, (protocol.TIME_IS,), lambda body: len(body) >= size and body.startswith(start)
    )
    return got[2] if got else None
