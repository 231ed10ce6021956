"""MicroPython's `esp32` on a `world`: what wakes the chip, refusing pins that its sleeping part cannot see."""

import world

WAKEUP_ALL_LOW, WAKEUP_ANY_HIGH = False, True
HEAP_DATA = 4
NVS_NOT_INITIALIZED, NVS_NOT_FOUND, NVS_KEY_TOO_LONG, NVS_INVALID_LENGTH = -0x1101, -0x1102, -0x1109, -0x110C
NVS_KEY_BYTES = 15


class NVS:
    """A namespace of the partition for short values, which outlives every reset."""

    def __init__(self, namespace):
        if world.current().nvs is None:
            raise OSError(NVS_NOT_INITIALIZED)
        self._name = namespace

    def set_blob(self, key, value):
        world.current().keep_in_nvs(self._key(key), bytes(value))

    def get_blob(self, key, buffer):
        value = world.current().nvs.get(self._key(key))
        if value is None:
            raise OSError(NVS_NOT_FOUND)
        if len(value) > len(buffer):
            raise OSError(NVS_INVALID_LENGTH)
        buffer[: len(value)] = value
        return len(value)

    def commit(self):
        """Nothing waits."""

    def _key(self, key):
        if len(key) > NVS_KEY_BYTES:
            raise OSError(NVS_KEY_TOO_LONG)
        return self._name, key


def idf_heap_info(caps):
    """Return (total, free, largest free block, least free) of each region, as a fresh board has it."""
    return [(240000, 150000, 110000, 140000)]


def mcu_temperature():
    """Return the chip's temperature in degrees C."""
    return 41


def wake_on_ext0(pin, level):
    """Note a wake by one pin's level; None takes it back."""
    if pin is None:
        world.current().wake.pop("ext0", None)
        return
    world.current().wake["ext0"] = (_rtc(pin), int(bool(level)))


def wake_on_ext1(pins, level):
    """Note a wake by several pins: all low (which is what the ESP32 does) or any high."""
    if pins is None:
        world.current().wake.pop("ext1", None)
        return
    world.current().wake["ext1"] = (tuple(_rtc(pin) for pin in pins), int(bool(level)))


def gpio_deep_sleep_hold(enable):
    """Note that the pads keep their state in deep sleep."""
    world.current().held_in_sleep = bool(enable)


def _rtc(pin):
    if pin.id not in world.RTC_PINS[world.current().chip]:
        raise ValueError("invalid pin")
    return pin.id
