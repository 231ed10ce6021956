"""A crash's traceback, kept where a host can read it: in TEXT records, and whole in a kept file."""

import io
import sys

from barcore import protocol

PIECE_BYTES = 14
PIECES_MOST = 40
NAME = "crash"


def text_of(fault) -> str:
    """Return the traceback of an exception; its last line, what happened, is never cut off."""
    if not hasattr(sys, "print_exception"):
        return repr(fault)  # CPython: only tests come here
    out = io.StringIO()
    sys.print_exception(fault, out)
    return out.getvalue()


def note(log, kept, t_ms: int, text: str) -> bool:
    """Log `text`, unless it is what the crash before said: a crash at every start must not push the sets out.

    Returns whether it was logged. Raises OSError when storage fails.
    """
    raw = text.encode()[-PIECES_MOST * PIECE_BYTES :]
    if _last(kept) == raw:
        return False
    log_text(log, t_ms, raw)
    log.flush()
    kept.replace(NAME, raw)
    return True


def log_text(log, t_ms: int, raw: bytes) -> None:
    """Append `raw` (at most 255 pieces) as TEXT records."""
    pieces = (len(raw) + PIECE_BYTES - 1) // PIECE_BYTES
    for piece in range(pieces):
        part = raw[piece * PIECE_BYTES : (piece + 1) * PIECE_BYTES]
        log.append(protocol.TEXT, 0, t_ms, (piece, pieces, part))


def _last(kept) -> bytes:
    if NAME not in kept.names():
        return b""
    raw = bytearray(kept.size(NAME))
    return bytes(raw[: kept.read_into(NAME, 0, raw)])
