"""M5StickC Plus2: everything in one box. Its IMU has no line to the chip, so only buttons wake it."""

import bluetooth
import esp32
from machine import SPI, Pin

from barsensor.boards import esp
from barsensor.boards.board import Board
from barsensor.boards.storage import FolderStorage
from barsensor.drivers.fault import ImuError
from barsensor.drivers.mpu6886 import Mpu6886
from barsensor.drivers.st7789 import St7789

NAME = "m5stickc_plus2"
POWER_HOLD = 4
SDA, SCL = 21, 22
BUTTON_A, BUTTON_B, BUTTON_POWER = 37, 39, 35
BATTERY, SOUNDER, LED = 38, 2, 19
LCD_MOSI, LCD_CLOCK, LCD_CS, LCD_DC, LCD_RESET, LCD_LIGHT = 15, 13, 5, 14, 12, 27
LCD_HZ = 20000000


def open_lamp() -> tuple:
    """Return (lamp, clock), for a board of which nothing else may be relied on."""
    return esp.Lamp(LED, lit=1), esp.Clock()


def open_board() -> Board:
    """Return the board, its chip checked, its LED and sounder off, its screen dark and lit."""
    esp.hold(Pin(POWER_HOLD, Pin.OUT, value=1), True)  # boot.py did it already, unless someone works at the REPL
    esp.full_speed()
    clock = esp.Clock()
    lamp, tone, button = esp.Lamp(LED, lit=1), esp.Tone(SOUNDER), esp.Button(BUTTON_A)
    imu = Mpu6886(esp.open_bus(SDA, SCL), clock)
    screen = open_screen(clock)

    def arm() -> None:
        lamp(False)
        tone(0)
        screen.off()
        esp.hold(Pin(LCD_LIGHT, Pin.OUT, value=0), True)
        try:
            imu.power_down()
        except (ImuError, OSError):
            pass  # it then draws its 3 mA, which is no reason to draw a hundred
        wake_by_buttons()

    power = esp.Power(esp.Battery(BATTERY), arm)
    storage, config, nvs = FolderStorage("/log", esp.new_log_id), esp.open_config(), esp.open_nvs()
    device_id, console = esp.device_id(), esp.console()
    return Board(
        NAME, device_id, clock, imu, storage, config, lamp, tone, screen, button, power, console, bluetooth, nvs
    )


def open_spare() -> Board:
    """Return what of the board needs no other chip and no log, for safe mode; the buttons wake it."""
    esp.hold(Pin(POWER_HOLD, Pin.OUT, value=1), True)
    esp.full_speed()
    power = esp.Power(esp.Battery(BATTERY), wake_by_buttons)
    lamp, tone, button = esp.Lamp(LED, lit=1), esp.Tone(SOUNDER), esp.Button(BUTTON_A)
    config = esp.open_config()
    clock, console = esp.Clock(), esp.console()
    return Board(NAME, esp.device_id(), clock, None, None, config, lamp, tone, None, button, power, console, bluetooth)


def wake_by_buttons() -> None:
    """Let a button end the sleep to come."""
    # On this chip several pins of ext1 wake only when all are low, so each button has a source of its own.
    esp32.wake_on_ext0(Pin(BUTTON_A, Pin.IN), False)
    esp32.wake_on_ext1((Pin(BUTTON_POWER, Pin.IN),), esp32.WAKEUP_ALL_LOW)


def open_screen(clock) -> St7789:
    """Return the screen, cleared."""
    # No data comes back; not to say so would take pin 12, the reset, for it.
    spi = SPI(1, LCD_HZ, sck=Pin(LCD_CLOCK), mosi=Pin(LCD_MOSI), miso=None)
    select, data, reset = (Pin(pin, Pin.OUT, value=1) for pin in (LCD_CS, LCD_DC, LCD_RESET))
    light = Pin(LCD_LIGHT, Pin.OUT, value=0)
    esp.hold(light, False)  # sleep held it dark
    return St7789(spi, select, data, reset, light, clock)
