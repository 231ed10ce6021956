"""A bus on which a chip holds the data line low is freed by clocking it, and a stop follows."""

import machine
import pytest
import world

from barsensor.drivers.bus import free

SDA, SCL = 5, 6


def pins() -> tuple[machine.Pin, machine.Pin]:
    return tuple(machine.Pin(n, machine.Pin.OPEN_DRAIN, value=1) for n in (SDA, SCL))  # type: ignore[return-value]


@pytest.mark.parametrize("clocks", [1, 5, 9])
def test_a_stuck_bus_is_freed(clocks: int) -> None:
    w = world.World()
    sda, scl = pins()
    w.stick(SDA, SCL, clocks)
    w.changes.clear()
    assert free(sda, scl)
    levels = [(pin, level) for _, pin, level in w.changes]
    assert levels.count((SCL, 0)) == clocks + 1
    assert levels[-4:] == [(SCL, 0), (SDA, 0), (SCL, 1), (SDA, 1)], "a stop: data rises while the clock is high"


def test_a_free_bus_only_sees_a_stop() -> None:
    w = world.World()
    sda, scl = pins()
    w.changes.clear()
    assert free(sda, scl)
    assert [(pin, level) for _, pin, level in w.changes] == [(SCL, 0), (SDA, 0), (SCL, 1), (SDA, 1)]


@pytest.mark.parametrize("pin", [SDA, SCL])
def test_a_line_that_stays_low_is_reported(pin: int) -> None:
    w = world.World()
    sda, scl = pins()
    w.drive(pin, 0)
    assert not free(sda, scl)
    assert len([1 for _, n, level in w.changes if (n, level) == (SCL, 0)]) <= 10
    w.release(pin)
    assert free(sda, scl)


def test_a_board_that_was_reset_while_a_chip_answered_can_read_again() -> None:
    w = world.World()
    w.connect(SDA, SCL, 0x6A, type("Chip", (), {"read": lambda self, reg, buf: None})())
    w.stick(SDA, SCL, 9)
    sda, scl = pins()
    stuck = machine.I2C(0, scl=scl, sda=sda)
    with pytest.raises(OSError, match="116"):
        stuck.readfrom_mem_into(0x6A, 0, bytearray(1))
    assert free(*pins())
    machine.I2C(0, scl=scl, sda=sda).readfrom_mem_into(0x6A, 0, bytearray(1))
