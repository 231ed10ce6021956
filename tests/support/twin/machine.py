"""MicroPython's `machine` on a `world`: what the firmware uses of it, refusing what the real chips refuse."""

import world

PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET = 1, 2, 3, 4, 5
PIN_WAKE, EXT0_WAKE, EXT1_WAKE, TIMER_WAKE = 2, 2, 3, 4
ETIMEDOUT, ENODEV = 116, 19
NOT_CALIBRATED = -258  # ESP_ERR_NOT_SUPPORTED, as esp-idf gives it for a chip without calibration fuses


class Timer:
    """A hardware timer; one however many objects name it."""

    ONE_SHOT, PERIODIC = 0, 1

    def __init__(self, id):  # noqa: A002
        self._id = id

    def init(self, *, mode=PERIODIC, period=-1, callback=None):
        w = world.current()
        w.timers[self._id] = [w.now_ms + period, period, callback]

    def deinit(self):
        world.current().timers.pop(self._id, None)


class Pin:
    """A GPIO."""

    IN, OUT, OPEN_DRAIN = 1, 3, 7
    PULL_DOWN, PULL_UP = 1, 2
    IRQ_RISING, IRQ_FALLING, WAKE_LOW, WAKE_HIGH = 1, 2, 4, 5
    DRIVE_0, DRIVE_1, DRIVE_2, DRIVE_3 = 0, 1, 2, 3

    def __init__(self, id, mode=-1, pull=-1, *, value=None, drive=None, hold=None):  # noqa: A002
        w = world.current()
        if not isinstance(id, int) or not 0 <= id <= world.LAST_PIN[w.chip] or id in world.NO_PINS[w.chip]:
            raise ValueError("invalid pin")
        self.id = id
        # One pad, however many objects name it.
        self._pad = w.pads.setdefault(id, {"mode": Pin.IN, "pull": None, "value": 0})
        if mode != -1 or pull != -1 or value is not None or hold is not None:
            self.init(mode, pull, value=value, drive=drive, hold=hold)

    def init(self, mode=-1, pull=-1, *, value=None, drive=None, hold=None):
        w = world.current()
        no_output = self.id in world.INPUT_ONLY[w.chip]
        if mode in (Pin.OUT, Pin.OPEN_DRAIN) and no_output:
            raise ValueError("pin can only be input")
        for key, given, unset in (("mode", mode, -1), ("pull", pull, -1), ("value", value, None)):
            if given != unset:
                self._pad[key] = given
        if hold is not None and not no_output:
            w.held.discard(self.id)
        self._apply()
        if hold and not no_output:
            w.held.add(self.id)

    def value(self, x=None):
        if x is None:
            return world.current().pins.get(self.id, 0)
        self._pad["value"] = x
        self._apply()
        return None

    def __call__(self, x=None):
        return self.value(x)

    def on(self):
        self.value(1)

    def off(self):
        self.value(0)

    def irq(self, *args, **kwargs):
        """Ignored: nothing interrupts this world."""

    def _apply(self):
        mode, value = self._pad["mode"], 1 if self._pad["value"] else 0
        pull = {None: None, Pin.PULL_UP: 1, Pin.PULL_DOWN: 0}[self._pad["pull"]]
        if mode == Pin.OPEN_DRAIN:
            pull = 1  # every open-drain line here is a bus with its resistor
        if self.id in world.INPUT_ONLY[world.current().chip]:
            pull = None  # these pads have no resistors
        driven = mode == Pin.OUT or (mode == Pin.OPEN_DRAIN and not value)
        world.current().set_pin(self.id, value if driven else None, pull)


class I2C:
    """A bus: OSError ENODEV where no chip answers, ETIMEDOUT while a chip holds the data line."""

    def __init__(self, id=0, *, scl, sda, freq=400000, timeout=50000):  # noqa: A002
        self.freq = freq
        self._sda, self._scl = sda.id, scl.id
        for pin in (sda, scl):
            pin.init(Pin.OPEN_DRAIN, value=1)

    def scan(self):
        return sorted(self._chips())

    def readfrom_mem_into(self, addr, memaddr, buf, *, addrsize=8):
        self._chip(addr).read(memaddr, buf)

    def readfrom_mem(self, addr, memaddr, nbytes, *, addrsize=8):
        buf = bytearray(nbytes)
        self._chip(addr).read(memaddr, buf)
        return bytes(buf)

    def writeto_mem(self, addr, memaddr, buf, *, addrsize=8):
        self._chip(addr).write(memaddr, buf)

    def _chips(self):
        return world.current().i2c.get((self._sda, self._scl), {})

    def _chip(self, addr):
        if not world.current().pins.get(self._sda, 1):
            raise OSError(ETIMEDOUT)
        chip = self._chips().get(addr)
        if chip is None:
            raise OSError(ENODEV)
        return chip


SoftI2C = I2C


class SPI:
    """A bus that only writes: to `world.spi[(sck, mosi)]` where there is one, and to the log."""

    def __init__(self, id, baudrate=1000000, *, polarity=0, phase=0, bits=8, sck=None, mosi=None, miso=-1):  # noqa: A002
        self.baudrate = baudrate
        if miso == -1 and id == 1 and world.current().chip == world.ESP32:
            Pin(12, Pin.IN)  # the default, taken from whoever drives it unless told None
        self._wires = (sck.id, mosi.id)

    def write(self, buf):
        w = world.current()
        w.spi_log.append(bytes(buf))
        if self._wires in w.spi:
            w.spi[self._wires].write(buf)


class PWM:
    """A square wave on a pin; what is on now in `world.pwm[pin]` as (Hz, duty)."""

    def __init__(self, dest, freq=5000, duty_u16=32768):
        self._pin = dest.id
        self._freq = self._duty = 0
        self.init(freq=freq, duty_u16=duty_u16)

    def init(self, freq=None, duty_u16=None):
        if freq is not None:
            if not 1 <= freq <= 40000000:
                raise ValueError("frequency must be from 1Hz to 40MHz")
            self._freq = freq
        if duty_u16 is not None:
            self._duty = duty_u16
        self._note(self._freq, self._duty)

    def freq(self, value=None):
        if value is None:
            return self._freq
        return self.init(freq=value)

    def duty_u16(self, value=None):
        if value is None:
            return self._duty
        return self.init(duty_u16=value)

    def deinit(self):
        self._note(0, 0)

    def _note(self, freq, duty):
        w = world.current()
        w.pwm[self._pin] = (freq, duty)
        w.pwm_log.append((w.now_ms, self._pin, freq, duty))


class ADC:
    """`world.adc[pin]` in microvolts at the pin, or a function that gives it; saturates as the chips do."""

    ATTN_0DB, ATTN_2_5DB, ATTN_6DB, ATTN_11DB = 0, 1, 2, 3
    _FULL_UV = (950000, 1250000, 1750000, 3100000)

    def __init__(self, pin, *, atten=0):
        if pin.id not in world.ADC_PINS[world.current().chip]:
            raise ValueError("invalid pin")
        self._pin, self._atten = pin.id, atten

    def read_uv(self):
        if not world.current().adc_calibrated:
            raise OSError(NOT_CALIBRATED)
        uv = world.current().adc.get(self._pin, 0)
        return min(uv() if callable(uv) else uv, ADC._FULL_UV[self._atten])


class WDT:
    """The watchdog: cannot be stopped once started."""

    def __init__(self, id=0, timeout=5000):  # noqa: A002
        if timeout <= 0:
            raise ValueError("WDT timeout too short")
        world.current().watch(timeout)

    def feed(self):
        world.current().watch(0)


class RTC:
    """Only its memory, which survives all but a power cut."""

    def memory(self, data=None):
        if data is None:
            return world.current().rtc_memory
        if len(data) > 2048:
            raise ValueError("buffer too long")
        world.current().rtc_memory = bytes(data)
        return None


def unique_id():
    return world.current().unique_id


def reset_cause():
    return world.current().reset_cause


def reset():
    raise world.Restart(HARD_RESET)  # that is how the ESP32 port reports it


def soft_reset():
    raise world.Restart(SOFT_RESET)


def deepsleep(time_ms=0):
    raise world.DeepSleep(time_ms)


def freq(hz=None):
    w = world.current()
    if hz is None:
        return w.cpu_hz
    if hz not in (20000000, 40000000, 80000000, 160000000, 240000000):
        raise ValueError("frequency must be 20MHz, 40MHz, 80Mhz, 160MHz or 240MHz")
    w.cpu_hz = hz
    return None
