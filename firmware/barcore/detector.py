"""The detector: samples in, events out. It orders the modules, each of which holds one subject.

    sample -> motion (gravity) -> smooth -> drift (rest) -> live                     -> provisional events
                                                         -> review (rep) -> sets     -> final events

Method: a filter that also learns the accelerometer's offset (`drift`) frees the integral of the vertical acceleration
of its drift; the written definitions of rep and hold (`rep`) are applied once the drift is known on both sides of the
rep. Every sample does a bounded share of the review.
"""

from array import array

from barcore import hot, ticks
from barcore.announce import Announcer
from barcore.drift import OFFSET_VAR, STEP_TICKS, Drift
from barcore.fold import FOLD_TICKS, Fold
from barcore.fold import IDLE as FOLD_IDLE
from barcore.live import FALLING, HELD, LOW, Live
from barcore.measure import MM, RepMeasure
from barcore.motion import LONGEST_STEP_MS, TICK_MS, Motion
from barcore.plausible import comes_back, flags_of, is_sure, more_mm, rolled_over
from barcore.rep import ABOVE, SEEK
from barcore.review import FOUND, IDLE, Review
from barcore.rework import IDLE as REWORK_IDLE
from barcore.rework import Rework
from barcore.sets import CLOSING, DONE, GAP_MS, JUDGED, NONE, OPEN, SetKeeper
from barcore.settings import Settings
from barcore.smooth import LAG_TICKS, V_MASK, V_RING, Smoother

_UNITS_PER_SAMPLE = 42  # of the review; twice as many where samples come half as often
_SLOW_MS = 15
_REVIEW_TICKS = 48  # a review at least this often while the bar moves
_AFTER_FALL_TICKS = LAG_TICKS + 2
_FRESH_TICKS = 150
_WAIT_TICKS = 75  # an unsure rep is looked at again until 1.5 s after its end ...
_FIRST_WAIT_TICKS = 125  # ... or 2.5 s before a set is proved
_REVIEWED_TICKS = _FIRST_WAIT_TICKS + _REVIEW_TICKS + 25  # what lies further back was reviewed
_IDLE_TICKS = 150  # at rest between sets: the integral may start afresh
_FAR_OFF = 1 << 23  # 321 m/s: an integral that never found rest starts afresh
_FOLD_MS = 8000
_FOLD_AFTER_TICKS = 100
_FOLD_BEFORE_TICKS = 40
_LYING_TICKS = 500
_LYING_SHAKE = 8
_DEAD_TICKS = 50  # nobody holds a bar so still for a second: no cue for one that lies
_REWORK_STEPS = 150
_REWORK_TICKS = 100
_AGAIN_TICKS = 12


class Trace:
    """A hook into the detector's work, for pictures; each method gets the detector and may allocate."""

    def ticked(self, detector: "Detector") -> None:
        """Called after each tick of the grid."""

    def reviewed(self, detector: "Detector") -> None:
        """Called after each share of a review."""

    def took_rep(self, detector: "Detector") -> None:
        """Called after each rep that was counted."""


class Detector:
    """Counts reps and times holds on a stream of samples; leaves events in `events`.

    `feed` takes integers, allocates nothing and is bounded; its input may be anything within 16 bits per axis. Events
    come in order of their decision; their times are 30-bit ticks like the samples' own. A screen may read `live`.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.trace: "Trace | None" = None  # set it to follow the work; a board leaves it
        self._announce = Announcer()
        self.events = self._announce.events
        self._velocity = array("i", [0] * V_RING)
        self._motion = Motion()
        self._motion.calibrate(settings.acc_offset, settings.acc_scale, settings.gyro_offset)
        self._smoother = Smoother(self._velocity)
        self._drift = Drift(settings.calibrated)
        self.live = Live(self._velocity, self._drift)
        self.review = Review(self._velocity, self._drift)
        self._rework = Rework(self._drift)
        self._rework_due = 0
        self._fold = Fold(self._velocity, self._drift)
        self._lying_ticks = 0
        self._sets = SetKeeper()
        self._last_tick = 0
        self._n = 0  # ticks of the grid so far
        self._due = 0  # the tick at which to review next
        self._flat_ticks = 0
        self._busy_tick = 0  # when the bar was last up
        self._clipped_ms = self._gap_ms = -1

        self.configure(settings.target_ms, settings.least_mm, settings.most_mm)

    def configure(self, target_ms: int, least_mm: int, most_mm: int) -> None:
        """Go on with the target and the range of another exercise."""
        self.settings.target_ms = target_ms
        self.settings.least_mm, self.settings.most_mm = least_mm, most_mm
        self._sets.floor_mm = least_mm
        self.review.rep.limit_rise(most_mm * MM)

    @property
    def tick(self) -> int:
        """The newest tick of the grid; 0 where the grid has just begun afresh."""
        return self._n

    @property
    def now_ms(self) -> int:
        """The time of that tick, ms since the first sample, while the ticks of the samples do not wrap."""
        return self._announce.start_tick + self._motion.t_ms

    @property
    def busy(self) -> bool:
        """Whether a rep or a hold is under way (no flash write may start now)."""
        return self.live.state != LOW

    @property
    def set_open(self) -> bool:
        """Whether a set, or a lone lift that may become one, has not ended yet."""
        return self._sets.is_open() or self._sets.state == CLOSING

    def feed(self, t_ms: int, ax: int, ay: int, az: int, gx: int, gy: int, gz: int) -> None:
        """Take one sample (see `sample`). Allocates nothing; a sample no later than the last is dropped."""
        motion = self._motion
        if not motion.started:
            motion.start(ax, ay, az, gx, gy, gz)
            self._announce.start_tick = self._last_tick = t_ms
            return
        dt_ms = ticks.elapsed_ms(t_ms, self._last_tick)
        if dt_ms == 0 or dt_ms >= ticks.HALF_MS:
            return
        self._last_tick = t_ms
        if dt_ms > LONGEST_STEP_MS:
            self._announce.start_tick = ticks.add_ms(self._announce.start_tick, dt_ms - LONGEST_STEP_MS)
        motion.feed(dt_ms, ax, ay, az, gx, gy, gz)
        while motion.tick():
            self._tick()
        self._work(_UNITS_PER_SAMPLE if dt_ms < _SLOW_MS else 2 * _UNITS_PER_SAMPLE)

    def follow(self, earlier: "Detector") -> None:
        """Number the sets on from an earlier detector's of the same start, so that no number comes twice."""
        self._sets.number = earlier._sets.number

    def finish(self) -> None:
        """End of the stream: review what is left and close an open set. Not part of the sample path."""
        if not self._motion.started:
            return
        for _ in range(LAG_TICKS + _AFTER_FALL_TICKS):
            self._motion.coast(self._drift.slope)
            self._tick()
        self._finish_review()  # the one under way, then one of all that is left
        self._begin_review()
        self._finish_review()
        self._settle_set()

    def _tick(self) -> None:
        """Take the grid point that `motion` has reached through smoother, drift and live."""
        motion = self._motion
        self._n += 1
        n = self._n
        self._velocity[n & V_MASK] = motion.velocity
        self._smoother.push(n)
        if motion.clipped:
            motion.unclip()
            self._clipped_ms = motion.t_ms
        if motion.gap:
            motion.gap = False
            self._gap_ms = motion.t_ms
        if n % STEP_TICKS == 0:
            self._drift.note(n // STEP_TICKS, motion.gravity, motion.take_peak(), motion.hole_ms)
            motion.hole_ms = 0
        if n >= LAG_TICKS and (n - LAG_TICKS) % STEP_TICKS == 0:
            self._smoother.read(n)
            self._drift.step((n - LAG_TICKS) // STEP_TICKS, self._smoother)
            self._rest_or_review()
        self._live_tick()
        if self._sets.state == CLOSING:
            self._judge()
        elif (
            n - self._busy_tick > _REVIEWED_TICKS
            and not self._fold.folded_ms
            and self._sets.is_over((n - _REVIEWED_TICKS) * TICK_MS)
        ):
            self._close_set()
        if self.trace is not None:
            self.trace.ticked(self)

    def _live_tick(self) -> None:
        live = self.live
        was = live.state
        still = self._motion.still_ms > 1000 and self._smoother.shake < _LYING_SHAKE
        self._lying_ticks = self._lying_ticks + 1 if still else 0
        if self._lying_ticks > _LYING_TICKS and was != LOW:
            live.restart()
        target_ms = self.settings.target_ms if self._lying_ticks < _DEAD_TICKS else 0
        kind = live.update(self._n, self._sets.least_mm(), target_ms)
        self._motion.allow_zero_learning(live.state == LOW)
        if live.state != LOW:
            self._busy_tick = self._n
        if kind:
            self._announce.live(kind, live, self._sets, live.event_tick * TICK_MS)
        if (was == FALLING) if live.state == LOW else live.fell:
            self._due = self._n + _AFTER_FALL_TICKS

    def _rest_or_review(self) -> None:
        """After each step of drift: begin afresh in a long rest, or begin a review when one is due."""
        self._flat_ticks = self._flat_ticks + STEP_TICKS if self._drift.flat_steps else 0
        idle = self._flat_ticks > _IDLE_TICKS and self._sets.state == NONE and self.live.state == LOW
        if abs(self._motion.velocity) > _FAR_OFF:
            self._restart()
        elif self._is_working() or self._folds():
            return
        elif self._n >= self._rework_due and self._drift.cannot_be_true():
            self._begin_rework()
        elif idle and self._n > V_RING:
            self._restart()
        elif self._n >= self._due and not idle:
            self._begin_review()

    def _is_working(self) -> bool:
        """Tell whether a review, a rework or a fold is under way; only one of them ever is."""
        return self.review.state != IDLE or self._rework.state != REWORK_IDLE or self._fold.state != FOLD_IDLE

    def _folds(self) -> bool:
        """Begin to fold a long hold, if one is under way that fills the rings."""
        review, fold = self.review, self._fold
        if self.live.state != HELD or self.live.hold_ms < _FOLD_MS or review.rep.state != ABOVE:
            return False
        if self._lying_ticks > _LYING_TICKS:
            review.skip_to(self._n - LAG_TICKS)
            review.rep.seek()
            return False
        seam = review.rep.folds_at(FOLD_TICKS, _FOLD_AFTER_TICKS)
        if not seam:
            return False
        review.skip_to(review.rep.start_tick - _FOLD_BEFORE_TICKS)
        fold.start(review.from_tick, seam)
        review.from_tick += FOLD_TICKS
        review.rep.measured.seam_tick, review.rep.measured.folded_ms = fold.seam_tick, fold.folded_ms
        return True

    def _begin_rework(self) -> None:
        newest = self._drift.newest
        first = newest - _REWORK_STEPS
        if first < 1:
            first = 1
        self._rework_due = self._n + _REWORK_TICKS
        self._rework.start(first, OFFSET_VAR)

    def _begin_review(self) -> None:
        self._due = self._n + _REVIEW_TICKS
        self.review.start((self._n - LAG_TICKS) // STEP_TICKS, self._sets.least_mm())

    def _work(self, units: int) -> None:
        """Do a share of the review."""
        review, fold, rework = self.review, self._fold, self._rework
        if fold.state != FOLD_IDLE or rework.state != REWORK_IDLE:
            job = fold if fold.state != FOLD_IDLE else rework
            units //= job.cost
            while units > 0 and job.update() != IDLE:
                units -= 1
            if job.state == IDLE:
                self._begin_review()
            return
        while units > 0 and review.state != IDLE:
            units = review.work(units)
            if review.state == FOUND:
                self._judge_found(review.rep.measured)
            elif review.state == IDLE:
                self._review_again()
        if self.trace is not None and review.state != IDLE:
            self.trace.reviewed(self)

    def _review_again(self) -> None:
        """Review again soon when the bar is down already and the review has not seen all of its fall."""
        soon = self._n + _AGAIN_TICKS
        down = 0 < self._n - self._busy_tick < _WAIT_TICKS
        if down and self.review.rep.state != SEEK and self._due > soon + _AGAIN_TICKS:
            self._due = soon

    def _judge_found(self, rep: RepMeasure) -> None:
        """Take the rep that the review has found, drop it, or leave it until its drift is known better."""
        proved = self._sets.state == OPEN
        sure = is_sure(rep) or (proved and comes_back(rep))
        age_ticks = self._n - rep.end_tick
        if not proved and rolled_over(rep, self._drift):
            return
        if sure or (proved and age_ticks > _WAIT_TICKS):
            self._take_rep()
        elif age_ticks < _FRESH_TICKS and self._n >= self._rework_due:
            self.review.wait()
            self._begin_rework()
        elif age_ticks < (_WAIT_TICKS if proved else _FIRST_WAIT_TICKS):
            self.review.wait()
        elif proved or rep.rom_mm >= self.settings.least_mm:
            self._take_rep()

    def _finish_review(self) -> None:
        while self._is_working():
            self._work(_UNITS_PER_SAMPLE)

    def _take_rep(self) -> None:
        """Take the rep that the review has found into its set and announce it."""
        rep, sets = self.review.rep.measured, self._sets
        self._fold.end(self.review.rep.measured)
        if sets.state == CLOSING or rep.start_ms - sets.last_end_ms > GAP_MS:
            self._settle_set()
        bottom_ms = rep.start_ms - sets.last_end_ms if sets.state != NONE else 0
        gapped = self._gap_ms >= rep.start_ms
        if gapped:
            rep.widen_for_gap()
        flags = flags_of(rep, self.settings.calibrated, self._clipped_ms >= rep.start_ms, gapped)
        flags = sets.add(rep.start_ms, rep.end_ms, rep.rom_mm, flags, more_mm(rep, sets.reps if sets.is_open() else 0))
        if sets.reps == 2:
            self._announce.set_start(sets, self.settings.target_ms)
        self._announce.rep(rep, sets, flags, bottom_ms)
        self.live.settle(rep.end_tick, self._n)
        self.review.least_mm = sets.least_mm()
        if self.trace is not None:
            self.trace.took_rep(self)

    def _settle_set(self) -> None:
        """Close the set under way, if any, and judge all its reps at once."""
        if self._sets.is_open():
            self._close_set()
        while self._sets.state == CLOSING:
            self._judge()

    def _close_set(self) -> None:
        self._announce.set_end(self._sets)
        self._sets.close()
        self.review.skip_to(self._n - _REVIEWED_TICKS)

    def _judge(self) -> None:
        """Judge one rep of the ended set again; announce a correction where that changes it."""
        verdict = self._sets.judge()
        if verdict != JUDGED and verdict != DONE:  # noqa: PLR1714 (a tuple would be allocated)
            self._announce.correction(self._sets, verdict)

    def _restart(self) -> None:
        """Start the integral and the grid afresh; what was learnt of gravity and offset stays."""
        passed_ms = self._motion.t_ms
        self._announce.start_tick = ticks.add_ms(self._announce.start_tick, passed_ms)
        self._sets.shift(passed_ms)
        self._motion.rezero()
        self._n = self._due = self._busy_tick = self._rework_due = 0
        self._rework.state = REWORK_IDLE
        self._fold.end(self.review.rep.measured)
        hot.fill(self._velocity, 0, V_RING)
        self._smoother.restart(0)
        self._drift.restart(0)
        self.live.restart()
        self.review.restart()
        self._flat_ticks = 0
        self._clipped_ms = self._gap_ms = -1
