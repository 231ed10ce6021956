"""Feeds a recording to the detector with the heap locked and prints how many reps it counted (a script for rig.run).

/stdin: packed samples. The argument seeds an allocation that the lock must catch: list, float or bigint; or none.
"""

import struct
import sys
from array import array

import micropython

from barcore import event, protocol
from barcore.detector import Detector
from barcore.sample import SAMPLE_BYTES, SAMPLE_FORMAT
from barcore.settings import Settings

SEED_AT_MS = 5000


class Seeded:
    """A detector that allocates once its time has come."""

    def __init__(self, seed):
        self.inner = Detector(Settings())
        self.events = self.inner.events
        self.seed = seed
        self.kept = 0

    def feed(self, t_ms, ax, ay, az, gx, gy, gz):
        self.inner.feed(t_ms, ax, ay, az, gx, gy, gz)
        if t_ms > SEED_AT_MS:
            if self.seed == "list":
                self.kept = [t_ms]
            elif self.seed == "float":
                self.kept = t_ms * 0.5
            elif self.seed == "bigint":
                self.kept = t_ms << 20


def feed_locked(detector, values, event_ints):
    """Return the reps counted. Lock and unlock in one function: an error that leaves the lock on hangs the process."""
    reps = at = 0
    caught = False
    end = len(values)
    micropython.heap_lock()
    try:
        while at < end:
            detector.feed(
                values[at],
                values[at + 1],
                values[at + 2],
                values[at + 3],
                values[at + 4],
                values[at + 5],
                values[at + 6],
            )
            while detector.events.pop_into(event_ints):
                if event_ints[event.TYPE] == protocol.REP:
                    reps += 1
            at += 7
    except MemoryError:
        caught = True
    finally:
        micropython.heap_unlock()
    if caught:
        raise MemoryError(f"the sample of {values[at]} ms allocated")
    return reps


with open("/stdin", "rb") as file:
    packed = file.read()
values = array("i")
for i in range(0, len(packed), SAMPLE_BYTES):
    values.extend(array("i", struct.unpack_from(SAMPLE_FORMAT, packed, i)))
print("reps", feed_locked(Seeded(sys.argv[1]), values, array("i", [0] * event.EVENT_INTS)))
