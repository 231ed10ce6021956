"""Keeps time and log for the application, and reports failures. None of these failures stops the counting."""

from barcore import event, protocol, record
from barcore.ticks import elapsed_ms
from barsensor import crash
from barsensor.cue import FAULT, Cue

FIRMWARE_VERSION = (0, 2, 0)
FLUSH_RETRY_MS = 1000
FAULT_CUE_MS = 10000


class Recorder:
    """Time, log and cue of one sensor; `log_faults` and `imu_faults` count how often flash and IMU failed."""

    def __init__(self, board, log, uncalibrated: int, turns=None) -> None:
        self._board = board
        self._record = bytearray(protocol.RECORD_BYTES)
        self._start_tick = self._tick = board.clock.ticks_ms()
        self._now_ms = 0
        self._flush_from_ms = 0
        self._fault_from_ms = 0
        self.cue = Cue(board.lamp, board.tone)
        self.log = log
        self.turns = turns
        self.log_faults = self.imu_faults = self.link_faults = 0
        self._note_start(uncalibrated)

    def now_ms(self) -> int:
        """Return the full time since boot; to be called at least once per 12 days."""
        tick = self._board.clock.ticks_ms()
        self._now_ms += elapsed_ms(tick, self._tick)
        self._tick = tick
        return self._now_ms

    def keep(self, kind: int, flags: int, values: tuple) -> None:
        """Log a record of now; when flash fails and memory is full it is lost, and counting and cues go on."""
        try:
            self.log.append(kind, flags, self._now_ms, values)
        except OSError:
            self._log_fault()

    def say(self, text: str) -> None:
        """Log a text of at most 3 kB, as far as there is room for it."""
        try:
            crash.log_text(self.log, self._now_ms, text.encode())
        except OSError:
            self._log_fault()

    def signal(self, kind: int) -> None:
        """Cue `kind` now."""
        self.cue.play(kind, self._tick)

    def rest(self) -> None:
        """Write everything pending, as before sleep."""
        if not self.log.locked:
            self._write()

    def erase_log(self, uncalibrated: int) -> None:
        """Begin a new log, which tells of this start first; OSError of flash."""
        self.log.erase()
        self._note_start(uncalibrated)

    def imu_fault(self) -> None:
        """Count and cue a fault of the IMU."""
        self.imu_faults += 1
        self._cue_fault()

    def _log_event(self, ev, t_ms: int) -> None:
        """Log the event unless it is provisional; leave its record in `_record`."""
        if ev[event.TYPE] >= protocol.FIRST_PROVISIONAL:
            record.pack_event(self._record, 0, ev, self.log.boot, protocol.NO_SEQ, t_ms)
            return
        try:
            self.log.read_into(self.log.append_event(ev, t_ms), self._record)
        except OSError:
            self._log_fault()
            record.pack_event(self._record, 0, ev, self.log.boot, protocol.NO_SEQ, t_ms)

    def _log_turn(self) -> None:
        """Log whose turn it has become; leave the record in `_record`."""
        values = self.turns.lifter
        try:
            self.log.read_into(self.log.append(protocol.TURN, 0, self._now_ms, values), self._record)
        except OSError:
            self._log_fault()
            record.pack_into(self._record, 0, protocol.TURN, 0, self.log.boot, protocol.NO_SEQ, self._now_ms, values)

    def _note_start(self, uncalibrated: int) -> None:
        # Durable before anyone can ask for the time, so that this boot's number is never given twice.
        self.log.append(protocol.BOOT, 0, 0, (self._board.power.cause,) + FIRMWARE_VERSION + (uncalibrated,))
        self.rest()

    def _write(self) -> None:
        self._save(self._flush_log)

    def _flush_log(self) -> None:
        self.log.flush()
        if self.turns:
            self.turns.save()

    def _save(self, write) -> None:
        try:
            write()
        except OSError:
            self._log_fault()
            self._flush_from_ms = self._now_ms + FLUSH_RETRY_MS

    def _log_fault(self) -> None:
        self.log_faults += 1
        self._cue_fault()

    def _cue_fault(self) -> None:
        if self._now_ms >= self._fault_from_ms:
            self._fault_from_ms = self._now_ms + FAULT_CUE_MS
            self.signal(FAULT)
