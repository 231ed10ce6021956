"""The application and its only task loop: samples in, records and cues out, the host answered in between."""

from array import array

from barcore import event, protocol, record
from barcore.ticks import elapsed_ms, extend_ms
from cue import Cue

FIRMWARE_VERSION = (0, 1, 0)
STEP_MS = 20
BATCH = 32
"""Samples per read: no more than the detector's event ring can follow."""
REST_MS = 1800
"""At rest for so long, what is pending is written: later than a rep's final record, sooner than 2 s."""
FLUSH_RETRY_MS = 1000


class App:
    """One sensor at work. `link` and `answer` are None on a sensor that nothing is connected to."""

    def __init__(self, board, detector, log, link=None, answer=None) -> None:
        self._board = board
        self._detector = detector
        self._cue = Cue(board.lamp, board.tone)
        self._link = link
        self._answer = answer
        self._samples = array("i", [0] * (BATCH * 7))
        self._event = array("i", [0] * event.EVENT_INTS)
        self._record = bytearray(protocol.RECORD_BYTES)
        self._start_tick = self._tick = board.clock.ticks_ms()
        self._now_ms = 0
        self._busy_ms = -REST_MS
        self._flush_from_ms = 0
        self.log = log
        self.log_faults = 0
        # Durable before anyone can ask for the time, so that this boot's number is never given twice.
        log.append(protocol.BOOT, 0, 0, (0,) + FIRMWARE_VERSION + (0,))
        self._flush()

    def now_ms(self) -> int:
        """Return the full time since boot; to be called at least once per 12 days."""
        tick = self._board.clock.ticks_ms()
        self._now_ms += elapsed_ms(tick, self._tick)
        self._tick = tick
        return self._now_ms

    def step(self) -> None:
        """Do all that is due now, without waiting."""
        self._drain()
        self._cue.update(self._tick)
        if self._link:
            self._serve()
        self._flush()

    def run(self, stop=None) -> None:
        """Step and wait, until `stop()` is true after a step; for ever when it is None."""
        while True:
            self.step()
            if stop and stop():
                return
            self._board.clock.wait_ms(STEP_MS)

    def finish(self) -> None:
        """Close an open set and flush, as when a recording has ended."""
        self._detector.finish()
        self._take_events()
        self.log.flush()

    def _drain(self) -> None:
        # The detector, not its bound method: calling that with over four arguments takes heap on a board.
        samples, detector = self._samples, self._detector
        count = BATCH
        while count == BATCH:
            count = self._board.imu.read(samples, BATCH)
            for at in range(0, count * 7, 7):
                detector.feed(
                    samples[at],
                    samples[at + 1],
                    samples[at + 2],
                    samples[at + 3],
                    samples[at + 4],
                    samples[at + 5],
                    samples[at + 6],
                )
            self._take_events()

    def _take_events(self) -> None:
        self.now_ms()
        ev = self._event
        while self._detector.events.pop_into(ev):
            t_ms = extend_ms(ev[event.T_MS] - self._start_tick, self._now_ms)
            self._keep(ev, t_ms)
            self._cue.play(ev[event.TYPE], self._tick)
            if self._answer:
                self._send(self._answer.live(self._record))

    def _keep(self, ev, t_ms: int) -> None:
        """Log the event unless it is provisional; leave its record in `_record`."""
        if ev[event.TYPE] >= protocol.FIRST_PROVISIONAL:
            record.pack_event(self._record, 0, ev, self.log.boot, protocol.NO_SEQ, t_ms)
            return
        try:
            self.log.read_into(self.log.append_event(ev, t_ms), self._record)
        except OSError:
            # Flash fails and the log's memory is full: this record is lost, counting and cues go on.
            self.log_faults += 1
            record.pack_event(self._record, 0, ev, self.log.boot, protocol.NO_SEQ, t_ms)

    def _serve(self) -> None:
        frame = self._link.poll()
        if frame:
            self._send(self._answer.update(frame[0], frame[1], frame[2], self.now_ms()))

    def _send(self, frames: list) -> None:
        for raw in frames:
            self._link.send(raw)

    def _flush(self) -> None:
        """Write what is pending once the bar rests: a write stalls everything, and one a set wears the flash least."""
        if self._detector.busy:
            self._busy_ms = self._now_ms
        if not self.log.dirty or self._now_ms < max(self._busy_ms + REST_MS, self._flush_from_ms):
            return
        try:
            self.log.flush()
        except OSError:
            self.log_faults += 1
            self._flush_from_ms = self._now_ms + FLUSH_RETRY_MS
