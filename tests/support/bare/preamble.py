"""What an ESP32 has and MicroPython on this computer has not: its name, its pins, and waits that take their time."""

import binascii
import builtins
import gc
import json
import struct
import sys

sys.path.append("/twin")

import remote  # noqa: E402
import vtime  # noqa: E402
import wired_boards  # noqa: E402
import world  # noqa: E402

BUTTONS = {"xiao_s3": 4, "m5stickc_plus2": 37}
SAMPLE_FORMAT, SAMPLE_BYTES = "<I6h", 16
NEVER_MS = 1 << 40
LONGEST_STEP_MS = 20
"""A longer wait is none of the application's loop."""


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


real_sys, real_gc = sys, gc


class Gc:
    """The module `gc` of a board with so much memory."""

    def __init__(self, free_bytes):
        self._free_bytes = free_bytes

    def mem_free(self):
        return self._free_bytes

    def __getattr__(self, name):
        return getattr(real_gc, name)


def slow_imports(import_ms):
    """Let the import of the application take so long, deaf to everything, Ctrl-C included."""
    plain = builtins.__import__

    def slow(name, *more):
        if name == "barsensor.main" and name not in sys.modules:
            remote.ask("rest", import_ms)
        return plain(name, *more)

    builtins.__import__ = slow


class Events:
    """What happens to the board: its button, a lifter, and the radio's own."""

    def __init__(self, here, radio, button):
        self._here = here
        self._button = button
        self._on_radio = radio.on_event

    def __call__(self, kind, *more):
        if kind == "press":
            self._here.drive(self._button, 0 if more[0] else 1)
        elif kind == "train":
            move(self._here, self._here.now_ms)
        else:
            self._on_radio(kind, *more)


def move(here, from_ms):
    """Let the IMU feel the samples from a moment of the board's clock on; until then it lies as they begin."""
    packed = binascii.unhexlify(remote.ask("file", "samples"))
    if packed:
        here.imu.motion = motion(packed, from_ms)


def motion(packed, from_ms):
    """Return packed samples as the IMU's motion."""
    last, at = len(packed) // SAMPLE_BYTES - 1, [0]

    def at_moment(now_ms):
        while at[0] < last and struct.unpack_from("<I", packed, (at[0] + 1) * SAMPLE_BYTES)[0] <= now_ms - from_ms:
            at[0] += 1
        return struct.unpack_from(SAMPLE_FORMAT, packed, at[0] * SAMPLE_BYTES)[1:]

    return at_moment


def set_up(text, cause):
    """Be the board that `text` (JSON) tells of, after a reset of this cause."""
    told = json.loads(text)
    here = getattr(wired_boards, told["world"])()
    here.reset_cause = cause
    remote.radio.on_event = Events(here, remote.radio, BUTTONS[told["world"]])
    vtime.install()
    console = remote.Console()
    sys.modules["sys"], sys.modules["select"] = Sys(told, console), Select(console)
    if told["free_bytes"]:
        sys.modules["gc"] = Gc(told["free_bytes"])
    if told["import_ms"]:
        slow_imports(told["import_ms"])
    move(here, NEVER_MS)
    if told["imu_dead"]:
        here.i2c.clear()
    wait = world.World.wait_ms

    def wait_ms(self, duration_ms):
        loop_ms = told["loop_ms"] if duration_ms <= LONGEST_STEP_MS else 0
        remote.wait_ms((duration_ms + loop_ms) // told["times_as_fast"])
        wait(self, duration_ms + loop_ms)

    world.World.wait_ms = wait_ms
