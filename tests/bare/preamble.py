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


class Stream:
    """sys.stdin and sys.stdout: text, with the bytes below."""

    def __init__(self, console):
        self.buffer = console
        self.write = sys.stdout.write


class Poll:
    """select.poll of the console."""

    def __init__(self, console):
        self.poll = console.poll

    def register(self, *_):
        """Watch it: there is only one."""


class Select:
    """The module `select`, for the console."""

    POLLIN = 1

    def __init__(self, console):
        self._console = console

    def poll(self):
        return Poll(self._console)


class Sys:
    """The module `sys`, but for what it runs on."""

    platform = "esp32"

    def __init__(self, told, console):
        self.implementation = Implementation(told)
        self.stdin = self.stdout = Stream(console)

    def __getattr__(self, name):
        return getattr(real_sys, name)


real_sys = sys


def set_up(text):
    """Be the board that `text` (JSON) tells of."""
    told = json.loads(text)
    here = getattr(assembled, told["world"])()
    vtime.install()
    console = remote.Console()
    sys.modules["sys"], sys.modules["select"] = Sys(told, console), Select(console)
    if told["imu_dead"]:
        here.i2c.clear()
    wait = world.World.wait_ms

    def wait_ms(self, duration_ms):
        remote.wait_ms(duration_ms)
        wait(self, duration_ms)

    world.World.wait_ms = wait_ms
