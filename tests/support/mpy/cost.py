"""Measures what the detector costs on a recording: bytes, and ns of every single call (a script for rig.run).

/stdin: packed samples. The argument is how often to run. Prints, each a word and then integers:

    bytes N              what the heap grew by over one whole run
    step N               bytecodes in one `straight`
    straight NS...       laps around straight-line additions of local small ints, for the worth of one bytecode
    empty NS...          laps around calls that do nothing, with a sample's arguments: the price of measuring
    run NS...            laps around the calls of one run, one line per run
"""

import gc
import struct
import sys
from array import array

import _clock

from barcore import event
from barcore.detector import Detector
from barcore.sample import SAMPLE_BYTES, SAMPLE_FORMAT
from barcore.settings import Settings

ADDITIONS = 1000  # `a = a + b`: two loads, the operation, a store


def nothing(t_ms, ax, ay, az, gx, gy, gz):
    pass


def lapped(feed, values, events, event_ints):
    """Note a lap before and after each call; events are taken out in between, as an application does."""
    lap = _clock.lap
    at, end = 0, len(values)
    while at < end:
        t_ms, ax, ay, az = values[at], values[at + 1], values[at + 2], values[at + 3]
        gx, gy, gz = values[at + 4], values[at + 5], values[at + 6]
        lap()
        feed(t_ms, ax, ay, az, gx, gy, gz)
        lap()
        while events.pop_into(event_ints):
            pass
        at += 7
    return _clock.taken()


def grown(detector, values, event_ints):
    """Return by how many bytes the heap grows over a run in which nothing is collected."""
    at, end = 0, len(values)
    feed, events = detector.feed, detector.events
    before = gc.mem_alloc()
    before = gc.mem_alloc()  # once more, now that this function's own first call has allocated what it needs
    while at < end:
        feed(
            values[at],
            values[at + 1],
            values[at + 2],
            values[at + 3],
            values[at + 4],
            values[at + 5],
            values[at + 6],
        )
        while events.pop_into(event_ints):
            pass
        at += 7
    return gc.mem_alloc() - before


def straight_laps():
    scope = {}
    exec("def straight(a, b):\n" + " a = a + b\n" * ADDITIONS, scope)
    straight, lap = scope["straight"], _clock.lap
    for _ in range(200):
        lap()
        straight(1, 2)
        lap()
    return _clock.taken()


with open("/stdin", "rb") as file:
    packed = file.read()
values = array("i", [0] * (len(packed) // SAMPLE_BYTES * 7))
for i in range(len(packed) // SAMPLE_BYTES):
    values[7 * i : 7 * i + 7] = array("i", struct.unpack_from(SAMPLE_FORMAT, packed, i * SAMPLE_BYTES))
event_ints = array("i", [0] * event.EVENT_INTS)
gc.collect()
gc.disable()
print("bytes", grown(Detector(Settings()), values, event_ints))  # this run also warms Node's compiler
print("step", 4 * ADDITIONS)
straight_laps()
print("straight", straight_laps())
quiet = Detector(Settings()).events
lapped(nothing, values[:7000], quiet, event_ints)
print("empty", lapped(nothing, values[:7000], quiet, event_ints))
for _ in range(int(sys.argv[1])):
    detector = Detector(Settings())
    print("run", lapped(detector.feed, values, detector.events, event_ints))
