"""Whose turn it is at the bar: the lifters that a host named, and the button that goes on to the next of them.

Only on a board with a screen, which shows the name. Each turn is logged, so that a sync learns of it, and kept beside
the log, so that a restart shows the same name.

    state    leaves when                     does                                                      for
    HELD     the button is up                -                                                         UP
    UP       the button is down              notes when                                                PRESSED
    PRESSED  it is up within SHORTEST_MS     nothing: it bounced                                       UP
    PRESSED  it is up later                  the next lifter's turn                                    UP
    PRESSED  it is still down at LONGEST_MS  nothing: it is held to allow an update or a new log       HELD

A sensor starts in HELD: the press that woke it is nobody's turn.
"""

import struct

from barcore import protocol
from barsensor.storage import config

HELD, UP, PRESSED = 0, 1, 2
SHORTEST_MS, LONGEST_MS = 30, 1000
_ENTRY_BYTES = struct.calcsize(protocol.LIFTER_FORMAT)


class Turns:
    """The lifters at one bar, kept on `storage`. `fault` is what is wrong with that file, or ""."""

    def __init__(self, storage) -> None:
        self._storage = storage
        values, self.fault = config.TURNS.load(storage)
        self._state = HELD
        self._from_ms = 0
        self._is_kept = True
        self._place, self._entries, self.name = protocol.NOBODY, b"", ""
        self._use(bytes.fromhex(values["turns"]))

    @property
    def packed(self) -> bytes:
        """Return the value of SET_TURNS."""
        return bytes((self._place,)) + self._entries

    @property
    def lifter(self) -> tuple:
        """Return (id, label) of whose turn it is, the payload of a TURN; only where `name` is not empty."""
        return struct.unpack_from(protocol.LIFTER_FORMAT, self._entries, self._place * _ENTRY_BYTES)

    def put(self, packed: bytes) -> None:
        """Keep other lifters and another turn, as SET_TURNS gives them; ConfigError for a value that is not one."""
        if packed != self.packed:
            config.TURNS.save(self._storage, {"turns": packed.hex()})
            self._is_kept, self.fault = True, ""
            self._use(packed)

    def pressed(self, is_down: bool, now_ms: int) -> bool:
        """Return whether a press has just asked for the next lifter; to be called each step. Allocates nothing."""
        if self._state == PRESSED:
            lasted_ms = now_ms - self._from_ms
            if is_down and lasted_ms >= LONGEST_MS:
                self._state = HELD
            elif not is_down:
                self._state = UP
                return lasted_ms >= SHORTEST_MS and bool(self._entries)
        elif not is_down:
            self._state = UP
        elif self._state == UP:
            self._state = PRESSED
            self._from_ms = now_ms
        return False

    def advance(self) -> None:
        """Make it the next lifter's turn, the first one's after the last; `save` keeps it."""
        count = len(self._entries) // _ENTRY_BYTES
        self._place = self._place + 1 if self._place + 1 < count else 0
        self._is_kept = False
        self._read_name()

    def save(self) -> None:
        """Keep what `advance` changed; OSError of flash."""
        if not self._is_kept:
            config.TURNS.save(self._storage, {"turns": self.packed.hex()})
            self._is_kept = True

    def _use(self, packed: bytes) -> None:
        self._place, self._entries = (packed[0], packed[1:]) if packed else (protocol.NOBODY, b"")
        self._read_name()

    def _read_name(self) -> None:
        """Note what the screen shows: the label of whose turn it is, "" for nobody's."""
        self.name = ""
        if self._place != protocol.NOBODY:
            self.name = str(self.lifter[1].rstrip(b"\0"), "ascii")
