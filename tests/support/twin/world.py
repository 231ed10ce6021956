"""The world round a board, for both interpreters: virtual time, what hangs on its wires, and what it did to them.

A chip on a bus has `read(reg, buf)` and `write(reg, data)`; whatever must move with time has `advance(now_ms)`. The
shims `machine`, `esp32` and `vtime` act on the world that was last made. Sleep and resets end what runs by an
exception that no `except Exception` catches; `reboot` then starts the same world anew.
"""

ESP32, ESP32S3 = "esp32", "esp32s3"
INPUT_ONLY = {ESP32: (34, 35, 36, 37, 38, 39), ESP32S3: ()}
RTC_PINS = {ESP32: (0, 2, 4, 12, 13, 14, 15, 25, 26, 27, 32, 33, 34, 35, 36, 37, 38, 39), ESP32S3: tuple(range(22))}
ADC_PINS = {
    ESP32: (0, 2, 4, 12, 13, 14, 15, 25, 26, 27, 32, 33, 34, 35, 36, 37, 38, 39),
    ESP32S3: tuple(range(1, 21)),
}
NO_PINS = {ESP32: (6, 7, 8, 11, 20, 24, 28, 29, 30, 31), ESP32S3: (22, 23, 24, 25)}
LAST_PIN = {ESP32: 39, ESP32S3: 48}
PWRON_RESET, WDT_RESET, SOFT_RESET = 1, 3, 5
SLOW_HZ = 160000000
"""The clock that a chip starts with; the firmware must raise it."""

_made = []


class Restart(BaseException):
    """The board restarts: args are the reset cause."""


class DeepSleep(BaseException):
    """The board sleeps: args are the time limit in ms, 0 for none."""


def current():
    """Return the world that was made last."""
    return _made[-1]


class World:
    """One board's surroundings. `now_ms` may start anywhere, for example just before the tick wraps."""

    def __init__(self, now_ms=0, chip=ESP32S3, unique_id=b"\x10\x20\x30\x40\x50\x60"):
        self.now_ms = now_ms
        self.now_us = 0
        self.chip = chip
        self.unique_id = unique_id
        self.reset_cause = PWRON_RESET
        self.listeners = []
        self.i2c = {}
        self.spi = {}
        self.spi_log = []
        self.adc = {}
        self.adc_calibrated = True
        self.cpu_hz = SLOW_HZ
        self.pwm = {}
        self.pwm_log = []
        self.pads = {}
        self.pins = {}
        self.changes = []
        self.pin_watchers = []
        self.shorts = []
        self.held = set()
        self.held_in_sleep = False
        self.wake = {}
        self.rtc_memory = b""
        self.nvs = {}
        self.nvs_writes = self.nvs_stall_ms = 0
        self.watchdog_ms = 0
        self.fed_ms = 0
        self.timers = {}
        self._out = {}
        self._pull = {}
        self._outside = {}
        _made[:] = [self]

    # --- time ---

    def ticks_ms(self):
        """Return the 30-bit tick, as a board's clock does."""
        return self.now_ms & 0x3FFFFFFF

    def wait_ms(self, ms):
        """Let time pass for everything; the watchdog bites at its moment."""
        target_ms = self.now_ms + ms
        self._run_timers(target_ms)
        if self.watchdog_ms and target_ms >= self.fed_ms + self.watchdog_ms:
            self._advance(max(self.fed_ms + self.watchdog_ms, self.now_ms))
            raise Restart(WDT_RESET)
        self._advance(target_ms)

    def _run_timers(self, until_ms):
        """Call back what is due until then, each at its moment, before the watchdog could bite."""
        for timer in list(self.timers.values()):
            while timer[0] <= until_ms and not (self.watchdog_ms and timer[0] >= self.fed_ms + self.watchdog_ms):
                self._advance(max(timer[0], self.now_ms))
                timer[0] += timer[1]
                timer[2](timer)

    def stall_ms(self, ms):
        """Let time pass within one call that runs no bytecode, as the import of a module: no Timer is called back."""
        timers, self.timers = self.timers, {}
        try:
            self.wait_ms(ms)
        finally:
            self.timers = timers

    def wait_us(self, us):
        """Let a short time pass."""
        self.now_us += us
        ms, self.now_us = divmod(self.now_us, 1000)
        if ms:
            self.wait_ms(ms)

    def _advance(self, now_ms):
        self.now_ms = now_ms
        for listener in self.listeners:
            listener.advance(now_ms)

    # --- buses ---

    def connect(self, sda, scl, address, chip):
        """Put a chip on the I2C bus of these pins; it moves with time when it has `advance`."""
        self.i2c.setdefault((sda, scl), {})[address] = chip
        if hasattr(chip, "advance"):
            self.listeners.append(chip)
            chip.advance(self.now_ms)
        return chip

    def stick(self, sda, scl, clocks):
        """Let a chip hold `sda` low until it has seen `clocks` falling edges on `scl`, as after a reset mid-read."""
        self.drive(sda, 0)
        left = [clocks]

        def watch(pin, level):
            if pin == scl and level == 0 and left[0]:
                left[0] -= 1
                if not left[0]:
                    self.release(sda)

        self.pin_watchers.append(watch)

    # --- pins ---

    def drive(self, pin, level):
        """Drive a pin from outside: a pressed button, an interrupt line."""
        self._outside[pin] = level
        self._settle(pin)

    def release(self, pin):
        """Stop driving a pin from outside."""
        self._outside.pop(pin, None)
        self._settle(pin)

    def set_pin(self, pin, level, pull):
        """Take what the board makes of a pin: `level` or None when it does not drive it, `pull` 0, 1 or None."""
        if pin in self.held:
            return  # the pad keeps its state until the hold is taken off
        self._out.pop(pin, None)
        self._pull.pop(pin, None)
        if level is not None:
            self._out[pin] = level
        if pull is not None:
            self._pull[pin] = pull
        self._settle(pin)

    def _settle(self, pin):
        outside, out = self._outside.get(pin), self._out.get(pin)
        if outside is not None and out is not None and outside != out:
            self.shorts.append((self.now_ms, pin))
        level = outside if outside is not None else out if out is not None else self._pull.get(pin, 0)
        if self.pins.get(pin) == level:
            return
        self.pins[pin] = level
        self.changes.append((self.now_ms, pin, level))
        for watcher in self.pin_watchers:
            watcher(pin, level)

    # --- power ---

    def keep_in_nvs(self, key, value):
        """Take a value into the chip's own store; `nvs_stall_ms` is how long that stops everything."""
        self.nvs_writes += 1
        if self.nvs_stall_ms:
            self.wait_ms(self.nvs_stall_ms)
        self.nvs[key] = value

    def watch(self, timeout_ms):
        """Start the watchdog, or with 0 feed it."""
        self.watchdog_ms = timeout_ms or self.watchdog_ms
        self.fed_ms = self.now_ms

    def reboot(self, cause=PWRON_RESET):
        """Start anew as after a reset: pins that are not held float, outputs stop; chips and the clock go on."""
        self.reset_cause = cause
        if cause != SOFT_RESET:
            self.watchdog_ms = 0
        self.timers = {}
        if cause != SOFT_RESET:
            self.cpu_hz = SLOW_HZ
        self.wake = {}
        self.pwm = {}
        self.pads = {}
        if cause == PWRON_RESET:
            self.held.clear()
            self.rtc_memory = b""
        for pin in set(self._out) | set(self._pull):
            self.set_pin(pin, None, None)
