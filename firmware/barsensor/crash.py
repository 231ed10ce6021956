"""Logs texts for a host to read: the traceback of a crash, or a fault at the start."""

import io
import sys

from barcore import protocol

PIECE_BYTES = 14
PIECES_MOST = 40


def text_of(fault) -> str:
    """Return the traceback of an exception."""
    if not hasattr(sys, "print_exception"):
        return repr(fault)  # CPython: only tests come here
    out = io.StringIO()
    sys.print_exception(fault, out)
    return out.getvalue()


def note(log, config, name: str, t_ms: int, text: str) -> bool:
    """Log `text` unless the file `name` in `config` says it already, and write it there; return whether it was new.

    What is the same at every start must not push the sets out of the log. Raises OSError when storage fails.
    """
    raw = text.encode()[-PIECES_MOST * PIECE_BYTES :]  # the last line of a traceback says what happened
    if raw == _last(config, name):
        return False
    log_text(log, t_ms, raw)
    log.flush()
    config.replace(name, raw)
    return True


def log_text(log, t_ms: int, raw: bytes) -> None:
    """Append `raw` (at most 255 pieces) as TEXT records."""
    pieces = (len(raw) + PIECE_BYTES - 1) // PIECE_BYTES
    for piece in range(pieces):
        part = raw[piece * PIECE_BYTES : (piece + 1) * PIECE_BYTES]
        log.append(protocol.TEXT, 0, t_ms, (piece, pieces, part))


def _last(config, name: str) -> bytes:
    try:
        if name not in config.names():
            return b""
        raw = bytearray(config.size(name))
        return bytes(raw[: config.read_into(name, 0, raw)])
    except OSError:
        return b""  # logging it twice is better than not at all
