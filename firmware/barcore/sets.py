"""Sets: numbers the reps, keeps the reference range and opens, proves and closes a set.

    state    on a rep within 15 s     on a rep after more than 15 s     15 s without a rep
    NONE     -> FIRST: REP 1          -> FIRST: REP 1                   -
    FIRST    -> OPEN: SET_START, REP  -> FIRST: SET_END (lone), REP 1   -> CLOSING: SET_END (lone)
    OPEN     -> OPEN: REP             -> FIRST: SET_END, REP 1          -> CLOSING: SET_END
    CLOSING  (one correction an update, where the last reference judges a rep otherwise)  -> NONE

A rep after more than 15 s first goes through CLOSING.
"""

from array import array

from barcore import protocol
from barcore.settings import LEAST_MM

NONE, FIRST, OPEN, CLOSING = 0, 1, 2, 3
GAP_MS = 15000
MOST_REPS = 100
JUDGED, DROPPED, DONE = 0x100, 0x101, 0x102


class SetKeeper:
    """Holds the ranges of the set under way; ranges in mm, times in ms of the detector's grid."""

    def __init__(self) -> None:
        self.state = NONE
        self.number = 0
        self.reps = 0
        self.first_start_ms = self.last_end_ms = 0
        self.reference_mm = 0
        self.floor_mm = LEAST_MM  # the least rise of the exercise
        self.at = 0  # in CLOSING: the rep under judgement
        self.rom_mm = array("H", [0] * MOST_REPS)
        self._most_mm = array("H", [0] * MOST_REPS)  # the range and its standard error
        self.start_ms = array("i", [0] * MOST_REPS)
        self.flags = array("B", [0] * MOST_REPS)
        self._sorted = array("H", [0] * MOST_REPS)

    def least_mm(self) -> int:
        """Return the least rise that counts as a rep now: the exercise's, and half of the reference range."""
        half = self.reference_mm >> 1
        return half if half > self.floor_mm and self.is_open() else self.floor_mm

    def is_open(self) -> bool:
        """Tell whether a set is under way, proved or not."""
        return self.state == FIRST or self.state == OPEN  # noqa: PLR1714 (a tuple would be allocated)

    def is_over(self, now_ms: int) -> bool:
        """Tell whether a set is open that no rep starting at or after `now_ms` could belong to."""
        return self.is_open() and now_ms - self.last_end_ms > GAP_MS

    def add(self, start_ms: int, end_ms: int, rom_mm: int, flags: int, more_mm: int) -> int:
        """Take a rep into the set, opening one where none is; returns its flags with PARTIAL as judged now.

        more_mm: by how much more it may have risen, for the last judgement (`plausible.more_mm`).
        """
        if self.state == NONE:
            self.number = (self.number + 1) & 255
            self.reps = 0
            self.first_start_ms = start_ms
            self.state = FIRST
        elif self.state == FIRST:
            self.state = OPEN
        i = self.reps
        if i < MOST_REPS:
            self._insert(rom_mm)
        flags = self._judged(rom_mm, flags)
        if i < MOST_REPS:
            self.rom_mm[i], self.start_ms[i], self.flags[i] = rom_mm, start_ms, flags
            self._most_mm[i] = rom_mm + more_mm
        self.reps = i + 1
        self.last_end_ms = end_ms
        return flags

    def shift(self, by_ms: int) -> None:
        """Tell that the grid now begins `by_ms` later."""
        self.first_start_ms -= by_ms
        self.last_end_ms -= by_ms
        for i in range(MOST_REPS):
            self.start_ms[i] -= by_ms

    def close(self) -> None:
        """End the set; `judge` then goes through its reps."""
        self.state = CLOSING
        self.at = 0

    def judge(self) -> int:
        """Look at the next rep with the last reference; returns its new flags, JUDGED (as before), DROPPED or DONE."""
        i = self.at
        if i >= self.reps or i >= MOST_REPS:
            self.state = NONE
            self.reference_mm = 0
            return DONE
        self.at = i + 1
        if self.reps > 1 and 2 * self._most_mm[i] < self.reference_mm:
            return DROPPED
        flags = self._judged(self.rom_mm[i], self.flags[i])
        return JUDGED if flags == self.flags[i] else flags

    def _judged(self, rom_mm: int, flags: int) -> int:
        """Return the flags with PARTIAL as the reference has it: under 70 % of it."""
        return flags | protocol.PARTIAL if rom_mm * 10 < self.reference_mm * 7 else flags & ~protocol.PARTIAL

    def _insert(self, rom_mm: int) -> None:
        """Keep the ranges sorted, and the reference: their upper quartile, before the third rep the largest."""
        i = self.reps
        ranges = self._sorted
        while i > 0 and ranges[i - 1] > rom_mm:
            ranges[i] = ranges[i - 1]
            i -= 1
        ranges[i] = rom_mm
        count = self.reps + 1
        self.reference_mm = ranges[count - 1] if count < 3 else ranges[(count - 1) * 3 // 4]
