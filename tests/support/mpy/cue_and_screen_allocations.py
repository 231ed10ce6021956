"""Prints how many bytes the cue and the screen allocate in a set's worth of steps (a script for rig.run)."""

import gc

from barcore import protocol
from barcore.ticks import MASK, add_ms
from barsensor.cue import FAULT, POSE_TAKEN, Cue
from barsensor.drivers.st7789 import St7789

STEPS = 500
NAMES = ("", "MIA", "ALEXAND", "")
gc.disable()  # a collection would hide what a step allocates
KINDS = (protocol.TOP, protocol.TARGET, protocol.HOLD_END, protocol.SET_END, FAULT, POSE_TAKEN)


class Wire:
    """A pin, a bus or a clock that takes everything."""

    def __call__(self, level):
        pass

    def write(self, buf):
        pass

    def wait_ms(self, ms):
        pass


def steps(update, tick, keep=None):
    """Return the bytes allocated by all steps after the first ones, which may fill caches."""
    before = 0
    for i in range(STEPS):
        if i == 10:
            before = gc.mem_alloc()
        if keep is not None:
            keep.append(bytearray(100))
        update(i, tick)
        tick = add_ms(tick, 20)
    return gc.mem_alloc() - before


def step_of_cue(i, tick):
    if i % 40 == 0:
        cue.play(KINDS[i // 40 % 6], tick)
    cue.update(tick)


def step_of_screen(i, tick):
    screen.show(i // 100, i % 100 * 40, 2000, i > 300, NAMES[i // 50 % 4])


wire = Wire()
cue = Cue(wire, wire)
screen = St7789(wire, wire, wire, wire, wire, wire)
print("cue", steps(step_of_cue, MASK - 3000))
print("screen", steps(step_of_screen, 0))
print("seeded", steps(step_of_cue, 0, []) > 40000)
