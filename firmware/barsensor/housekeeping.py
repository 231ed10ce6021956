"""Housekeeping: watches the battery and the IMU, logs the sensor's health, and sleeps when it is not needed.

It is needed while a host is linked, and while a rep, a hold or a set goes on. What comes of an update counts as a
motion: its link may break, and the host that comes back must find it.

    state      leaves when                                                 does                    for
    AWAKE      a report is due: at the start, then hourly                  asks for a pose         MEASURING
    AWAKE      still for SLEEP_AFTER_MS and not needed                     asks for a pose         MEASURING
    AWAKE      awake for RENEW_MS and not needed                           writes all, restarts    (the start)
    MEASURING  the pose is taken or refused; moved of late, or needed      notes its health        AWAKE
    MEASURING  the pose is taken or refused; still that long, not needed   notes it, writes all    asleep
    any        no sample for SILENT_MS, and every FAULT_EVERY_MS           cues the fault          the same
    any        no sample for RESTART_MS, but some since the start          writes all, restarts    (the start)
    any        no sample for SLEEP_AFTER_MS since the start, no host       writes all              asleep

A restart frees a bus that hangs; once only, because one that did not help would fill the log with starts. Asleep ends
with motion or a button, and the board starts anew.

Below SAFE_MV nothing is written to flash any more, because a write that browns out can damage what is not its own. Nor
is it in the first minute of a start after SHORT_STARTS power-ons in a row, none of which lasted for that long: so a
supply that breaks down at each start wears no flash and pushes no training out of the log. A set or a host ends that.
"""

from array import array

from barcore import protocol, record, still
from barsensor.cue import LOW_BATTERY

AWAKE, MEASURING = 0, 1

SLEEP_AFTER_MS = 180000
REPORT_EVERY_MS = 3600000
RENEW_MS = 1000000000
"""11.6 days: before times outgrow 30 bits, and with it the heap's small integers."""
SILENT_MS, FAULT_EVERY_MS, RESTART_MS = 1000, 10000, 60000
BATTERY_EVERY_MS = 10000
LOW_CUE_EVERY_MS = 300000
SHORT_STARTS = 4
LOOKED_BACK_RECORDS = 64
LOW_MV = 3500
SAFE_MV = 3300
NEAR = (328, 328, 328, 192, 192, 192)
"""80 mg and 6 dps: what lies still stays this near for hours, the chip's drift with warmth included."""


class Housekeeping:
    """One sensor's housekeeping. `see` is called with every sample and allocates nothing."""

    def __init__(self, board, radio=None) -> None:
        self._radio = radio
        self._power = board.power
        self._imu = board.imu
        self._pose = still.Still()
        self._reference = array("i", [0] * 6)
        self._newest_tick = board.clock.ticks_ms()
        self._moved = self._heard = self._ever_heard = False
        self._still_from_ms = 0
        self._heard_ms = -1  # until the first step: the write before it may have taken seconds
        self._fault_after_ms = SILENT_MS
        self._battery_from_ms = self._low_cue_from_ms = self._report_from_ms = 0
        self._troubles = (0, 0, 0, 0, 0)
        self.battery_mv = board.power.battery_mv()
        self.unsettled = False
        self.state = AWAKE

    def look_back(self, log) -> None:
        """Note from the newest records of the log whether this start is one of many that ended soon."""
        self.unsettled = self._power.cause == protocol.RESET_POWER_ON and short_starts(log) >= SHORT_STARTS

    @property
    def low(self) -> bool:
        """Whether the battery should be charged."""
        return 0 < self.battery_mv < LOW_MV

    @property
    def may_write(self) -> bool:
        """Whether flash may be written; with no cell to measure it may."""
        return not self.unsettled and not 0 < self.battery_mv < SAFE_MV

    def see(self, samples, count: int) -> None:
        """Take the newest `count` samples, 7 ints each."""
        for at in range(0, count * 7, 7):
            if self._has_moved(samples, at):
                self._moved = True
            if self.state == MEASURING:
                self._pose.update(samples, at)
        if count:
            self._heard = self._ever_heard = True
            self._newest_tick = samples[count * 7 - 7]

    def stay_awake(self) -> None:
        """Count the time of being still from now on only, as after a motion."""
        self._moved = True

    def update(self, app, now_ms: int) -> None:
        """Do what is due at `now_ms` since boot."""
        if self._moved:
            self._moved = False
            self._still_from_ms = now_ms
        if self.unsettled and (now_ms >= protocol.SHORT_START_MS or app.linked or app.in_set):
            self._settle(app)
        silent = self._tend_imu(app, now_ms)
        if app.busy:
            return
        self._tend_battery(app, now_ms)
        if not silent:
            self._report_or_sleep(app, now_ms)

    def _settle(self, app) -> None:
        self.unsettled = False
        app.log.locked = not self.may_write
        app.say("power: %d or more starts in a row ended within a minute; check battery and wires" % SHORT_STARTS)

    def _has_moved(self, samples, at: int) -> bool:
        reference = self._reference
        for axis in range(6):
            if abs(samples[at + 1 + axis] - reference[axis]) > NEAR[axis]:
                for i in range(6):
                    reference[i] = samples[at + 1 + i]
                return True
        return False

    def _tend_imu(self, app, now_ms: int) -> bool:
        """Return whether the IMU is silent, after doing what is due then."""
        if self._heard or self._heard_ms < 0:
            self._heard = False
            self._heard_ms = now_ms
            self._fault_after_ms = SILENT_MS
            return False
        silent_ms = now_ms - self._heard_ms
        if silent_ms >= self._fault_after_ms:
            self._fault_after_ms += FAULT_EVERY_MS
            app.imu_fault()
        if silent_ms >= RESTART_MS and self._ever_heard:
            app.rest()
            self._power.restart()
        if silent_ms >= SLEEP_AFTER_MS and not app.linked:
            app.rest()
            self._power.sleep()
        return silent_ms >= SILENT_MS

    def _tend_battery(self, app, now_ms: int) -> None:
        if now_ms >= self._battery_from_ms:
            self._battery_from_ms = now_ms + BATTERY_EVERY_MS
            self.battery_mv = self._power.battery_mv()
            app.log.locked = not self.may_write
            if self._radio:
                self._radio.say(app.name, self.battery_mv, app.log.next_seq - app.log.acked)
        if self.low and now_ms >= self._low_cue_from_ms:
            self._low_cue_from_ms = now_ms + LOW_CUE_EVERY_MS
            app.signal(LOW_BATTERY)

    def _report_or_sleep(self, app, now_ms: int) -> None:
        idle = now_ms - self._still_from_ms >= SLEEP_AFTER_MS and not app.linked
        if self.state == AWAKE:
            if now_ms >= RENEW_MS and not app.linked:
                app.rest()
                self._power.restart()
            if idle or now_ms >= self._report_from_ms:
                self._pose.start(self._newest_tick)
                self.state = MEASURING
        elif self._pose.state in (still.TAKEN, still.REFUSED):
            self._report_from_ms = now_ms + REPORT_EVERY_MS
            self._note_health(app)
            self.state = AWAKE
            if idle:
                app.rest()
                self._power.sleep()

    def _note_health(self, app) -> None:
        free_bytes, largest_bytes = self._power.heap_bytes()
        noise_ug = self._pose.noise_ug if self._pose.state == still.TAKEN else 0
        app.keep(protocol.HEALTH, 0, (self.battery_mv, noise_ug, free_bytes, largest_bytes))
        imu = self._imu
        troubles = (app.imu_faults, imu.overruns, imu.bad_words, app.log_faults, app.radio_faults)
        if troubles != self._troubles:
            self._troubles = troubles
            app.say("imu: %d faults, %d overruns, %d bad words; flash: %d faults; radio: %d faults" % troubles)


def short_starts(log) -> int:
    """Return how many starts in a row, up to the newest record, were power-ons that logged nothing after a minute."""
    count = newest_ms = 0
    buf = bytearray(protocol.RECORD_BYTES)
    end = log.next_seq + log.pending
    for seq in range(end - 1, max(log.first_seq, end - LOOKED_BACK_RECORDS) - 1, -1):
        if not log.read_into(seq, buf):
            continue
        kind, _, _, _, t_ms = record.header(buf)
        newest_ms = max(newest_ms, t_ms)
        if kind == protocol.BOOT:
            if record.payload(buf)[0] != protocol.RESET_POWER_ON or newest_ms >= protocol.SHORT_START_MS:
                break
            count += 1
            newest_ms = 0
    return count
