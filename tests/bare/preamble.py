"""What a bare ESP32 has and the build for the web has not: its name, its pins, and waits that take their time."""

import json
import sys

sys.path.append("/twin")

import assembled  # noqa: E402
import remote  # noqa: E402
import vtime  # noqa: E402
import world  # noqa: E402


class Implementation:
    """sys.implementation as the board's own build gives it."""

    def __init__(self, told):
        self.name = told["name"]
        self.version = tuple(told["version"])
        self._machine = told["machine"]
        self._mpy = 0x2B06


class Sys:
    """The module `sys`, but for what it runs on."""

    platform = "esp32"

    def __init__(self, told):
        self.implementation = Implementation(told)

    def __getattr__(self, name):
        return getattr(real_sys, name)


real_sys = sys


def set_up(text):
    """Be the board that `text` (JSON) tells of."""
    told = json.loads(text)
    here = getattr(assembled, told["world"])()
    vtime.install()
    sys.modules["sys"] = Sys(told)
    if told["imu_dead"]:
        here.i2c.clear()
    wait = world.World.wait_ms

    def wait_ms(self, duration_ms):
        remote.wait_ms(duration_ms)
        wait(self, duration_ms)

    world.World.wait_ms = wait_ms
