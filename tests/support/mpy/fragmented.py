"""Feeds a recording to the detector in a heap of holes, collected again and again (a script for rig.run).

Prints the reps, how many samples took memory that they did not give back, and the free and largest bytes of the heap.
/stdin: packed samples. The argument seeds an allocation that must be seen: `seeded`, or `none`.
"""

import gc
import struct
import sys
from array import array

from barcore import event, protocol
from barcore.detector import Detector
from barcore.sample import SAMPLE_BYTES, SAMPLE_FORMAT
from barcore.settings import Settings

COLLECT_EVERY = 50
HOLE_BYTES = 48

with open("/stdin", "rb") as file:
    packed = file.read()
values, ev, detector = array("i"), array("i", [0] * event.EVENT_INTS), Detector(Settings())
for i in range(0, len(packed), SAMPLE_BYTES):
    values.extend(array("i", struct.unpack_from(SAMPLE_FORMAT, packed, i)))
packed = None
at = before = reps = takers = 0  # named before the heap is full, so that the module's dictionary need not grow in it
kept = []
gc.collect()
walls = []
try:
    while True:
        walls.append(bytearray(HOLE_BYTES))
        walls.append(bytearray(HOLE_BYTES))
except MemoryError:
    pass
for i in range(0, len(walls), 2):
    walls[i] = None
gc.collect()

gc.disable()
for at in range(0, len(values), 7):
    if at % (7 * COLLECT_EVERY) == 0:
        gc.collect()
    before = gc.mem_alloc()
    detector.feed(
        values[at], values[at + 1], values[at + 2], values[at + 3], values[at + 4], values[at + 5], values[at + 6]
    )
    if sys.argv[1] == "seeded" and at == 7 * 1000:
        kept.append(bytearray(8))
    if gc.mem_alloc() != before:
        takers += 1
    while detector.events.pop_into(ev):
        if ev[event.TYPE] == protocol.REP:
            reps += 1
print(reps, takers, len(walls) > 1000)
