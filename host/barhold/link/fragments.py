"""Frames out of notifications: usually one each, at a small MTU one in several that follow each other."""

import struct

from barcore import frame, protocol
from barhold.link.packets import MAX_FRAME_BYTES

_LENGTH_AT = 2


class FragmentAssembler:
    """Puts frames together again. A frame begins where a notification does; any notification may be lost.

    Each one that comes may end the frame that any of those before it began: what a lost piece left behind holds up
    nothing. What the bytes say of their length is believed only with the CRC.
    """

    def __init__(self) -> None:
        self._held: list[bytes] = []
        self.dropped = 0

    def feed(self, data: bytes) -> bytes | None:
        """Take one notification; return the frame that it ends, if it ends one."""
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
    """Tell whether `raw` is one whole frame; the length it names is looked at first, because that is cheap."""
    if len(raw) < protocol.FRAME_OVERHEAD:
        return False
    if struct.unpack_from("<H", raw, _LENGTH_AT)[0] != len(raw) - protocol.FRAME_OVERHEAD:
        return False
    try:
        frame.parse(raw)
    except frame.FrameError:
        return False
    return True
