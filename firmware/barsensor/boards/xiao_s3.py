"""Seeed XIAO ESP32-S3 with a breakout of an LSM6DSOX, LSM6DSO or LSM6DS3TR-C; the wiring is in README.md."""

import bluetooth
import esp32
from machine import Pin

from barsensor.boards import esp
from barsensor.boards.board import Board
from barsensor.boards.storage import FolderStorage
from barsensor.drivers.fault import ImuError
from barsensor.drivers.lsm6ds3trc import Lsm6ds3trc
from barsensor.drivers.lsm6dsox import Lsm6dsox

NAME = "xiao_s3"
SDA, SCL, IMU_INT1 = 5, 6, 2
BATTERY, BUTTON, SOUNDER, LED = 1, 4, 7, 21
IMU_ADDRESSES = (0x6A, 0x6B)
"""With the breakout's SA0 low, and high."""
WHO_AM_I = 0x0F
CHIPS = {0x6C: Lsm6dsox, 0x6A: Lsm6ds3trc}
WAKE_MG = 100
"""More than footsteps beside the bar, less than the bar taken in hand."""


def open_lamp() -> tuple:
    """Return (lamp, clock), for a board of which nothing else may be relied on."""
    return esp.Lamp(LED, lit=0), esp.Clock()


def open_board() -> Board:
    """Return the board, its chips checked and its LED and sounder off."""
    esp.full_speed()
    clock = esp.Clock()
    lamp, tone, button = esp.Lamp(LED, lit=0), esp.Tone(SOUNDER), esp.Button(BUTTON, Pin.PULL_UP)
    imu = open_imu(esp.open_bus(SDA, SCL), clock)

    def arm() -> None:
        lamp(False)
        tone(0)
        wake_by_button()
        try:
            imu.wake_on_motion(WAKE_MG)
        except (ImuError, OSError):
            return  # a chip that does not answer could hold its line high, and the board would never sleep
        esp32.wake_on_ext1((Pin(IMU_INT1, Pin.IN),), esp32.WAKEUP_ANY_HIGH)

    power = esp.Power(esp.Battery(BATTERY), arm)
    storage, config, nvs = FolderStorage("/log", esp.new_log_id), esp.open_config(), esp.open_nvs()
    device_id, console = esp.device_id(), esp.console()
    return Board(NAME, device_id, clock, imu, storage, config, lamp, tone, None, button, power, console, bluetooth, nvs)


def open_spare() -> Board:
    """Return what of the board needs no other chip and no log, for safe mode; the button wakes it."""
    esp.full_speed()
    power = esp.Power(esp.Battery(BATTERY), wake_by_button)
    lamp, tone, button = esp.Lamp(LED, lit=0), esp.Tone(SOUNDER), esp.Button(BUTTON, Pin.PULL_UP)
    config = esp.open_config()
    clock, console = esp.Clock(), esp.console()
    return Board(NAME, esp.device_id(), clock, None, None, config, lamp, tone, None, button, power, console, bluetooth)


def wake_by_button() -> None:
    """Let the button end the sleep to come."""
    # ext0 keeps the part of the chip awake that pulls the button's pin up; the IMU drives its own line.
    wake = Pin(BUTTON, Pin.IN, Pin.PULL_UP)
    esp.hold(wake, True)
    esp32.wake_on_ext0(wake, False)


def open_imu(i2c, clock):
    """Return the driver of the chip that answers; the same register names all of them."""
    found = bytearray(1)
    for address in IMU_ADDRESSES:
        try:
            i2c.readfrom_mem_into(address, WHO_AM_I, found)
        except OSError:
            continue
        if found[0] in CHIPS:
            return CHIPS[found[0]](i2c, clock, address)
        raise ImuError(
            "IMU at 0x%02x says 0x%02x, expected 0x6c (LSM6DSOX) or 0x6a (LSM6DS3TR-C)" % (address, found[0])
        )
    raise ImuError("no IMU answers at 0x%02x or 0x%02x" % IMU_ADDRESSES)
