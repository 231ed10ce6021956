"""The raw stream: samples as the sensor reads them, and how many were lost in transit."""

import asyncio
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass

from barcore import protocol
from barcore.sample import SAMPLE_BYTES
from barhold.connection.frame_channel import Channel
from barhold.errors import LinkError

SILENCE_S = 5.0
KEEP_ALIVE_S = 10.0
"""The sensor ends a connection on which it hears nothing for 30 s, and a stream asks for nothing."""
_HEAD = struct.calcsize(protocol.SAMPLES_FORMAT)


@dataclass(frozen=True, slots=True)
class Samples:
    """One piece of the stream."""

    lost: int  # samples between the piece before and this one
    packed: bytes  # see barcore.sample


async def stream(channel: Channel) -> AsyncIterator[Samples]:
    """Yield the pieces as they arrive; doubled or late ones are dropped and counted. LinkError after 5 s of silence."""
    expected = None
    now_s = asyncio.get_running_loop().time
    asked_s = now_s()
    while True:
        if now_s() - asked_s >= KEEP_ALIVE_S:
            asked_s = now_s()
            # Its answer is dropped like any frame that nobody waits for.
            await channel.send(protocol.TIME, bytes(struct.calcsize(protocol.TIME_FORMAT)))
        got = await channel.receive(protocol.STREAM, (protocol.SAMPLES,), _is_whole, SILENCE_S)
        if got is None:
            raise LinkError(f"no sample came for {SILENCE_S:g} s: bring the sensor closer and try again")
        index = struct.unpack_from(protocol.SAMPLES_FORMAT, got[2])[0]
        packed = got[2][_HEAD:]
        if expected is not None and index < expected:
            channel.drop()
            continue
        yield Samples(0 if expected is None else index - expected, packed)
        expected = index + len(packed) // SAMPLE_BYTES


def _is_whole(body: bytes) -> bool:
    return len(body) > _HEAD and (len(body) - _HEAD) % SAMPLE_BYTES == 0
