"""The sensor's own cues: each kind is a pattern of lamp and tone. They need no host.

A kind is the type of the detector's event, or one of the numbers below. Most urgent first, as in ORDER:

    kind          seen and heard                            while a more urgent one plays it
    TARGET        one long light, a rising double tone      (none is more urgent)
    TOP           one short blink and blip                  is dropped: late, it would lie
    TOO_LONG      three slow blinks, low tones              is dropped
    FAULT         six quick blinks, two-tone alarm          waits
    POSE_REFUSED  one second of light, one low tone         waits
    POSE_TAKEN    two blinks, two high tones                waits
    SET_DONE      three long lights, a falling triple tone  waits
    LOW_BATTERY   two short blinks far apart, low blips     waits
    HOLD_END      ends what tells of the hold               ends it all the same

A more urgent kind, or the same one again, starts at once; what it cut short waits or is dropped likewise.

    state    on                                     does                                      becomes
    SILENT   play of any kind                       shows the pattern's first row             PLAYING
    PLAYING  play of a kind as urgent or more       shows its first row                       PLAYING
    PLAYING  play of one less urgent that waits     notes it                                  PLAYING
    PLAYING  the row's time is over                 shows the next row                        PLAYING
    PLAYING  the last row's time is over            lamp and tone off; most urgent waiting    SILENT or PLAYING
    PLAYING  HOLD_END while TOP .. TOO_LONG plays   lamp and tone off; most urgent waiting    SILENT or PLAYING
    any      long_after_ms since TARGET, no HOLD_END plays TOO_LONG, once

Time is passed in: the 30-bit tick, or full ms since boot, the same one in every call.
"""

from barcore import protocol
from barcore.ticks import add_ms, elapsed_ms

TARGET, TOP, HOLD_END, SET_DONE = protocol.TARGET, protocol.TOP, protocol.HOLD_END, protocol.SET_END
TOO_LONG, FAULT, POSE_REFUSED, POSE_TAKEN, LOW_BATTERY = 128, 129, 130, 131, 132

ORDER = (TARGET, TOP, TOO_LONG, FAULT, POSE_REFUSED, POSE_TAKEN, SET_DONE, LOW_BATTERY)
FIRST_THAT_WAITS = 3
LONG_AFTER_MS = 1500
"""A hold this much past its target is too long, unless the settings say otherwise."""

# Rows of (lamp, tone in Hz, ms). A sounder is loudest near 2 to 4 kHz; the low ones are meant to sound wrong.
PATTERNS = {
    TARGET: ((1, 2400, 120), (1, 3200, 380)),
    TOP: ((1, 1600, 60),),
    TOO_LONG: ((1, 500, 200), (0, 0, 200), (1, 500, 200), (0, 0, 200), (1, 500, 200)),
    FAULT: ((1, 400, 100), (0, 800, 100)) * 6,
    POSE_REFUSED: ((1, 300, 1000),),
    POSE_TAKEN: ((1, 2400, 100), (0, 0, 100), (1, 2800, 100)),
    SET_DONE: ((1, 2800, 250), (0, 0, 100), (1, 2200, 250), (0, 0, 100), (1, 1600, 250)),
    LOW_BATTERY: ((1, 600, 80), (0, 0, 900), (1, 600, 80)),
}
SILENT = -1


class Cue:
    """Plays the patterns on `lamp(on)` and `tone(hz)`; `tone` is None on a board without a sounder."""

    def __init__(self, lamp, tone=None) -> None:
        self.long_after_ms = LONG_AFTER_MS  # 0 is never
        self._lamp = lamp
        self._tone = tone
        self._rank = SILENT
        self._row = 0
        self._row_from = 0
        self._waiting = 0
        self._target_at = 0
        self._held = False

    def play(self, kind: int, now_ms: int) -> None:
        """Start the cue `kind`, unless a more urgent one plays. Kinds without a pattern do nothing."""
        if kind == HOLD_END:
            self._held = False
            if SILENT < self._rank < FIRST_THAT_WAITS:
                self._next(now_ms)
        elif kind in PATTERNS:
            if kind == TARGET:
                self._held = True
                self._target_at = now_ms
            self._offer(ORDER.index(kind), now_ms)

    def update(self, now_ms: int) -> None:
        """Go on to what is due now; to be called each step. Allocates nothing."""
        if self._held and 0 < self.long_after_ms <= elapsed_ms(now_ms, self._target_at):
            self._held = False
            self._offer(ORDER.index(TOO_LONG), now_ms)
        while self._rank != SILENT:
            rows = PATTERNS[ORDER[self._rank]]
            duration_ms = rows[self._row][2]
            if elapsed_ms(now_ms, self._row_from) < duration_ms:
                return
            if self._row + 1 < len(rows):
                self._show(self._rank, self._row + 1, add_ms(self._row_from, duration_ms))
            else:
                self._next(now_ms)

    def _offer(self, rank: int, now_ms: int) -> None:
        if self._rank == SILENT or rank <= self._rank:
            if self._rank >= FIRST_THAT_WAITS and self._rank != rank:
                self._waiting |= 1 << self._rank
            self._show(rank, 0, now_ms)
        elif rank >= FIRST_THAT_WAITS:
            self._waiting |= 1 << rank

    def _next(self, now_ms: int) -> None:
        """End what plays; start the most urgent of what waits."""
        self._rank = SILENT
        self._set(0, 0)
        for rank in range(FIRST_THAT_WAITS, len(ORDER)):
            if self._waiting >> rank & 1:
                self._waiting &= ~(1 << rank)
                self._show(rank, 0, now_ms)
                return

    def _show(self, rank: int, row: int, from_ms: int) -> None:
        self._rank, self._row, self._row_from = rank, row, from_ms
        step = PATTERNS[ORDER[rank]][row]
        self._set(step[0], step[1])

    def _set(self, lamp: int, hz: int) -> None:
        self._lamp(lamp == 1)
        if self._tone:
            self._tone(hz)
