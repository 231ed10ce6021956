"""Frees a stuck I2C bus: a chip that was cut off in the middle of a read holds the data line low for ever."""

CLOCKS = 9
"""A byte and its acknowledge: no chip needs more to come to the end of what it was sending."""


def free(sda, scl) -> bool:
    """Clock the bus until its data line is released, then send a stop; return whether both lines are high.

    `sda` and `scl` are open-drain pins with `value`, as machine.Pin; to be called before the I2C object is made. Each
    call of a pin takes some microseconds, which is slow enough for any chip.
    """
    sda.value(1)
    scl.value(1)
    clocks = 0
    while not sda.value() and clocks < CLOCKS:
        scl.value(0)
        scl.value(1)
        clocks += 1
    # A stop is the data line rising while the clock is high. With the data line held it is no stop, but does no harm.
    scl.value(0)
    sda.value(0)
    scl.value(1)
    sda.value(1)
    return bool(sda.value() and scl.value())
