"""Assembles frames from notifications: usually one notification each, several at a small MTU."""

import struct

from barcore import frame, protocol
from barhold.link.cobs_packets import MAX_FRAME_BYTES

_LENGTH_AT = 2


class FragmentAssembler:
    """Puts frames together again. A frame begins where a notification does; any notification may be lost.

    Each notification may complete a frame that any earlier one began, so a lost piece blocks nothing. The length field
    is believed only if the CRC is right.
    """

    def __init__(self) -> None:
        self._held: list[bytes] = []
        self.dropped = 0

    def feed(self, data: bytes) -> bytes | None:
        """Add one notification; return the frame that it completes, if any."""
        if not data:  # nothing holds those to a bound
            self.dropped += 1
            return None
        self._held.append(data)
        whole = b""
        for at in range(len(self._held) - 1, -1, -1):
            whole = self._held[at] + whole
            if len(whole) > MAX_FRAME_BYTES:
                self._drop(at + 1)
                return None
            if _is_frame(whole):
                self._drop(at)
                self._held.clear()
                return whole
        return None

    def _drop(self, count: int) -> None:
        self.dropped += count
        del self._held[:count]


def _is_frame(raw: bytes) -> bool:
    """Return whether `raw` is one complete frame; the length is checked first, because that is cheap."""
    if len(raw) < protocol.FRAME_OVERHEAD:
        return False
    if struct.unpack_from("<H", raw, _LENGTH_AT)[0] != len(raw) - protocol.FRAME_OVERHEAD:
        return False
    try:
        frame.parse(raw)
    except frame.FrameError:
        return False
    return True
