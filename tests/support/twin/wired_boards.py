"""The boards as they are wired: a world each, with its chips on the pins that README.md of boards names."""

from chips.lsm6dsox import FakeLsm6dsox
from chips.mpu6886 import FakeMpu6886
from chips.st7789 import FakeSt7789
from world import ESP32, ESP32S3, World


def xiao_s3(imu=None, address=0x6A, now_ms=0):
    """Return the world of a XIAO ESP32-S3 with an IMU breakout; the chip is `world.imu`."""
    w = World(now_ms, ESP32S3)
    w.imu = imu or FakeLsm6dsox()
    w.imu.wire = lambda level: w.drive(2, level)
    w.drive(2, 0)
    w.connect(5, 6, address, w.imu)
    w.adc[1] = 1950000
    return w


def m5stickc_plus2(imu=None, now_ms=0):
    """Return the world of an M5StickC Plus2, its buttons released; `world.imu`, `world.lcd`."""
    w = World(now_ms, ESP32)
    w.imu = imu or FakeMpu6886()
    w.connect(21, 22, 0x68, w.imu)
    w.lcd = FakeSt7789(w, 5, 14)
    w.spi[(13, 15)] = w.lcd
    w.adc[38] = 1950000
    for pin in (35, 37, 39):
        w.drive(pin, 1)
    return w
