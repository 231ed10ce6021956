"""COBS: frames on a byte stream. No zero byte inside a packet, a zero byte between packets.

Each code byte c stands for c - 1 plain bytes and then one zero; c = 255 stands for 254 plain bytes and no zero.
"""

RUN = 255


class CobsError(ValueError):
    """A packet that is no COBS; the text names place and value."""


def encode(data: "bytes | bytearray") -> bytes:
    """Return `data` without zero bytes, and without the closing zero."""
    out = bytearray(1)
    code_at = 0
    for byte in data:
        if byte:
            out.append(byte)
        if not byte or len(out) - code_at == RUN:
            out[code_at] = len(out) - code_at
            code_at = len(out)
            out.append(0)
    out[code_at] = len(out) - code_at
    return bytes(out)


def decode(packet: "bytes | bytearray") -> bytes:
    """Return what `encode` was given; `packet` comes without its closing zero."""
    out = bytearray()
    at, size = 0, len(packet)
    while at < size:
        code = packet[at]
        if code == 0:
            raise CobsError("zero byte at %d inside a packet" % at)
        if at + code > size:
            raise CobsError("code %d at byte %d runs past the packet's %d bytes" % (code, at, size))
        out.extend(packet[at + 1 : at + code])
        at += code
        if code != RUN and at < size:
            out.append(0)
    return bytes(out)


def encoded_bytes(size: int) -> int:
    """Return the most bytes that `encode` makes of `size` bytes."""
    return size + size // (RUN - 1) + 1


class Splitter:
    """Cuts a byte stream at its zero bytes; holds at most `limit_bytes`, drops a longer packet whole and counts it."""

    def __init__(self, limit_bytes: int) -> None:
        self._packet = bytearray(limit_bytes)
        self._count = 0
        self._too_long = False
        self.oversize = 0

    def feed(self, data: "bytes | bytearray", count: int) -> "list[bytes]":
        """Take the first `count` bytes of `data`; return the packets they complete, still encoded, none empty."""
        packets = []
        for i in range(count):
            byte = data[i]
            if byte:
                self._hold(byte)
                continue
            if self._count and not self._too_long:
                packets.append(bytes(self._packet[: self._count]))
            self._count = 0
            self._too_long = False
        return packets

    def _hold(self, byte: int) -> None:
        if self._count < len(self._packet):
            self._packet[self._count] = byte
            self._count += 1
        elif not self._too_long:
            self._too_long = True
            self.oversize += 1
