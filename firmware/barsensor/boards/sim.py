"""The virtual board: plays packed samples (see `barcore.sample`) as its IMU. Twin of the real boards.

A sample's time in the recording is relative: it is taken at tick `start_tick + t_ms`. In simulated time `wait_ms`
moves the clock and returns at once; in real time it sleeps. Everything else follows from the arguments, so the same
recording played twice gives the same records under the same keys.
"""

import binascii
import random
import struct
import time

from barcore import protocol
from barcore.sample import SAMPLE_BYTES, SAMPLE_FORMAT
from barcore.ticks import MASK, elapsed_ms
from barsensor.boards.board import Board
from barsensor.boards.storage import FolderStorage, MemoryStorage


class SimulatedClock:
    """A clock that moves only in `wait_ms`."""

    def __init__(self, start_tick: int) -> None:
        self._tick = start_tick & MASK

    def ticks_ms(self) -> int:
        """Return the 30-bit tick."""
        return self._tick

    def wait_ms(self, duration_ms: int) -> None:
        """Let time pass."""
        self._tick = (self._tick + duration_ms) & MASK


class RealClock:
    """The computer's clock, shifted so that it shows `start_tick` now, and `speed` times as fast."""

    def __init__(self, start_tick: int, speed: int = 1) -> None:
        self._speed = speed
        self._offset = start_tick - _host_ms() * speed

    def ticks_ms(self) -> int:
        """Return the 30-bit tick."""
        return (_host_ms() * self._speed + self._offset) & MASK

    def wait_ms(self, duration_ms: int) -> None:
        """Let time pass."""
        time.sleep(duration_ms / 1000 / self._speed)


class PlayedImu:
    """An IMU whose FIFO fills with a recording as the clock moves; it never overruns and has no power to save."""

    chip = "recording"
    overruns = bad_words = 0
    bridge_ms = 1 << 29

    def __init__(self, samples: bytes, clock, start_tick: int) -> None:
        if len(samples) % SAMPLE_BYTES:
            raise ValueError("samples have %d bytes, no multiple of %d" % (len(samples), SAMPLE_BYTES))
        self._samples = samples
        self._clock = clock
        self._start_tick = start_tick & MASK
        self._last_tick = self._start_tick
        self._now_ms = 0
        self._at = 0

    def start(self) -> None:
        """Go on playing."""

    def discard(self) -> None:
        """Do nothing: no unwanted samples wait."""

    def choose(self, fast: bool) -> None:
        """Do nothing: a recording has its own rate."""

    def self_test(self) -> str:
        """Pass."""
        return ""

    def wake_on_motion(self, mg: int) -> None:
        """Do nothing: the next sample is motion enough."""

    def power_down(self) -> None:
        """Do nothing."""

    def ended(self) -> bool:
        """Tell whether every sample was read."""
        return self._at == len(self._samples)

    def read(self, buf, limit: int) -> int:
        """Fill `buf` (array of ints, 7 per sample) with at most `limit` samples taken until now; return how many."""
        self._advance()
        count = 0
        while count < limit and not self.ended():
            values = struct.unpack_from(SAMPLE_FORMAT, self._samples, self._at)
            if values[0] > self._now_ms:
                break
            buf[count * 7] = (self._start_tick + values[0]) & MASK
            for i in range(1, 7):
                buf[count * 7 + i] = values[i]
            self._at += SAMPLE_BYTES
            count += 1
        return count

    def _advance(self) -> None:
        tick = self._clock.ticks_ms()
        self._now_ms += elapsed_ms(tick, self._last_tick)
        self._last_tick = tick


class Noted:
    """A lamp or sounder that records each change as (tick, value)."""

    def __init__(self, clock) -> None:
        self._clock = clock
        self.told = []

    def __call__(self, what) -> None:
        """Note it."""
        if not self.told or self.told[-1][1] != what:
            self.told.append((self._clock.ticks_ms(), what))


class Button:
    """A button that is pressed by setting `pressed`."""

    def __init__(self) -> None:
        self.pressed = False

    def __call__(self) -> bool:
        """Tell whether it is pressed now."""
        return self.pressed


class Screen:
    """A screen that only holds what stands on it: the rep, the hold in ms, or a name."""

    def __init__(self) -> None:
        self.rep = self.hold_ms = 0
        self.name = ""

    def show(self, rep: int, hold_ms: int, _target_ms: int, _low_battery: bool, name: str = "") -> None:
        """Show this."""
        self.rep, self.hold_ms, self.name = rep, hold_ms, name

    def off(self) -> None:
        """Nothing to darken."""


class Stopped(BaseException):
    """The board went to "sleep" or "restart". A BaseException, so that no handler of faults takes it for one."""


class Power:
    """Power as its fields say; raises Stopped where a real board would stop."""

    def __init__(self) -> None:
        self.cause = protocol.RESET_POWER_ON
        self.cell_mv = 0
        self.guarded_ms = 0
        self.feeds = 0

    def battery_mv(self) -> int:
        """Return the cell's voltage in mV, 0 for none."""
        return self.cell_mv

    def sleep(self) -> None:
        """Stop until the bar moves."""
        raise Stopped("sleep")

    def restart(self) -> None:
        """Start anew."""
        raise Stopped("restart")

    def crash(self) -> None:
        """Start anew after a crash."""
        raise Stopped("crash")

    def heap_bytes(self) -> tuple:
        """Return nothing known, so that the same recording gives the same records under any interpreter."""
        return 0, 0

    def filesystem_bytes(self) -> tuple:
        """Return nothing known."""
        return 0, 0

    def temperature_c(self):
        """Return nothing known."""
        return

    def let_go(self) -> None:
        """Do nothing: there is no watchdog."""

    def guard(self, timeout_ms: int) -> None:
        """Note the watchdog's time limit."""
        self.guarded_ms = timeout_ms

    def feed(self) -> None:
        """Count the feeds since `guard`."""
        if self.guarded_ms:
            self.feeds += 1


def open_board(
    samples: bytes,
    real_time: bool = False,
    start_tick: int = 0,
    folder: str = "",
    device_id: bytes = b"",
    log_id: int = 0,
    speed: int = 1,
    has_screen: bool = False,
) -> Board:
    """Return a board that plays `samples`, its log in `folder` or else in memory. Ids not given come from `samples`.

    `speed` is how many times as fast real time passes on it.
    """
    digest = binascii.crc32(samples)
    device_id = device_id or b"sim\0" + struct.pack("<I", digest)
    if len(device_id) != 8:
        raise ValueError("device_id has %d bytes, must be 8" % len(device_id))
    clock = RealClock(start_tick, speed) if real_time else SimulatedClock(start_tick)

    fresh_ids = []

    def new_log_id() -> int:
        return fresh_ids.pop() if fresh_ids else random.getrandbits(32)

    # Beside the log, not in it: a log's folder holds nothing else.
    storage = FolderStorage(folder, new_log_id) if folder else MemoryStorage(new_log_id)
    config = FolderStorage(folder + ".config", new_log_id) if folder else MemoryStorage(new_log_id)
    if not storage.names():  # a folder that cannot be read is told here
        fresh_ids.append(log_id or digest)  # for the first log only: a later one must not have its id again
    imu = PlayedImu(samples, clock, start_tick)
    lamp, tone, screen = Noted(clock), Noted(clock), Screen() if has_screen else None
    return Board("sim", device_id, clock, imu, storage, config, lamp, tone, screen, Button(), Power(), None, None)


def _host_ms() -> int:
    return time.ticks_ms() if hasattr(time, "ticks_ms") else time.monotonic_ns() // 1000000
