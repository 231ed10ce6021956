"""MicroPython's `time` on a `world`. `install` puts it in the place of `time` for what is imported afterwards."""

import sys

import world

_MASK = 0x3FFFFFFF
_HALF = 0x20000000


def install():
    """Make `import time` give this module; return the module that was there, None for a built-in one."""
    before = sys.modules.get("time")
    sys.modules["time"] = sys.modules[__name__]
    return before


def ticks_ms():
    return world.current().ticks_ms()


def ticks_us():
    w = world.current()
    return (w.now_ms * 1000 + w.now_us) & _MASK


def ticks_diff(later, earlier):
    return ((later - earlier + _HALF) & _MASK) - _HALF


def ticks_add(tick, delta):
    return (tick + delta) & _MASK


def sleep_ms(ms):
    world.current().wait_ms(ms)


def sleep_us(us):
    world.current().wait_us(us)


def sleep(s):
    world.current().wait_ms(int(s * 1000))


def time():
    return world.current().now_ms // 1000
