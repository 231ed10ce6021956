"""What the ESP32 boards share, built on MicroPython's `machine`. Pins come from the board's own module."""

import gc
import os
import random
import select
import sys
import time

import esp32
import machine
from machine import ADC, I2C, PWM, Pin, Timer

from barcore import protocol
from barloader import slots
from barsensor.boards.storage import FolderStorage
from barsensor.drivers import bus
from barsensor.drivers.fault import ImuError

# To this port a brown-out and the reset button are a power-on. `machine.reset()` and a crash below MicroPython are a
# hard reset; the loader tells them apart. So RESET_PIN never comes.
CAUSES = {
    machine.PWRON_RESET: protocol.RESET_POWER_ON,
    machine.HARD_RESET: protocol.RESET_CRASH,
    machine.WDT_RESET: protocol.RESET_WATCHDOG,
    machine.DEEPSLEEP_RESET: protocol.RESET_WAKE,
    machine.SOFT_RESET: protocol.RESET_SOFT,
}
BATTERY_READS = 16
FEEDER, FEED_EVERY_MS = 0, 2000
NO_CELL_MV = 2500
"""No cell delivers less than this: the board runs from its cable."""
BUS_HZ = 400000
NVS_NAMESPACE = "barhold"
NVS_BYTES_MOST = 64
CPU_HZ = 240000000
"""The image for an ESP32 with PSRAM starts at 160 MHz, at which 200 samples a second are too many."""


class Clock:
    """The chip's own millisecond counter."""

    def ticks_ms(self):
        """Return the 30-bit tick."""
        return time.ticks_ms()

    def wait_ms(self, duration_ms: int) -> None:
        """Let time pass."""
        time.sleep_ms(duration_ms)


class Lamp:
    """An LED on `pin`, lit while the pin has the level `lit`."""

    def __init__(self, pin: int, lit: int) -> None:
        self._lit = lit
        self._pin = Pin(pin, Pin.OUT, value=1 - lit)

    def __call__(self, on: bool) -> None:
        """Light the lamp, or not."""
        self._pin(self._lit if on else 1 - self._lit)


class Tone:
    """A passive sounder on `pin`, silent at first."""

    def __init__(self, pin: int) -> None:
        self._pwm = PWM(Pin(pin), freq=1000, duty_u16=0)

    def __call__(self, hz: int) -> None:
        """Sound at `hz`; 0 is silence."""
        if hz:
            self._pwm.freq(hz)
        self._pwm.duty_u16(32768 if hz else 0)


class Button:
    """A button that pulls `pin` to ground; `pull` is Pin.PULL_UP where the board has no resistor of its own."""

    def __init__(self, pin: int, pull=None) -> None:
        self._pin = Pin(pin, Pin.IN, pull)
        hold(self._pin, False)  # as sleep left it

    def __call__(self) -> bool:
        """Tell whether it is pressed now."""
        return not self._pin()


class Battery:
    """The cell's voltage through a divider by two on `pin`."""

    def __init__(self, pin: int) -> None:
        self._adc = ADC(Pin(pin), atten=ADC.ATTN_11DB)

    def mv(self) -> int:
        """Return the mean of some readings in mV; 0 without a cell, or where the chip was never calibrated."""
        total_uv = 0
        try:
            for _ in range(BATTERY_READS):
                total_uv += self._adc.read_uv()
        except OSError:
            return 0  # an uncalibrated reading is off by 10 %, which is the difference between full and empty
        mv = total_uv * 2 // (BATTERY_READS * 1000)
        return mv if mv >= NO_CELL_MV else 0


class Power:
    """Why the board started, its battery, sleep and restart, and its watchdog. `arm()` prepares what wakes it."""

    def __init__(self, battery: Battery, arm) -> None:
        self.cause = cause()
        self.battery_mv = battery.mv
        self._arm = arm
        self._feed = _nothing

    def sleep(self) -> None:
        """Sleep until the bar moves or a button is pressed; the board then starts anew. Never returns."""
        self._arm()
        machine.deepsleep()

    def restart(self) -> None:
        """Start anew, because it is wanted. Never returns."""
        slots.restart(machine)

    def crash(self) -> None:
        """Start anew after a crash, which the loader counts. Never returns."""
        machine.reset()

    def guard(self, timeout_ms: int) -> None:
        """Restart the board whenever `feed` was not called for this long. Cannot be undone."""
        Timer(FEEDER).deinit()  # of boot.py, which feeds it after a soft reset
        self._feed = machine.WDT(timeout=timeout_ms).feed

    def feed(self) -> None:
        """Feed the watchdog; does nothing before `guard`."""
        self._feed()

    def let_go(self) -> None:
        """Let a timer feed the watchdog from now on: it cannot be stopped, and somebody at the cable has taken over."""
        feed = self._feed
        Timer(FEEDER).init(period=FEED_EVERY_MS, mode=Timer.PERIODIC, callback=lambda _: feed())

    def heap_bytes(self) -> tuple:
        """Return (free, largest free block) of the heap, the part it may still grow by included."""
        free_bytes = largest_bytes = 0
        for region in esp32.idf_heap_info(esp32.HEAP_DATA):
            free_bytes += region[1]
            largest_bytes = max(largest_bytes, region[2])
        return gc.mem_free() + free_bytes, largest_bytes  # type: ignore[attr-defined]  # CPython has none

    def filesystem_bytes(self) -> tuple:
        """Return (free, all) of the file system."""
        told = os.statvfs("/")
        return told[0] * told[3], told[0] * told[2]

    def temperature_c(self):
        """Return the chip's temperature, None where it has no thermometer that can be believed."""
        measure = getattr(esp32, "mcu_temperature", None)
        return measure() if measure else None


class Nvs:
    """The chip's own store of short values (port `nvs` in `record_log`), a partition beside the file system.

    A write programs some 150 bytes, and about each 30th also erases one block. It never searches the flash.
    """

    def __init__(self) -> None:
        self._nvs = esp32.NVS(NVS_NAMESPACE)
        self._raw = bytearray(NVS_BYTES_MOST)

    def read(self, name: str) -> bytes:
        """Return a value, none for one that is not there."""
        try:
            return bytes(self._raw[: self._nvs.get_blob(name, self._raw)])
        except OSError:
            return b""

    def write(self, name: str, data) -> None:
        """Keep a value, durable on return; a power cut leaves the old one or the new one."""
        self._nvs.set_blob(name, data)
        self._nvs.commit()


def open_nvs():
    """Return the chip's own store, None where its partition cannot be used."""
    try:
        return Nvs()
    except OSError:
        return None


def open_config() -> FolderStorage:
    """Return the folder of the configuration, of which the chip's own store knows what it must hold."""
    return FolderStorage("/config", new_log_id, open_nvs())


def cause() -> int:
    """Return why the board started, one of protocol.RESET_*."""
    if machine.reset_cause() == machine.HARD_RESET and machine.RTC().memory() == slots.WAS_PLANNED:
        return protocol.RESET_SOFT
    return CAUSES.get(machine.reset_cause(), protocol.RESET_UNKNOWN)


def full_speed() -> None:
    """Let the chip run as fast as it can; to be called before anything that depends on its clock is made."""
    machine.freq(CPU_HZ)


def hold(pin: Pin, on: bool) -> None:
    """Let a pad that can be driven keep its state through deep sleep, or follow its pin again."""
    pin.init(hold=on)  # type: ignore[call-arg]  # the ESP32 port has it, its stubs do not


def open_bus(sda: int, scl: int) -> I2C:
    """Return the I2C bus on these pins, after freeing it from a chip that was reset in the middle of a word."""
    data, clock = Pin(sda, Pin.OPEN_DRAIN, value=1), Pin(scl, Pin.OPEN_DRAIN, value=1)
    if not bus.free(data, clock):
        raise ImuError("the I2C bus on pins %d and %d is held low" % (sda, scl))
    return I2C(0, scl=clock, sda=data, freq=BUS_HZ)


def console() -> tuple:
    """Return the raw input and output of the console, and a poll that watches the input."""
    poll = select.poll()
    poll.register(sys.stdin, select.POLLIN)
    return sys.stdin.buffer, sys.stdout.buffer, poll


def device_id() -> bytes:
    """Return 8 bytes unlike any other sensor's."""
    return (machine.unique_id() + bytes(8))[:8]


def _nothing() -> None:
    """Feed no watchdog."""


def new_log_id() -> int:
    """Return a random u32 for a new log; the port seeds it from the chip's noise at each start."""
    return random.getrandbits(32)
