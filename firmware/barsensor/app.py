"""The application and its only loop: reads samples, writes records, plays cues, and answers the host in between."""

from array import array

from barcore import event, protocol
from barcore.ticks import elapsed_ms, extend_ms
from barsensor.cue import POSE_REFUSED, POSE_TAKEN
from barsensor.recorder import Recorder

STEP_MS, HURRY_MS = 20, 2
"""Between steps; the short one while frames wait and for HURRIED_MS after, so that a sync is as fast as its link."""
HURRIED_MS = 100
BATCH = 32
"""Samples per read: no more than the detector's event ring can follow."""
READS_MOST = 64
"""The most samples in one step, 10 s at 208 Hz: a driver that always has more must not starve everything else."""
SAMPLES_MS = 1000
"""After this long without samples the sensor is not healthy."""
STALL_MS = 2200
"""The longest that a write to flash took on an emulated ESP32: 1.4 s, and 2.1 s for the first one after a start."""
NAME_MS = 3000
"""After a press the screen shows the name for so long, though the set before is not over yet."""
SPARE_MS = 200
"""What the FIFO must still bridge after the slowest note."""
STOPPED_STEPS = 250
"""5 s of steps at one and the same tick."""
REST_MS = 1800
"""At rest for so long, what is pending is written: later than a rep's final record, sooner than 2 s."""


class ClockError(Exception):
    """The board's clock has stopped; only a restart helps."""


class App(Recorder):
    """One sensor at work. `ends` are its session ports; `housekeeping` and `control` are None on a bare one.

    faults: how often flash (`log_faults`) and IMU (`imu_faults`) failed; neither stops the counting that is possible.
    """

    def __init__(self, board, detector, log, ends=(), control=None, housekeeping=None, uncalibrated: int = 0) -> None:
        if housekeeping:
            housekeeping.look_back(log)
            log.locked = not housekeeping.may_write
        super().__init__(board, log, uncalibrated, control.turns if control else None)
        self._detector = detector
        self._ends = ends
        self._control = control
        self._housekeeping = housekeeping
        self._samples = array("i", [0] * (BATCH * 7))
        self._event = array("i", [0] * event.EVENT_INTS)
        self._busy_ms = -REST_MS
        self._hurried_ms = -HURRIED_MS
        self._sampled_ms = -SAMPLES_MS
        self._rep = self._stopped_steps = 0
        self._name_until_ms = 0
        self._notes = True

    @property
    def name(self) -> str:
        """What the owner called the sensor."""
        return self._control.name

    @property
    def busy(self) -> bool:
        """Whether a rep, a hold or a set is under way."""
        detector = self._detector
        return detector.busy or detector.set_open or self._now_ms < self._busy_ms + REST_MS

    @property
    def in_set(self) -> bool:
        """Whether a set, or a lone lift that may become one, goes on."""
        return self._detector.set_open

    @property
    def linked(self) -> bool:
        """Whether a host has a session open."""
        for end in self._ends:  # noqa: SIM110 - `any` would take of the heap at every step
            if end.open:
                return True
        return False

    @property
    def radio_faults(self) -> int:
        """How often a link failed below the session."""
        count = 0
        for end in self._ends:
            count += end.link.faults
        return count

    @property
    def bad_frames(self) -> int:
        """How many frames came in damaged, on all links."""
        count = 0
        for end in self._ends:
            count += end.link.bad_frames
        return count

    @property
    def healthy(self) -> bool:
        """Whether samples come, the log keeps what it is given, and every link is up."""
        for end in self._ends:
            if not end.link.up:
                return False
        return self._now_ms < self._sampled_ms + SAMPLES_MS and not self.log_faults and not self.link_faults

    @property
    def battery_low(self) -> bool:
        """Whether the battery should be charged."""
        return self._housekeeping is not None and self._housekeeping.low

    def step(self) -> None:
        """Do all that is due now, without waiting."""
        self._drain()
        self.cue.update(self._tick)
        for end in self._ends:
            end.serve(self._now_ms)
        self._flush()
        if self._housekeeping:
            self._housekeeping.update(self, self._now_ms)
        if self._control:
            self._control.step(self._now_ms)
        if self.turns and self.turns.pressed(self._board.button(), self._now_ms) and not self._detector.busy:
            self._take_turn()
        if self._board.screen:
            self._show()

    def run(self, stop=None) -> None:
        """Step and wait, until `stop()` is true after a step; for ever when it is None."""
        while True:
            self.step()
            if stop and stop():
                return
            self._board.power.feed()
            self._board.clock.wait_ms(self._wait_ms())
            self._watch_clock()

    def _watch_clock(self) -> None:
        """Raise ClockError when the board's clock has stopped: without it no hold and no timeout ever ends."""
        if self._board.clock.ticks_ms() != self._tick:
            self._stopped_steps = 0
            return
        self._stopped_steps += 1
        if self._stopped_steps >= STOPPED_STEPS:
            raise ClockError("the clock stands at %d ms since %d steps" % (self._tick, self._stopped_steps))

    def _wait_ms(self) -> int:
        for end in self._ends:
            if end.link.busy:
                self._hurried_ms = self._now_ms
        return HURRY_MS if self._now_ms < self._hurried_ms + HURRIED_MS else STEP_MS

    def stay_awake(self) -> None:
        """Postpone sleep although nothing moves."""
        if self._housekeeping:
            self._housekeeping.stay_awake()

    def leave_others(self, asker) -> None:
        """End every connection but the asker's, as after an erase."""
        for end in self._ends:
            end.leave(asker, self._now_ms)

    def finish(self) -> None:
        """Close an open set and flush, as when a recording has ended."""
        self._detector.finish()
        self._take_events()
        self.log.flush()

    def use(self, detector) -> None:
        """Switch to another detector; the open set of the previous one is closed and kept."""
        self._detector.finish()
        self._take_events()
        detector.follow(self._detector)
        self._detector = detector

    def retarget(self, settings: dict, long_after_ms: int) -> None:
        """Cue holds and count reps by other settings from now on."""
        self._detector.configure(settings["target_ms"], settings["least_mm"], settings["most_mm"])
        self.cue.long_after_ms = long_after_ms

    def _flush(self) -> None:
        """Write what is pending once the bar rests: a write stalls everything, and one a set wears the flash least."""
        if self._detector.busy:
            self._busy_ms = self._now_ms
        log = self.log
        if not log.dirty or log.locked or self._now_ms < self._flush_from_ms:
            return
        in_set = self._detector.set_open
        if self._now_ms < self._busy_ms + REST_MS or (in_set and self._board.imu.bridge_ms < STALL_MS):
            # The next rep may begin meanwhile, and its samples would be lost; a note takes no time to speak of.
            if in_set and self._notes and not self._detector.busy:
                self._note()
            return
        self._write()

    def _note(self) -> None:
        """Keep one record of the set that goes on; no more notes where that takes longer than the FIFO can bear."""
        if not self.log.unnoted:
            return
        clock = self._board.clock
        began = clock.ticks_ms()
        self._save(self.log.note)
        self._notes = elapsed_ms(clock.ticks_ms(), began) + SPARE_MS <= self._board.imu.bridge_ms

    # --- samples and events ---

    def _drain(self) -> None:
        for _ in range(READS_MOST):
            count = self._read()
            if count:
                self._sampled_ms = self._now_ms
            self._feed(count)
            self._take_events()
            if count < BATCH:
                return

    def _read(self) -> int:
        try:
            return self._board.imu.read(self._samples, BATCH)
        except OSError:
            self.imu_fault()
            return 0

    def _feed(self, count: int) -> None:
        # The detector, not its bound method: calling that with over four arguments takes heap on a board.
        samples, detector = self._samples, self._detector
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
        if self._housekeeping:
            self._housekeeping.see(samples, count)
        if self._control and self._control.watching:
            self._watch(count)

    def _watch(self, count: int) -> None:
        """Let the host's stream and calibration have the samples; cue a pose that ended."""
        seen = self._control.see(self._samples, count)
        if seen:
            self.signal(POSE_TAKEN if seen > 0 else POSE_REFUSED)

    def _take_events(self) -> None:
        self.now_ms()
        ev = self._event
        while self._detector.events.pop_into(ev):
            t_ms = extend_ms(ev[event.T_MS] - self._start_tick, self._now_ms)
            self._log_event(ev, t_ms)
            self.cue.play(ev[event.TYPE], self._tick)
            if ev[event.TYPE] == protocol.RISE:
                self._rep = ev[event.VALUES + 1]
            for end in self._ends:
                end.live(self._record)

    def _take_turn(self) -> None:
        """Make it the next lifter's turn, and tell whoever is connected."""
        self.turns.advance()
        self.stay_awake()
        self._name_until_ms = self._now_ms + NAME_MS
        self._log_turn()
        self.rest()  # a host that hears of it asks for it at once; nobody begins a rep with a hand on the button
        for end in self._ends:
            end.live(self._record)

    def _show(self) -> None:
        detector = self._detector
        name = ""
        if self.turns and not detector.busy and (self._now_ms < self._name_until_ms or not detector.set_open):
            name = self.turns.name
        self._board.screen.show(self._rep, detector.live.hold_ms, detector.settings.target_ms, self.battery_low, name)
