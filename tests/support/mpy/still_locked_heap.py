"""Takes and refuses poses with the heap locked (a script for rig.run). The argument `seeded` allocates on purpose."""

import sys
from array import array

import micropython

from barcore.still import TAKEN, Still

SEEDED = sys.argv[1] == "seeded"


def poses(still, sample):
    """Return how many poses were taken and refused. Lock and unlock in one function, see heap.py."""
    taken = refused = t_ms = 0
    kept = None
    caught = False
    micropython.heap_lock()
    try:
        for turn in range(6):
            still.start(t_ms)
            while still.state < TAKEN:
                sample[0] = t_ms
                sample[3] = 4096 + t_ms % (7 if turn & 1 else 900)
                still.update(sample, 0)
                t_ms += 10
                if SEEDED:
                    kept = [kept]
            if still.state == TAKEN:
                taken += 1
            else:
                refused += 1
    except MemoryError:
        caught = True
    finally:
        micropython.heap_unlock()
    if caught:
        raise MemoryError(f"the sample of {t_ms} ms allocated")
    return taken, refused


print("taken", *poses(Still(), array("i", [0, 0, 0, 4096, 1, 2, 3])))
